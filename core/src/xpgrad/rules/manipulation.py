"""Derivatives of functions that move, repeat or convert elements: all of them linear."""

from __future__ import annotations

from typing import Any

from xpgrad.rules._shapes import inverse
from xpgrad.rules._table import constant, linear

linear("astype", x=lambda g: g)
linear("broadcast_to", x=lambda g, shape_x, xp: xp.sum_to(g, shape_x))
linear("expand_dims", x=lambda g, shape_x, xp: xp.reshape(g, shape_x))
linear("flip", x=lambda g, axis, xp: xp.flip(g, axis=axis))
linear("moveaxis", x=lambda g, source, destination, xp: xp.moveaxis(g, destination, source))
linear("permute_dims", x=lambda g, axes, xp: xp.permute_dims(g, inverse(axes)))
linear("reshape", x=lambda g, shape_x, xp: xp.reshape(g, shape_x))
linear("squeeze", x=lambda g, shape_x, xp: xp.reshape(g, shape_x))
linear("matrix_transpose", x=lambda g, xp: xp.matrix_transpose(g))
linear("sum_to", x=lambda g, shape_x, xp: xp.broadcast_to(g, shape_x))


def _roll(g: Any, shift: Any, axis: Any, xp: Any) -> Any:
    back = tuple(-s for s in shift) if isinstance(shift, tuple) else -shift
    return xp.roll(g, back, axis=axis)


linear("roll", x=_roll)


def _repeat(g: Any, like_x: Any, repeats: Any, axis: Any, xp: Any) -> Any:
    """Add up each element's copies: a block of ``repeats`` where that is one number, else a scatter."""
    shape = (like_x.size,) if axis is None or not like_x.shape else like_x.shape
    at = 0 if axis is None else axis % len(shape)
    if isinstance(repeats, int):
        blocks = (*shape[:at], shape[at], repeats, *shape[at + 1 :])
        return xp.reshape(xp.sum(xp.reshape(g, blocks), axis=at + 1), like_x.shape)
    owner = xp.repeat(xp.arange(shape[at], device=like_x.device), repeats)
    zeros = xp.zeros(shape, dtype=g.dtype, device=like_x.device)
    return xp.reshape(xp.scatter_add(zeros, owner, g, axis=at), like_x.shape)


linear("repeat", x=_repeat)


def _tile(g: Any, like_x: Any, repetitions: tuple[int, ...], xp: Any) -> Any:
    rank = max(len(repetitions), like_x.ndim)
    times = (1,) * (rank - len(repetitions)) + tuple(repetitions)
    shape = (1,) * (rank - like_x.ndim) + like_x.shape
    blocks = tuple(n for pair in zip(times, shape, strict=True) for n in pair)
    summed = xp.sum(xp.reshape(g, blocks), axis=tuple(range(0, 2 * rank, 2)))
    return xp.reshape(summed, like_x.shape)


linear("tile", x=_tile)


def _concat(g: Any, like_arrays: Any, axis: int | None, xp: Any) -> Any:
    parts, start = [], 0
    at = 0 if axis is None else axis % g.ndim
    for like in like_arrays:
        extent = like.size if axis is None else like.shape[at]
        key = (slice(None),) * at + (slice(start, start + extent), Ellipsis)
        parts.append(xp.reshape(xp.getitem(g, key), like.shape))
        start += extent
    return tuple(parts)


def _stack(g: Any, like_arrays: Any, axis: int, xp: Any) -> Any:
    before = (slice(None),) * (axis % g.ndim)
    return tuple(xp.getitem(g, (*before, i, Ellipsis)) for i in range(len(like_arrays)))


linear("concat", sequence=True, arrays=_concat)
linear("stack", sequence=True, arrays=_stack)


def _tri(which: str) -> Any:
    return lambda g, k, xp: getattr(xp, which)(g, k=k)


linear("tril", x=_tri("tril"))
linear("triu", x=_tri("triu"))

for _name in ("broadcast_shapes", "can_cast", "finfo", "iinfo", "isdtype", "result_type"):
    constant(_name, "answers a question about shapes or dtypes")
