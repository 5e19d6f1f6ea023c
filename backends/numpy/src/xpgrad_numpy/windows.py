"""NumPy's faster forms of padding and sliding windows: views where nothing moves, sums of slices going back."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

if TYPE_CHECKING:
    from collections.abc import Iterator

Widths = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]
FEW = 64
"""Up to this many places in a window, each is added with one slice of all axes; beyond, axis by axis."""


def at(axis: int, part: Any) -> tuple[Any, ...]:
    """The key of a part of an axis."""
    return (*(slice(None),) * axis, part)


# --- padding ----------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def sources(n: int, before: int, after: int, mode: str) -> tuple[Any, Any]:
    """Where the elements before and after a padded axis came from: NumPy pads their numbers."""
    numbers = np.pad(np.arange(n), (before, after), mode)  # type: ignore[call-overload]
    return numbers[:before], numbers[before + n :]


def padded(x: Any, widths: Widths, mode: str) -> Any:
    """The whole result at once; each axis is filled from what the axes before it have filled."""
    shape = tuple(n + a + b for n, (a, b) in zip(x.shape, widths, strict=True))
    inner = tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, widths, strict=True))
    result = np.zeros(shape, x.dtype) if mode == "constant" else np.empty(shape, x.dtype)
    result[inner] = x
    if mode == "constant":
        return result
    for axis, (n, (before, after)) in enumerate(zip(x.shape, widths, strict=True)):
        if before or after:
            ahead, behind = sources(n, before, after, mode)
            lines = result[(*(slice(None),) * (axis + 1), *inner[axis + 1 :])]
            lines[at(axis, slice(before))] = lines[at(axis, ahead + before)]
            lines[at(axis, slice(before + n, None))] = lines[at(axis, behind + before)]
    return result


def unpadded(x: Any, widths: Widths, mode: str) -> Any:
    """The inner part, and added to it what its copies have."""
    if mode == "constant":
        return x[tuple(slice(a, n - b) for n, (a, b) in zip(x.shape, widths, strict=True))]
    for axis, (before, after) in enumerate(widths):
        if before or after:
            n = x.shape[axis] - before - after
            inner = np.array(x[at(axis, slice(before, before + n))])
            for first, group in zip((0, before + n), sources(n, before, after, mode), strict=True):
                _add_at(inner, axis, group, x[at(axis, slice(first, first + len(group)))])
            x = inner
    return x


def _add_at(inner: Any, axis: int, places: Any, values: Any) -> None:
    if len(places) > FEW:
        np.add.at(np.moveaxis(inner, axis, 0), places, np.moveaxis(values, axis, 0))
    else:
        for i, place in enumerate(places):
            inner[at(axis, place)] += values[at(axis, i)]


# --- windows ----------------------------------------------------------------------------------------


def count_of(n: int, size: int, stride: int, dilation: int) -> int:
    """How many windows there are on an axis of ``n``."""
    return (n - dilation * (size - 1) - 1) // stride + 1


def windows(x: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """A view, which nothing writes."""
    shape, strides = list(x.shape), list(x.strides)
    within = []
    for axis, k, s, d in zip(axes, size, stride, dilation, strict=True):
        shape[axis] = count_of(shape[axis], k, s, d)
        within.append(strides[axis] * d)
        strides[axis] *= s
    return as_strided(x, (*shape, *size), (*strides, *within), writeable=False)


def unwindowed(
    values: Any, shape: Sizes, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes
) -> Any:
    """One slice added for each place in the window, or for each window if these are fewer."""
    if len(axes) > 1 and (len(set(axes)) < len(axes) or math.prod(size) > FEW):
        return _axis_by_axis(values, shape, axes, size, stride, dilation)
    result = np.zeros(shape, values.dtype)
    if len(axes) == 1:
        _add_along(
            np.moveaxis(result, axes[0], -1),
            np.moveaxis(values, axes[0], -2),
            stride[0],
            dilation[0],
        )
        return result
    counts = [values.shape[axis] for axis in axes]
    if math.prod(size) <= math.prod(counts):
        for place in product(*map(range, size)):
            starts = [j * d for j, d in zip(place, dilation, strict=True)]
            _part(result, axes, starts, counts, stride)[...] += values[(..., *place)]
        return result
    inside = np.moveaxis(values, range(values.ndim - len(axes), values.ndim), range(len(axes)))
    where = tuple(axis + len(axes) for axis in axes)
    for window in product(*map(range, counts)):
        starts = [i * s for i, s in zip(window, stride, strict=True)]
        key: list[Any] = [slice(None)] * inside.ndim
        for axis, i in zip(where, window, strict=True):
            key[axis] = i
        part = np.moveaxis(_part(result, axes, starts, size, dilation), axes, range(len(axes)))
        part += inside[tuple(key)]
    return result


def _add_along(lines: Any, values: Any, stride: int, dilation: int) -> None:
    """The windows of the last axis of ``lines``, added to it."""
    count, size = values.shape[-2:]
    if size <= count:
        values, stride, dilation = np.swapaxes(values, -1, -2), dilation, stride
        count, size = size, count
    reach = (size - 1) * dilation + 1 if size else 0
    for start, window in enumerate(np.moveaxis(values, -2, 0)):
        lines[..., start * stride : start * stride + reach : dilation] += window


def _part(x: Any, axes: Sizes, starts: Any, counts: Any, steps: Any) -> Any:
    key: list[Any] = [slice(None)] * x.ndim
    for axis, start, count, step in zip(axes, starts, counts, steps, strict=True):
        key[axis] = slice(start, start + (count - 1) * step + 1 if count else start, step)
    return x[tuple(key)]


def _axis_by_axis(
    values: Any, shape: Sizes, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes
) -> Any:
    lengths, shapes = list(shape), []
    for axis, k, s, d in zip(axes, size, stride, dilation, strict=True):
        shapes.append(tuple(lengths))
        lengths[axis] = count_of(lengths[axis], k, s, d)
    for i in reversed(range(len(axes))):
        one = (axes[i],), (size[i],), (stride[i],), (dilation[i],)
        values = unwindowed(values, (*shapes[i], *size[:i]), *one)
    return values


# --- what windows have together -----------------------------------------------------------------------


def _seen_at(x: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Iterator[Any]:
    """For each place in a window, what all windows have there."""
    counts = [
        count_of(x.shape[a], k, s, d)
        for a, k, s, d in zip(axes, size, stride, dilation, strict=True)
    ]
    for place in product(*map(range, size)):
        starts = [j * d for j, d in zip(place, dilation, strict=True)]
        yield _part(x, axes, starts, counts, stride)


def window_sum(x: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """Place by place."""
    first, *rest = _seen_at(x, axes, size, stride, dilation)
    result = np.array(first)
    for part in rest:
        result += part
    return result


def window_max(x: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """Place by place."""
    first, *rest = _seen_at(x, axes, size, stride, dilation)
    result = np.array(first)
    for part in rest:
        np.maximum(result, part, out=result)
    return result


def window_max_back(
    values: Any, x1: Any, x2: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes
) -> Any:
    """Place by place, twice: count the largest, then give each its share."""
    places = list(_seen_at(x1, axes, size, stride, dilation))
    hits = [part == x2 for part in places]
    share = values / np.maximum(np.sum(hits, axis=0, dtype=values.dtype), 1)  # none: it is NaN
    result = np.zeros(x1.shape, values.dtype)
    for part, hit in zip(_seen_at(result, axes, size, stride, dilation), hits, strict=True):
        part += share * hit
    return result


KERNELS = {
    "padded": padded, "unpadded": unpadded, "windows": windows, "unwindowed": unwindowed,
    "window_sum": window_sum, "window_max": window_max, "window_max_back": window_max_back,
}  # fmt: skip
