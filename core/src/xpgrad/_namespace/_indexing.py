"""Reading and writing at indices: copy on write forward, cotangents updated in place backward.

A buffer is written in place only when its reference count says that nobody else can see it, and the backend
says that it is neither a view nor read-only.  Filling an array row by row therefore costs O(rows), forward
and backward, and no node, alias or exported array ever sees a change.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from xpgrad._graph import OUTSIDE, locate, next_seq, place
from xpgrad._like import Like
from xpgrad._modes import LEVELS, is_grad_enabled
from xpgrad._namespace._lift import lift_all, scalar
from xpgrad._namespace._operations import NODES, node_of, operation, tensor_namespace
from xpgrad._namespace._options import deeper, plain_key
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import DTypeError
from xpgrad.rules import RULES

__all__ = ["install_indexing"]

getrefcount = sys.getrefcount
getframe = sys._getframe
new_tuple = tuple.__new__


def _count_as_argument() -> int:
    """The reference count that an object seen only by a caller's and a callee's variable has."""

    def callee(g: object) -> int:
        return getrefcount(g)

    g = object()
    return callee(g)


def _count_in_slot() -> int:
    """The reference count that an object seen only by one slot and one variable has."""
    slot = [object()]
    raw = slot[0]
    return getrefcount(raw)


_GIL: Final = getattr(sys, "_is_gil_enabled", lambda: True)()
ARGUMENT_ALONE: Final = _count_as_argument() if _GIL else -1
SLOT_ALONE: Final = _count_in_slot() if _GIL else -1


# --- forward ----------------------------------------------------------------------------------------


def first_getitem(self: Any, key: Any, /) -> Any:
    """``x[key]``: a value of its own, never an alias of ``x``.  Steps aside for the generated function."""
    Tensor.__getitem__ = operation("getitem")  # type: ignore[method-assign]
    return self[key]


def setitem(self: Any, key: Any, value: Any, /) -> None:
    """``x[key] = value``: recorded; gives the tensor a new value."""
    self._check_in_place()
    if LEVELS.get():
        _climb(self, key, value)
    xp = self._xp
    key = plain_key(key, xp, self._cell.raw)
    values = _values(self, value)
    if xp.level and _assigned(self, key, values):
        return
    cell = self._cell
    raw = cell.raw
    own = getrefcount(raw) == SLOT_ALONE and xp.backend.owns_buffer(raw)
    try:
        out = xp.index_put(raw, key, values._cell.raw, own)
    except (ValueError, IndexError, TypeError) as error:
        error.add_note(
            f"in x[key] = value with x of shape {self.shape}, value of shape {values.shape}"
        )
        raise
    node = self._node
    if is_grad_enabled() and (node is not None or values._node is not None):
        node = _written(node, values, key, out, xp)
    self._rebind(out, node)


def _written(before: Any, values: Any, key: Any, out: Any, xp: Any) -> Any:
    """The node of ``x[key] = values``; ``place`` would do, and cost more."""
    device = xp.one_device or xp.raw_device(out)
    raw = values._cell.raw
    node = NODES["setitem"]()
    node.parents = (before, values._node)
    node.kept = (
        key,
        new_tuple(Like, (out.shape, out.dtype, device)),
        new_tuple(Like, (raw.shape, raw.dtype, device)),
    )
    node.fix = None
    node.seq = next_seq()
    node.hooks = None
    node.xp = xp
    frame = getframe(2)
    node.code = frame.f_code
    node.lasti = frame.f_lasti
    if node.code.co_filename not in OUTSIDE:
        locate(node, frame)
    return node


def _climb(self: Any, key: Any, value: Any) -> None:
    """Inside a transform, give the tensor the level of what is written into it, or of the index."""
    level = deeper((value, *key) if isinstance(key, tuple) else (value, key), self._xp)
    if level is not None:
        self._climb(level)


def _assigned(self: Any, key: Any, values: Any) -> bool:
    """Give the tensor its new value by another operation, where its level has one; whether it had."""
    xp = self._xp
    other = xp.assigned(wrap(self._cell.raw, xp, self._node, self._result), key, values)
    if other is not None:
        self._rebind(other._cell.raw, other._node)
    return other is not None


def _values(self: Any, value: Any) -> Any:
    """The assigned value as a tensor of self's namespace and dtype."""
    if (
        isinstance(value, Tensor)
        and value._xp is self._xp
        and value._cell.raw.dtype is self._cell.raw.dtype
    ):
        return value
    if type(value) in (int, float, bool) and (self._node is not None or self.dtype.is_floating):
        return wrap(scalar(self._xp, value, self._cell.raw), self._xp)
    _, values = lift_all("x[key] = value", wrap(self._cell.raw, self._xp), value)
    if values.dtype != self.dtype:
        if values.dtype.is_complex and not self.dtype.is_complex:
            message = f"cannot store {values.dtype} in a tensor of {self.dtype}; take xp.real(value) first"
            raise DTypeError(message)
        values = operation("astype")(values, self.dtype)
    return values


