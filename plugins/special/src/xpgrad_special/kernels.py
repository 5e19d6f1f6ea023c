"""Which library computes what: SciPy for NumPy and Dask, ``cupyx.scipy`` for CuPy, JAX's and PyTorch's own."""

from __future__ import annotations

import functools
import importlib
import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ELEMENTWISE: Final = (
    "erf erfc erfcx erfi erfinv erfcinv dawsn ndtr log_ndtr ndtri ndtri_exp gammaln loggamma gamma rgamma gammasgn "
    "digamma psi zeta beta betaln binom poch j0 j1 y0 y1 i0 i1 i0e i1e k0 k1 k0e k1e jv yv iv ive kv kve xlogy xlog1py "
    "entr rel_entr kl_div expit logit log_expit huber pseudo_huber boxcox boxcox1p inv_boxcox inv_boxcox1p expi exp1 "
    "expn exprel cosm1 spence hyp1f1 hyp2f1 gammainc gammaincc gammaincinv gammainccinv betainc betaincc betaincinv "
    "chdtr chdtrc stdtr stdtrit fdtr fdtrc"
).split()
"""Functions of one element each, with the same parameters everywhere."""
CORE: Final = {
    "erf": "erf",
    "erfc": "erfc",
    "erfcx": "erfcx",
    "gammaln": "gammaln",
    "digamma": "digamma",
}
"""Functions that core has a portable form of, and what it calls them."""
LIBRARIES: Final = {
    "cupy": "cupyx.scipy.special", "dask": "scipy.special", "jax": "jax.scipy.special", "torch": "torch.special",
    "numpy": "scipy.special",  # the last: JAX's namespace is called jax.numpy
}  # fmt: skip
NOT_TORCH: Final = frozenset("xlogy xlog1py entr".split())
"""What a portable form here does as well; PyTorch's own take no Python number where a rule passes one."""


def of(backend: Any) -> Mapping[str, Callable[..., Any]] | None:
    """The kernels for a backend, by the library in its namespace's name; None for an unknown one."""
    parts = backend.xp.__name__.split(".")
    library = next((name for name in LIBRARIES if name in parts), None)
    if library is None:
        return None
    found = _scipy() if LIBRARIES[library] == "scipy.special" else _of_module(library)
    kernels = {f"special.{n}": f for n, f in found.items() if n != "polygamma"}
    kernels |= {name: found[n] for n, name in CORE.items() if n in found}
    if library in ("numpy", "dask", "cupy"):
        kernels["digamma_derivative"] = functools.partial(_by_zeta, found["zeta"])
        kernels["special.polygamma"] = functools.partial(_polygamma, found["polygamma"])
    return kernels


def _of_module(library: str) -> dict[str, Callable[..., Any]]:
    """What the library's own module has, by name."""
    module = importlib.import_module(LIBRARIES[library])
    names = [n for n in (*ELEMENTWISE, "polygamma", "lambertw") if hasattr(module, n)]
    return {n: getattr(module, n) for n in names if library != "torch" or n not in NOT_TORCH}


def _scipy() -> dict[str, Callable[..., Any]]:
    """SciPy has all of them, and is imported by the first that is called: that takes longer than all of xpgrad."""
    return {n: _late(n) for n in (*ELEMENTWISE, "polygamma")}


def _late(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] | None = None

    def kernel(*args: Any) -> Any:
        nonlocal function
        if function is None:
            function = getattr(importlib.import_module("scipy.special"), name)
        return with_real_orders(function, *args)

    kernel.__name__ = name
    return kernel


def with_real_orders(function: Callable[..., Any], *args: Any) -> Any:
    """A function of SciPy; an order that became complex beside a complex argument is real again where SciPy asks it."""
    try:
        return function(*args)
    except TypeError:
        orders = [a.real if _only_called_complex(a) else a for a in args[:-1]]
        if all(a is b for a, b in zip(orders, args, strict=False)):
            raise
        return function(*orders, args[-1])


def _only_called_complex(a: Any) -> bool:
    return hasattr(a, "dtype") and a.dtype.kind == "c" and not a.imag.any()


def _by_zeta(zeta: Callable[..., Any], x: Any, n: int) -> Any:
    """The ``n``-th derivative of digamma in the dtype of ``x``."""
    return math.factorial(n) * (1.0 if n % 2 else -1.0) * zeta(n + 1.0, x)


def _polygamma(function: Callable[..., Any], n: Any, x: Any) -> Any:
    """The library's, which answers in double precision, in the dtype of ``x``."""
    return function(n, x).astype(x.dtype)
