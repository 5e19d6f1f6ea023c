"""Reading and writing at indices, with NumPy's meaning of every key."""

from __future__ import annotations

import math
from typing import Any

from xpgrad._like import Like


def full_key(key: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key as a tuple that names every axis (strict libraries want the ellipsis, but none beside a mask alone).

    The standard leaves slices beyond an axis out: here they end with it.
    """
    parts = key if isinstance(key, tuple) else (key,)
    if lone_mask(key) is not None:
        return parts
    used = sum(map(axes_used, parts))
    if used < len(shape) and not any(k is Ellipsis for k in parts):
        parts = (*parts, Ellipsis)
    axis, ended = 0, []
    for k in parts:
        ended.append(_within(k, shape[axis]) if isinstance(k, slice) and axis < len(shape) else k)
        axis += len(shape) - used if k is Ellipsis else axes_used(k)
    return tuple(ended)


def axes_used(k: Any) -> int:
    """How many axes one entry of a key consumes (an ellipsis: those that the others leave)."""
    if k is None or k is Ellipsis:
        return 0
    return k.ndim if "bool" in str(getattr(k, "dtype", "")) else 1


def _within(k: slice, extent: int) -> slice:
    """The same elements of an axis, by bounds on it."""
    if all(n is None or -extent <= n <= extent for n in (k.start, k.stop)):
        return k
    start, stop, step = k.indices(extent)
    if not range(start, stop, step):
        return slice(0, 0)
    return slice(start, None if stop < 0 else stop, step)


def lone_mask(key: Any) -> Any:
    """The boolean array that is all of a key, or None."""
    parts = key if isinstance(key, tuple) else (key,)
    return parts[0] if len(parts) == 1 and "bool" in str(getattr(parts[0], "dtype", "")) else None


def is_basic(key: Any) -> bool:
    """Whether a key holds only integers, slices, ``None`` and the ellipsis."""
    parts = key if isinstance(key, tuple) else (key,)
    return not any(hasattr(k, "dtype") for k in parts)


def getitem(xp: Any, x: Any, key: Any) -> Any:
    """``x[key]`` with NumPy's meaning of every key; the standard leaves most keys with arrays out."""
    full = full_key(key, x.shape)
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
    joint = joint_places(entries)
    rank = max(getattr(entries[i], "ndim", 0) for i in joint)
    lines = len(entries) - len(joint)
    ahead = joint[0] if side_by_side(joint_places(key)) else 0
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
    used = [axes_used(k) for k in key]
    axis = 0
    for k, axes in zip(key, used, strict=True):
        if k is Ellipsis:  # stands for the axes that nothing else uses
            axis += len(shape) - sum(used)
        if "bool" in str(getattr(k, "dtype", "")) and tuple(k.shape) != shape[axis : axis + axes]:
            message = f"a mask of shape {k.shape} does not fit the sizes {shape[axis : axis + axes]} of its axes"
            raise IndexError(message)
        axis += axes


def joint_places(key: Any) -> list[int]:
    """Where a key has integers and arrays, which broadcast together."""
    return [
        i
        for i, k in enumerate(key)
        if k is not None and k is not Ellipsis and not isinstance(k, slice)
    ]


def side_by_side(places: list[int]) -> bool:
    """Whether nothing stands between places in a key: neither does an ellipsis that stands for no axis."""
    return places[-1] - places[0] + 1 == len(places)


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
    everywhere = _values_for_a_mask(xp, x, values, key)
    if everywhere is not None:
        return xp.where(*everywhere, x)
    result = xp.asarray(x, copy=True)
    shape = xp.getitem(x, key).shape
    values = xp.cast(xp.reshape(values, squeezed(shape, values.shape)), x.dtype)
    if is_basic(key):
        parts = tuple(k for k in full_key(key, x.shape) if k is not None)
        dropped = result[parts].shape
        result[parts] = (
            values if dropped == shape else xp.reshape(xp.broadcast_to(values, shape), dropped)
        )
        return result
    where = xp.reshape(xp.positions(_like(xp, x), key), (-1,))
    values = xp.reshape(xp.broadcast_to(values, shape), (-1,))
    return xp.reshape(_written(xp, xp.reshape(result, (-1,)), where, values), x.shape)


def _values_for_a_mask(xp: Any, x: Any, values: Any, key: Any) -> Any:
    """A condition and values in x's shape, where the key is a mask and nobody counts what it selects; else None."""
    mask = lone_mask(key)
    if mask is None:
        return None
    check_masks((mask,), x.shape)
    shape = squeezed(x.shape[mask.ndim :], values.shape)
    if len(shape) > x.ndim - mask.ndim:
        return None
    values = xp.cast(xp.broadcast_to(xp.reshape(values, shape), x.shape), x.dtype)
    return xp.reshape(mask, (*mask.shape, *(1,) * (x.ndim - mask.ndim))), values


def _written(xp: Any, flat: Any, where: Any, values: Any) -> Any:
    """``flat`` with ``values`` at the places ``where``, the last of duplicates."""
    if "bool" in str(flat.dtype):  # which cannot be added up
        number = _written(xp, xp.astype(flat, xp.int32), where, xp.astype(values, xp.int32))
        return number != 0
    keep = _last(xp, where, flat.shape[0])
    hit = xp.scatter_add(xp.zeros_like(flat), where, xp.ones_like(values)) != 0
    put = xp.scatter_add(xp.zeros_like(flat), where, xp.where(keep, values, xp.zeros_like(values)))
    return xp.where(hit, put, flat)


def index_put(xp: Any, x: Any, key: Any, values: Any, own: bool) -> Any:  # noqa: ARG001
    """:func:`setitem`; with ``own`` set, x's buffer may be reused."""
    return xp.setitem(x, values, key)


def index_add(xp: Any, x: Any, key: Any, values: Any, own: bool) -> Any:  # noqa: ARG001
    """``x`` with ``values`` added at ``key``, duplicates accumulating; with ``own`` set, x's buffer may be reused."""
    return x + xp.unindex(values, _like(xp, x), key)


def add_at(xp: Any, x: Any, values: Any, key: Any) -> Any:
    """A new array equal to ``x`` with ``values`` added at ``key``, duplicates accumulating."""
    return xp.index_add(x, key, values, False)


def index_zero(xp: Any, x: Any, key: Any, own: bool) -> Any:  # noqa: ARG001
    """``x`` with zeros at ``key``; with ``own`` set, x's buffer may be reused."""
    return xp.setitem(x, xp.zeros((), dtype=x.dtype, device=xp.raw_device(x)), key)


def squeezed(target: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """``shape`` without the leading ones that do not fit into ``target``'s rank."""
    while len(shape) > len(target) and shape[0] == 1:
        shape = shape[1:]
    return shape


def last_writes(xp: Any, like: Any, key: Any) -> Any:
    """For a key with integer arrays: which of its places survive in an assignment; None where all do."""
    if is_basic(key) or lone_mask(key) is not None:
        return None
    where = xp.positions(like, key)
    return xp.reshape(_last(xp, xp.reshape(where, (-1,)), like.size), where.shape)


def opposite(xp: Any, mask: Any) -> Any:
    """The mask of all other places."""
    return xp.logical_not(mask)


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


FUNCTIONS = {
    f.__name__: f
    for f in (
        getitem,
        positions,
        unindex,
        setitem,
        index_put,
        index_add,
        add_at,
        index_zero,
        last_writes,
        opposite,
    )
}
