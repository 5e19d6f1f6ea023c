"""Reading and writing at indices, with keys that all elements of the batch share and with keys of their own.

NumPy puts the axes of index arrays where they stand if they stand side by side, else in front; the batch moves
with them, and is put back to the front here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from xpgrad._like import Like
from xpgrad._namespace import creation
from xpgrad._namespace._operations import operation
from xpgrad._namespace.inquiry import nonzero
from xpgrad._tensor import wrap
from xpgrad.errors import MissingRuleError
from xpgrad.extend.portable.indexing import joint_places, side_by_side, squeezed
from xpgrad.transforms._batching._records import (
    Batched,
    any_batched,
    axis_of,
    moved,
    plain,
    reshaped,
    whole,
)
from xpgrad.transforms._level import Invocation

if TYPE_CHECKING:
    from xpgrad.transforms._batching._records import Arguments

__all__ = ["BY_HAND", "masked", "own_mask", "writing"]

ALL = slice(None)


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _is_mask(k: Any) -> bool:
    return isinstance(k, Batched) and k.dtype.kind == "bool"


def _is_advanced(k: Any) -> bool:
    """Whether a part of a key is an array with axes of its own (a 0-d one is an integer)."""
    return isinstance(k, Batched) and (_is_mask(k) or k.ndim > 0)


def _used(k: Any) -> int:
    """How many axes a part of a key stands for."""
    if k is None or k is Ellipsis:
        return 0
    return k.ndim if _is_mask(k) else 1


class Place(NamedTuple):
    """Where a key's result has the axes of its arrays, and the batch if it is read with ``x[:, *key]``."""

    rank: int
    """How many axes the arrays of the key have together."""
    lines: int
    """How many others the result has."""
    front: int
    """How many axes end up before the batch."""


def _place(key: tuple[Any, ...], ndim: int) -> Place:
    """For a key that is the same for all."""
    lines = ndim - sum(map(_used, key)) + sum(
        1 for k in key if k is None or isinstance(k, slice)
    )  # fmt: skip
    advanced = [k for k in key if _is_advanced(k)]
    if not advanced:
        return Place(0, lines, 0)
    rank = max(1 if _is_mask(k) else k.ndim for k in advanced)
    return Place(rank, lines, 0 if side_by_side(joint_places(key)) else rank)


# --- one key for all --------------------------------------------------------------------------------


def _getitem(invoke: Invocation, arguments: Arguments) -> Any:
    x, key = arguments["x"], _parts(arguments["key"])
    if any_batched(key):
        return _gather(invoke, x, key)
    out = invoke({"x": x.inner, "key": (ALL, *plain(key))})
    return moved(out, _place(key, x.ndim).front, 0)


def _write(invoke: Invocation, arguments: Arguments) -> Any:
    """``setitem`` and ``add_at``."""
    x, values, key = arguments["x"], arguments["values"], _parts(arguments["key"])
    name = invoke.operation.name
    if own_mask(key):
        if name != "setitem":
            _refuse_mask(name)
        return _masked(x, values, key)
    inside, t = writing(name, x, values, key)
    return invoke({"x": whole(x), "values": t, "key": inside})


def writing(name: str, x: Batched, values: Batched, key: Any) -> tuple[Any, Any]:
    """The key into what is inside ``x``, and values in the order of its axes."""
    key = _parts(key)
    if name == "add_at":  # whose values do not broadcast
        values = Batched(x.xp, whole(values), True)
    if any_batched(key):
        own = Own(name, x.xp, key, x.ndim, x.device)
        return (own.numbers, *own.key), own.ordered(_aligned(values, own.rank + own.lines))
    place = _place(key, x.ndim)
    t = moved(_aligned(values, place.rank + place.lines), 0, place.front)
    return (ALL, *plain(key)), t


