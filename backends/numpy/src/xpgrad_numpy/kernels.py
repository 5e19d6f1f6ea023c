"""NumPy's faster forms of operations: same names, same meaning, fewer Python frames.

The wrappers of ``np.sum``, ``np.max`` … cost more than the reduction of a small array, so the ufunc's own
``reduce`` is called here.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np

_add_reduce = np.add.reduce
_Key = int | slice | EllipsisType | None


def sum_(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return _add_reduce(x, axis, dtype, None, keepdims)


def max_(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return np.maximum.reduce(x, axis, None, None, keepdims)


def min_(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return np.minimum.reduce(x, axis, None, None, keepdims)


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    given = {k: v for k, v in (("prepend", prepend), ("append", append)) if v is not None}
    return np.diff(x, n, axis, **given)


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    if copy is None and type(x) is np.ndarray:
        return x.reshape(shape)
    return np.reshape(x, shape, copy=copy)


SMALL = 16384
"""Elements up to which copying is cheaper than the wrappers of ``np.broadcast_to`` (measured)."""


def broadcast_to(x: Any, /, shape: Any) -> Any:
    n = 1
    for extent in shape:
        n *= extent
    if n > SMALL:
        return np.broadcast_to(x, shape)
    result = np.empty(shape, x.dtype)
    result[...] = x
    return result


def zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:  # noqa: ARG001 - one device
    return np.zeros(x.shape, dtype or x.dtype)


def ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:  # noqa: ARG001 - one device
    result = np.empty(x.shape, dtype or x.dtype)
    result.fill(1)
    return result


def masked(x: Any, condition: Any) -> Any:
    if condition.shape != x.shape:
        condition, x = np.broadcast_arrays(condition, x)
    result = np.zeros(x.shape, x.dtype)
    np.putmask(result, condition, x)
    return result


def permute_dims(x: Any, /, axes: Any) -> Any:
    return x.transpose(axes)


def matrix_transpose(x: Any, /) -> Any:
    return x.T if x.ndim == 2 else x.swapaxes(-1, -2)


def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    have = x.shape
    if have == shape:
        return x
    lead = len(have) - len(shape)
    if lead and have[lead:] == shape:
        return _add_reduce(x, tuple(range(lead)) if lead > 1 else 0)
    axes = tuple(range(lead)) + tuple(
        i + lead for i, n in enumerate(shape) if n == 1 and have[i + lead] != 1
    )
    return _add_reduce(x, axes, None, None, True).reshape(shape)


def is_complex(x: Any) -> bool:
    return bool(x.dtype.kind == "c")


def is_floating(x: Any) -> bool:
    return x.dtype.kind in "fc"


def cast(x: Any, dtype: Any) -> Any:
    return x.astype(dtype, copy=False)


def raw_device(x: Any) -> Any:  # noqa: ARG001 - every array is on the one device
    return "cpu"


def step(x: Any) -> Any:
    return np.greater(x, 0).astype(x.dtype)


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


LARGE = 1024
"""Elements from which a small slice is copied, so that it does not keep a large array from being written."""


def getitem(x: Any, key: Any) -> Any:
    result = x[key]
    if x.size > LARGE and result.size * 4 <= x.size and result.base is not None:
        return result.copy()
    return result


def basic(key: Any) -> bool:
    """Whether the key selects a view."""
    if type(key) is tuple:
        return all(isinstance(k, _Key) and k is not True and k is not False for k in key)
    return isinstance(key, _Key) and key is not True and key is not False


def setitem(x: Any, values: Any, key: Any) -> Any:
    return index_put(x, key, values, own=False)


def unindex(values: Any, like: Any, key: Any) -> Any:
    result = np.zeros(like.shape, dtype=values.dtype)
    if basic(key):
        result[key] = values
        return result
    return index_add(result, key, values, own=True)


def index_put(x: Any, key: Any, values: Any, own: bool) -> Any:
    result = x if own else np.array(x)
    result[key] = values
    return result


def index_zero(x: Any, key: Any, own: bool) -> Any:
    return index_put(x, key, 0, own)


def index_add(x: Any, key: Any, values: Any, own: bool) -> Any:
    x = x if own else np.array(x)
    if basic(key):
        x[key] += values
        return x
    first = key[0] if isinstance(key, tuple) and len(key) == 1 else key
    if isinstance(first, np.ndarray):
        if first.dtype == bool:
            x[first] += values
            return x
        if first.ndim:
            return _add_rows(x, first.reshape(-1), values.reshape(-1, *x.shape[1:]))
    np.add.at(x, key, values)
    return x


FEW = 32
"""Below this many rows, ``np.add.at`` is faster than sorting (measured)."""


def _add_rows(x: Any, indices: Any, values: Any) -> Any:
    """Rows added in sorted order: deterministic, and several times faster than ``np.add.at`` on matrices."""
    if x.ndim == 1 or indices.shape[0] < FEW:
        np.add.at(x, indices, values)
        return x
    indices = np.where(indices < 0, indices + x.shape[0], indices)
    order = np.argsort(indices, kind="stable")
    ordered = indices[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    x[ordered[starts]] += np.add.reduceat(values[order], starts, axis=0)
    return x


def scatter_add(x: Any, indices: Any, values: Any, axis: int = 0) -> Any:
    result = np.array(x)
    moved = np.moveaxis(result, axis, 0)
    _add_rows(moved, indices, np.moveaxis(values, axis, 0))
    return result


def put_along_axis_add(values: Any, indices: Any, like: Any, axis: int) -> Any:
    result = np.zeros(like.shape, dtype=values.dtype)
    grid = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    grid[axis] = indices
    np.add.at(result, tuple(grid), values)
    return result


KERNELS = {
    "matmul": np.matmul, "zeros_like": zeros_like, "ones_like": ones_like, "masked": masked,
    "sum": sum_, "max": max_, "min": min_, "diff": diff, "reshape": reshape, "broadcast_to": broadcast_to,
    "permute_dims": permute_dims, "matrix_transpose": matrix_transpose, "sum_to": sum_to,
    "is_complex": is_complex, "is_floating": is_floating, "cast": cast, "raw_device": raw_device,
    "step": step, "relu": relu, "getitem": getitem, "setitem": setitem, "unindex": unindex,
    "index_add": index_add, "index_put": index_put, "index_zero": index_zero, "scatter_add": scatter_add, "put_along_axis_add": put_along_axis_add,
}  # fmt: skip
