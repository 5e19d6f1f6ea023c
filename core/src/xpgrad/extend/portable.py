"""What rules need and the standard lacks, written against the standard: correct on every backend.

Each function takes the extended namespace as its first argument ``xp``; :func:`bound` binds it.  A backend
overrides by name (see :meth:`xpgrad.extend.Backend.kernels`), without the ``xp`` argument.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from xpgrad._like import Like

__all__ = ["FUNCTIONS", "bound"]


def bound(name: str, xp: Any) -> Any:
    """The portable function ``name`` for one namespace, or None."""
    function = FUNCTIONS.get(name)
    if function is not None:
        return functools.partial(function, xp)
    return declared(name, xp)


def declared(name: str, xp: Any) -> Any:
    """The forward function of an operation that a plugin declared, for one namespace, or None."""
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    if name not in registry.ops():
        return None
    return functools.partial(registry.op_target(name, "forward"), xp=xp)


# --- dtypes and shapes ------------------------------------------------------------------------------


def is_complex(xp: Any, x: Any) -> bool:
    """Whether an array is complex floating."""
    return bool(xp.isdtype(x.dtype, "complex floating"))


def is_floating(xp: Any, x: Any) -> bool:
    """Whether an array is real or complex floating: whether it can carry a derivative."""
    return bool(xp.isdtype(x.dtype, ("real floating", "complex floating")))


def cast(xp: Any, x: Any, dtype: Any) -> Any:
    """The array in another dtype; the same array if it has it already."""
    return xp.astype(x, dtype, copy=False)


def raw_device(xp: Any, x: Any) -> Any:  # noqa: ARG001 - one signature for all
    """The library's device object of an array."""
    return x.device


def device_of_raw(x: Any) -> Any:
    """The library's device object of an array; None where the library has none."""
    return getattr(x, "device", None)


def masked(xp: Any, x: Any, condition: Any) -> Any:
    """``x`` where the condition holds, else a hard zero (also in place of an infinity or NaN)."""
    return xp.where(condition, x, xp.zeros_like(x))


def unmasked(xp: Any, x: Any, condition: Any) -> Any:
    """``x`` where the condition does not hold, else a hard zero."""
    return xp.masked(x, ~condition)


