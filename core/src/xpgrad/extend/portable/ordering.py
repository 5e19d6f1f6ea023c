"""Running extrema, extrema that skip NaN, and the largest elements."""

from __future__ import annotations

from typing import Any


def _running(xp: Any, name: str, x: Any, axis: int | None) -> Any:
    """A doubling scan: after step k each place has joined the 2^k elements up to it."""
    at = running_axis(name, x.shape, axis)
    join, n, shift = getattr(xp, name), x.shape[at], 1
    before = (slice(None),) * at
    while shift < n:
        ahead = x[(*before, slice(shift, None), Ellipsis)]
        behind = x[(*before, slice(None, -shift), Ellipsis)]
        first = x[(*before, slice(None, shift), Ellipsis)]
        x = xp.concat([first, join(ahead, behind)], axis=at)
        shift *= 2
    return x


def running_axis(name: str, shape: tuple[int, ...], axis: int | None) -> int:
    """The axis of a running function; it may be left out for a vector."""
    rank = len(shape)
    if rank == 0 or (axis is None and rank != 1) or (axis is not None and not -rank <= axis < rank):
        message = f"a running {name} of shape {shape} needs an axis from {-rank} to {rank - 1}, got {axis}"
        raise ValueError(message)
    return 0 if axis is None else axis % rank


def cumulative_max(xp: Any, x: Any, *, axis: int | None = None) -> Any:
    """The largest of the first 1, 2, … elements along an axis; NaN from the first NaN on."""
    return _running(xp, "maximum", x, axis)


def cumulative_min(xp: Any, x: Any, *, axis: int | None = None) -> Any:
    """The smallest of the first 1, 2, … elements along an axis; NaN from the first NaN on."""
    return _running(xp, "minimum", x, axis)


def _present(xp: Any, name: str, least: float, x: Any, axis: Any, keepdims: bool) -> Any:
    reduce = getattr(xp, name)
    if not xp.is_floating(x):
        return reduce(x, axis=axis, keepdims=keepdims)
    missing = xp.isnan(x)
    found = reduce(xp.where(missing, xp.full_like(x, least), x), axis=axis, keepdims=keepdims)
    nothing = xp.all(missing, axis=axis, keepdims=keepdims)
    return xp.where(nothing, xp.full_like(found, xp.nan), found)


def nanmax(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element that is a number; NaN where there is none."""
    return _present(xp, "max", -xp.inf, x, axis, keepdims)


def nanmin(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element that is a number; NaN where there is none."""
    return _present(xp, "min", xp.inf, x, axis, keepdims)


def order_statistics(xp: Any, x: Any, indices: Any) -> Any:
    """The elements at ``indices`` of each line in order; lines are the last axis."""
    return xp.take_along_axis(xp.sort(x, axis=-1, stable=False), indices, axis=-1)


def topk_indices(xp: Any, x: Any, k: int, axis: int, largest: bool, sorted: bool) -> Any:  # noqa: ARG001
    """The indices of the ``k`` largest (smallest) elements in order; NaN counts as larger than every number.

    Of equal elements the first come first.  The order is always made, also where ``sorted`` does not ask for it.
    """
    order = xp.argsort(x, axis=axis, descending=largest, stable=True)
    if xp.is_floating(x):  # libraries disagree on where NaN belongs
        missing = xp.isnan(xp.take_along_axis(x, order, axis=axis))
        again = xp.argsort(
            xp.astype(missing, order.dtype), axis=axis, descending=largest, stable=True
        )
        order = xp.take_along_axis(order, again, axis=axis)
    return order[(*(slice(None),) * (axis % x.ndim), slice(None, k), Ellipsis)]


FUNCTIONS = {
    f.__name__: f
    for f in (cumulative_max, cumulative_min, nanmax, nanmin, order_statistics, topk_indices)
}
