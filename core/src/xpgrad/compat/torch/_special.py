"""PyTorch's special functions: xpgrad's, those of installed packages included."""

from __future__ import annotations

from typing import Any, Final

import xpgrad as xp
from xpgrad.compat.torch._dtypes import floating
from xpgrad.compat.torch._table import both, elementwise, function, named
from xpgrad.compat.torch._tensor import as_torch, operands

__all__ = ["PAIRS", "UNARY", "of_one", "of_two", "xlogy"]

UNARY: Final = {
    "digamma": "digamma", "erf": "erf", "erfc": "erfc", "erfinv": "erfinv", "i0": "i0", "lgamma": "gammaln",
    "sinc": "sinc",
}  # fmt: skip
"""What ``torch`` itself has, and what ``xpgrad.special`` calls it."""
PAIRS: Final = {"igamma": "gammainc", "igammac": "gammaincc"}


def of_one(name: str, of: str) -> Any:
    """``torch.special.name``, element by element."""

    def f(input: Any) -> Any:
        return getattr(xp.special, of)(floating(as_torch(input)))

    f.__doc__ = f"``xpgrad.special.{of}``, element by element."
    return named(f, name)


def of_two(name: str, of: str) -> Any:
    """``torch.special.name``, element by element of two tensors; one may be a number."""

    def f(input: Any, other: Any) -> Any:
        a, b = (
            (as_torch(other).new_tensor(input), other)
            if not hasattr(input, "_cell")
            else (input, other)
        )
        a, b = operands(floating(as_torch(a)), b)
        return getattr(xp.special, of)(a, b if not hasattr(b, "_cell") else floating(b))

    f.__doc__ = f"``xpgrad.special.{of}``, element by element."
    return named(f, name)


for _name, _of in UNARY.items():
    elementwise(of_one(_name, _of))
for _name, _of in PAIRS.items():
    elementwise(of_two(_name, _of))


@function
def xlogy(input: Any, other: Any) -> Any:
    """``input * log(other)``, 0 where ``input`` is 0."""
    return of_two("xlogy", "xlogy")(input, other)


@elementwise
def logit(input: Any, eps: float | None = None) -> Any:
    """``log(x / (1 - x))``, of x cut to ``[eps, 1 - eps]`` if given."""
    x = floating(input)
    x = x if eps is None else xp.clip(x, eps, 1 - eps)
    return xp.log(x / (1 - x))


@both
def polygamma(n: Any, input: Any) -> Any:
    """The ``n``-th derivative of the digamma function."""
    order, given = (input, n) if n.ndim else (n, input)  # x.polygamma(n), torch.polygamma(n, x)
    x = floating(as_torch(given))
    return xp.special.polygamma(xp.asarray(float(int(order)), dtype=x.dtype, device=x.device), x)


@elementwise
def heaviside(input: Any, values: Any) -> Any:
    """0 below zero, 1 above, ``values`` at zero."""
    return xp.heaviside(input, values)
