"""PyTorch's elementwise functions."""

# ruff: noqa: A001 (PyTorch's signatures)
from __future__ import annotations

from typing import Any, Final

import xpgrad as xp
from xpgrad._signatures import FLOATING_ONLY
from xpgrad.compat.torch._dtypes import floating
from xpgrad.compat.torch._table import alias, both, elementwise, named
from xpgrad.compat.torch._tensor import as_torch, connected, operands

__all__: list[str] = []

UNARY: Final = (
    "abs acos acosh asin asinh atan atanh ceil cos cosh exp expm1 floor isfinite isinf isnan log log10 log1p "
    "log2 logical_not positive reciprocal relu sigmoid sign signbit sin sinh sqrt square tan tanh trunc"
)
COMPARED: Final = {
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
}  # fmt: skip
BINARY: Final = COMPARED | {
    n: n
    for n in "atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign floor_divide "
    "hypot logaddexp logical_and logical_or logical_xor maximum minimum nextafter remainder".split()
}


STEPS: Final = ("ceil", "floor", "trunc")
"""Piecewise constant: PyTorch records a gradient of zero."""


def _unary(name: str) -> Any:
    casts, steps = name in FLOATING_ONLY, name in STEPS

    def f(input: Any) -> Any:
        result = getattr(xp, name)(floating(input) if casts else input)
        return connected(result, input) if steps else result

    f.__doc__ = f"``xpgrad.{name}``, element by element; integers become the default floating dtype where it needs one."
    return elementwise(named(f, name))


def _binary(name: str, of: str) -> Any:
    def f(input: Any, other: Any) -> Any:
        if name.startswith("logical"):
            return getattr(xp, of)(truth(input), truth(as_torch(other)))
        return getattr(xp, of)(*operands(input, other, of in FLOATING_ONLY))

    f.__doc__ = f"``xpgrad.{of}``, element by element, promoted as PyTorch does."
    return elementwise(named(f, name))


def truth(x: Any) -> Any:
    """Whether each element is not zero."""
    return x if x.dtype == xp.bool else x != 0


for _name in UNARY.split():
    _unary(_name)
for _name, _of in BINARY.items():
    _binary(_name, _of)


# --- arithmetic -------------------------------------------------------------------------------------


@elementwise
def add(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """``input + alpha * other``."""
    return input + (other if alpha == 1 else alpha * other)


@elementwise
def sub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """``input - alpha * other``."""
    return input - (other if alpha == 1 else alpha * other)


@elementwise
def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """``other - alpha * input``."""
    return other - (input if alpha == 1 else alpha * input)


@elementwise
def mul(input: Any, other: Any) -> Any:
    """``input * other``."""
    return input * other


@elementwise
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """``input / other``, rounded to ``"floor"`` or ``"trunc"`` if asked."""
    if rounding_mode == "floor":
        return connected(input // other, input, other)
    quotient = input / other
    if rounding_mode is None:
        return quotient
    result = xp.trunc(quotient)
    integers = not input.dtype.is_floating and not as_torch(other).dtype.is_floating
    return xp.astype(result, input.dtype) if integers else connected(result, input, other)


@elementwise
def pow_(input: Any, exponent: Any) -> Any:
    """``input ** exponent``."""
    return input**exponent


@elementwise
def neg(input: Any) -> Any:
    """``-input``."""
    return -input


@elementwise
def fmod(input: Any, other: Any) -> Any:
    """The remainder with the sign of ``input``."""
    a, b = operands(input, other)
    return a - xp.trunc(a / b) * b


@elementwise
def bitwise_not(input: Any) -> Any:
    """``~input``."""
    return ~input


@elementwise
def rsqrt(input: Any) -> Any:
    """``1 / sqrt(input)``."""
    return xp.reciprocal(xp.sqrt(floating(input)))


@elementwise
def exp2(input: Any) -> Any:
    """``2 ** input``."""
    return 2.0 ** floating(input)


@elementwise
def frac(input: Any) -> Any:
    """What :func:`trunc` cuts off."""
    return input - xp.trunc(input)


@elementwise
def round_(input: Any, *, decimals: int = 0) -> Any:
    """To the nearest integer, halves to even; or to so many decimals."""
    scale = 10.0**decimals
    return connected(xp.round(input) if decimals == 0 else xp.round(input * scale) / scale, input)


@elementwise
def deg2rad(input: Any) -> Any:
    """Degrees in radians."""
    return floating(input) * (xp.pi / 180.0)


@elementwise
def rad2deg(input: Any) -> Any:
    """Radians in degrees."""
    return floating(input) * (180.0 / xp.pi)


@elementwise
def lerp(input: Any, end: Any, weight: Any) -> Any:
    """``input + weight * (end - input)``."""
    return input + weight * (end - input)


@elementwise
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """``input + value * tensor1 * tensor2``."""
    return input + value * tensor1 * tensor2


@elementwise
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """``input + value * tensor1 / tensor2``."""
    return input + value * tensor1 / tensor2


# --- choice -----------------------------------------------------------------------------------------


@elementwise
def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """At least ``min`` and at most ``max``."""
    if min is None and max is None:
        message = "clamp(): give min, max or both"
        raise ValueError(message)
    if isinstance(min, float) or isinstance(max, float):
        input = floating(input)
    return xp.clip(input, min, max)


@elementwise
def clamp_min(input: Any, min: Any) -> Any:
    """At least ``min``."""
    return clamp(input, min)


@elementwise
def clamp_max(input: Any, max: Any) -> Any:
    """At most ``max``."""
    return clamp(input, None, max)


@elementwise
def nan_to_num(
    input: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Any:
    """NaN replaced by ``nan``, infinities by the largest numbers (or what is given)."""
    limits = xp.finfo(input.dtype)
    x = xp.where(xp.isnan(input), nan, input)
    x = xp.where(x == xp.inf, limits.max if posinf is None else posinf, x)
    return xp.where(x == -xp.inf, limits.min if neginf is None else neginf, x)


@elementwise
def isclose(
    input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Any:
    """``|input - other| <= atol + rtol * |other|``."""
    near = xp.abs(input - other) <= atol + rtol * xp.abs(as_torch(other))
    near = (input == other) | (near & xp.isfinite(input) & xp.isfinite(as_torch(other)))
    return near | (xp.isnan(input) & xp.isnan(as_torch(other))) if equal_nan else near


@both
def allclose(
    input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether all elements are close."""
    return bool(xp.all(isclose(input, other, rtol, atol, equal_nan)))


@both
def equal(input: Any, other: Any) -> bool:
    """Whether both have one shape and the same elements."""
    return tuple(input.shape) == tuple(other.shape) and bool(xp.all(input == other))


@both
def is_nonzero(input: Any) -> bool:
    """Whether the one element is not zero."""
    return bool(input)


alias(
    {
        "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh",
        "arctan": "atan", "arctanh": "atanh", "arctan2": "atan2", "clip": "clamp",
        "divide": "div", "fix": "trunc", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
        "multiply": "mul", "negative": "neg", "not_equal": "ne", "sgn": "sign", "subtract": "sub",
        "true_divide": "div",
    }
)  # fmt: skip
