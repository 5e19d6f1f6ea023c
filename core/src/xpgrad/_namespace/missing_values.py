"""Reductions that skip NaN.  Its place receives a hard zero as gradient, to any order."""

from __future__ import annotations

from typing import Any

from xpgrad._namespace._lift import lift
from xpgrad._namespace._operations import operation
from xpgrad._namespace.creation import ones_like
from xpgrad._namespace.inquiry import finfo

__all__ = ["nan_to_num", "nanmean", "nanprod", "nanstd", "nansum", "nanvar"]


def _present(x: Any) -> tuple[Any, Any]:
    """The tensor, and where it is a number; None for everywhere."""
    t = lift(x)
    return t, operation("logical_not")(operation("isnan")(t)) if t.dtype.is_floating else None


def _filled(t: Any, present: Any, value: float) -> Any:
    return t if present is None else operation("where")(present, t, value)


def nansum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum over the axes of what is not NaN; 0 for nothing. Differentiable to any order.

    Example:
        >>> import xpgrad as xp
        >>> xp.nansum(xp.asarray([1.0, xp.nan, 2.0]))
        tensor(3.)
    """
    t, present = _present(x)
    return operation("sum")(_filled(t, present, 0.0), axis=axis, dtype=dtype, keepdims=keepdims)


def nanprod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The product over the axes of what is not NaN; 1 for nothing. Differentiable to any order.

    Example:
        >>> import xpgrad as xp
        >>> xp.nanprod(xp.asarray([3.0, xp.nan, 2.0]))
        tensor(6.)
    """
    t, present = _present(x)
    return operation("prod")(_filled(t, present, 1.0), axis=axis, dtype=dtype, keepdims=keepdims)


def _number(t: Any, present: Any, axis: Any, keepdims: bool) -> Any:
    """How many elements there are, in the real dtype of ``t``."""
    ones = operation("real")(ones_like(t)) if t.dtype.is_complex else ones_like(t)
    return operation("sum")(_filled(ones.detach(), present, 0.0), axis=axis, keepdims=keepdims)


def _or_nan(possible: Any, value: Any) -> Any:
    return operation("where")(possible, value, float("nan"))


def nanmean(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean over the axes of what is not NaN; NaN for nothing. Differentiable to any order.

    Example:
        >>> import xpgrad as xp
        >>> xp.nanmean(xp.asarray([1.0, xp.nan, 2.0]))
        tensor(1.5)
    """
    t, present = _present(x)
    if present is None:
        return operation("mean")(t, axis=axis, keepdims=keepdims)
    number = _number(t, present, axis, keepdims)
    total = operation("sum")(_filled(t, present, 0.0), axis=axis, keepdims=keepdims)
    return _or_nan(number > 0.0, total / _filled(number, number > 0.0, 1.0))


def nanvar(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The variance over the axes of what is not NaN; divides by their number less ``correction``.

    NaN where that is not positive. Floating, of complex numbers the mean of |x - mean|²; differentiable to any order.

    Example:
        >>> import xpgrad as xp
        >>> xp.nanvar(xp.asarray([1.0, xp.nan, 3.0]))
        tensor(1.)
    """
    t, present = _present(x)
    if present is None:
        return operation("var")(t, axis=axis, correction=correction, keepdims=keepdims)
    mean = nanmean(t, axis=axis, keepdims=True)
    centred = _filled(t - _filled(mean, mean == mean, 0.0), present, 0.0)  # noqa: PLR0124 - not NaN
    divisor = _number(t, present, axis, keepdims) - float(correction)
    parts = [operation(n)(centred) for n in ("real", "imag")] if t.dtype.is_complex else [centred]
    total = operation("sum")(sum(p * p for p in parts), axis=axis, keepdims=keepdims)
    return _or_nan(divisor > 0.0, total / _filled(divisor, divisor > 0.0, 1.0))


def nanstd(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The square root of :func:`nanvar`. Differentiable to any order; chosen: 0 where there is no spread.

    Example:
        >>> import xpgrad as xp
        >>> xp.nanstd(xp.asarray([1.0, xp.nan, 3.0]))
        tensor(1.)
    """
    variance = nanvar(x, axis=axis, correction=correction, keepdims=keepdims)
    none = variance == 0.0
    return operation("where")(none, 0.0, operation("sqrt")(_filled(variance, ~none, 1.0)))


def nan_to_num(
    x: Any, /, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Any:
    """Numbers in the place of NaN and of infinities.

    Args:
        x: any dtype; of complex numbers each part is treated so.
        nan: in the place of NaN.
        posinf: in the place of infinity; default: the largest number of the dtype.
        neginf: in the place of minus infinity; default: the smallest.

    Derivative: to any order; 0 for what was replaced.

    Example:
        >>> import xpgrad as xp
        >>> xp.nan_to_num(xp.asarray([1.0, xp.nan, xp.inf]), posinf=9.0)
        tensor([1., 0., 9.])
    """
    t = lift(x)
    if not t.dtype.is_floating:
        return operation("positive")(t)
    if t.dtype.is_complex:
        parts = (
            nan_to_num(operation(p)(t), nan=nan, posinf=posinf, neginf=neginf)
            for p in ("real", "imag")
        )
        return next(parts) + 1j * next(parts)
    limits = finfo(t.dtype)
    where = operation("where")
    t = where(operation("isnan")(t), nan, t)
    t = where(t == float("inf"), limits.max if posinf is None else posinf, t)
    return where(t == -float("inf"), limits.min if neginf is None else neginf, t)