def sum_to(xp: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """Sum over whatever broadcasting from ``shape`` to ``x.shape`` repeated."""
    have = x.shape
    if have == shape:
        return x
    if any(n is None or n != n for n in (*have, *shape)):  # noqa: PLR0124 - NaN is a lazy library's "unknown"
        message = f"cannot undo broadcasting from {shape} to {have}: a size is unknown until it is computed"
        raise ValueError(message)
    lead = len(have) - len(shape)
    axes = tuple(range(lead)) + tuple(
        i + lead for i, n in enumerate(shape) if n == 1 and have[i + lead] != 1
    )
    x = xp.sum(x, axis=axes, keepdims=True) if axes else x
    return xp.reshape(x, shape) if lead else x


def step(xp: Any, x: Any) -> Any:
    """One where ``x`` is positive, else zero, in x's dtype."""
    return xp.astype(x > 0, x.dtype)


# --- indexing ---------------------------------------------------------------------------------------


def full_key(key: Any, ndim: int) -> tuple[Any, ...]:
    """A key as a tuple that names every axis (strict libraries want the trailing ellipsis)."""
    parts = key if isinstance(key, tuple) else (key,)
    if any(k is Ellipsis for k in parts):
        return parts
    used = sum(1 if not hasattr(k, "dtype") else axes_used(k) for k in parts if k is not None)
    return parts if used >= ndim else (*parts, Ellipsis)


def axes_used(k: Any) -> int:
    """How many axes one array in a key consumes."""
    return k.ndim if "bool" in str(k.dtype) else 1


def is_basic(key: Any) -> bool:
    """Whether a key holds only integers, slices, ``None`` and the ellipsis."""
    parts = key if isinstance(key, tuple) else (key,)
    return not any(hasattr(k, "dtype") for k in parts)


def getitem(xp: Any, x: Any, key: Any) -> Any:
    """``x[key]`` with NumPy's meaning of every key; the standard leaves most keys with arrays out."""
    full = full_key(key, x.ndim)
    try:
        return x[full[0] if len(full) == 1 else full]
    except IndexError:
        if not any(hasattr(k, "dtype") for k in full):
            raise
    where = flat_positions(xp, x.shape, full, xp.raw_device(x))
    return xp.reshape(xp.take(xp.reshape(x, (-1,)), xp.reshape(where, (-1,)), axis=0), where.shape)


def flat_positions(xp: Any, shape: tuple[int, ...], key: tuple[Any, ...], device: Any) -> Any:
    """The place in flat order of every element that a key with arrays reads, in the result's shape.

    Slices and ``None`` have an axis each; integers and arrays broadcast together into axes of their own,
    where NumPy puts them: in place if they stand side by side in the key, else in front.
    """
    check_masks(key, shape)
    entries = _entries(xp, key, len(shape))
    joint = [i for i, k in enumerate(entries) if k is not None and not isinstance(k, slice)]
    rank = max(getattr(entries[i], "ndim", 0) for i in joint)
    lines = len(entries) - len(joint)
    ahead = joint[0] if joint[-1] - joint[0] + 1 == len(joint) else 0
    position = xp.reshape(xp.arange(1, device=device), (1,) * (lines + rank))
    axis = line = 0
    for k in entries:
        if k is not None:
            stride, extent = math.prod(shape[axis + 1 :]), shape[axis]
            axis += 1
        if k is None or isinstance(k, slice):
            line += 1
            behind = lines - line + (rank if line <= ahead else 0)
            if k is not None:
                steps = xp.arange(*k.indices(extent), device=device)
                position = position + xp.reshape(steps, (-1, *(1,) * behind)) * stride
        else:
            position = position + _reached(xp, k, extent, lines - ahead) * stride
    return position


def check_masks(key: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    """Raise unless every boolean array in a key has the sizes of the axes it stands for."""
    used = [
        0 if k is None or k is Ellipsis else axes_used(k) if hasattr(k, "dtype") else 1 for k in key
    ]
    axis = 0
    for k, axes in zip(key, used, strict=True):
        if k is Ellipsis:  # stands for the axes that nothing else uses
            axis += len(shape) - sum(used)
        if "bool" in str(getattr(k, "dtype", "")) and tuple(k.shape) != shape[axis : axis + axes]:
            message = f"a mask of shape {k.shape} does not fit the sizes {shape[axis : axis + axes]} of its axes"
            raise IndexError(message)
        axis += axes


def _entries(xp: Any, key: tuple[Any, ...], ndim: int) -> list[Any]:
    """The key with an entry for every axis: masks as integer arrays, the ellipsis as slices."""
    entries: list[Any] = []
    for k in key:
        entries.extend(xp.nonzero(k) if "bool" in str(getattr(k, "dtype", "")) else (k,))
    missing = ndim - sum(k is not None and k is not Ellipsis for k in entries)
    at = next((i for i, k in enumerate(entries) if k is Ellipsis), len(entries))
    return [*entries[:at], *(slice(None),) * missing, *entries[at + 1 :]]


def _reached(xp: Any, k: Any, extent: int, behind: int) -> Any:
    """Integers on an axis as non-negative ones, with ``behind`` axes of length one after them."""
    if isinstance(k, int):
        low = high = k
    else:
        low, high = (int(xp.min(k)), int(xp.max(k))) if math.prod(k.shape) else (0, -1)
    if low < -extent or high >= extent:
        message = f"index {low if low < -extent else high} is out of range for an axis of {extent} elements"
        raise IndexError(message)
    if isinstance(k, int):
        return k % extent
    return xp.reshape(xp.where(k < 0, k + extent, k), (*k.shape, *(1,) * behind))


def positions(xp: Any, like: Any, key: Any) -> Any:
    """The place in flat order of every element that ``key`` reads, in the result's shape."""
    index = xp.arange(like.size, device=like.device)
    return xp.getitem(xp.reshape(index, like.shape), key)


def unindex(xp: Any, values: Any, like: Any, key: Any) -> Any:
    """Zeros of ``like``'s shape with ``values`` added at ``key``: the transpose of ``x[key]``."""
    flat = xp.zeros((like.size,), dtype=values.dtype, device=like.device)
    where = xp.positions(like, key)
    values = xp.reshape(values, (-1,))
    return xp.reshape(xp.scatter_add(flat, xp.reshape(where, (-1,)), values), like.shape)


def setitem(xp: Any, x: Any, values: Any, key: Any) -> Any:
    """A new array equal to ``x`` but for ``values`` (broadcast) at ``key``; the last of duplicates stays."""
    result = xp.asarray(x, copy=True)
    shape = xp.getitem(x, key).shape
    values = xp.cast(xp.reshape(values, squeezed(shape, values.shape)), x.dtype)
    if is_basic(key):
        parts = tuple(k for k in full_key(key, x.ndim) if k is not None)
        dropped = result[parts].shape
        result[parts] = (
            values if dropped == shape else xp.reshape(xp.broadcast_to(values, shape), dropped)
        )
        return result
    where = xp.reshape(xp.positions(_like(xp, x), key), (-1,))
    values = xp.reshape(xp.broadcast_to(values, shape), (-1,))
    flat = xp.reshape(result, (-1,))
    keep = _last(xp, where, flat.shape[0])
    hit = xp.scatter_add(xp.zeros_like(flat), where, xp.ones_like(values)) != 0
    zero = xp.zeros_like(values)
    put = xp.scatter_add(xp.zeros_like(flat), where, xp.where(keep, values, zero))
    return xp.reshape(xp.where(hit, put, flat), x.shape)


def index_put(xp: Any, x: Any, key: Any, values: Any, own: bool) -> Any:  # noqa: ARG001
    """:func:`setitem`; with ``own`` set, x's buffer may be reused."""
    return xp.setitem(x, values, key)


def index_add(xp: Any, x: Any, key: Any, values: Any, own: bool) -> Any:  # noqa: ARG001
    """``x`` with ``values`` added at ``key``, duplicates accumulating; with ``own`` set, x's buffer may be reused."""
    return x + xp.unindex(values, _like(xp, x), key)


def index_zero(xp: Any, x: Any, key: Any, own: bool) -> Any:  # noqa: ARG001
    """``x`` with zeros at ``key``; with ``own`` set, x's buffer may be reused."""
    return xp.setitem(x, xp.zeros((), dtype=x.dtype, device=xp.raw_device(x)), key)


def squeezed(target: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """``shape`` without the leading ones that do not fit into ``target``'s rank."""
    while len(shape) > len(target) and shape[0] == 1:
        shape = shape[1:]
    return shape


def last_writes(xp: Any, like: Any, key: Any) -> Any:
    """For an integer-array key: which of its places survive in an assignment; None where all do."""
    if is_basic(key):
        return None
    where = xp.positions(like, key)
    return xp.reshape(_last(xp, xp.reshape(where, (-1,)), like.size), where.shape)


def _last(xp: Any, where: Any, size: int) -> Any:  # noqa: ARG001
    """Whether each position is its last occurrence: stable-sort, then compare with the successor."""
    if where.shape[0] == 0:
        return xp.astype(where, xp.bool)
    order = xp.argsort(where, stable=True)
    ordered = xp.take(where, order)
    final = xp.concat([ordered[:-1] != ordered[1:], xp.ones_like(ordered[:1], dtype=xp.bool)])
    return xp.take(final, xp.argsort(order, stable=True))


def _like(xp: Any, x: Any) -> Any:
    return Like(x.shape, x.dtype, xp.raw_device(x))


ONE_HOT_LIMIT = 1 << 22
"""Up to this many matrix entries, a one-hot product is faster than the sorted scan (measured on NumPy)."""


def scatter_add(xp: Any, x: Any, indices: Any, values: Any, axis: int = 0) -> Any:
    """``x`` with ``values`` added along ``axis`` at ``indices`` (one-dimensional); duplicates accumulate.

    Exact up to the order of summation: a one-hot matrix product where that is small, else a stable sort
    and a segmented doubling scan (a difference of cumulative sums would cancel digits).
    """
    if axis % max(x.ndim, 1) != 0:
        moved = xp.scatter_add(xp.moveaxis(x, axis, 0), indices, xp.moveaxis(values, axis, 0))
        return xp.moveaxis(moved, 0, axis)
    rows, n = x.shape[0], indices.shape[0]
    if n == 0 or rows == 0:
        return x
    indices = xp.where(indices < 0, indices + rows, indices)
    tail = x.shape[1:]
    flat = xp.reshape(values, (n, -1))
    if rows * n <= ONE_HOT_LIMIT and xp.is_floating(values):
        index = xp.arange(rows, device=xp.raw_device(indices), dtype=indices.dtype)
        hot = xp.astype(index[:, None] == indices[None, :], values.dtype)
        return x + xp.reshape(_masked_matmul(xp, hot, flat), (rows, *tail))
    return x + xp.reshape(_segment_sums(xp, indices, flat, rows), (rows, *tail))


def _masked_matmul(xp: Any, hot: Any, flat: Any) -> Any:
    """``hot @ flat`` where a zero of ``hot`` also silences an infinity or NaN of ``flat``."""
    if bool(xp.all(xp.isfinite(flat))):
        return xp.matmul(hot, flat)
    zero = xp.zeros_like(flat[:1, ...])
    return xp.sum(xp.where(hot[:, :, None] != 0, flat[None, ...], zero[None, ...]), axis=1)


def _segment_sums(xp: Any, indices: Any, flat: Any, rows: int) -> Any:
    order = xp.argsort(indices, stable=True)
    key, run = xp.take(indices, order), xp.take(flat, order, axis=0)
    n, shift = key.shape[0], 1
    while shift < n:
        same = key[shift:] == key[:-shift]
        zero = xp.zeros_like(run[:-shift, ...])
        add = xp.where(same[:, None], run[:-shift, ...], zero)
        run = xp.concat([run[:shift, ...], run[shift:, ...] + add], axis=0)
        shift *= 2
    bins = xp.arange(rows, dtype=key.dtype, device=xp.raw_device(key))
    ends = xp.searchsorted(key, bins, side="right")
    starts = xp.searchsorted(key, bins, side="left")
    last = xp.where(ends > 0, ends - 1, xp.zeros_like(ends))
    total = xp.take(run, last, axis=0)
    return xp.where((ends > starts)[:, None], total, xp.zeros_like(total))


def put_along_axis_add(xp: Any, values: Any, indices: Any, like: Any, axis: int) -> Any:
    """Zeros of ``like``'s shape with ``values`` added along ``axis``: the transpose of ``take_along_axis``."""
    index = xp.reshape(xp.arange(like.size, device=like.device), like.shape)
    where = xp.reshape(xp.take_along_axis(index, indices, axis=axis), (-1,))
    flat = xp.zeros((like.size,), dtype=values.dtype, device=like.device)
    return xp.reshape(xp.scatter_add(flat, where, xp.reshape(values, (-1,))), like.shape)


# --- functions the field expects beyond the standard ------------------------------------------------


def linear(xp: Any, x: Any, weight: Any, bias: Any) -> Any:
    """``x @ weight.mT + bias``."""
    return xp.matmul(x, xp.matrix_transpose(weight)) + bias


def relu(xp: Any, x: Any) -> Any:
    """The positive part."""
    return xp.maximum(x, xp.zeros_like(x))


def sigmoid(xp: Any, x: Any) -> Any:
    """``1 / (1 + exp(-x))`` without overflow: half of ``1 + tanh(x / 2)``."""
    return 0.5 * (xp.tanh(0.5 * x) + 1.0)


def softplus(xp: Any, x: Any) -> Any:
    """``log(1 + exp(x))`` without overflow."""
    return xp.logaddexp(x, xp.zeros_like(x))


def logsumexp(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """``log(sum(exp(x)))`` without overflow; minus infinity for a slice of minus infinities."""
    top = xp.max(x, axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
    total = xp.sum(xp.exp(x - top), axis=axis, keepdims=True)
    result = xp.log(total) + top
    if keepdims:
        return result
    axes = tuple(range(x.ndim)) if axis is None else axis
    return xp.squeeze(result, axis=axes) if x.ndim else result


def softmax(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """``exp(x) / sum(exp(x))`` along ``axis`` without overflow."""
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def log_softmax(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """``log(softmax(x))`` without overflow."""
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


FUNCTIONS = {
    f.__name__: f
    for f in (
        is_complex, is_floating, cast, raw_device, masked, unmasked, sum_to, step, getitem, positions, unindex, setitem,
        index_put, index_add, index_zero,
        last_writes, scatter_add, put_along_axis_add, linear, relu, sigmoid, softplus, logsumexp, softmax, log_softmax,
    )
}  # fmt: skip
