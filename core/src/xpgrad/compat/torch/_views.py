"""Views: what an indexed or reshaped tensor knows of its base, and a base of the views that are alive.

A view has a value of its own.  An in-place statement on it writes that value into the base; one on the base takes
the value of every living view from it anew.  A base knows its views weakly and a view its base strongly, so a view
that nobody holds costs nothing and no cycle is left behind.
"""

from __future__ import annotations

import weakref
from typing import Any, Final

from xpgrad._namespace._methods import in_place
from xpgrad._tensor import Tensor as CoreTensor

__all__ = ["KEPT", "View", "forget", "refresh", "remember", "shared"]

KEPT: Final[tuple[str, ...]] = ("_view", "_views")
"""The entries of a tensor's ``__dict__`` that no copy of it takes along."""


class View:
    """How a tensor follows from ``base``: by the index ``key``, or by the function ``key`` that ``undo`` reverses."""

    __slots__ = ("base", "key", "undo")

    def __init__(self, base: Any, key: Any, undo: Any = None) -> None:
        self.base = base
        self.key = key
        self.undo = undo

    def read(self) -> Any:
        """What the view's value is now."""
        return self.key(self.base) if self.undo else CoreTensor.__getitem__(self.base, self.key)

    def write(self, value: Any) -> None:
        """Give the base the view's new value."""
        if self.undo:
            in_place(self.base, "statement on a view", self.undo(value))
        else:
            CoreTensor.__setitem__(self.base, self.key, value)


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


def shared(t: Any, alias: Any) -> None:
    """``alias`` has the value of ``t``: it is the same view, and ``t``'s views are its own."""
    kept = t.__dict__
    alias.__dict__["_views"] = kept.setdefault("_views", set())
    view = kept.get("_view")
    if view is not None:
        alias.__dict__["_view"] = View(view.base.detach(), view.key, view.undo)


def refresh(views: set[Any], source: Any) -> None:
    """Give all living views but ``source`` the value that their base has now."""
    for reference in list(views):
        t = reference()
        if t is not None and t is not source:
            in_place(t, "statement on the base", t._view.read())
            below = t.__dict__.get("_views")
            if below:
                refresh(below, None)


def forget(t: Any) -> None:
    """``t`` gets another shape: it is no view, and has none, from now on."""
    for name in KEPT:
        t.__dict__.pop(name, None)
