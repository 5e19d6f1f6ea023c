"""CuPy's faster forms of operations: same names, same meaning, fewer launches and Python frames."""

from __future__ import annotations

from types import EllipsisType
from typing import TYPE_CHECKING, Any

import cupy

from xpgrad_cupy.scatter import add_rows, winners

if TYPE_CHECKING:
    from collections.abc import Callable

_Key = int | slice | EllipsisType | None


# --- reductions and shapes ----------------------------------------------------------------------


def sum_(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return x.sum(axis=axis, dtype=dtype, keepdims=keepdims)


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return x.prod(axis=axis, dtype=dtype, keepdims=keepdims)


def max_(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return x.max(axis=axis, keepdims=keepdims)


def min_(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return x.min(axis=axis, keepdims=keepdims)


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    result = (x.copy() if copy else x).reshape(shape)
    if copy is False and x.size and result.data.ptr != x.data.ptr:
        message = f"cannot reshape {x.shape} with strides {x.strides} to {shape} without a copy"
        raise ValueError(message)
    return result


def broadcast_to(x: Any, /, shape: Any) -> Any:
    return cupy.broadcast_to(x, shape)


def permute_dims(x: Any, /, axes: Any) -> Any:
    return x.transpose(axes)


def matrix_transpose(x: Any, /) -> Any:
    return x.swapaxes(-1, -2)


def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    have = x.shape
    if have == shape:
        return x
    lead = len(have) - len(shape)
    axes = tuple(range(lead)) + tuple(
        i + lead for i, n in enumerate(shape) if n == 1 and have[i + lead] != 1
    )
    if not axes:
        return x.reshape(shape)
    return x.sum(axis=axes, keepdims=True).reshape(shape)


# --- dtypes and devices -------------------------------------------------------------------------


def is_complex(x: Any) -> bool:
    return bool(x.dtype.kind == "c")


def is_floating(x: Any) -> bool:
    return x.dtype.kind in "fc"


def cast(x: Any, dtype: Any) -> Any:
    return x.astype(dtype, copy=False)


def raw_device(x: Any) -> Any:
    return x.device


# --- activations --------------------------------------------------------------------------------

_SIGMOID = cupy.ElementwiseKernel(
    "T x", "T y", "y = T(0.5) * (tanh(T(0.5) * x) + T(1))", "xpgrad_sigmoid"
)
_EXP_SHIFTED = cupy.ElementwiseKernel("T x, T top", "T y", "y = exp(x - top)", "xpgrad_exp_shifted")
_LOG_SOFTMAX = cupy.ElementwiseKernel(
    "T x, T top, T total", "T y", "y = x - top - log(total)", "xpgrad_log_softmax"
)


def step(x: Any) -> Any:
    return (x > 0).astype(x.dtype)


def relu(x: Any) -> Any:
    return cupy.maximum(x, 0)


def sigmoid(x: Any) -> Any:
    return _SIGMOID(x)


def softmax(x: Any, /, *, axis: int = -1) -> Any:
    e = _EXP_SHIFTED(x, x.max(axis=axis, keepdims=True))
    e /= e.sum(axis=axis, keepdims=True)
    return e


def log_softmax(x: Any, /, *, axis: int = -1) -> Any:
    top = x.max(axis=axis, keepdims=True)
    total = _EXP_SHIFTED(x, top).sum(axis=axis, keepdims=True)
    return _LOG_SOFTMAX(x, top, total)


def logsumexp(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    top = x.max(axis=axis, keepdims=True)
    top = cupy.where(cupy.isfinite(top), top, cupy.zeros_like(top))
    total = cupy.log(_EXP_SHIFTED(x, top).sum(axis=axis, keepdims=True))
    total += top
    return total if keepdims else total.squeeze(axis)


# --- indexing -----------------------------------------------------------------------------------

LARGE = 1024
"""Elements from which a small slice is copied: a view keeps its array from being written."""


def basic(key: Any) -> bool:
    """Whether the key selects a view."""
    parts = key if type(key) is tuple else (key,)
    return all(isinstance(k, _Key) and k is not True and k is not False for k in parts)


def distinct(key: Any) -> bool:
    """Whether the key is one mask, which names no place twice."""
    if type(key) is tuple and len(key) == 1:
        key = key[0]
    return isinstance(key, cupy.ndarray) and key.dtype.kind == "b"


def whole_rows(key: Any) -> Any:
    """The integers of a key that is one integer array, so that it selects whole rows; else None."""
    if type(key) is tuple and len(key) == 1:
        key = key[0]
    return key if isinstance(key, cupy.ndarray) and key.dtype.kind in "iu" else None


def getitem(x: Any, key: Any) -> Any:
    result = x[key]
    if x.size > LARGE and result.size * 4 <= x.size and result.base is not None:
        return result.copy()
    return result


def positions(like: Any, key: Any) -> Any:
    return cupy.arange(like.size).reshape(like.shape)[key]


def last_writes(like: Any, key: Any) -> Any:
    if basic(key) or distinct(key):
        return None
    where = positions(like, key)
    last = winners(where.reshape(-1), like.size)
    return (last == cupy.arange(where.size)).reshape(where.shape)


def setitem(x: Any, values: Any, key: Any) -> Any:
    return index_put(x, key, values, own=False)


def index_put(x: Any, key: Any, values: Any, own: bool) -> Any:
    result = x if own else x.copy()
    if basic(key):
        view = result[key]
        view[...] = spread(values, view.shape)
    elif distinct(key):
        result[key] = spread(values, x[key].shape)
    else:
        result[key] = _last_values(x, key, values)
    return result


def spread(values: Any, shape: tuple[int, ...]) -> Any:
    """Assigned values in the shape of their places; NumPy lets them have leading ones."""
    if values.ndim > len(shape):
        values = values.reshape(values.shape[values.ndim - len(shape) :])
    return cupy.broadcast_to(values, shape)


def _last_values(x: Any, key: Any, values: Any) -> Any:
    """The values of an assignment, at duplicate places all equal to the last one."""
    rows = whole_rows(key)
    if rows is not None:
        values = spread(values, (*rows.shape, *x.shape[1:]))
        last = winners(rows.reshape(-1), x.shape[0])
        return values.reshape(rows.size, *x.shape[1:])[last].reshape(values.shape)
    where = positions(x, key)
    last = winners(where.reshape(-1), x.size)
    return spread(values, where.shape).reshape(-1)[last].reshape(where.shape)


def index_zero(x: Any, key: Any, own: bool) -> Any:
    result = x if own else x.copy()
    result[key] = 0
    return result


def unindex(values: Any, like: Any, key: Any) -> Any:
    return index_add(cupy.zeros(like.shape, dtype=values.dtype), key, values, own=True)


def index_add(x: Any, key: Any, values: Any, own: bool) -> Any:
    if basic(key):
        x = x if own else x.copy()
        view = x[key]
        view += values
        return x
    if distinct(key):
        x = x if own else x.copy()
        x[key] = x[key] + values
        return x
    result = cupy.ascontiguousarray(x) if own else x.copy(order="C")
    rows = whole_rows(key)
    if rows is not None:
        values = cupy.broadcast_to(values, (*rows.shape, *x.shape[1:]))
        _add_along_first(result, rows.reshape(-1), values)
        return result
    where = positions(x, key)
    values = cupy.broadcast_to(values, where.shape)
    _add_along_first(result.reshape(-1), where.reshape(-1), values.reshape(-1))
    return result


def _add_along_first(target: Any, indices: Any, values: Any) -> None:
    """Add rows of any rank into a contiguous array, in place."""
    if target.size and indices.size:
        add_rows(target.reshape(target.shape[0], -1), indices, values.reshape(indices.size, -1))


def scatter_add(x: Any, indices: Any, values: Any, axis: int = 0) -> Any:
    if indices.ndim != 1:  # their axes as one, in both
        at = axis % x.ndim
        line = (*values.shape[:at], indices.size, *values.shape[at + indices.ndim :])
        indices, values = indices.reshape(-1), values.reshape(line)
    result = cupy.moveaxis(x, axis, 0).copy(order="C")
    _add_along_first(result, indices, cupy.moveaxis(values, axis, 0))
    return cupy.moveaxis(result, 0, axis)


def put_along_axis_add(values: Any, indices: Any, like: Any, axis: int) -> Any:
    result = cupy.zeros((like.size,), dtype=values.dtype)
    places = cupy.arange(like.size).reshape(like.shape)
    where = cupy.take_along_axis(places, indices, axis=axis)
    _add_along_first(result, where.reshape(-1), values.reshape(-1))
    return result.reshape(like.shape)


KERNELS: dict[str, Callable[..., Any]] = {
    "sum": sum_, "prod": prod, "max": max_, "min": min_, "reshape": reshape,
    "broadcast_to": broadcast_to, "permute_dims": permute_dims,
    "matrix_transpose": matrix_transpose, "sum_to": sum_to, "is_complex": is_complex,
    "is_floating": is_floating, "cast": cast, "raw_device": raw_device, "step": step, "relu": relu, "sigmoid": sigmoid,
    "softmax": softmax, "log_softmax": log_softmax, "logsumexp": logsumexp, "getitem": getitem,
    "setitem": setitem, "unindex": unindex, "positions": positions, "last_writes": last_writes, "index_add": index_add,
    "index_put": index_put, "index_zero": index_zero, "scatter_add": scatter_add,
    "put_along_axis_add": put_along_axis_add,
}  # fmt: skip

KEY_AT = {
    "getitem": 1, "positions": 1, "last_writes": 1, "index_put": 1, "index_add": 1, "index_zero": 1,
    "setitem": 2, "unindex": 2,
}  # fmt: skip
"""Where the index is among the arguments of the kernels that take one."""

WITHOUT_DEVICE = frozenset({"is_complex", "is_floating", "raw_device"})
"""Kernels that launch nothing."""
