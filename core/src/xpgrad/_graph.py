"""The graph: nodes that keep raw arrays and know their parents, never a tensor.

A node is made by a recorded operation.  Edges point from a result to what it was computed from, so a
graph is freed with its last result and no reference cycle can form.  Numbers (``seq``) grow with
creation, which makes descending order a topological order.
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
import weakref
from itertools import count
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from xpgrad._modes import ANOMALY
from xpgrad.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

__all__ = ["Leaf", "Node", "Pick", "collect", "needed_for", "where"]

next_seq: Callable[[], int] = count().__next__
HOME: Final = str(Path(__file__).parent) + os.sep
OUTSIDE: Final[set[str]] = set()
"""File names known not to be part of xpgrad; filled as they are met."""


class Node:
    """One recorded operation.  Each operation has a subclass of its own, made when it is first used."""

    __slots__ = (
        "__weakref__", "code", "fix", "hooks", "kept", "lasti", "parents", "seq", "xp",
    )  # fmt: skip

    op: ClassVar[str] = "node"
    user_code: ClassVar[bool] = False
    """Running this node's backward may call a user's function, which may raise."""
    pointwise: ClassVar[bool] = False
    """Each element of a cotangent depends on the same element of the result's alone."""
    frees: ClassVar[bool] = False
    """What this node keeps holds arrays, which a run that does not retain the graph frees."""

    parents: tuple[Node | None, ...]
    kept: Any
    """What the rule named, as raw arrays; ``()`` if nothing, ``None`` once freed."""
    fix: tuple[Any, ...] | None
    """For each parent, what must be undone to its cotangent (broadcasting, casting), or None for nothing."""
    seq: int
    code: CodeType | None
    lasti: int
    hooks: dict[int, Any] | None
    xp: Any
    """The extended namespace that computed the value."""

    backward: ClassVar[Callable[..., None]]
    """``backward(g, grads, parents, kept, fix, xp)``: add to each parent's entry in ``grads``."""
    dress: ClassVar[tuple[Any, ...]] = ()
    """For each kept value, how the differentiable pass turns it into a tensor."""

    @classmethod
    def name(cls) -> str:
        """The name that ``repr`` shows."""
        return cls.__name__

    def __repr__(self) -> str:
        return f"<{self.name()}>"

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The parents, each with the number of the output that was used; ``(None, 0)`` for constants."""
        return tuple(
            (p.parents[0], p.fix[0]) if isinstance(p, Pick) else (p, 0)  # type: ignore[index]
            for p in self.parents
        )

    def register_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(gradient)`` whenever a gradient reaches this value; what it returns replaces it.

        An operation with several results hands over, and takes, a tuple: None for a result without a gradient.
        """
        return add_hook(self, hook)

    @property
    def metadata(self) -> dict[str, Any]:
        """Where the operation was called: file, line and source text."""
        file, line, text = where(self)
        return {"file": file, "line": line, "source": text}


class Leaf(Node):
    """The end of the tape: a tensor on which ``requires_grad`` was set.  Knows its tensor weakly."""

    __slots__ = ("tensor",)
    op = "leaf"
    tensor: weakref.ref[Any]

    def __init__(self, tensor: Any, xp: Any) -> None:
        self.tensor = weakref.ref(tensor)
        self.parents = ()
        self.kept = ()
        self.fix = None
        self.seq = next_seq()
        self.code = None
        self.lasti = 0
        self.hooks = None
        self.xp = xp

    @classmethod
    def name(cls) -> str:
        return "AccumulateGrad"

    @property
    def variable(self) -> Any:
        """The tensor this leaf stands for, or None when it is gone."""
        return self.tensor()


class Pick(Node):
    """One output of an operation that has several; ``fix`` is (its number, how many there are)."""

    __slots__ = ()
    op = "pick"

    def __init__(self, parent: Node, number: int, total: int, xp: Any) -> None:
        self.parents = (parent,)
        self.kept = ()
        self.fix = (number, total)
        self.seq = next_seq()
        self.code = parent.code
        self.lasti = parent.lasti
        self.hooks = None
        self.xp = xp

    def __repr__(self) -> str:
        return repr(self.parents[0])

    @staticmethod
    def backward(g: Any, grads: Any, parents: Any, kept: Any, fix: Any, xp: Any) -> None:  # noqa: ARG004
        (parent,) = parents
        number, total = fix
        if parent in grads:
            slots = grads[parent] or [None] * total
            slots[number] = g if slots[number] is None else slots[number] + g
            grads[parent] = slots


# --- hooks ------------------------------------------------------------------------------------------

USER_CODE: Final[list[bool]] = [False]
"""Becomes true with the first hook or user-defined function; until then no run needs to look for them."""

_hook_ids = count().__next__


