"""Recomputing instead of remembering: ``checkpoint`` keeps a function's inputs and runs it again for backward."""

from __future__ import annotations

import functools
import itertools
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, ClassVar

from xpgrad import _random, _tree
from xpgrad._engine import run
from xpgrad._graph import Node, Pick, next_seq, place
from xpgrad._modes import GRAD, LEVELS, Switch
from xpgrad._namespace._operations import tensor_namespace
from xpgrad._tensor import Tensor, wrap
from xpgrad.autograd._carriers import RawCarrier, RecordedCarrier, UnrecordedCarrier
from xpgrad.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["checkpoint", "checkpoint_sequential"]


class Recipe:
    """A call that can be repeated: the function, its arguments as they stood, the random state, the settings."""

    __slots__ = ("_arguments", "_context", "_function", "_random", "_structure", "results")

    def __init__(self, function: Any, args: Any, kwargs: Any, preserve_rng_state: bool) -> None:
        leaves, self._structure = _tree.flatten((args, kwargs))
        # values and places on the tape, not tensors: a tensor may get a new value before backward
        self._arguments = [
            (x._cell.raw, x._xp, x._node, x._result) if isinstance(x, Tensor) else x for x in leaves
        ]
        self._function = function
        self._context = copy_context()
        self.results: list[Any] = []
        """Shape and dtype of each result, None for what is no tensor."""
        self._random = _random.default_generator.get_state() if preserve_rng_state else None

    def repeat(self) -> Any:
        """The result, recorded."""
        leaves = [wrap(*a) if isinstance(a, tuple) else a for a in self._arguments]
        args, kwargs = self._structure.build(leaves)
        now = _random.default_generator.get_state() if self._random is not None else None
        try:
            if self._random is not None:
                _random.default_generator.set_state(self._random)
            # as often as somebody asks, also from two threads at a time: each enters a context of its own
            return self._context.copy().run(_recorded, self._function, args, kwargs)
        finally:
            if now is not None:
                _random.default_generator.set_state(now)


def _recorded(function: Any, args: Any, kwargs: Any) -> Any:
    # a pullback may be called inside other transforms: the function runs where it ran
    levels = tuple(level for level in LEVELS.get() if level.running)
    with Switch((GRAD, True), (LEVELS, levels)):
        return function(*args, **kwargs)


class CheckpointBackward(Node):
    """Stands for all that a function recorded; ``kept`` is (recipe, which leaves carry gradients, a mark)."""

    __slots__ = ()
    op = "checkpoint"
    user_code = True
    frees = True
    dress: ClassVar[tuple[Any, ...]] = (("option", -1), ("option", -1), ("array", 0))

    @staticmethod
    def backward(g: Any, grads: Any, parents: Any, kept: Any, fix: Any, xp: Any) -> None:  # noqa: ARG004
        recipe, carrying, mark = kept
        carrier: Any = RawCarrier()
        if xp is tensor_namespace:  # the mark is on the tape if this run is
            carrier = RecordedCarrier() if mark._node is not None else UnrecordedCarrier()
        cotangents = g if isinstance(g, list) else [g]
        leaves, _ = _tree.flatten(recipe.repeat())
        if list(map(_like, leaves)) != recipe.results:
            _changed("results of another number, shape or dtype")
        roots: dict[Any, Any] = {}
        for i, c in zip(carrying, cotangents, strict=True):
            node = leaves[i]._node if isinstance(leaves[i], Tensor) else None
            if c is not None:
                if node is None:
                    _changed("a result that does not require grad")
                roots[node] = c if node not in roots else roots[node] + c
        targets = {p for p in parents if p in grads}
        recorded = type(carrier) is RecordedCarrier
        with Switch((GRAD, GRAD.get() if xp is tensor_namespace else False)):
            found = run(roots, carrier, targets=targets, retain=recorded, cut=True)
        for parent, cotangent in found.items():
            old = grads[parent]
            grads[parent] = cotangent if old is None else old + cotangent


def _like(x: Any) -> Any:
    return (x.shape, x._cell.raw.dtype) if isinstance(x, Tensor) else None


def _changed(what: str) -> None:
    message = (
        f"checkpoint: the function, run again for backward, returned {what}; it must compute the same from the same "
        "arguments (no state that changes from call to call)"
    )
    raise GraphError(message)


