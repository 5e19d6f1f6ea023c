"""Adding up at indices, duplicates accumulating: the transposes of ``take`` and ``take_along_axis``."""

from __future__ import annotations

import math
from typing import Any, Final

from xpgrad.extend.portable.shapes import need_sizes

SELECTED: Final = 1 << 13
"""Up to this many elements, sums over a mask are faster than the sorted scan (measured on NumPy)."""


def scatter_add(xp: Any, x: Any, indices: Any, values: Any, axis: int = 0) -> Any:
    """``x`` with ``values`` added along ``axis`` at ``indices``; duplicates accumulate.

    ``values`` has the shape that ``take`` gives: that of ``x`` with the axes of ``indices`` in place of ``axis``.
    Asks for no value, so that nothing is waited for: sums over a mask where that is small, else a stable sort and a
    segmented doubling scan (a difference of cumulative sums would cancel digits, a product with ones and zeros
    would spread infinities).
    """
    if indices.ndim != 1:
        values, indices = in_a_line(xp, values, indices, axis % x.ndim)
    if axis % max(x.ndim, 1) != 0:
        moved = xp.scatter_add(xp.moveaxis(x, axis, 0), indices, xp.moveaxis(values, axis, 0))
        return xp.moveaxis(moved, 0, axis)
    rows, n = x.shape[0], indices.shape[0]
    if n == 0 or rows == 0:
        return x
    need_sizes(f"add at indices of shape {indices.shape}", rows, n)
    indices = xp.where(indices < 0, indices + rows, indices)
    tail = x.shape[1:]
    flat = xp.reshape(values, (n, -1))
    if rows * n * flat.shape[1] <= SELECTED:
        index = xp.arange(rows, device=xp.raw_device(indices), dtype=indices.dtype)
        chosen = xp.masked(flat[None, ...], (index[:, None] == indices[None, :])[..., None])
        return x + xp.reshape(xp.sum(chosen, axis=1, dtype=flat.dtype), (rows, *tail))
    return x + xp.reshape(_segment_sums(xp, indices, flat, rows), (rows, *tail))


def in_a_line(xp: Any, values: Any, indices: Any, at: int) -> tuple[Any, Any]:
    """The axes of ``indices`` as one axis, in both."""
    shape = values.shape
    line = (*shape[:at], math.prod(indices.shape), *shape[at + indices.ndim :])
    return xp.reshape(values, line), xp.reshape(indices, (-1,))


def _segment_sums(xp: Any, indices: Any, flat: Any, rows: int) -> Any:
    order = xp.argsort(indices, stable=True)
    key, run = xp.take(indices, order), xp.take(flat, order, axis=0)
    n, shift = key.shape[0], 1
    while shift < n:
        same = key[shift:] == key[:-shift]
        zero = xp.zeros_like(run[:-shift, ...])
        add = xp.where(same[:, None], run[:-shift, ...], zero)
        run = xp.concat([run[:shift, ...], run[shift:, ...] + add], axis=0)
        shift *= 2
    bins = xp.arange(rows, dtype=key.dtype, device=xp.raw_device(key))
    ends = xp.searchsorted(key, bins, side="right")
    starts = xp.searchsorted(key, bins, side="left")
    last = xp.where(ends > 0, ends - 1, xp.zeros_like(ends))
    total = xp.take(run, last, axis=0)
    return xp.where((ends > starts)[:, None], total, xp.zeros_like(total))


def put_along_axis_add(xp: Any, values: Any, indices: Any, like: Any, axis: int) -> Any:
    """Zeros of ``like``'s shape with ``values`` added along ``axis``: the transpose of ``take_along_axis``."""
    index = xp.reshape(xp.arange(like.size, device=like.device), like.shape)
    where = xp.reshape(xp.take_along_axis(index, indices, axis=axis), (-1,))
    flat = xp.zeros((like.size,), dtype=values.dtype, device=like.device)
    return xp.reshape(xp.scatter_add(flat, where, xp.reshape(values, (-1,))), like.shape)


def put_along_axis(xp: Any, x: Any, indices: Any, values: Any, *, axis: int = -1) -> Any:
    """A new array equal to ``x`` but for ``values`` at ``indices`` along ``axis``; the last of duplicates stays."""
    device = xp.raw_device(x)
    index = xp.reshape(xp.arange(math.prod(x.shape), device=device), x.shape)
    where = xp.take_along_axis(index, indices, axis=axis)
    values = xp.reshape(xp.broadcast_to(values, where.shape), (-1,))
    put = xp.setitem(xp.reshape(x, (-1,)), values, (xp.reshape(where, (-1,)),))
    return xp.reshape(put, x.shape)


FUNCTIONS = {f.__name__: f for f in (scatter_add, put_along_axis_add, put_along_axis)}
