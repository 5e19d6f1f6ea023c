"""PyTorch's rules of strides: how many elements apart the neighbours along each axis are in memory.

The arrays of a library lie as it likes.  What a program sees of PyTorch's memory is which results are views and which
are copies, and that follows from strides alone; these functions compute them from shapes, as ATen does.
"""

from __future__ import annotations

import functools
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "computed", "dense", "diagonal", "expanded", "indexed", "is_dense", "overlaps", "reshaped", "squeezed",
    "unsqueezed",
]  # fmt: skip


def dense(shape: Sequence[int]) -> tuple[int, ...]:
    """Memory without gaps, the last axis fastest."""
    steps = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        steps[i] = steps[i + 1] * max(shape[i + 1], 1)
    return tuple(steps)


def is_dense(shape: Sequence[int], steps: Sequence[int]) -> bool:
    """Whether the elements follow one another in order."""
    expected = 1
    if 0 in shape:
        return True
    for n, step in zip(reversed(shape), reversed(steps), strict=True):
        if n != 1:
            if step != expected:
                return False
            expected *= n
    return True


def overlaps(shape: Sequence[int], steps: Sequence[int]) -> bool:
    """Whether several elements are one place in memory."""
    return 0 not in shape and any(n > 1 and not s for n, s in zip(shape, steps, strict=True))


def indexed(shape: Sequence[int], steps: Sequence[int], key: Any) -> tuple[int, ...]:
    """The strides of ``x[key]``, for a key of integers, slices, None and an ellipsis."""
    parts = key if isinstance(key, tuple) else (key,)
    used = sum(isinstance(k, (int, slice)) for k in parts)
    found, axis = [], 0
    for k in parts:
        if k is None:
            found.append(shape[axis] * steps[axis] if axis < len(shape) else 1)
        elif k is Ellipsis:
            rest = len(shape) - used
            found += steps[axis : axis + rest]
            axis += rest
        else:
            if isinstance(k, slice):
                found.append(steps[axis] * (1 if k.step is None else k.step))
            axis += 1
    return (*found, *steps[axis:])


def expanded(shape: Sequence[int], steps: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...]:
    """The strides of ``shape`` broadcast to ``wanted``: zero along the axes that repeat."""
    found: list[int] = []
    for back, target in enumerate(reversed(wanted), 1):
        if back <= len(shape):
            n, step = shape[-back], steps[-back]
        else:
            n, step = 1, wanted[1 - back] * found[-1] if back > 1 else 1
        found.append(step if n == target else 0)
    return tuple(reversed(found))


def unsqueezed(shape: Sequence[int], steps: Sequence[int], at: int) -> tuple[int, ...]:
    """The strides with a new axis of length one at ``at``."""
    new = shape[at] * steps[at] if at < len(shape) else 1
    return (*steps[:at], new, *steps[at:])


def squeezed(shape: Sequence[int], steps: Sequence[int], gone: set[int]) -> tuple[int, ...]:
    """The strides without the axes of ``gone`` that have length one."""
    return tuple(
        s for i, (n, s) in enumerate(zip(shape, steps, strict=True)) if i not in gone or n != 1
    )


def diagonal(steps: Sequence[int], dim1: int, dim2: int) -> tuple[int, ...]:
    """The strides of a diagonal, whose axis is the last."""
    rest = [s for i, s in enumerate(steps) if i not in (dim1, dim2)]
    return (*rest, steps[dim1] + steps[dim2])


def reshaped(
    shape: Sequence[int], steps: Sequence[int], wanted: Sequence[int]
) -> tuple[int, ...] | None:
    """The strides of the same memory in the shape ``wanted``; None if it needs a copy (ATen's computeStride)."""
    if 0 in shape:
        return tuple(steps) if tuple(shape) == tuple(wanted) else dense(wanted)
    if not shape:
        return (1,) * len(wanted)
    found = [0] * len(wanted)
    at, base, chunk, viewed = len(wanted) - 1, steps[-1], 1, 1
    for axis in range(len(shape) - 1, -1, -1):
        chunk *= shape[axis]
        if axis and (shape[axis - 1] == 1 or steps[axis - 1] == chunk * base):
            continue
        while at >= 0 and (viewed < chunk or wanted[at] == 1):
            found[at] = viewed * base
            viewed *= wanted[at]
            at -= 1
        if viewed != chunk:
            return None
        if axis:
            base, chunk, viewed = steps[axis - 1], 1, 1
    return tuple(found) if at == -1 else None


def _is_compact(shape: Sequence[int], steps: Sequence[int]) -> bool:
    """Whether the elements fill their memory, in whatever order of axes."""
    lines = sorted((s, n) for n, s in zip(shape, steps, strict=True) if n > 1)
    return (not lines or lines[0][0] == 1) and all(a * n == b for (a, n), (b, _) in pairwise(lines))


def _padded(shape: Sequence[int], given: Sequence[int], steps: Sequence[int]) -> tuple[int, ...]:
    lines = [0 if n == 1 and m != 1 else s
             for n, s, m in zip(given, steps, shape[len(shape) - len(given) :], strict=True)]  # fmt: skip
    return (*(0,) * (len(shape) - len(given)), *lines)


@functools.lru_cache(maxsize=1024)
def computed(
    shape: tuple[int, ...], inputs: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
) -> tuple[int, ...]:
    """The strides of an elementwise result of operands (shape, strides), as ATen's TensorIterator chooses them.

    One operand alone is also what ``clone`` and the ``*_like`` factories keep.
    """
    same = all(n == shape for n, _ in inputs)
    if same and all(is_dense(n, s) for n, s in inputs):
        return dense(shape)
    if same and len({s for _, s in inputs}) == 1 and _is_compact(*inputs[0]):
        return inputs[0][1]
    order = _fastest_first(shape, [_padded(shape, n, s) for n, s in inputs])
    if order == list(range(len(shape)))[::-1]:
        return dense(shape)
    found = [0] * len(shape)
    for place, axis in enumerate(order):
        found[axis] = math.prod(shape[a] for a in order[:place])
    return tuple(found)


def _fastest_first(shape: Sequence[int], lines: list[tuple[int, ...]]) -> list[int]:
    """The axes by their strides; an insertion sort, since what a repeated axis leaves open depends on the way."""
    order = list(range(len(shape)))[::-1]
    for i in range(1, len(order)):
        moving = i
        for j in range(i - 1, -1, -1):
            which = _compared(shape, lines, order[j], order[moving])
            if which > 0:
                order[j], order[moving] = order[moving], order[j]
                moving = j
            elif which < 0:
                break
    return order


def _compared(shape: Sequence[int], lines: list[tuple[int, ...]], a: int, b: int) -> int:
    """Positive if axis ``a`` is slower than ``b``, by the first operand that says; 0 if none does."""
    for steps in lines:
        if steps[a] and steps[b]:
            if steps[a] != steps[b]:
                return steps[a] - steps[b]
            if shape[a] > shape[b]:
                return 1
    return 0
