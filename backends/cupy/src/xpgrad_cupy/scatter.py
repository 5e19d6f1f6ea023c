"""Adding rows at indices in which duplicates accumulate, and which of duplicates is the last.

``cupyx.scatter_add`` adds with atomic operations: fast, but their order, and so the last bits of
a floating sum, differ from run to run. Under `deterministic` the rows are sorted and each sum is
taken in the order of the values.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import cupy
import cupyx

if TYPE_CHECKING:
    from collections.abc import Iterator

_DETERMINISTIC: ContextVar[bool] = ContextVar("xpgrad_cupy.deterministic", default=False)

ATOMIC = frozenset("float16 float32 float64 int32 uint32 uint64".split())
"""Dtypes for which ``cupyx.scatter_add`` has an atomic addition."""

_SEGMENT_SUMS = cupy.ElementwiseKernel(
    "raw T values, raw int64 order, raw int64 bounds, int64 width",
    "T total",
    """
    const long long row = i / width;
    const long long column = i - row * width;
    T sum = total;
    for (long long j = bounds[row]; j < bounds[row + 1]; ++j) {
        sum = sum + values[order[j] * width + column];
    }
    total = sum;
    """,
    "xpgrad_segment_sums",
)


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    """Bitwise reproducible sums at duplicate indices, at the price of a sort."""
    token = _DETERMINISTIC.set(True)
    try:
        yield
    finally:
        _DETERMINISTIC.reset(token)


def add_rows(target: Any, indices: Any, values: Any) -> None:
    """Add ``values`` (n, width) into ``target`` (rows, width), contiguous, at ``indices`` (n,)."""
    if not indices.size or not target.size:
        return
    values = cupy.ascontiguousarray(values, dtype=target.dtype)
    if _DETERMINISTIC.get():
        _add_sorted(target, indices, values)
    else:
        _add_atomically(target, indices, values)


def _add_sorted(target: Any, indices: Any, values: Any) -> None:
    rows, width = target.shape
    indices = indices.astype("int64", copy=False)
    indices = cupy.where(indices < 0, indices + rows, indices)
    # CuPy's sort is stable: the values of a row keep their order
    order = cupy.argsort(indices).astype("int64", copy=False)
    bounds = cupy.searchsorted(indices[order], cupy.arange(rows + 1), side="left")
    _SEGMENT_SUMS(values, order, bounds.astype("int64", copy=False), width, target)


def _add_atomically(target: Any, indices: Any, values: Any) -> None:
    if target.dtype.kind == "c":  # pairs of reals
        real = target.dtype.char.lower()
        target, values = target.view(real), values.view(real)
    elif target.dtype == "int64":  # two's complement: the same sum, bit for bit
        target, values = target.view("uint64"), values.view("uint64")
    if target.dtype.name in ATOMIC:
        cupyx.scatter_add(target, indices, values)
        return
    wide = target.astype("int32")
    cupyx.scatter_add(wide, indices, values.astype("int32"))
    target[...] = wide.astype(target.dtype)


def winners(indices: Any, size: int) -> Any:
    """For each of flat ``indices``, the number of the last one that names the same place.

    CuPy leaves open which of several values at one place an assignment stores. The maximum of the
    numbers does not depend on the order in which they arrive.
    """
    numbers = cupy.arange(indices.size, dtype="uint64")
    last = cupy.zeros((size,), dtype="uint64")
    if indices.size:
        cupyx.scatter_max(last, indices, numbers)
    return last[indices].astype("int64")
