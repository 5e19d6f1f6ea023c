"""Backward: one loop that pushes cotangents from the roots to the leaves, over any carrier.

The engine knows nodes and cotangents; it knows no tensor and no mathematics.  A *carrier* says what the
cotangents are: raw arrays (the first-order pass) or tensors (``create_graph=True``, any order).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from xpgrad._graph import USER_CODE, Leaf, Node, collect, describe, needed_for, raise_freed
from xpgrad._modes import ANOMALY, HARD_ZEROS
from xpgrad.extend.backend import CURRENT_DEVICE_MATTERS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Carrier", "fit", "run"]


class Carrier(Protocol):
    """What the cotangents of a run are made of."""

    @property
    def open(self) -> Callable[[Node], tuple[Any, Any]] | None:
        """Gives a node's kept values and namespace in this carrier's terms; None: as they are kept."""

    def hooked(self, node: Node, g: Any) -> Any:
        """The cotangent after the node's hooks have seen it."""

    def check(self, node: Node, g: Any) -> None:
        """Raise if the cotangent holds a NaN (only under ``detect_anomaly``)."""


def run(  # noqa: C901, PLR0912, PLR0915 - one loop: a call for each node would cost as much as the node
    roots: dict[Node, Any],
    carrier: Carrier,
    *,
    targets: set[Node] | None = None,
    retain: bool = False,
    cut: bool = False,
) -> dict[Node, Any]:
    """Push the roots' cotangents down and return those that arrive at the targets (default: every leaf).

    With ``cut`` the graph ends at the targets: none gets a share of what arrived at another.

    All state lives in this call: an exception leaves nothing behind, runs may nest and may be concurrent.
    """
    if targets is None:
        order, grads = collect(roots)
    else:
        floor = min(t.seq for t in targets)
        order, grads = collect(roots, floor, targets if cut else ())
        order = needed_for(order, targets)
        grads = dict.fromkeys(order)
    grads.update((root, g) for root, g in roots.items() if root in grads)
    anomaly = ANOMALY.get() == "nan"
    # A hook or a check that raises must leave the graph as it was, so that a retry gives the right answer.
    late = not retain and (
        anomaly or (USER_CODE[0] and any(n.hooks is not None or n.user_code for n in order))
    )
    early = not retain and not late
    opened = carrier.open
    placed = CURRENT_DEVICE_MATTERS[0]
    hard = HARD_ZEROS.get()
    arrived: dict[Node, Any] = {}
    ran: list[Node] = []
    node: Node | None = None
    try:
        while order:
            node = order.pop()
            g = grads.pop(node)
            if g is None:
                continue
            if node.hooks is not None:
                g = carrier.hooked(node, g)
            if type(node) is Leaf:
                if targets is None or node in targets:
                    arrived[node] = g
                continue
            if targets is not None and node in targets:
                arrived[node] = g
                if cut or grads.keys().isdisjoint(node.parents):
                    continue  # nothing is asked of what it was computed from
            kept = node.kept
            if kept is None:
                raise_freed(node)
            xp = node.xp
            if opened is not None:
                kept, xp = opened(node)
            if hard and node.pointwise:
                _backward_with_hard_zeros(node, g, grads, kept, xp)
            elif placed:
                _backward_on_its_device(node, g, grads, kept, xp)
            else:
                node.backward(g, grads, node.parents, kept, node.fix, xp)
            if anomaly:
                _check_parents(node, grads, carrier)
            if early and node.frees:
                node.kept = None
            elif late:
                ran.append(node)
    except Exception as error:
        if node is not None and not getattr(error, "_xpgrad_noted", False):
            error.add_note(f"while differentiating {describe(node)}")
            error._xpgrad_noted = True  # type: ignore[attr-defined]
        raise
    _free(ran)
    return arrived


def _free(nodes: list[Node]) -> None:
    for node in nodes:
        if node.frees:
            node.kept = None


def _backward_on_its_device(node: Node, g: Any, grads: dict[Node, Any], kept: Any, xp: Any) -> None:
    """For a library that computes on the thread's current device, wherever its arrays are."""
    cotangent = next(c for c in (g if isinstance(g, list) else [g]) if c is not None)
    with node.xp.backend.on_device_of(
        cotangent._cell.raw if hasattr(cotangent, "_cell") else cotangent
    ):
        node.backward(g, grads, node.parents, kept, node.fix, xp)


def _backward_with_hard_zeros(
    node: Node, g: Any, grads: dict[Node, Any], kept: Any, xp: Any
) -> None:
    """An elementwise backward in which a zero of the cotangent is stronger than an infinite derivative."""
    found: dict[Node, Any] = {p: None for p in node.parents if p is not None and p in grads}
    node.backward(g, found, node.parents, kept, None, xp)
    for parent, t in found.items():
        if t is not None:
            t = xp.masked(t, g != 0)
            fix = None if node.fix is None else node.fix[node.parents.index(parent)]
            t = t if fix is None else fit(t, fix, xp)
            old = grads[parent]
            grads[parent] = t if old is None else old + t


def _check_parents(node: Node, grads: dict[Node, Any], carrier: Carrier) -> None:
    for parent in node.parents:
        if parent is not None and grads.get(parent) is not None:
            carrier.check(node, grads[parent])


def fit(g: Any, spec: tuple[tuple[int, ...] | None, Any, bool], xp: Any) -> Any:
    """Undo what broadcasting and promotion did to an input: sum, take the real part, cast.

    ``spec`` is (shape to sum to or None, dtype to cast to or None, drop the imaginary part).
    """
    shape, dtype, real = spec
    if shape is not None:
        g = xp.sum_to(g, shape)
    if real and xp.is_complex(g):
        g = xp.real(g)
    if dtype is not None:
        g = xp.cast(g, dtype)
    return g
