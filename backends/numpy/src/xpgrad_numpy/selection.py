"""NumPy's faster forms of running extrema, of extrema that skip NaN, and of choosing elements along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np


def cumulative_max(x: Any, /, *, axis: int | None = None) -> Any:
    """The running maximum."""
    return np.maximum.accumulate(x, axis=_running_axis("maximum", x, axis))


def cumulative_min(x: Any, /, *, axis: int | None = None) -> Any:
    """The running minimum."""
    return np.minimum.accumulate(x, axis=_running_axis("minimum", x, axis))


def _running_axis(name: str, x: Any, axis: int | None) -> int:
    if axis is None and x.ndim != 1:
        message = f"a running {name} of shape {x.shape} needs an axis"
        raise ValueError(message)
    return 0 if axis is None else axis


def nanmax(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element that is a number."""
    return np.fmax.reduce(x, axis, None, None, keepdims)  # no warning where all are NaN


def nanmin(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element that is a number."""
    return np.fmin.reduce(x, axis, None, None, keepdims)


def topk_indices(x: Any, k: int, axis: int, largest: bool, sorted: bool) -> Any:
    """The indices of the largest or smallest elements: partitioned, and only they are sorted."""
    n = x.shape[axis]
    if k in (0, n):
        chosen = np.arange(k).reshape(tuple(k if i == axis % x.ndim else 1 for i in range(x.ndim)))
        chosen = np.broadcast_to(
            chosen, (*x.shape[: axis % x.ndim], k, *x.shape[axis % x.ndim :][1:])
        )
    else:
        parts = np.argpartition(x, n - k if largest else k - 1, axis)
        part = slice(n - k, None) if largest else slice(k)
        chosen = np.sort(parts[(slice(None),) * (axis % x.ndim) + (part,)], axis)
    if not sorted:
        return chosen
    if largest:  # turned round twice, so that equal elements stay in their order
        chosen = np.flip(chosen, axis)
    order = np.argsort(np.take_along_axis(x, chosen, axis), axis, kind="stable")
    chosen = np.take_along_axis(chosen, order, axis)
    return np.flip(chosen, axis) if largest else chosen


def put_along_axis(x: Any, indices: Any, values: Any, /, *, axis: int = -1) -> Any:
    """A copy with values at indices."""
    result = np.array(x)
    np.put_along_axis(result, indices, values, axis)
    return result


def put_along_axis_add(values: Any, indices: Any, like: Any, axis: int) -> Any:
    """The transpose of ``take_along_axis``, where the array or its indices were broadcast too."""
    shape = [max(n, m) if m != 0 else 0 for n, m in zip(like.shape, values.shape, strict=True)]
    shape[axis] = like.shape[axis]
    result = np.zeros(shape, dtype=values.dtype)
    if (
        indices.shape[axis] == 1 and indices.shape == values.shape
    ):  # one per line: nothing to add up
        np.put_along_axis(result, indices, values, axis)
    else:
        grid = list(np.ogrid[tuple(slice(n) for n in values.shape)])
        grid[axis] = indices
        np.add.at(result, tuple(grid), values)
    if result.shape == like.shape:
        return result
    ones = tuple(i for i, n in enumerate(like.shape) if n == 1 != shape[i])
    return np.add.reduce(result, ones, None, None, True)


KERNELS = {
    f.__name__: f
    for f in (
        cumulative_max, cumulative_min, nanmax, nanmin, topk_indices, put_along_axis, put_along_axis_add,
    )
}  # fmt: skip
