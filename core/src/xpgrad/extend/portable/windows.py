"""Padding, and windows that slide along axes; with the transpose of each, which adds up what was copied.

Widths are pairs (before, after), one for each axis.  A window has a size, a stride (from one window to the
next) and a dilation (from one element to the next within it), one of each for each of its axes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

Widths = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]
Run = tuple[int, int, int]
"""Elements that stand side by side after padding: where the first came from, how many, and by what step."""


@lru_cache(maxsize=4096)
def runs(n: int, before: int, after: int, mode: str) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """Where the elements before and after an axis of ``n`` come from, in a mode other than ``constant``."""
    if mode == "edge" or (mode == "reflect" and n == 1):
        ends: tuple[Run, Run] = ((0, before, 0), (n - 1, after, 0))
        return ends[: before > 0], ends[1 : 1 + (after > 0)]
    return tuple(_folds(n, -before, 0, mode)), tuple(_folds(n, n, n + after, mode))


def _folds(n: int, start: int, stop: int, mode: str) -> list[Run]:
    """The runs of the places from ``start`` to ``stop``, cut where the copies of the axis meet."""
    length = n - 1 if mode == "reflect" else n  # a mirror on an element shows it once
    found = []
    while start < stop:
        copy, at = divmod(start, length)
        count = min(length - at, stop - start)
        mirrored = mode != "wrap" and copy % 2
        found.append((n - 1 - at, count, -1) if mirrored else (at, count, 1))
        start += count
    return found


def taken(run: Run) -> slice:
    """The places of a run, in ascending order."""
    start, count, step = run
    if step < 0:
        start -= count - 1
    return slice(start, start + (count if step else 1))


def at(axis: int, part: Any) -> tuple[Any, ...]:
    """The key of a part of an axis."""
    return (*(slice(None),) * axis, part, Ellipsis)


# --- padding ----------------------------------------------------------------------------------------


def padded(xp: Any, x: Any, widths: Widths, mode: str) -> Any:
    """The array with more elements at both ends of its axes: zeros (``constant``), or what ``mode`` repeats."""
    for axis, (before, after) in enumerate(widths):
        if mode == "constant":
            x = _extended(xp, x, axis, before, before + x.shape[axis] + after)
        elif before or after:
            ahead, behind = runs(x.shape[axis], before, after, mode)
            parts = [
                *(_read(xp, x, axis, r) for r in ahead),
                x,
                *(_read(xp, x, axis, r) for r in behind),
            ]
            x = xp.concat(parts, axis=axis)
    return x


def _read(xp: Any, x: Any, axis: int, run: Run) -> Any:
    part = x[at(axis, taken(run))]
    if run[2] < 0:
        return xp.flip(part, axis=axis)
    return (
        part if run[2] else xp.broadcast_to(part, (*x.shape[:axis], run[1], *x.shape[axis + 1 :]))
    )


def unpadded(xp: Any, x: Any, widths: Widths, mode: str) -> Any:
    """The transpose of :func:`padded`: without what was added, which goes back to where it came from."""
    for axis, (before, after) in enumerate(widths):
        n = x.shape[axis] - before - after
        inner = x[at(axis, slice(before, before + n))]
        if mode != "constant":
            for first, some in zip(
                (0, before + n), runs(n, before, after, mode) if n else (), strict=False
            ):
                for run in some:
                    part = x[at(axis, slice(first, first + run[1]))]
                    first += run[1]
                    inner = inner + _returned(xp, part, axis, run, n)
        x = inner
    return x


def _returned(xp: Any, part: Any, axis: int, run: Run, n: int) -> Any:
    if run[2] < 0:
        part = xp.flip(part, axis=axis)
    elif not run[2]:
        part = xp.sum(part, axis=axis, keepdims=True, dtype=part.dtype)
    return _extended(xp, part, axis, taken(run).start, n)


def _extended(xp: Any, x: Any, axis: int, before: int, n: int) -> Any:
    """The array with zeros before and after, ``n`` long along an axis."""
    after = n - before - x.shape[axis]
    if not before and not after:
        return x
    shapes = [(*x.shape[:axis], count, *x.shape[axis + 1 :]) for count in (before, after)]
    ends = [xp.zeros(s, dtype=x.dtype, device=xp.raw_device(x)) for s in shapes]
    return xp.concat([*ends[: before > 0], x, *ends[1 : 1 + (after > 0)]], axis=axis)


# --- windows ----------------------------------------------------------------------------------------


def count_of(n: int, size: int, stride: int, dilation: int) -> int:
    """How many windows there are on an axis of ``n``."""
    return (n - dilation * (size - 1) - 1) // stride + 1


def windows(xp: Any, x: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """Every window: the given axes count windows, and new last axes, in the same order, are within them."""
    for axis, k, s, d in zip(axes, size, stride, dilation, strict=True):
        reach = (count_of(x.shape[axis], k, s, d) - 1) * s + 1
        parts = [x[at(axis, slice(j * d, j * d + reach, s))] for j in range(k)]
        x = xp.stack(parts, axis=-1)
    return x


def unwindowed(
    xp: Any, values: Any, shape: Sizes, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes
) -> Any:
    """The transpose of :func:`windows`: an array of ``shape`` with all windows added up in their places."""
    for axis, k, s, d in reversed(list(zip(axes, size, stride, dilation, strict=True))):
        n = _length_before(shape, axes, size, stride, dilation, axis, values.ndim - len(shape))
        values = _added_up(xp, values, axis, n, k, s, d)
    return values


def _length_before(
    shape: Sizes, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes, axis: int, upto: int
) -> int:
    """How long an axis is that has windows taken from it already by the entries before ``upto`` (axes may repeat)."""
    n = shape[axis]
    for a, k, s, d in list(zip(axes, size, stride, dilation, strict=True))[: upto - 1]:
        n = count_of(n, k, s, d) if a == axis else n
    return n


def _added_up(xp: Any, values: Any, axis: int, n: int, k: int, s: int, d: int) -> Any:
    """The last axis, windows of one axis, added up along it."""
    count = values.shape[axis]
    if k == s and d == 1:  # side by side
        shape = (*values.shape[:axis], count * k, *values.shape[axis + 1 : -1])
        whole = xp.reshape(xp.moveaxis(values, -1, axis + 1), shape)
        return _extended(xp, whole, axis, 0, n)
    if k <= count:
        parts = [_spaced(xp, values[..., j], axis, s) for j in range(k)]
        step = d
    else:
        turned = xp.moveaxis(values, -1, axis + 1)  # windows, and what is in them
        parts = [_spaced(xp, turned[at(axis, i)], axis, d) for i in range(count)]
        step = s
    total = _extended(xp, parts[0], axis, 0, n)
    for i, part in enumerate(parts[1:], 1):
        total = total + _extended(xp, part, axis, i * step, n)
    return total


def _spaced(xp: Any, x: Any, axis: int, step: int) -> Any:
    """The array with ``step - 1`` zeros between neighbours."""
    n = x.shape[axis]
    if step == 1 or n < 2:
        return x
    x = xp.expand_dims(x, axis=axis + 1)
    x = _extended(xp, x, axis + 1, 0, step)
    x = xp.reshape(x, (*x.shape[:axis], n * step, *x.shape[axis + 2 :]))
    return x[at(axis, slice(0, (n - 1) * step + 1))]


# --- what windows have together -----------------------------------------------------------------------


def _within(count: int) -> Sizes:
    """The axes within windows of ``count`` axes."""
    return tuple(range(-count, 0))


def window_sum(xp: Any, x: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """The sum of each window."""
    return xp.sum(
        xp.windows(x, axes, size, stride, dilation), axis=_within(len(axes)), dtype=x.dtype
    )


def window_max(xp: Any, x: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """The largest element of each window."""
    return xp.max(xp.windows(x, axes, size, stride, dilation), axis=_within(len(axes)))


def window_max_back(
    xp: Any, values: Any, x1: Any, x2: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes
) -> Any:
    """Each of the values to the largest elements of its window of ``x1``, which are ``x2``; in equal parts."""
    wide = (..., *(None,) * len(axes))
    hit = xp.astype(xp.windows(x1, axes, size, stride, dilation) == x2[wide], values.dtype)
    count = xp.sum(hit, axis=_within(len(axes)), keepdims=True)
    share = hit / xp.where(count == 0, xp.ones_like(count), count)  # none: the largest is NaN
    return xp.unwindowed(values[wide] * share, x1.shape, axes, size, stride, dilation)


FUNCTIONS = {
    f.__name__: f
    for f in (padded, unpadded, windows, unwindowed, window_sum, window_max, window_max_back)
}
