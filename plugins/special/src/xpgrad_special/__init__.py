"""The special functions of SciPy for xpgrad: what they are called and where they live; SciPy itself comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad.extend import OpSpec, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

XPGRAD_API = (1, 0)

_CHAPTERS = {
    "error_functions": "erfcx erfi erfinv erfcinv dawsn ndtr log_ndtr ndtri ndtri_exp",
    "gamma": "loggamma gamma rgamma gammasgn digamma psi polygamma zeta beta betaln binom poch multigammaln",
    "bessel": "j0 j1 y0 y1 i0 i1 i0e i1e k0 k1 k0e k1e jv yv iv ive kv kve",
    "information": (
        "xlogy xlog1py entr rel_entr kl_div expit logit log_expit huber pseudo_huber boxcox boxcox1p inv_boxcox "
        "inv_boxcox1p"
    ),
    "integrals": "expi exp1 expn exprel cosm1 sinc spence hyp1f1 hyp2f1 lambertw",
    "distributions": (
        "gammainc gammaincc gammaincinv gammainccinv betainc betaincc betaincinv chdtr chdtrc stdtr stdtrit fdtr fdtrc"
    ),
    "reductions": "softmax log_softmax",
}

_AT_ZERO = "by x, x is read only where the other factor is infinite, which no sample can be"
_KNOWN_FAILURES: dict[str, dict[str, str]] = {
    name: {"test_the_rule_names_only_what_it_reads": _AT_ZERO} for name in ("xlogy", "xlog1py")
}


@hookimpl
def xpgrad_ops() -> list[OpSpec]:
    """Declare ``special.erf``, ``special.digamma`` and the others."""
    return [
        OpSpec(
            f"special.{name}",
            f"xpgrad_special.{chapter}:{name}",
            rule=f"xpgrad_special.{chapter}:{name.upper()}",
            samples=f"xpgrad_special.samples:{name.upper()}",
            reference=f"scipy.special:{name}",
            known_failures=_KNOWN_FAILURES.get(name, {}),
        )
        for chapter, names in _CHAPTERS.items()
        for name in names.split()
    ]


@hookimpl
def xpgrad_kernels(backend: Any) -> Mapping[str, Callable[..., Any]] | None:
    """The functions of the library's own SciPy, for NumPy, CuPy, Dask, JAX and PyTorch."""
    from xpgrad_special import kernels  # noqa: PLC0415 - SciPy is not imported to declare names

    return kernels.of(backend)
