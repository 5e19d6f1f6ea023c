"""NumPy's faster forms of operations: same names, same meaning, fewer Python frames.

The wrappers of ``np.sum``, ``np.max`` … cost more than the reduction of a small array, so the ufunc's own
``reduce`` is called here.  Times in comments are of one AVX-512 processor, in float32 where no dtype is named.
"""

from __future__ import annotations

from functools import cache
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from xpgrad_numpy import selection

_add_reduce = np.add.reduce
_BASIC = frozenset((int, slice, EllipsisType, NoneType))
BLOCK = 65536
"""Elements of the constant arrays below; they stay in the second-level cache."""


@cache
def _zero(dtype: Any) -> Any:
    """A 0-d zero: half the cost of a Python number as a ufunc's argument."""
    return _zeros(dtype)[0, ...]


@cache
def _zeros(dtype: Any) -> Any:
    return np.broadcast_to(np.zeros(BLOCK, dtype), (BLOCK,))


@cache
def _ones(dtype: Any) -> Any:
    return np.broadcast_to(np.ones(BLOCK, dtype), (BLOCK,))


def sum_(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return _add_reduce(x, axis, dtype, None, keepdims)


def max_(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return np.maximum.reduce(x, axis, None, None, keepdims)


def mean(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    if x.dtype.char not in "fdFD":  # float16 accumulates in float32
        return np.mean(x, axis, keepdims=keepdims)
    total = _add_reduce(x, axis, None, None, keepdims)
    return total / (x.size / total.size) if total.size else total


def min_(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return np.minimum.reduce(x, axis, None, None, keepdims)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    # array-api-compat's writes into the bounds it is given where they are integers
    result = x + np.zeros((), x.dtype) if min is None and max is None else np.clip(x, min, max)
    return result if result.dtype == x.dtype else result.astype(x.dtype)


def matmul(x1: Any, x2: Any, /) -> Any:
    if x1.ndim == 2 == x2.ndim:
        return x1.dot(x2)  # the same BLAS call; 4 x 4: 0.8 µs, np.matmul 1.4
    return np.matmul(x1, x2)


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


def linear(x: Any, weight: Any, bias: Any) -> Any:
    result = np.matmul(x, weight.T)
    if type(result) is np.ndarray and result.dtype == bias.dtype:
        result += bias  # our own buffer: no second array
        return result
    return result + bias


def zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:  # noqa: ARG001 - one device
    return np.zeros(x.shape, dtype or x.dtype)


def ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:  # noqa: ARG001 - one device
    result = np.empty(x.shape, dtype or x.dtype)
    result.fill(1)
    return result


_BITS = {"e": np.dtype("int16"), "f": np.dtype("int32"), "d": np.dtype("int64")}


def masked(x: Any, condition: Any) -> Any:
    if condition.shape != x.shape:
        condition, x = np.broadcast_arrays(condition, x)
    if x.size > 2048 and x.dtype.char in _BITS:
        # bits times 0 or 1: no branch per element (512 x 512: 49 µs, putmask 1,100), and inf * 0 is 0
        bits = condition.astype(_BITS[x.dtype.char])
        return np.multiply(bits, x.view(bits.dtype), bits).view(x.dtype)
    result = np.zeros(x.shape, x.dtype)
    np.putmask(result, condition, x)
    return result


def unmasked(x: Any, condition: Any) -> Any:
    if condition.shape != x.shape or x.size > SMALL or type(x) is not np.ndarray:
        return masked(x, ~condition)
    result = x.copy()
    np.putmask(result, condition, 0)
    return result


def where(condition: Any, x1: Any, x2: Any, /) -> Any:
    if (
        type(x1) is np.ndarray is type(x2)
        and condition.shape == x1.shape == x2.shape
        and x1.dtype is x2.dtype
        and x2.size <= SMALL
    ):
        result = x2.copy()  # 16 elements: 0.51 µs, np.where 0.77
        np.putmask(result, condition, x1)
        return result
    if (
        condition.size > FORESEEN
        and condition.dtype.char == "?"
        and condition.shape == x1.shape == x2.shape
        and x1.dtype == x2.dtype
        and x1.dtype.char in _BITS
    ):
        return _chosen_bits(condition, x1, x2)
    return np.where(condition, x1, x2)


FORESEEN = 16384
"""Up to so many elements a processor learns the order of a condition; beyond, a branch per element is a guess."""


def _chosen_bits(condition: Any, x1: Any, x2: Any) -> Any:
    """No branch per element (128,000 of random sign: 57 µs, np.where 580; in float64 120 and 550)."""
    bits = _BITS[x1.dtype.char]
    mask = np.negative(condition.view(np.int8)).astype(bits)
    second = x2.view(bits)
    chosen = np.bitwise_xor(x1.view(bits), second)
    chosen &= mask
    chosen ^= second
    return chosen.view(x1.dtype)


def scalar_pow(x: Any, exponent: Any) -> Any:
    """By products where NumPy's power has negative numbers one by one (128,000 cubes: 25 µs, x**3 6,400)."""
    if exponent not in _PRODUCTS or x.dtype.char not in "fd":
        return np.reciprocal(x) if exponent == -1 and x.dtype.kind == "f" else x**exponent
    base = np.reciprocal(x) if exponent < 0 else x
    square = base * base
    if abs(exponent) == 2:
        return square
    return square * base if abs(exponent) == 3 else square * square


_PRODUCTS = frozenset((3, 4, -2, -3, -4))


def softplus(x: Any) -> Any:
    if x.size < 256 or x.dtype.char not in "fd":
        return np.logaddexp(x, _zero(x.dtype))
    # exp has vector instructions, logaddexp has none (128,000: 155 µs, 1,800; in float64 1,190 and 2,020)
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, _zero(x.dtype))


def expand_dims(x: Any, /, axis: Any) -> Any:
    rank = x.ndim + 1
    if type(axis) is int and -rank <= axis < rank:
        at = axis % rank
        return x.reshape((*x.shape[:at], 1, *x.shape[at:]))
    return np.expand_dims(x, axis)


def squeeze(x: Any, /, axis: Any) -> Any:
    return x.squeeze(axis)


def flip(x: Any, /, *, axis: Any = None) -> Any:
    if type(axis) is int and -x.ndim <= axis < x.ndim:
        return x[(slice(None),) * (axis % x.ndim) + (slice(None, None, -1),)]
    return np.flip(x, axis)


def moveaxis(x: Any, source: Any, destination: Any, /) -> Any:
    n = x.ndim
    if type(source) is int is type(destination) and -n <= source < n and -n <= destination < n:
        order = list(range(n))
        order.insert(destination % n, order.pop(source % n))
        return x.transpose(order)
    return np.moveaxis(x, source, destination)


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
        if lead == 1 == len(shape) and have[0] <= BLOCK and x.size > 512 and x.dtype.char in "fd":
            # a product with ones adds up rows in BLAS (64 x 128: 1.8 µs, add.reduce 3.2)
            return np.dot(_ones(x.dtype)[: have[0]], x)
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
    return np.greater(x, _zero(x.dtype)).astype(x.dtype)


def relu(x: Any) -> Any:
    n, dtype = x.size, x.dtype
    if n < 256:
        return np.maximum(x, _zero(dtype))
    # maximum uses vector instructions on two arrays, but not on an array and a number (64 x 128: 1.5 µs, 3.5)
    zeros = _zeros(dtype)
    if n <= BLOCK:
        return np.maximum(x, zeros[:n].reshape(x.shape))
    result, flat = np.empty(n, dtype), x.reshape(-1)
    for start in range(0, n, BLOCK):
        part = flat[start : start + BLOCK]
        np.maximum(part, zeros[: part.size], out=result[start : start + BLOCK])
    return result.reshape(x.shape)


LARGE = 1024
"""Elements from which a small slice is copied, so that it does not keep a large array from being written."""


def getitem(x: Any, key: Any) -> Any:
    result = x[key]
    if x.size > LARGE and result.size * 4 <= x.size and result.base is not None:
        return result.copy()
    return result


def basic(key: Any) -> bool:
    """Whether the key selects a view."""
    return _BASIC.issuperset(map(type, key)) if type(key) is tuple else type(key) in _BASIC


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
            return _add_rows(x, first.reshape(-1), values.reshape(first.size, *x.shape[1:]))
    np.add.at(x, key, values)
    return x


def _add_rows(x: Any, indices: Any, values: Any) -> Any:
    """Row by row in the order given: deterministic."""
    if x.ndim == 1 or not x.flags.c_contiguous:
        np.add.at(x, indices, values)
        return x
    # add.at is fast in one dimension only: 10,000 x 64, 4,096 rows: 0.6 ms; row by row 2.5, sorted 7
    size = x[:1].size
    starts = np.where(indices < 0, indices + x.shape[0], indices) * size
    places = (starts[:, None] + np.arange(size)).reshape(-1)
    np.add.at(x.reshape(-1), places, values.reshape(-1))
    return x


def scatter_add(x: Any, indices: Any, values: Any, axis: int = 0) -> Any:
    if indices.ndim != 1:  # their axes as one, in both
        at = axis % x.ndim
        line = (*values.shape[:at], indices.size, *values.shape[at + indices.ndim :])
        indices, values = indices.reshape(-1), values.reshape(line)
    result = np.array(moveaxis(x, axis, 0), order="C")
    _add_rows(result, indices, moveaxis(values, axis, 0))
    return moveaxis(result, 0, axis)


KERNELS = {
    "where": where, "unmasked": unmasked,
    "linear": linear, "clip": clip,
    "matmul": matmul, "zeros_like": zeros_like, "ones_like": ones_like, "masked": masked,
    "sum": sum_, "mean": mean, "max": max_, "min": min_, "diff": diff,
    "reshape": reshape, "broadcast_to": broadcast_to, "expand_dims": expand_dims, "squeeze": squeeze,
    "flip": flip, "moveaxis": moveaxis, "permute_dims": permute_dims, "matrix_transpose": matrix_transpose,
    "sum_to": sum_to, "is_complex": is_complex, "is_floating": is_floating, "cast": cast, "raw_device": raw_device,
    "step": step, "relu": relu, "softplus": softplus, "scalar_pow": scalar_pow,
    "getitem": getitem, "setitem": setitem, "unindex": unindex, "index_add": index_add, "index_put": index_put,
    "index_zero": index_zero, "scatter_add": scatter_add,
    **selection.KERNELS,
}  # fmt: skip
