"""Derivatives of reading and writing at indices.  ``unindex`` and ``getitem`` are each other's transpose."""

from __future__ import annotations

from typing import Any

from xpgrad.rules._shapes import count
from xpgrad.rules._table import linear

linear("getitem", x=lambda g, like_x, key, xp: xp.unindex(g, like_x, key))
linear("unindex", values=lambda g, key, xp: xp.getitem(g, key))
linear("add_at", x=lambda g: g, values=lambda g, key, xp: xp.getitem(g, key))


def _for_every_place(key: Any, shape: tuple[int, ...], ndim: int) -> Any:
    """The mask that is all of ``key``, if values of ``shape`` need not know how many places it selects; or None."""
    mask = key[0] if isinstance(key, tuple) and len(key) == 1 else key
    if "bool" not in str(getattr(mask, "dtype", "")):
        return None
    extra = len(shape) + mask.ndim - ndim
    return mask if all(n == 1 for n in shape[: max(extra, 0)]) else None


def _setitem_values(g: Any, like_x: Any, like_values: Any, key: Any, xp: Any) -> Any:
    mask = _for_every_place(key, like_values.shape, g.ndim)
    if mask is not None:
        shape = like_values.shape[max(len(like_values.shape) + mask.ndim - g.ndim, 0) :]
        return xp.reshape(xp.sum_to(_setitem_x(g, xp.opposite(mask), xp), shape), like_values.shape)
    taken = xp.getitem(g, key)
    survives = xp.last_writes(like_x, key)
    if survives is not None:
        taken = xp.where(survives, taken, xp.zeros_like(taken))
    shape = like_values.shape
    while len(shape) > taken.ndim:  # x[0] = [[v]]: NumPy drops leading ones
        shape = shape[1:]
    return xp.reshape(xp.sum_to(taken, shape), like_values.shape)


def _setitem_x(g: Any, key: Any, xp: Any) -> Any:
    return xp.setitem(g, xp.zeros((), dtype=g.dtype, device=xp.raw_device(g)), key)


linear("setitem", x=_setitem_x, values=_setitem_values)


def _take(g: Any, like_x: Any, indices: Any, axis: int | None, xp: Any) -> Any:
    shape = like_x.shape or (1,)  # libraries take from a number, too
    at = 0 if axis is None else axis % len(shape)
    zeros = xp.zeros(shape, dtype=g.dtype, device=like_x.device)
    if indices.ndim != 1:
        flat = (*shape[:at], count(indices.shape, None), *shape[at + 1 :])
        g, indices = xp.reshape(g, flat), xp.reshape(indices, (-1,))
    out = xp.scatter_add(zeros, indices, g, axis=at)
    return out if like_x.shape else xp.reshape(out, ())


linear("take", x=_take)


def _scattered(g: Any, indices: Any, like_values: Any, axis: int, xp: Any) -> Any:
    line = indices if indices.ndim == 1 else xp.reshape(indices, (-1,))
    return xp.reshape(xp.take(g, line, axis=axis), like_values.shape)


linear("scatter_add", x=lambda g: g, values=_scattered)
linear(
    "take_along_axis",
    x=lambda g, like_x, indices, axis, xp: xp.put_along_axis_add(g, indices, like_x, axis),
)
linear(
    "put_along_axis_add",
    values=lambda g, indices, axis, xp: xp.take_along_axis(g, indices, axis=axis),
)


def _put_values(g: Any, indices: Any, like_x: Any, like_values: Any, axis: int, xp: Any) -> Any:
    """What was written and not written over: numbers of the writes, put and taken back, are their own."""
    taken = xp.take_along_axis(g, indices, axis=axis)
    shape = taken.shape
    n = 1
    for extent in shape:
        n *= extent
    number = xp.reshape(xp.arange(n, device=like_x.device), shape)
    empty = xp.zeros(like_x.shape, dtype=number.dtype, device=like_x.device)
    written = xp.put_along_axis(empty, indices, number, axis=axis)
    stays = xp.take_along_axis(written, indices, axis=axis) == number
    return xp.sum_to(xp.masked(taken, stays), like_values.shape)


linear(
    "put_along_axis",
    x=lambda g, indices, axis, xp: xp.put_along_axis(
        g, indices, xp.zeros((1,) * g.ndim, dtype=g.dtype, device=xp.raw_device(g)), axis=axis
    ),
    values=_put_values,
)
