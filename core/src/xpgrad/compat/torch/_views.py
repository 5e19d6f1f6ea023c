"""Views: what an indexed or reshaped tensor knows of its base, and a base of the views that are alive.

A view has a value of its own.  An in-place statement on it writes that value into the base; one on the base takes
the value of every living view from it anew.  A base knows its views weakly and a view its base strongly, so a view
that nobody holds costs nothing and no cycle is left behind.  Whether a result is a view or a copy follows from the
strides that it has in PyTorch (``_strides``); they are computed when somebody asks.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Final

import xpgrad as xp
from xpgrad._graph import Leaf
from xpgrad._modes import enable_grad, no_grad
from xpgrad._namespace._methods import in_place
from xpgrad._tensor import Cell
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.compat.torch import _strides
from xpgrad.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "KEPT", "View", "adopt", "laid", "overlapped", "rebound", "refresh", "remember", "shared", "single", "strides",
    "with_base",
]  # fmt: skip

KEPT: Final[tuple[str, ...]] = ("_view", "_views")
"""The entries of a tensor's ``__dict__`` that no copy of it takes along."""


class View:
    """How a tensor follows from ``base``: by the index ``key``, or by the function ``key`` that ``undo`` reverses.

    ``undo(base, value)`` is the base's new value; ``steps(shape, strides)`` of the base are the view's strides.
    """

    __slots__ = ("_found", "base", "key", "repeats", "steps", "undo")

    def __init__(
        self, base: Any, key: Any, undo: Any = None, steps: Any = None, repeats: bool = False
    ) -> None:
        self.base = base
        self.key = key
        self.undo = undo
        self.steps = steps
        self._found: tuple[int, ...] | None = None
        above = base.__dict__.get("_view")
        self.repeats = repeats or (above is not None and above.repeats)
        """Whether an axis was repeated on the way from the memory to here."""

    def of(self, base: Any) -> Any:
        """What this view of ``base`` is."""
        return self.key(base) if self.undo else CoreTensor.__getitem__(base, self.key)

    def read(self) -> Any:
        """What the view's value is now."""
        return self.of(self.base)

    def strides(self) -> tuple[int, ...]:
        """The strides that PyTorch's view has; a base keeps its own, so they are computed once."""
        if self._found is None:
            shape, steps = tuple(self.base._cell.raw.shape), strides(self.base)
            found = (
                self.steps(shape, steps) if self.undo else _strides.indexed(shape, steps, self.key)
            )
            self._found = tuple(found)
        return self._found

    def write(self, value: Any) -> Any:
        """Give the base the view's new value; returns the tensor that was written."""
        base = self.base
        if self.repeats and overlapped(base):
            return self._write_place_by_place(value)
        if self.undo:
            in_place(base, "statement on a view", self.undo(base, value))
        else:
            CoreTensor.__setitem__(base, self.key, value)
        return base

    def _write_place_by_place(self, value: Any) -> Any:
        """Write below a repeated axis: into the memory, by the place that each element has in it."""
        way, base = [self], self.base
        while overlapped(base):
            way.append(base.__dict__["_view"])
            base = way[-1].base
        if any(view.key in (xp.real, xp.imag, xp.conj) for view in way):
            message = "in-place statement on a part of an expanded complex tensor: clone() it first"
            raise RuntimeError(message)
        n, shape = int(base.size), tuple(base.shape)
        places = xp.reshape(xp.arange(n, device=base.device), shape)
        for view in reversed(way):
            places = view.of(places)
        memory = xp.asarray(xp.reshape(base, (-1,)), copy=True)
        CoreTensor.__setitem__(memory, xp.reshape(places, (-1,)), xp.reshape(value, (-1,)))
        in_place(base, "statement on a view", xp.reshape(memory, shape))
        return base


class Reference(weakref.ref):  # type: ignore[type-arg]
    """A weak reference that is equal to itself alone: tensors compare element by element."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


def remember(result: Any, view: View) -> None:
    """``result`` is ``view`` from now on."""
    result.__dict__["_view"] = view
    kept = view.base.__dict__
    views = kept.get("_views")
    if views is None:
        views = kept["_views"] = set()
    views.add(Reference(result, views.discard))


def with_base(
    base: Any, do: Callable[[Any], Any], undo: Callable[[Any, Any], Any], steps: Any, repeats: bool = False
) -> Any:  # fmt: skip
    """``do(base)``, a view of it; ``undo(base, value)`` makes the base's value of a new one."""
    result = do(base)
    remember(result, View(base, do, undo, steps, repeats))
    return result