class Handle:
    """What ``register_hook`` returns: ``remove()`` takes the hook off; also a context manager."""

    __slots__ = ("_id", "_node")

    def __init__(self, node: Node, number: int) -> None:
        self._node = weakref.ref(node)
        self._id = number

    def remove(self) -> None:
        """Take the hook off; doing it twice is harmless."""
        node = self._node()
        if node is not None and node.hooks is not None:
            node.hooks.pop(self._id, None)
            if not node.hooks:
                node.hooks = None

    def __enter__(self) -> Handle:  # noqa: PYI034 - final
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def add_hook(node: Node, hook: Callable[..., Any]) -> Handle:
    """Put a hook on a node."""
    if not callable(hook):
        message = f"register_hook needs a callable, got {type(hook).__name__}"
        raise TypeError(message)
    USER_CODE[0] = True
    number = _hook_ids()
    if node.hooks is None:
        node.hooks = {}
    node.hooks[number] = hook
    return Handle(node, number)


# --- order ------------------------------------------------------------------------------------------

by_seq = attrgetter("seq")


def collect(roots: Any, floor: int = -1, ends: Any = ()) -> tuple[list[Node], dict[Node, Any]]:
    """Every node reachable from the roots, oldest first, and a dictionary of them all with None.

    Nodes with a number below ``floor`` are left out: what is older than every target leads to none.  Nothing
    behind the nodes in ``ends`` is visited.
    Iterative: no depth limit.
    """
    seen = dict.fromkeys(roots)
    stack = list(seen)
    order = []
    while stack:
        node = stack.pop()
        order.append(node)
        for parent in () if node in ends else node.parents:
            if parent is not None and parent not in seen and parent.seq >= floor:
                seen[parent] = None
                stack.append(parent)
    order.sort(key=by_seq)
    return order, seen


def needed_for(order: list[Node], targets: Any) -> list[Node]:
    """The part of ``order`` that lies on a path to one of the targets."""
    needed: set[Node] = set()
    kept = []
    for node in order:
        if node in targets or not needed.isdisjoint(node.parents):
            needed.add(node)
            kept.append(node)
    return kept


# --- provenance -------------------------------------------------------------------------------------


STACKS: Final[weakref.WeakKeyDictionary[Node, str]] = weakref.WeakKeyDictionary()
"""Whole stacks, kept only under ``detect_anomaly``."""
WATCHING: Final[list[object]] = []
"""One entry per ``detect_anomaly`` in force in any thread: while there is one, every operation comes to `locate`."""


def locate(node: Node, frame: FrameType | None) -> None:
    """Store the first frame outside xpgrad as the place that created ``node``."""
    while frame is not None and frame.f_code.co_filename.startswith((HOME, "<xpgrad")):
        frame = frame.f_back
    if frame is None:
        node.code = None
        node.lasti = 0
        return
    if ANOMALY.get():
        STACKS[node] = "".join(traceback.format_stack(frame))
    elif not WATCHING:
        OUTSIDE.add(frame.f_code.co_filename)
        if WATCHING:  # another thread began to watch meanwhile
            OUTSIDE.clear()
    node.code = frame.f_code
    node.lasti = frame.f_lasti


def place(node: Node, parents: tuple[Node | None, ...], kept: Any, fix: Any, xp: Any) -> None:
    """Put a new node on the tape, created where xpgrad was called; generated functions do the same inline."""
    node.parents = parents
    node.kept = kept
    node.fix = fix
    node.seq = next_seq()
    node.hooks = None
    node.xp = xp
    locate(node, sys._getframe(1))


def where(node: Node) -> tuple[str, int, str]:
    """File, line and source text of the statement that created ``node``; resolved only when asked."""
    code = node.code
    if code is None:
        return ("<unknown>", 0, "")
    lines = list(code.co_positions())
    line = lines[node.lasti // 2][0] if node.lasti // 2 < len(lines) else code.co_firstlineno
    line = line or code.co_firstlineno
    try:
        text = linecache.getline(code.co_filename, line).strip()
    except Exception:  # noqa: BLE001 - an error message must not fail because its source cannot be read
        text = ""
    return (code.co_filename, line, text)


def describe(node: Node) -> str:
    """``multiply, recorded at model.py:12: y = w * x``: the text errors use."""
    file, line, text = where(node)
    if node.code is None:
        return repr(node.op)
    stack = STACKS.get(node)
    return (
        f"{node.op!r}, recorded at {file}:{line}"
        + (f": {text}" if text else "")
        + (f"\nForward call, most recent last:\n{stack}" if stack else "")
    )


def error_at(node: Node, text: str) -> GraphError:
    """An error whose message names the place (``{}`` in ``text``), so that the engine adds no note."""
    error = GraphError(text.format(describe(node)))
    error._xpgrad_noted = True  # type: ignore[attr-defined]
    return error


def raise_freed(node: Node) -> None:
    """The values this node kept are gone."""
    raise error_at(
        node,
        "cannot run backward through {} a second time: the values it kept were freed by an earlier "
        "backward(), finished or failed. Pass retain_graph=True to the first one, or recompute the forward pass.",
    )
