"""A user's :class:`~xpgrad.autograd.Function` in forward mode: its ``jvp``, or its ``backward`` transposed."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from xpgrad._generator import default_generator
from xpgrad._graph import USER_CODE, Leaf, Node, place
from xpgrad._modes import GRAD, Switch
from xpgrad._namespace._operations import operation, tensor_namespace
from xpgrad._tensor import Tensor, wrap
from xpgrad.autograd._backward import grad
from xpgrad.autograd._function import Function, FunctionCtx, FunctionNode
from xpgrad.errors import GraphError, ShapeError
from xpgrad.transforms._level import climbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "function_tangents",
    "has_own_derivative",
    "reaches_out",
    "replaying",
    "seed_like",
    "start",
    "transposed",
]


class Start(Node):
    """What a transform differentiates by: a node apart from the value's own place on the tape, if it has one."""

    __slots__ = ()
    op = "start"

    @staticmethod
    def backward(g: Any, grads: Any, parents: Any, kept: Any, fix: Any, xp: Any) -> None:  # noqa: ARG004
        (parent,) = parents
        if parent in grads:
            old = grads[parent]
            grads[parent] = g if old is None else old + g


def start(t: Tensor, parent: Node | None = None) -> Any:
    """The tensor under another name, on a node of its own; gradients go on to ``parent``."""
    found = wrap(t._cell.raw, t._xp, Start(), t._result)
    place(found._node, (parent,), (), None, t._xp)
    return found


def seed_like(t: Tensor) -> Any:
    """The start of a linear function that is recorded to be transposed: no result depends on its value.

    None if t's dtype carries no derivative.
    """
    return start(tensor_namespace.ones_like(t)) if t.dtype.is_floating else None


def since(nodes: Iterable[Node | None], own: Iterable[Node]) -> Iterator[Node]:
    """The nodes behind ``nodes``, not walking through what is older than ``own``."""
    floor = min((n.seq for n in own), default=0)
    seen = {n for n in nodes if n is not None}
    stack = list(seen)
    while stack:
        node = stack.pop()
        yield node
        for parent in node.parents if node.seq >= floor else ():
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)


def reaches_out(nodes: Iterable[Node | None], own: Sequence[Node]) -> bool:
    """Whether anything that requires grad besides ``own``, or before them, took part in what ``nodes`` stand for."""
    floor = min((n.seq for n in own), default=0)
    return any(n.seq < floor or type(n) is Leaf for n in since(nodes, own))


def has_own_derivative(nodes: Iterable[Node | None], own: Sequence[Node]) -> bool:
    """Whether a user's own derivative took part: it may use what requires grad outside, unseen until it runs."""
    return USER_CODE[0] and any(isinstance(n, FunctionNode) for n in since(nodes, own))


def transposed(
    linear: Callable[..., Any], models: tuple[Any, ...], cotangents: tuple[Any, ...]
) -> list[Any]:
    """The transpose of a linear function of tensors like ``models``, applied to ``cotangents`` of its results.

    Every second entry of a chain of transposes is in PyTorch's convention, as ``grad`` is.
    """
    recording = GRAD.get()
    with Switch((GRAD, True)):
        # where transforms inside ``linear`` start, so that its results stand on the tape of that level
        seeds = [seed_like(climbed(m)) if m is not None else None for m in models]
        results = linear(*seeds)
    pairs = [
        (r, c) for r, c in zip(results, cotangents, strict=True)
        if isinstance(r, Tensor) and r._node is not None and c is not None
    ]  # fmt: skip
    inputs = [seed for seed in seeds if seed is not None]
    if not pairs or not inputs:
        return [None] * len(models)
    outputs, given = map(list, zip(*pairs, strict=True))
    recorded = recording and (
        any(c._node is not None for c in given)
        or reaches_out([r._node for r in outputs], [s._node for s in inputs])
    )
    found = grad(outputs, inputs, given, create_graph=recorded, allow_unused=True)
    answers = iter(found)
    return [None if seed is None else next(answers) for seed in seeds]


@contextmanager
def replaying(state: Any) -> Iterator[None]:
    """A block that draws the random numbers from ``state`` on, and after which none have been used up."""
    now = default_generator.get_state()
    default_generator.set_state(state)
    try:
        yield
    finally:
        default_generator.set_state(now)


def function_tangents(
    function: type[Function],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    outs: Any,
    ran: Any,
    state: Any,
) -> tuple[Any, ...]:
    """The tangents of a Function's outputs ``outs``, which were computed from ``primals``.

    ``ran`` is the context of that run with its results; where other transforms run below and it is None, the
    function runs again for this one, from the random ``state`` on.
    """
    if ran is None:
        ctx = FunctionCtx(tuple(t is not None for t in tangents))
        with replaying(state):
            _, fresh, frozen = function._run(ctx, primals)
    else:
        ctx, fresh, frozen = ran
        ctx = copy.copy(ctx)  # the node has the other
    # what was saved of the outputs stands on the levels below where these stand
    ctx._outputs = tuple(outs)
    if function.jvp is not Function.jvp:
        given = tuple(
            tensor_namespace.zeros_like(p) if t is None and isinstance(p, Tensor) and p.dtype.is_floating else t
            for p, t in zip(primals, tangents, strict=True)
        )  # fmt: skip
        answer = function.jvp(ctx, *given)
        moved = answer if isinstance(answer, (tuple, list)) else (answer,)
        if len(moved) != len(outs):
            message = (
                f"{function.__name__}.jvp must return one tangent per output ({len(outs)}), got {len(moved)}; "
                "return None for an output without one"
            )
            raise GraphError(message)
    else:
        moved = _by_backward(function, ctx, outs, tangents)
    return tuple(
        _checked(function, m, o) if _moves(f, frozen) else None
        for m, o, f in zip(moved, outs, fresh, strict=True)
    )


def _moves(out: Any, frozen: tuple[Any, ...]) -> bool:
    return isinstance(out, Tensor) and out.dtype.is_floating and all(out is not f for f in frozen)


def _checked(function: type[Function], tangent: Any, out: Any) -> Any:
    if tangent is None or tangent.shape == out.shape:
        return None if tangent is None else tensor_namespace.cast(tangent, out.dtype)
    message = f"{function.__name__}.jvp returned a tangent of shape {tangent.shape} for an output of {out.shape}"
    raise ShapeError(message)


def _by_backward(
    function: type[Function], ctx: FunctionCtx, outs: Any, tangents: tuple[Any, ...]
) -> tuple[Any, ...]:
    def backward(*cotangents: Any) -> Any:
        answer = function.backward(ctx, *cotangents)
        answers = list(answer) if isinstance(answer, (tuple, list)) else [answer]
        answers += [None] * (len(tangents) - len(answers))
        pairs = zip(answers[: len(tangents)], tangents, strict=True)
        return [_to_shape(function.__name__, a, t) for a, t in pairs]

    models = tuple(o if isinstance(o, Tensor) and o.dtype.is_floating else None for o in outs)
    return tuple(transposed(backward, models, tangents))


def _to_shape(name: str, answer: Any, tangent: Any) -> Any:
    """A gradient summed to its input's shape, as the engine does for what a user's ``backward`` returns."""
    if answer is None or tangent is None or answer.shape == tangent.shape:
        return answer
    try:
        return operation("sum_to")(answer, tangent.shape)
    except Exception as error:
        message = f"{name}.backward returned a gradient of shape {answer.shape} for an input of {tangent.shape}"
        raise ShapeError(message) from error
