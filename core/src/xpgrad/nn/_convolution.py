"""Convolutions by the number of dimensions, and the windows of images as columns; PyTorch's names and meanings."""

from __future__ import annotations

import math
from typing import Any

import xpgrad as xp
from xpgrad._namespace._operations import operation
from xpgrad.errors import ShapeError
from xpgrad.nn._checks import each

__all__ = [
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "fold", "unfold",
]  # fmt: skip


def _check_rank(name: str, weight: Any, d: int) -> None:
    if weight.ndim != d + 2:
        message = f"{name} takes a kernel of rank {d + 2}, got one of shape {weight.shape}"
        raise ShapeError(message)


def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:  # fmt: skip
    """:func:`xpgrad.conv` of ``(batch, channels, length)``."""
    _check_rank("conv1d", weight, 1)
    return xp.conv(
        input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:  # fmt: skip
    """:func:`xpgrad.conv` of ``(batch, channels, height, width)``.

    Example:
        >>> import xpgrad as xp
        >>> image, kernels = xp.ones((1, 3, 8, 8)), xp.ones((4, 3, 3, 3))
        >>> xp.nn.functional.conv2d(image, kernels, stride=2, padding=1).shape
        (1, 4, 4, 4)
    """
    _check_rank("conv2d", weight, 2)
    return xp.conv(
        input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def conv3d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:  # fmt: skip
    """:func:`xpgrad.conv` of ``(batch, channels, depth, height, width)``."""
    _check_rank("conv3d", weight, 3)
    return xp.conv(
        input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def _transposed(d: int) -> Any:
    name = f"conv_transpose{d}d"

    def function(
        input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, dilation: Any = 1,
    ) -> Any:  # fmt: skip
        _check_rank(name, weight, d)
        return xp.conv_transpose(
            input, weight, bias, stride=stride, padding=padding, output_padding=output_padding,
            groups=groups, dilation=dilation,
        )  # fmt: skip

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f":func:`xpgrad.conv_transpose` in {d} dimension{'s' * (d > 1)}."
    return function


conv_transpose1d, conv_transpose2d, conv_transpose3d = map(_transposed, (1, 2, 3))


# --- windows as columns -----------------------------------------------------------------------------


def unfold(
    input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """Every window of an image as a column.

    Args:
        input: ``(batch, channels, height, width)``, or without the batch.
        kernel_size: height and width of a window; one number for both.
        dilation: from one element of a window to the next.
        padding: zeros around the image.
        stride: from one window to the next.

    Returns:
        ``(batch, channels * places in a window, windows)``.

    Raises:
        ShapeError: if the window does not fit, or the rank is another.
    """
    size, dilation, padding, stride = _options("unfold", kernel_size, dilation, padding, stride)
    x, alone = _with_batch("unfold", input, 4)
    if any(padding):
        x = xp.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
    counts = _counts("unfold", x.shape[2:], size, dilation, stride)
    seen = xp.permute_dims(
        operation("windows")(x, (2, 3), size, stride, dilation), (0, 1, 4, 5, 2, 3)
    )
    out = xp.reshape(seen, (x.shape[0], x.shape[1] * math.prod(size), math.prod(counts)))
    return out[0] if alone else out


def fold(
    input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:  # fmt: skip
    """The transpose of :func:`unfold`: columns back to an image, what overlaps is added up.

    Args:
        input: ``(batch, channels * places in a window, windows)``, or without the batch.
        output_size: height and width of the image.
        kernel_size: as in :func:`unfold`, and so are the others.
        dilation: the same.
        padding: the same.
        stride: the same.

    Returns:
        ``(batch, channels, *output_size)``.

    Raises:
        ShapeError: if the columns are not those of such an image.
    """
    size, dilation, padding, stride = _options("fold", kernel_size, dilation, padding, stride)
    space = each("fold", "output_size", output_size, 2, 1)
    x, alone = _with_batch("fold", input, 3)
    whole = tuple(n + 2 * p for n, p in zip(space, padding, strict=True))
    counts = _counts("fold", whole, size, dilation, stride)
    n, rows, columns = x.shape
    if rows % math.prod(size) or columns != math.prod(counts):
        message = (
            f"fold: an image of {space} has {' * '.join(map(str, counts))} = {math.prod(counts)} windows of {size}, so "
            f"the input must be (batch, channels * {math.prod(size)}, {math.prod(counts)}), got shape {input.shape}"
        )
        raise ShapeError(message)
    channels = rows // math.prod(size)
    seen = xp.permute_dims(xp.reshape(x, (n, channels, *size, *counts)), (0, 1, 4, 5, 2, 3))
    out = operation("unwindowed")(seen, (n, channels, *whole), (2, 3), size, stride, dilation)
    if any(padding):
        out = operation("unpadded")(out, ((0, 0), (0, 0), *((p, p) for p in padding)), "constant")
    return out[0] if alone else out


def _options(
    name: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[Any, ...]:
    return (
        each(name, "kernel_size", kernel_size, 2, 1), each(name, "dilation", dilation, 2, 1),
        each(name, "padding", padding, 2, 0), each(name, "stride", stride, 2, 1),
    )  # fmt: skip


def _with_batch(name: str, input: Any, rank: int) -> tuple[Any, bool]:
    x = xp.asarray(input)
    if x.ndim not in (rank, rank - 1):
        message = f"{name} takes rank {rank}, or {rank - 1} without the batch; got shape {x.shape}"
        raise ShapeError(message)
    alone = x.ndim < rank
    return (x[None, ...] if alone else x), alone


def _counts(name: str, space: Any, size: Any, dilation: Any, stride: Any) -> tuple[int, ...]:
    counts = tuple(
        (n - d * (k - 1) - 1) // s + 1
        for n, k, d, s in zip(space, size, dilation, stride, strict=True)
    )
    if min(counts) < 1:
        message = (
            f"{name}: a window of {size} with dilation {dilation} does not fit the {tuple(space)} elements that the "
            "image has with its padding"
        )
        raise ShapeError(message)
    return counts