# --- backward ---------------------------------------------------------------------------------------


def _in_place_getitem(by_rule: Any) -> Any:
    """Add a read's cotangent into its array's, without an array of zeros for every read."""

    def backward(g: Any, grads: Any, parents: Any, kept: Any, fix: Any, xp: Any) -> None:
        (parent,) = parents
        if fix is not None or parent not in grads:
            by_rule(g, grads, parents, kept, fix, xp)
            return
        like, key = kept
        old = grads[parent]
        if old is None:
            grads[parent] = xp.unindex(g, like, key)
            return
        own = getrefcount(old) == SLOT_ALONE
        if xp is tensor_namespace:
            grads[parent] = written_at("add_at", old, key, g, own)
            return
        grads[parent] = xp.index_add(old, key, g, own and xp.backend.owns_buffer(old))

    return backward


def written_at(name: str, old: Any, key: Any, values: Any, own: bool) -> Any:
    """A tensor like ``old`` after ``add_at`` or ``setitem``; in its buffer, if ``own`` says that nobody holds it."""
    xp = old._xp
    if values._xp is not xp or values._cell.raw.dtype is not old._cell.raw.dtype or (
        LEVELS.get() and deeper(key, xp) is not None
    ):  # fmt: skip
        return operation(name)(old, values, key)
    cell = old._cell
    raw = cell.raw
    key = plain_key(key, xp, raw)
    own = own and getrefcount(cell) == SLOT_ALONE and getrefcount(raw) == SLOT_ALONE
    write = xp.index_add if name == "add_at" else xp.index_put
    out = write(raw, key, values._cell.raw, own and xp.backend.owns_buffer(raw))
    result = wrap(out, xp, None, old._result)
    if is_grad_enabled() and (old._node is not None or values._node is not None):
        given = values._cell.raw
        device = xp.one_device or xp.raw_device(out)
        like = new_tuple(Like, (out.shape, out.dtype, device))
        like_values = new_tuple(Like, (given.shape, given.dtype, device))
        node = result._node = NODES[name]()
        kept = (key,) if name == "add_at" else (key, like, like_values)
        place(node, (old._node, values._node), kept, None, xp)
    return result


def _in_place_setitem(by_rule: Any) -> Any:  # noqa: ARG001 - as for getitem
    """Hand the written places to the value and the rest, in the same buffer, to the array before."""
    of_values = RULES["setitem"].vjps["values"]

    def backward(g: Any, grads: Any, parents: Any, kept: Any, fix: Any, xp: Any) -> None:  # noqa: ARG001
        own = getrefcount(g) == ARGUMENT_ALONE
        x, values = parents
        key, like, like_values = kept
        if xp is tensor_namespace:
            if values in grads:
                part = _apart(of_values(g, like, like_values, key, xp), own)
                old = grads[values]
                grads[values] = part if old is None else old + part
            if x in grads:
                zeroed = written_at("setitem", g, key, _zero_like(g), own)
                old = grads[x]
                grads[x] = zeroed if old is None else old + zeroed
            return
        own = own and xp.backend.owns_buffer(g)
        if values in grads:
            # first the value's part, in a buffer of its own: the array's part may overwrite g
            part = of_values(g, like, like_values, key, xp)
            if own and (part is g or not xp.backend.owns_buffer(part)):
                part = xp.asarray(part, copy=True)
            old = grads[values]
            grads[values] = part if old is None else old + part
        if x in grads:
            zeroed = xp.index_zero(g, key, own)
            old = grads[x]
            grads[x] = zeroed if old is None else old + zeroed

    return backward


def _apart(t: Any, own: bool) -> Any:
    """The tensor with a buffer of its own, where it may be a view of one that is about to be written."""
    raw, xp = t._cell.raw, t._xp
    if own and not xp.level and not xp.backend.owns_buffer(raw):
        t._cell.raw = xp.asarray(raw, copy=True)
    return t


def _zero_like(t: Any) -> Any:
    """A 0-d zero beside a tensor."""
    return wrap(scalar(t._xp, 0.0, t._cell.raw), t._xp)


def install_indexing() -> None:
    """Put ``x[key]`` and ``x[key] = v`` on the Tensor, and the in-place backwards on their nodes."""
    for name, maker in (("getitem", _in_place_getitem), ("setitem", _in_place_setitem)):
        cls = node_of(name)
        assert cls is not None
        cls.backward = staticmethod(maker(cls.backward))
    node_of("add_at")
    methods: dict[str, Any] = {
        "__getitem__": first_getitem,
        "__setitem__": setitem,
        "__iter__": lambda self: map(self.__getitem__, range(len(self))),
        "__contains__": lambda self, value: bool(operation("any")(self == value)),
    }
    for name, method in methods.items():
        setattr(Tensor, name, method)
