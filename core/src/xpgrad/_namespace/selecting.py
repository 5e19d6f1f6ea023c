"""The largest elements, and indices as rows of zeros and ones."""

from __future__ import annotations

from typing import Any, NamedTuple

from xpgrad._namespace._lift import lift
from xpgrad._namespace._operations import operation
from xpgrad._namespace.creation import arange, zeros
from xpgrad.errors import DTypeError, ShapeError

__all__ = ["TopK", "one_hot", "topk"]


class TopK(NamedTuple):
    """What :func:`topk` returns."""

    values: Any
    indices: Any


def topk(
    x: Any,
    k: int,
    /,
    *,
    axis: int = -1,
    largest: bool = True,
    sorted: bool = True,
) -> TopK:
    """The ``k`` largest elements along an axis and their indices.

    Args:
        x: of at least one axis.
        k: how many; the length of ``axis`` in both results.
        axis: along which.
        largest: False takes the smallest.
        sorted: the results are in order; without it their order is the library's.

    NaN counts as larger than every number. Of equal elements any may be taken; taken ones are in order.
    Derivative: to any order, by what was taken.

    Raises:
        ShapeError: if there are fewer than ``k`` elements.

    Example:
        >>> import xpgrad as xp
        >>> xp.topk(xp.asarray([3.0, 1.0, 4.0, 1.0, 5.0]), 2)
        TopK(values=tensor([5., 4.]), indices=tensor([4, 2]))
    """
    t = lift(x)
    if not t.ndim or not -t.ndim <= axis < t.ndim:
        message = f"topk: a tensor of shape {t.shape} has no axis {axis}"
        raise ShapeError(message)
    number = k.__index__()
    if not 0 <= number <= t.shape[axis]:
        message = f"topk: k must be at least 0 and at most the {t.shape[axis]} elements of axis {axis}, got {k}"
        raise ShapeError(message)
    indices = operation("topk_indices")(t, number, axis, largest, sorted)
    return TopK(operation("take_along_axis")(t, indices, axis=axis), indices)


def one_hot(x: Any, num_classes: int, /, *, dtype: Any = None, axis: int = -1) -> Any:
    """A new axis with 1 at each index and 0 elsewhere; nothing but zeros for an index that is out of range.

    Args:
        x: integers.
        num_classes: the length of the new axis.
        dtype: of the result; default: the default floating dtype.
        axis: where the new axis goes.

    Derivative: none; the result is made of zeros and ones.

    Raises:
        DTypeError: if ``x`` is not made of integers.

    Example:
        >>> import xpgrad as xp
        >>> xp.one_hot(xp.asarray([0, 2]), 3)
        tensor([[1., 0., 0.],
                [0., 0., 1.]])
    """
    index = lift(x)
    if index.dtype.kind not in ("signed integer", "unsigned integer"):
        message = f"one_hot: indices must be integers, got {index.dtype}; cast them with xp.astype"
        raise DTypeError(message)
    classes = arange(num_classes, dtype=index.dtype, device=index.device)
    hot = operation("equal")(operation("expand_dims")(index, -1), classes)
    if axis not in (-1, index.ndim):
        hot = operation("moveaxis")(hot, -1, axis)
    kind = zeros((), device=index.device).dtype if dtype is None else dtype
    return operation("astype")(hot, kind)
