"""Derivatives of running and NaN-skipping extrema: the cotangent goes where the value was read."""

from __future__ import annotations

from typing import Any

from xpgrad.rules._shapes import restore
from xpgrad.rules._table import constant, general


def _cumulative_extremum(g: Any, x: Any, out: Any, like_x: Any, axis: int | None, xp: Any) -> Any:
    """Each result goes back to the last element that attained it, as in PyTorch.

    An element is a record if it equals the result at its own place; the last record up to a place attained
    the result there, and its index is itself a running maximum.  A NaN is a record; the last one stays.
    """
    at = 0 if axis is None else axis % len(like_x.shape)
    n = like_x.shape[at]
    index = xp.reshape(
        xp.arange(n, device=like_x.device),
        tuple(n if i == at else 1 for i in range(len(like_x.shape))),
    )
    record = (x == out) | xp.isnan(x)
    attained = xp.cumulative_max(xp.where(record, index, xp.zeros_like(index)), axis=at)
    return xp.put_along_axis_add(g, attained, like_x, at)


general("cumulative_max", x=_cumulative_extremum)
general("cumulative_min", x=_cumulative_extremum)


def _present_extremum(g: Any, x: Any, out: Any, axis: Any, keepdims: bool, xp: Any) -> Any:
    """Ties share the cotangent equally; a hard zero for what is missing, and for a slice of nothing else."""
    hit = x == restore(out, x.shape, axis, keepdims, xp)
    number = xp.sum(xp.astype(hit, g.dtype), axis=axis, keepdims=True)
    share = restore(g, x.shape, axis, keepdims, xp) / xp.where(
        number == 0, xp.ones_like(number), number
    )
    return xp.masked(xp.broadcast_to(share, x.shape), hit)


general("nanmax", x=_present_extremum)
general("nanmin", x=_present_extremum)


def _order_statistics(g: Any, x: Any, indices: Any, like_x: Any, xp: Any) -> Any:
    order = xp.argsort(x, axis=-1, stable=False)
    return xp.put_along_axis_add(g, xp.take_along_axis(order, indices, axis=-1), like_x, -1)


general("order_statistics", x=_order_statistics)
constant("topk_indices", "the result is made of integers")
