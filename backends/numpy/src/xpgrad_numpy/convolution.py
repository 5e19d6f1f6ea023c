"""Convolution for NumPy: windows are copied, a block at a time, into the columns of a matrix that stays in cache."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from xpgrad_numpy.windows import count_of, padded, windows

if TYPE_CHECKING:
    from collections.abc import Iterator

Pairs = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]
BLOCK = 1 << 21
"""Bytes of columns at a time; from 1 to 4 MiB all was equally fast."""
ENOUGH = 512
"""Columns from which a product of matrices is fast; smaller arrays of a batch share one."""


class Plan(NamedTuple):
    """The sizes of one convolution."""

    groups: int
    rows: int
    """Channels out, of each group."""
    terms: int
    """What is summed for one element: channels in of each group, times places in the kernel."""
    space: Sizes
    """The result's."""


def _plan(x: Any, weight_shape: Sizes, stride: Sizes, dilation: Sizes, groups: int) -> Plan:
    out, channels, *sizes = weight_shape
    space = tuple(map(count_of, x.shape[2:], sizes, stride, dilation))
    return Plan(groups, out // groups, channels * math.prod(sizes), space)


def _with_border(x: Any, padding: Pairs) -> Any:
    if any(a or b for a, b in padding):
        return padded(x, ((0, 0), (0, 0), *padding), "constant")
    return x


def _seen(x: Any, sizes: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """Every window, as a view: (channels, *sizes, batch, *space)."""
    d = len(sizes)
    view = windows(x, tuple(range(2, 2 + d)), sizes, stride, dilation)
    return view.transpose(1, *range(2 + d, 2 + 2 * d), 0, *range(2, 2 + d))


def _blocks(batch: int, plan: Plan, itemsize: int) -> Iterator[tuple[slice, slice]]:
    """Which arrays of the batch, and which part of their first axis in space, to take together."""
    first, *rest = plan.space
    line = math.prod(rest) * plan.terms * plan.groups * itemsize
    if first * line > BLOCK:
        step = max(1, BLOCK // max(line, 1))
        for n, start in product(range(batch), range(0, first, step)):
            yield slice(n, n + 1), slice(start, min(start + step, first))
        return
    together = min(BLOCK // max(first * line, 1), -(-ENOUGH // max(math.prod(plan.space), 1)))
    for n in range(0, batch, max(together, 1)):
        yield slice(n, min(n + max(together, 1), batch)), slice(0, first)


def _columns(seen: Any, block: tuple[slice, slice], plan: Plan, buffer: Any) -> Any:
    """A block of windows as columns, for each group."""
    d = len(plan.space)
    part = seen[(*(slice(None),) * (d + 1), *block)]
    matrix = buffer[: part.size].reshape(part.shape)
    matrix[...] = part
    return matrix.reshape(plan.groups, plan.terms, math.prod(part.shape[d + 1 :]))


def _values(g: Any, block: tuple[slice, slice], plan: Plan) -> Any:
    """A block of the result's elements: a row for each channel, for each group."""
    part = g[block[0], :, block[1]].swapaxes(0, 1)
    return part.reshape(plan.groups, plan.rows, math.prod(part.shape[1:]))


def _extent(block: tuple[slice, slice], plan: Plan) -> Sizes:
    """How many arrays, and how long each axis in space, a block has."""
    batch, lines = (part.stop - part.start for part in block)
    return (batch, lines, *plan.space[1:])


def _largest(batch: int, plan: Plan, itemsize: int) -> int:
    rest = math.prod(plan.space[1:]) * plan.groups * plan.terms
    sizes = ((n.stop - n.start) * (s.stop - s.start) for n, s in _blocks(batch, plan, itemsize))
    return max(sizes, default=0) * rest


def _is_pointwise(sizes: Sizes, stride: Sizes) -> bool:
    return set(sizes) == {1} == set(stride)


# --- going back by going forward ----------------------------------------------------------------------


def _mirrored(
    values: Any, weight: Any, space: Sizes, padding: Pairs, stride: Sizes, dilation: Sizes, groups: int
) -> Any:  # fmt: skip
    """The array's transpose as a convolution with the mirrored kernel, which is faster; None where it is not.

    That is so where windows are neither far apart nor many for what they give back, or each channel has its own.
    """
    out, channels, *sizes = weight.shape
    alone = channels == 1 == out // groups
    if not alone and (max(stride) > 1 or out > 2 * channels * groups):
        return None
    border = []
    for n, length, k, (a, b), s, d in zip(
        space, values.shape[2:], sizes, padding, stride, dilation, strict=True
    ):
        unseen = n + a + b - (length - 1) * s - 1 - d * (k - 1)
        border.append((d * (k - 1) - a, d * (k - 1) - b + unseen))
    if min(map(min, border)) < 0:
        return None
    if max(stride) > 1:
        values = _spaced(values, stride)
    turned = weight.reshape(groups, out // groups, channels, *sizes).swapaxes(1, 2)
    turned = turned[(..., *(slice(None, None, -1),) * len(sizes))]
    turned = turned.reshape(groups * channels, out // groups, *sizes)
    return convolved(values, turned, tuple(border), (1,) * len(sizes), dilation, groups)


def _spaced(values: Any, stride: Sizes) -> Any:
    """The values with zeros between them, as far apart as windows are."""
    space = tuple((n - 1) * s + 1 for n, s in zip(values.shape[2:], stride, strict=True))
    result = np.zeros((*values.shape[:2], *space), values.dtype)
    result[(..., *(slice(None, None, s) for s in stride))] = values
    return result


# --- the three operations ---------------------------------------------------------------------------


def convolved(
    x: Any, weight: Any, padding: Pairs, stride: Sizes, dilation: Sizes, groups: int
) -> Any:
    """The kernel's product with every window."""
    x = _with_border(x, padding)
    plan = _plan(x, weight.shape, stride, dilation, groups)
    n, itemsize = x.shape[0], x.dtype.itemsize
    matrix = weight.reshape(groups, plan.rows, plan.terms)
    shape = (n, weight.shape[0], *plan.space)
    if _is_pointwise(weight.shape[2:], stride):
        lines = x.reshape(n, groups, plan.terms, math.prod(plan.space))
        return np.matmul(matrix, lines).reshape(shape)
    out = np.empty(shape, np.result_type(x, weight))
    seen = _seen(x, weight.shape[2:], stride, dilation)
    buffer = np.empty(_largest(n, plan, itemsize), x.dtype)
    for block in _blocks(n, plan, itemsize):
        part = np.matmul(matrix, _columns(seen, block, plan, buffer))
        part = part.reshape(weight.shape[0], *_extent(block, plan))
        out[block[0], :, block[1]] = part.swapaxes(0, 1)
    return out


def unconvolved(
    values: Any, weight: Any, space: Sizes, padding: Pairs, stride: Sizes, dilation: Sizes, groups: int
) -> Any:  # fmt: skip
    """The transpose by the array: windows of the kernel add up."""
    n, sizes = values.shape[0], weight.shape[2:]
    channels = weight.shape[1] * groups
    if values.size and not _is_pointwise(sizes, stride):
        found = _mirrored(values, weight, space, padding, stride, dilation, groups)
        if found is not None:
            return found
    whole = tuple(m + a + b for m, (a, b) in zip(space, padding, strict=True))
    terms = weight.shape[1] * math.prod(sizes)
    plan = Plan(groups, weight.shape[0] // groups, terms, values.shape[2:])
    matrix = weight.reshape(groups, plan.rows, plan.terms).swapaxes(1, 2)
    if _is_pointwise(sizes, stride):
        lines = values.reshape(n, groups, plan.rows, math.prod(plan.space))
        x = np.matmul(matrix, lines).reshape(n, channels, *whole)
    else:
        x = np.zeros((n, channels, *whole), np.result_type(values, weight))
        for block in _blocks(n, plan, x.dtype.itemsize):
            part = np.matmul(matrix, _values(values, block, plan))
            part = part.reshape(channels, *sizes, *_extent(block, plan))
            _add_windows(x[block[0]].swapaxes(0, 1), part, block[1].start, stride, dilation)
    return x[(..., *(slice(a, a + m) for m, (a, _) in zip(space, padding, strict=True)))]


def _add_windows(x: Any, seen: Any, first: int, stride: Sizes, dilation: Sizes) -> None:
    """Windows from the ``first`` on, added to (channels, batch, *space)."""
    d = len(stride)
    for place in product(*map(range, seen.shape[1 : 1 + d])):
        starts = [j * k for j, k in zip(place, dilation, strict=True)]
        starts[0] += first * stride[0]
        key = tuple(
            slice(start, start + (count - 1) * s + 1, s)
            for start, count, s in zip(starts, seen.shape[2 + d :], stride, strict=True)
        )
        x[(..., *key)] += seen[(slice(None), *place)]


def convolved_kernel(
    values: Any, x: Any, sizes: Sizes, padding: Pairs, stride: Sizes, dilation: Sizes, groups: int
) -> Any:
    """The transpose by the kernel: the sum of the products of values and windows."""
    x = _with_border(x, padding)
    shape = (values.shape[1], x.shape[1] // groups, *sizes)
    plan = _plan(x, shape, stride, dilation, groups)
    n, itemsize = x.shape[0], x.dtype.itemsize
    result = np.zeros((groups, plan.rows, plan.terms), np.result_type(values, x))
    seen = _seen(x, sizes, stride, dilation)
    buffer = np.empty(_largest(n, plan, itemsize), x.dtype)
    for block in _blocks(n, plan, itemsize):
        columns = _columns(seen, block, plan, buffer)
        result += np.matmul(_values(values, block, plan), columns.swapaxes(1, 2))
    return result.reshape(shape)


KERNELS = {
    "convolved": convolved,
    "unconvolved": unconvolved,
    "convolved_kernel": convolved_kernel,
}
