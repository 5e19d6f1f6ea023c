"""Quantiles and medians: two elements of each sorted line are read."""

from __future__ import annotations

import math
from typing import Any, Final

from xpgrad._namespace._lift import default_floating, default_integer, lift, lift_many
from xpgrad._namespace._operations import operation
from xpgrad._namespace.creation import asarray, zeros_like
from xpgrad._tensor import Tensor
from xpgrad.errors import ShapeError
from xpgrad.extend.backend import host

__all__ = ["median", "nanmedian", "nanquantile", "quantile"]

CONTINUOUS: Final = {
    "linear": (1.0, 1.0), "hazen": (0.5, 0.5), "weibull": (0.0, 0.0), "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8), "interpolated_inverted_cdf": (0.0, 1.0),
}  # fmt: skip
"""The plotting positions alpha and beta of Hyndman & Fan, American Statistician 50 (1996), 361-365."""
STEPS: Final = ("lower", "higher", "nearest", "midpoint")


def quantile(
    x: Any, q: Any, /, *, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """The values below which the shares ``q`` of the elements lie.

    Args:
        x: real; integers are cast to the default dtype.
        q: between 0 and 1, of any shape; a tensor's elements outside give NaN.
        axis: one, several, or None for all.
        method: NumPy's word: linear, hazen, weibull, median_unbiased, normal_unbiased and interpolated_inverted_cdf
            interpolate; lower, higher, nearest and midpoint do so at ``linear``'s places only.
        keepdims: leave the reduced axes with length one.

    Returns:
        q's axes, then the axes of ``x`` that are left; NaN for a line with NaN in it (see :func:`nanquantile`).

    Derivative: to any order, by ``x`` (to the elements that were read) and by ``q`` where the method interpolates
    (at an element, the slope above it).

    Raises:
        ValueError: for a ``q`` outside 0 and 1, or for another method.
        ShapeError: if there is no element.

    Example:
        >>> import xpgrad as xp
        >>> xp.quantile(xp.asarray([1.0, 2.0, 4.0]), [0.25, 0.5])
        tensor([1.5, 2. ])
    """
    return _quantile(x, q, axis, method, keepdims, skip=False)


def nanquantile(
    x: Any, q: Any, /, *, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """:func:`quantile` of what is not NaN; NaN for nothing.

    Example:
        >>> import xpgrad as xp
        >>> xp.nanquantile(xp.asarray([1.0, xp.nan, 2.0]), 0.5)
        tensor(1.5)
    """
    return _quantile(x, q, axis, method, keepdims, skip=True)


def median(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle element, or the mean of the two in the middle; NaN for a line with NaN in it.

    Differentiable to any order.

    Example:
        >>> import xpgrad as xp
        >>> xp.median(xp.asarray([[1.0, 5.0], [2.0, 3.0]]), axis=1)
        tensor([3. , 2.5])
    """
    return _quantile(x, 0.5, axis, "linear", keepdims, skip=False)


def nanmedian(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """:func:`median` of what is not NaN; NaN for nothing.

    Example:
        >>> import xpgrad as xp
        >>> xp.nanmedian(xp.asarray([1.0, xp.nan, 2.0]))
        tensor(1.5)
    """
    return _quantile(x, 0.5, axis, "linear", keepdims, skip=True)


def _quantile(x: Any, q: Any, axis: Any, method: str, keepdims: bool, *, skip: bool) -> Any:
    t = lift(x)
    t = t if t.dtype.is_floating else operation("astype")(t, _real_dtype(t))
    shares = _shares(q, t)
    line, rest, kept = _lines(t, axis)
    n = line.shape[-1]
    if not n:
        message = f"a quantile of no elements: shape {t.shape}, axis {axis}"
        raise ShapeError(message)
    missing = operation("isnan")(line)
    number = operation("sum")(operation("astype")(~missing, shares.dtype), axis=-1, keepdims=True)
    if skip:  # behind all numbers, on every library
        behind = operation("where")(number > 0.0, float("inf"), zeros_like(line))
        line = operation("where")(missing, behind, line)
    flat = operation("reshape")(shares, (1,) * len(rest) + (-1,))
    places, fraction = _places(flat, number if skip else float(n), method)
    found = _read(line, rest, places, operation("astype")(fraction, t.dtype))
    known = number > 0.0 if skip else number == float(n)
    if isinstance(q, Tensor):
        known = known & (flat >= 0.0) & (flat <= 1.0)
    found = operation("where")(known, found, float("nan"))
    found = operation("moveaxis")(found, -1, 0)
    return operation("reshape")(found, shares.shape + (kept if keepdims else rest))


def _real_dtype(t: Any) -> Any:
    return default_floating(t._xp, t._xp.raw_device(t._cell.raw))


def _integer_dtype(t: Any) -> Any:
    return default_integer(t._xp, t._xp.raw_device(t._cell.raw))


def _shares(q: Any, t: Any) -> Any:
    """``q`` in a floating dtype beside ``t``, as exact as the device allows; numbers are checked, tensors not read."""
    if not isinstance(q, Tensor):
        numbers = host().asarray(q)
        if not ((numbers >= 0.0) & (numbers <= 1.0)).all():
            message = f"quantiles are between 0 and 1, got {q!r}"
            raise ValueError(message)
    device = None if hasattr(q, "device") else t.device
    given = lift_many("quantile", t, asarray(q, device=device))[1]
    return given if given.dtype.is_floating else operation("astype")(given, _real_dtype(t))


def _lines(t: Any, axis: Any) -> tuple[Any, tuple[int, ...], tuple[int, ...]]:
    """The reduced axes as one at the end; the shapes of the others, without and with axes of length one."""
    chosen = range(t.ndim) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    axes = tuple(a % t.ndim for a in chosen) if t.ndim else ()
    others = tuple(i for i in range(t.ndim) if i not in axes)
    rest = tuple(t.shape[i] for i in others)
    kept = tuple(1 if i in axes else n for i, n in enumerate(t.shape))
    moved = operation("permute_dims")(t, (*others, *axes)) if t.ndim else t
    n = math.prod(t.shape[a] for a in axes)
    return operation("reshape")(moved, (*rest, n)), rest, kept


def _places(q: Any, n: Any, method: str) -> tuple[Any, Any]:
    """The place of each quantile in the sorted line as a whole number, and what is left of it."""
    if method in CONTINUOUS:
        alpha, beta = CONTINUOUS[method]
        place = n * q + (alpha + q * (1.0 - alpha - beta)) - 1.0
    elif method in STEPS:
        place = (n - 1.0) * q
    else:
        message = (
            f"quantile: method must be one of {', '.join((*CONTINUOUS, *STEPS))}, got {method!r}"
        )
        raise ValueError(message)
    last = n - 1.0
    place = operation("maximum")(operation("minimum")(place, last), 0.0)
    fixed = place.detach()
    whole = operation("floor")(fixed)
    if method == "linear" or method in CONTINUOUS:
        return whole, place - whole
    if method == "midpoint":
        return whole, operation("astype")(fixed != whole, fixed.dtype) * 0.5
    rounded = {"lower": "floor", "higher": "ceil", "nearest": "round"}[method]
    return operation(rounded)(fixed), fixed * 0.0


def _read(line: Any, rest: tuple[int, ...], places: Any, fraction: Any) -> Any:
    """The elements of the lines at ``places`` of their order, and ``fraction`` of the way to the next ones."""
    n, m = line.shape[-1], places.shape[-1]
    low = operation("astype")(places, _integer_dtype(line))
    both = operation("concat")([low, operation("clip")(low + 1, 0, n - 1)], axis=-1)
    both = operation("broadcast_to")(both, (*rest, 2 * m))
    values = operation("order_statistics")(line, both)
    low_value, high_value = values[..., :m], values[..., m:]
    step = high_value - low_value
    idle = (fraction == 0.0) & ~operation("isfinite")(step)  # the next one is infinite, or missing
    return low_value + operation("where")(idle, 0.0, step) * fraction