def _boundary(nodes: list[Node], floor: int) -> list[Node]:
    """The nodes recorded before number ``floor`` that were used to compute ``nodes``."""
    seen, stack, found = set(nodes), list(nodes), []
    while stack:
        node = stack.pop()
        if node.seq < floor:
            found.append(node)
            continue
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return found


def _run(function: Any, args: Any, kwargs: Any, preserve_rng_state: bool) -> Any:
    if not GRAD.get():
        return function(*args, **kwargs)
    recipe = Recipe(function, args, kwargs, preserve_rng_state)
    floor = next_seq()
    leaves, structure = _tree.flatten(function(*args, **kwargs))
    recipe.results = list(map(_like, leaves))
    carrying = [
        i for i, t in enumerate(leaves)
        if isinstance(t, Tensor) and t._node is not None and t._node.seq > floor
    ]  # fmt: skip
    parents = _boundary([leaves[i]._node for i in carrying], floor)
    if not parents:
        return structure.build(leaves)
    first = leaves[carrying[0]]
    node = CheckpointBackward()
    mark = tensor_namespace.zeros_like(
        first.detach()[(0,) * first.ndim] if first.size else first.detach()
    )
    place(node, tuple(parents), (recipe, tuple(carrying), mark._cell.raw), None, first._xp)
    for number, i in enumerate(carrying):
        t = leaves[i]
        own = node if len(carrying) == 1 else Pick(node, number, len(carrying), t._xp)
        leaves[i] = wrap(t._cell.raw, t._xp, own, t._result)
    return structure.build(leaves)


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,  # noqa: ARG001 - PyTorch's; there is one kind here
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Run ``function(*args, **kwargs)`` without keeping what its backward needs, and run it again for backward.

    Memory for time: of the part of a program inside, only the inputs are kept.  A chain of n steps in about √n
    parts needs about √n of the memory for one more forward pass.

    Args:
        function: takes and returns tensors or trees of them, and computes the same from the same arguments; what it
            takes from outside (a module's parameters) gets its gradients too.  The second run has the settings
            (default dtype and device, ``contextvars``) of the first.
        *args: its arguments.  Without any, the result is a function that does this to its arguments.
        use_reentrant: accepted for PyTorch's sake and without effect.
        preserve_rng_state: give the second run the random numbers of the first (xpgrad's default generator).
        **kwargs: its keyword arguments.

    Raises:
        GraphError: in backward, if the second run does not return what the first did.

    >>> import xpgrad as xp
    >>> x = xp.tensor([1.0, 2.0], requires_grad=True)
    >>> xp.checkpoint(lambda x: xp.exp(xp.sin(x)), x).sum().backward()
    >>> bool(xp.all(x.grad == xp.cos(x) * xp.exp(xp.sin(x))))
    True
    """
    if not args and not kwargs:

        @functools.wraps(function)
        def checkpointed(*args: Any, **kwargs: Any) -> Any:
            return _run(function, args, kwargs, preserve_rng_state)

        return checkpointed
    return _run(function, args, kwargs, preserve_rng_state)


def checkpoint_sequential(
    functions: Sequence[Callable[[Any], Any]], segments: int, input: Any, *, preserve_rng_state: bool = True
) -> Any:  # fmt: skip
    """Apply ``functions`` (a list, or ``nn.Sequential``) one after the other, in ``segments`` checkpointed parts.

    >>> import xpgrad as xp
    >>> x = xp.tensor(1.0, requires_grad=True)
    >>> xp.checkpoint_sequential([xp.sin] * 9, 3, x).backward()

    Raises:
        ValueError: if there are fewer functions than segments, or no segment.
    """
    steps = list(functions)
    if not 1 <= segments <= len(steps):
        message = (
            f"checkpoint_sequential: segments must be between 1 and {len(steps)}, got {segments}"
        )
        raise ValueError(message)
    x = input
    bounds = [len(steps) * i // segments for i in range(segments + 1)]
    for start, end in itertools.pairwise(bounds):
        part = functools.partial(_in_turn, tuple(steps[start:end]))
        x = _run(part, (x,), {}, preserve_rng_state)
    return x


def _in_turn(steps: tuple[Any, ...], x: Any) -> Any:
    for step in steps:
        x = step(x)
    return x
