"""The largest and the mean of each window; PyTorch's names and meanings."""

from __future__ import annotations

from typing import Any, NamedTuple

import xpgrad as xp
from xpgrad._namespace._operations import operation
from xpgrad.errors import ShapeError
from xpgrad.nn._checks import each

__all__ = [
    "avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d", "max_pool2d", "max_pool3d",
]  # fmt: skip

Sizes = tuple[int, ...]


class Windows(NamedTuple):
    """Windows over the last axes of an array, with a border."""

    axes: Sizes
    size: Sizes
    stride: Sizes
    dilation: Sizes
    before: Sizes
    after: Sizes
    """Elements of the border at the far ends, with those that ``ceil_mode`` adds."""
    counts: Sizes


def _windows(
    name: str, x: Any, d: int, size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Windows:
    if x.ndim not in (d + 1, d + 2):
        message = f"{name} takes (batch, channels, *space) of rank {d + 2}, or without the batch; got {x.shape}"
        raise ShapeError(message)
    size = each(name, "kernel_size", size, d, 1)
    stride = size if stride is None or stride == () else each(name, "stride", stride, d, 1)
    padding, dilation = each(name, "padding", padding, d, 0), each(name, "dilation", dilation, d, 1)
    counts, after = [], []
    for n, k, s, p, step in zip(x.shape[-d:], size, stride, padding, dilation, strict=True):
        reach = step * (k - 1) + 1
        if 2 * p > reach:
            message = f"{name}: padding {p} must be at most half of the {reach} elements that a window of {k} spans"
            raise ShapeError(message)
        count = (n + 2 * p - reach) // s + 1
        if (
            ceil_mode and (n + 2 * p - reach) % s and count * s < n + p
        ):  # one more, that begins in the array
            count += 1
        if count < 1:
            formula = f"floor(({n} + 2 * {p} - {step} * ({k} - 1) - 1) / {s}) + 1 = {count}"
            message = f"{name} of shape {x.shape}: an axis of {n} has {formula} windows of {k}"
            raise ShapeError(message)
        counts.append(count)
        after.append(max(p, (count - 1) * s + reach - n - p))
    axes = tuple(range(x.ndim - d, x.ndim))
    return Windows(axes, size, stride, dilation, padding, tuple(after), tuple(counts))


def _with_border(x: Any, w: Windows, value: Any) -> Any:
    if not any(w.before) and not any(w.after):
        return x
    widths = [(0, 0)] * (x.ndim - len(w.axes)) + list(zip(w.before, w.after, strict=True))
    return xp.pad(x, widths, constant_values=value)


def _max_pool(d: int) -> Any:
    name = f"max_pool{d}d"

    def function(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:  # fmt: skip
        if return_indices:
            message = f"{name} does not return indices; leave return_indices=False"
            raise NotImplementedError(message)
        x = xp.asarray(input)
        w = _windows(name, x, d, kernel_size, stride, padding, dilation, ceil_mode)
        least = -xp.inf if x.dtype.is_floating else xp.iinfo(x.dtype).min
        return operation("window_max")(
            _with_border(x, w, least), w.axes, w.size, w.stride, w.dilation
        )

    function.__doc__ = f"""The largest element of each window, in {d} dimension{"s" * (d > 1)}.

    Args:
        input: ``(batch, channels, *space)``, or without the batch.
        kernel_size: of a window; a number, or one for each dimension.
        stride: from one window to the next; default: ``kernel_size``, so that windows do not overlap.
        padding: elements of minus infinity at both ends, at most half a window.
        dilation: from one element of a window to the next.
        ceil_mode: whether a window may reach over the far end.
        return_indices: is not provided.

    Derivative: to any order; equal largest elements share the gradient (PyTorch: the first one has it).
    Raises: ShapeError where a window does not fit, with the formula.
    """
    function.__name__ = function.__qualname__ = name
    return function


def _avg_pool(d: int) -> Any:
    name = f"avg_pool{d}d"

    def function(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> Any:  # fmt: skip
        x = xp.asarray(input)
        w = _windows(name, x, d, kernel_size, stride, padding, 1, ceil_mode)
        total = operation("window_sum")(_with_border(x, w, 0), w.axes, w.size, w.stride, w.dilation)
        if divisor_override is not None:
            return total / float(divisor_override)
        return _divided(total, x, w, count_include_pad)

    function.__doc__ = f"""The mean of each window, in {d} dimension{"s" * (d > 1)}.

    Args:
        input: ``(batch, channels, *space)``, or without the batch.
        kernel_size: of a window; a number, or one for each dimension.
        stride: from one window to the next; default: ``kernel_size``, so that windows do not overlap.
        padding: zeros at both ends, at most half a window.
        ceil_mode: whether a window may reach over the far end; what lies there does not count.
        count_include_pad: whether the zeros count.
        divisor_override: divide the sum by this number instead of how many were added.

    Derivative: to any order (linear).
    Raises: ShapeError where a window does not fit, with the formula.
    """
    function.__name__ = function.__qualname__ = name
    return function


def _divided(total: Any, x: Any, w: Windows, include: bool) -> Any:
    """The sums divided by how many elements each has, axis by axis where that differs."""
    common = 1
    for axis, n, k, s, p, count in zip(
        w.axes, x.shape[-len(w.axes) :], w.size, w.stride, w.before, w.counts, strict=True
    ):
        low, high = (-p, n + p) if include else (0, n)
        each_count = [min(i * s - p + k, high) - max(i * s - p, low) for i in range(count)]
        if len(set(each_count)) == 1:
            common *= each_count[0]
        else:
            sizes = xp.asarray(
                [float(m) for m in each_count], dtype=total.dtype, device=total.device
            )
            total = total / xp.reshape(sizes, (count, *(1,) * (total.ndim - 1 - axis)))
    return total if common == 1 else total / float(common)


max_pool1d, max_pool2d, max_pool3d = map(_max_pool, (1, 2, 3))
avg_pool1d, avg_pool2d, avg_pool3d = map(_avg_pool, (1, 2, 3))