def own_mask(key: Any) -> bool:
    """Whether a key is one mask, another for each element of the batch, behind whole axes if there are any.

    Those come from a ``vmap`` within this one, to which the mask is the same for all.
    """
    *ahead, last = _parts(key) or (None,)
    return _is_mask(last) and last.batched and all(isinstance(k, slice) and k == ALL for k in ahead)


def _aligned(values: Batched, rank: int) -> Any:
    """Values that are written, as a tensor of ``rank`` axes and the batch (or one for all) before them."""
    shape = squeezed((1,) * rank, values.shape)
    size = values.inner.shape[0] if values.batched else 1
    return reshaped(values.inner, (size, *(1,) * (rank - len(shape)), *shape))


def _unindex(invoke: Invocation, arguments: Arguments) -> Any:
    values, like, key = arguments["values"], arguments["like"], _parts(arguments["key"])
    inside = Like((values.xp.size, *like.shape), like.dtype, like.device)
    if not any_batched(key):
        t = moved(values.inner, 0, _place(key, len(like.shape)).front)
        return invoke({"values": t, "like": inside, "key": (ALL, *plain(key))})
    own = Own(invoke.operation.name, values.xp, key, len(like.shape), values.device)
    t = own.ordered(whole(values))
    return invoke({"values": t, "like": inside, "key": (own.numbers, *own.key)})


# --- a key for each ---------------------------------------------------------------------------------


class Own:
    """A key of which each element of the batch has its own, as a key into arrays with the batch in front."""

    def __init__(self, name: str, level: Any, key: tuple[Any, ...], ndim: int, device: Any) -> None:
        entries = _entries(name, key, ndim)
        joint = joint_places(entries)
        self.rank: int = max(getattr(entries[i], "ndim", 0) for i in joint)
        self.lines = len(entries) - len(joint)
        together = side_by_side(joint_places(key))
        self.ahead = joint[0] if together else 0
        """How many other axes the result has before those of the arrays."""
        if not together and side_by_side(joint):  # an ellipsis that stands for no axis parts them
            entries.insert(joint[0] + 1, Ellipsis)
        self.key = tuple(self._inside(k) if isinstance(k, Batched) else k for k in entries)
        self.numbers = reshaped(
            creation.arange(level.size, device=device), (level.size, *(1,) * self.rank)
        )

    def _inside(self, k: Batched) -> Any:
        if not k.batched:
            return k.inner
        return reshaped(k.inner, (k.inner.shape[0], *(1,) * (self.rank - k.ndim), *k.shape))

    def ordered(self, t: Any) -> Any:
        """From the order of one element's axes to that of the key: the arrays' axes first."""
        r, a = self.rank, self.ahead
        if not r or not a:
            return t
        order = (0, *range(1 + a, 1 + a + r), *range(1, 1 + a), *range(1 + a + r, t.ndim))
        return operation("permute_dims")(t, order)

    def reordered(self, t: Any) -> Any:
        """And back."""
        r, a = self.rank, self.ahead
        if not r or not a:
            return t
        order = (0, *range(1 + r, 1 + r + a), *range(1, 1 + r), *range(1 + r + a, t.ndim))
        return operation("permute_dims")(t, order)


def _entries(name: str, key: tuple[Any, ...], ndim: int) -> list[Any]:
    """The key with an entry for every axis: masks as integer arrays, the ellipsis as slices."""
    entries: list[Any] = []
    for k in key:
        if not _is_mask(k):
            entries.append(k)
        elif k.batched:
            _refuse_mask(name)
        else:
            entries.extend(Batched(k.xp, t, False) for t in nonzero(k.inner))
    missing = ndim - sum(k is not None and k is not Ellipsis for k in entries)
    at = next((i for i, k in enumerate(entries) if k is Ellipsis), len(entries))
    return [*entries[:at], *(ALL,) * missing, *entries[at + 1 :]]


