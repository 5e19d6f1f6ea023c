"""Shape arithmetic that rules share.  Helpers take shapes, never arrays they do not need the values of."""

from __future__ import annotations

from typing import Any


def axes_of(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """The reduced axes as non-negative integers."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple(a % ndim for a in axes) if ndim else ()


def count(shape: tuple[int, ...], axis: int | tuple[int, ...] | None) -> int:
    """How many elements are reduced into one."""
    n = 1
    for a in axes_of(axis, len(shape)):
        n *= shape[a]
    return n


def kept_shape(shape: tuple[int, ...], axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """The shape of a reduction with ``keepdims=True``."""
    axes = axes_of(axis, len(shape))
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def restore(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool, xp: Any) -> Any:
    """Put back the axes of length one that a reduction dropped."""
    if keepdims or axis is None or axis == 0 or not shape:  # broadcasts as it is
        return g
    if isinstance(axis, int):
        axis %= len(shape)
        return xp.reshape(g, (*shape[:axis], 1, *shape[axis + 1 :]))
    return xp.reshape(g, kept_shape(shape, axis))


def spread(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool, xp: Any) -> Any:
    """Copy a reduction's cotangent to every element that was reduced."""
    return xp.broadcast_to(restore(g, shape, axis, keepdims, xp), shape)


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The inverse permutation."""
    return tuple(sorted(range(len(axes)), key=lambda i: axes[i] % len(axes)))