def shared(t: Any, alias: Any) -> None:
    """``alias`` has the value of ``t``: it is the same view, and ``t``'s views are its own."""
    kept = t.__dict__
    alias.__dict__["_views"] = kept.setdefault("_views", set())
    view = kept.get("_view")
    if view is not None:
        remember(alias, View(view.base.detach(), view.key, view.undo, view.steps, view.repeats))
    elif "_strides" in kept:
        alias.__dict__["_strides"] = kept["_strides"]


def refresh(views: set[Any], source: Any) -> None:
    """Give all living views but ``source`` the value that their base has now."""
    for reference in list(views):
        t = reference()
        if t is not None and t is not source:
            if (
                type(t._node) is Leaf
            ):  # v = x.detach()[0].requires_grad_(): it has its own place on the tape
                with no_grad():
                    in_place(t, "statement on the base", t._view.read())
            else:
                in_place(t, "statement on the base", t._view.read())
            below = t.__dict__.get("_views")
            if below:
                refresh(below, None)


# --- other shapes in place ----------------------------------------------------------------------------


def _left_behind(t: Any) -> Any:
    """A tensor that nobody names with the value of ``t``, in its place between its base and its views."""
    hidden = object.__new__(t._result)
    hidden._cell, hidden._xp, hidden._node = t._cell, t._xp, t._node
    kept = t.__dict__
    for name in (*KEPT, "_strides"):
        if name in kept:
            hidden.__dict__[name] = kept.pop(name)
    for reference in hidden.__dict__.get("_views", ()):
        below = reference()
        if below is not None and below._view.base is t:
            below._view.base = hidden
    view = hidden.__dict__.get("_view")
    if view is not None:
        beside = view.base.__dict__["_views"]
        beside -= {reference for reference in beside if reference() is t}
        remember(hidden, view)
    return hidden


def rebound(t: Any, compute: Callable[[Any], Any]) -> Any:
    """Make ``t`` itself the view ``compute(t)``: ``x.unsqueeze_(0)``; bases and views stay one value with it."""
    t._check_leaf()
    compute(t)  # raises before anything changes
    leaf = type(t._node) is Leaf
    if leaf and any(reference() is not None for reference in t.__dict__.get("_views", ())):
        message = "a leaf that requires grad cannot change its shape while views of it are alive; write it out of place"
        raise GraphError(message)
    hidden = _left_behind(t)
    if leaf:
        hidden._node = None
    with enable_grad():
        value = compute(hidden)
    node = t._node if leaf else value._node
    t._cell = Cell()
    t._rebind(value._cell.raw, node)
    view = value.__dict__["_view"]
    del value
    remember(t, view)
    return t


def adopt(t: Any, value: Any, give: Callable[[], None]) -> None:
    """``t.data = value``: by ``give()``; ``t`` leaves its base and views and is one with ``value`` and its own."""
    kept = t.__dict__
    if any(name in kept for name in KEPT) and value._cell is not t._cell:
        hidden = _left_behind(t)
        hidden._node = None
    kept.pop("_strides", None)
    give()
    if hasattr(type(value), "_write_through"):
        shared(value, t)


# --- strides --------------------------------------------------------------------------------------------


def strides(t: Any) -> tuple[int, ...]:
    """How many elements apart the neighbours along each axis of PyTorch's tensor are."""
    kept = t.__dict__
    view = kept.get("_view")
    if view is not None:
        found: tuple[int, ...] = view.strides()
        return found
    return kept.get("_strides") or _strides.dense(t._cell.raw.shape)


def overlapped(t: Any) -> bool:
    """Whether several elements of it are one place in memory."""
    view = t.__dict__.get("_view")
    return (
        view is not None and view.repeats and _strides.overlaps(t._cell.raw.shape, view.strides())
    )


def single(t: Any) -> Any:
    """A view of ``t`` with each place in memory once."""
    if not overlapped(t):
        return t
    shape, steps = t.shape, strides(t)
    return t[
        tuple(
            slice(0, 1) if not s and n else slice(None) for n, s in zip(shape, steps, strict=True)
        )
    ]


def laid(result: Any, *inputs: Any) -> Any:
    """``result``, elementwise of ``inputs``, with the strides that PyTorch's has."""
    shape = result._cell.raw.shape
    if len(shape) < 2:
        return result
    for x in inputs:
        if isinstance(x, CoreTensor) and ("_view" in x.__dict__ or "_strides" in x.__dict__):
            break
    else:
        return result
    given = [x for x in inputs if isinstance(x, CoreTensor)]
    if "_view" not in result.__dict__ and not any(x is result for x in given):
        lines = tuple((tuple(x._cell.raw.shape), strides(x)) for x in given)
        steps = _strides.computed(tuple(shape), lines)
        if steps != _strides.dense(shape):
            result.__dict__["_strides"] = steps
    return result