def _refuse_mask(name: str) -> None:
    message = (
        f"{name} with a boolean mask that differs between the elements of the batch: they would read "
        "different numbers of values; use xp.where(mask, x, other) (x[mask] = number works), or loop in Python"
    )
    raise MissingRuleError(message)


def _gather(invoke: Invocation, x: Batched, key: tuple[Any, ...]) -> Any:
    own = Own(invoke.operation.name, x.xp, key, x.ndim, x.device)
    if x.batched:
        return own.reordered(invoke({"x": x.inner, "key": (own.numbers, *own.key)}))
    return moved(invoke({"x": x.inner, "key": own.key}), own.ahead, 0)


def _masked(x: Batched, values: Batched, key: Any) -> Any:
    level = x.xp
    out = masked(wrap(x, level), wrap(values, level), key)
    return whole(out._cell.raw)


def masked(x: Any, values: Any, key: Any) -> Any:
    """``x[mask] = values`` on tensors of a level, where each place gets the same values, however many there are."""
    parts = _parts(key)
    mask, ahead = wrap(parts[-1], x._xp), len(parts) - 1
    rest = x.ndim - ahead - mask.ndim
    rank = ahead + 1 + rest  # all that the mask selects lies along one axis
    shape = squeezed((1,) * rank, values.shape)
    shape = (*(1,) * (rank - len(shape)), *shape)
    if shape[ahead] != 1:
        _refuse_mask("setitem")
    condition = operation("reshape")(mask, (*(1,) * ahead, *mask.shape, *(1,) * rest))
    shape = (*shape[:ahead], *(1,) * mask.ndim, *shape[ahead + 1 :])
    values = values if shape == values.shape else operation("reshape")(values, shape)
    return operation("where")(condition, values, x)


# --- along one axis ---------------------------------------------------------------------------------


def _take(invoke: Invocation, arguments: Arguments) -> Any:
    x, indices, axis = arguments["x"], arguments["indices"], arguments.get("axis")
    axis = axis_of(invoke, 0 if axis is None else axis, x.ndim)
    if indices.batched:
        return _gather(Invocation("getitem"), x, (*(ALL,) * (axis - 1), indices))
    return invoke({"x": x.inner, "indices": indices.inner, "axis": axis})


def _take_along_axis(invoke: Invocation, arguments: Arguments) -> Any:
    x, indices = arguments["x"], arguments["indices"]
    axis = axis_of(invoke, arguments.get("axis", -1), x.ndim)
    return invoke({"x": whole(x), "indices": whole(indices), "axis": axis})


def _scatter_add(invoke: Invocation, arguments: Arguments) -> Any:
    """Where each element has indices of its own: one call into rows that lie one after another."""
    x, indices, values = arguments["x"], arguments["indices"], arguments["values"]
    axis = axis_of(invoke, arguments.get("axis", 0), x.ndim)
    into, add = whole(x), whole(values)
    if not indices.batched:
        return invoke({"x": into, "indices": indices.inner, "values": add, "axis": axis})
    shape = (*add.shape[:axis], math.prod(indices.shape), *add.shape[axis + indices.ndim :])
    into, add, at = moved(into, axis, 1), moved(reshaped(add, shape), axis, 1), indices.inner
    size, rows, *rest = into.shape
    n = math.prod(indices.shape)
    at = reshaped(operation("where")(at < 0, at + rows, at), (size, n))
    start = creation.arange(size, dtype=at.dtype, device=at.device) * rows
    at = reshaped(at + reshaped(start, (size, 1)), (size * n,))
    flat, added = (reshaped(t, (math.prod(t.shape[:2]), *rest)) for t in (into, add))
    out = invoke({"x": flat, "indices": at, "values": added, "axis": 0})
    return moved(reshaped(out, into.shape), 1, axis)


BY_HAND = {
    "getitem": _getitem, "setitem": _write, "add_at": _write, "unindex": _unindex, "take": _take,
    "take_along_axis": _take_along_axis, "scatter_add": _scatter_add,
}  # fmt: skip
