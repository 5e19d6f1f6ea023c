"""Convolution, and its two transposes: by the array, and by the kernel.  All three are one trilinear form.

An array is ``(batch, channels, *space)``, a kernel ``(channels out, channels / groups, *sizes)``.  ``padding`` has a
pair (before, after) for each axis in space, ``stride`` and ``dilation`` a number.  Windows become the columns of a
matrix, so that the work is done by one product of matrices for each array of the batch and each group.
"""

from __future__ import annotations

import math
from typing import Any

Pairs = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]


def _columns(
    xp: Any, x: Any, sizes: Sizes, padding: Pairs, stride: Sizes, dilation: Sizes, groups: int
) -> Any:
    """Every window as a column: ``(batch, groups, channels / groups * places in the kernel, windows)``."""
    d = len(sizes)
    if any(pair != (0, 0) for pair in padding):
        x = xp.padded(x, ((0, 0), (0, 0), *padding), "constant")
    seen = xp.windows(x, tuple(range(2, 2 + d)), sizes, stride, dilation)
    seen = xp.permute_dims(seen, (0, 1, *range(2 + d, 2 + 2 * d), *range(2, 2 + d)))
    n, c = x.shape[:2]
    windows = math.prod(seen.shape[2 + d :])
    return xp.reshape(seen, (n, groups, c // groups * math.prod(sizes), windows))


def _rows(xp: Any, weight: Any, groups: int) -> Any:
    """The kernel as one matrix for each group."""
    out, *rest = weight.shape
    return xp.reshape(weight, (groups, out // groups, math.prod(rest)))


def _grouped(xp: Any, values: Any, groups: int) -> Any:
    n, out, *space = values.shape
    return xp.reshape(values, (n, groups, out // groups, math.prod(space)))


def convolved(
    xp: Any, x: Any, weight: Any, padding: Pairs, stride: Sizes, dilation: Sizes, groups: int
) -> Any:
    """The kernel's product with every window of the array."""
    sizes = weight.shape[2:]
    columns = _columns(xp, x, sizes, padding, stride, dilation, groups)
    out = xp.matmul(_rows(xp, weight, groups), columns)
    space = tuple(
        (n + a + b - d * (k - 1) - 1) // s + 1
        for n, k, (a, b), s, d in zip(x.shape[2:], sizes, padding, stride, dilation, strict=True)
    )
    return xp.reshape(out, (x.shape[0], weight.shape[0], *space))


def unconvolved(
    xp: Any, values: Any, weight: Any, space: Sizes, padding: Pairs, stride: Sizes, dilation: Sizes, groups: int
) -> Any:  # fmt: skip
    """The transpose by the array, which is ``space`` long: every window gets the kernel, and windows add up."""
    n, sizes, d = values.shape[0], weight.shape[2:], len(space)
    channels = weight.shape[1] * groups
    rows = xp.matrix_transpose(_rows(xp, weight, groups))
    columns = xp.matmul(rows, _grouped(xp, values, groups))
    seen = xp.reshape(columns, (n, channels, *sizes, *values.shape[2:]))
    seen = xp.permute_dims(seen, (0, 1, *range(2 + d, 2 + 2 * d), *range(2, 2 + d)))
    whole = tuple(m + a + b for m, (a, b) in zip(space, padding, strict=True))
    x = xp.unwindowed(seen, (n, channels, *whole), tuple(range(2, 2 + d)), sizes, stride, dilation)
    if any(pair != (0, 0) for pair in padding):
        x = xp.unpadded(x, ((0, 0), (0, 0), *padding), "constant")
    return x


def convolved_kernel(
    xp: Any, values: Any, x: Any, sizes: Sizes, padding: Pairs, stride: Sizes, dilation: Sizes, groups: int
) -> Any:  # fmt: skip
    """The transpose by the kernel, of these ``sizes``: the sum of the products of all windows and values."""
    columns = _columns(xp, x, sizes, padding, stride, dilation, groups)
    weight = xp.contract(_grouped(xp, values, groups), columns, "ngow,ngkw->gok")
    return xp.reshape(weight, (values.shape[1], x.shape[1] // groups, *sizes))


FUNCTIONS = {f.__name__: f for f in (convolved, unconvolved, convolved_kernel)}
