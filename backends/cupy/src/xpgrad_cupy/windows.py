"""Padding and sliding windows on a GPU: views where nothing moves, few launches where something does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cupy

if TYPE_CHECKING:
    from collections.abc import Callable

Widths = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]


def padded(x: Any, widths: Widths, mode: str) -> Any:
    """CuPy's own ``pad``; zeros without its many steps."""
    if mode != "constant":
        return cupy.pad(x, widths, mode)
    result = cupy.zeros([n + a + b for n, (a, b) in zip(x.shape, widths, strict=True)], x.dtype)
    result[tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, widths, strict=True))] = x
    return result


def _count(n: int, size: int, stride: int, dilation: int) -> int:
    return (n - dilation * (size - 1) - 1) // stride + 1


def windows(x: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """A view, which nothing writes."""
    shape, strides = list(x.shape), list(x.strides)
    within = []
    for axis, k, s, d in zip(axes, size, stride, dilation, strict=True):
        shape[axis] = _count(shape[axis], k, s, d)
        within.append(strides[axis] * d)
        strides[axis] *= s
    return cupy.lib.stride_tricks.as_strided(x, (*shape, *size), (*strides, *within))


def unwindowed(
    values: Any, shape: Sizes, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes
) -> Any:
    """Axis by axis, with one launch for each place in the window, or for each window if these are fewer."""
    lengths, before = list(shape), []
    for axis, k, s, d in zip(axes, size, stride, dilation, strict=True):
        before.append(lengths[axis])
        lengths[axis] = _count(lengths[axis], k, s, d)
    for i in reversed(range(len(axes))):
        axis, step, within = axes[i], stride[i], dilation[i]
        whole = (*values.shape[:axis], before[i], *values.shape[axis + 1 : -1])
        result = cupy.zeros(whole, values.dtype)
        lines, parts = cupy.moveaxis(result, axis, -1), cupy.moveaxis(values, axis, -2)
        if parts.shape[-1] <= parts.shape[-2]:
            parts, step, within = parts.swapaxes(-1, -2), within, step
        count, length = parts.shape[-2:]
        for j in range(count):
            reach = slice(j * step, j * step + (length - 1) * within + 1, within)
            lines[..., reach] += parts[..., j, :]
        values = result
    return values


KERNELS: dict[str, Callable[..., Any]] = {
    "padded": padded, "windows": windows, "unwindowed": unwindowed,
}  # fmt: skip
