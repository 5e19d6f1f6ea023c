"""Programs of statements on a backend against NumPy in double precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad.autograd._backward import grad
from xpgrad.conformance.checks import ULPS, cotangent
from xpgrad.conformance.oracles import ulps
from xpgrad.conformance.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["agrees_with_numpy", "leaves_shared_memory_alone"]


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def _inputs(dtype: str) -> tuple[Any, Any]:
    np = _numpy()
    x = np.linspace(0.2, 1.3, 12).reshape(3, 4)
    return x.astype(dtype), np.asarray([0.7, 1.1, 0.4, 1.6], dtype)


def _run(site: Site, program: Callable[..., Any], dtype: str) -> dict[str, Any]:
    """The value and the gradients of a program, as host arrays."""
    np = _numpy()
    x, v = (site.place(a).requires_grad_() for a in _inputs(dtype))
    out = program(x, v, lambda i: site.place(np.asarray(i)))
    g = cotangent(site.host(out).astype("float64")).astype(dtype)
    found = grad(out, [x, v], site.place(g), allow_unused=True, materialize_grads=True)
    return {
        n: site.host(t)
        for n, t in zip(("the value", "x's gradient", "v's gradient"), (out, *found), strict=True)
    }


def agrees_with_numpy(site: Site, program: Callable[..., Any]) -> None:
    """Value and gradients, to rounding."""
    dtype = "float64" if site.has("float64") else "float32"
    got, expected = _run(site, program, dtype), _run(Site.of("numpy"), program, "float64")
    for name, want in expected.items():
        have = got[name]
        assert have.shape == want.shape, f"{name} has shape {have.shape}, expected {want.shape}"
        off = ulps(have, want if dtype == "float64" else want.astype("float64"))
        assert off <= ULPS, (
            f"{name} is off by {off:.0f} ULP\n  got      {have.tolist()}\n  expected {want.tolist()}"
        )


def leaves_shared_memory_alone(site: Site, program: Callable[..., Any]) -> None:
    """The program's inputs, the arrays they were made of and earlier results keep their values."""
    np = _numpy()
    dtype = "float64" if site.has("float64") else "float32"
    hosts = _inputs(dtype)
    x, v = (site.place(a).requires_grad_() for a in hosts)
    program(x, v, lambda i: site.place(np.asarray(i)))
    for name, t, host in zip("xv", (x, v), hosts, strict=True):
        assert np.array_equal(site.host(t), host), f"the program wrote into {name}"
