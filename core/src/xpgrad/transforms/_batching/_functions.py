"""A user's :class:`~xpgrad.autograd.Function` on a batch: one Function of the whole batch, with the same derivative.

Its ``forward``, ``backward`` and ``jvp`` are the user's, run on batches.  So the levels below (an outer ``jvp``,
the tape outside) meet one Function and use the derivative that the user gave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from xpgrad._namespace._operations import operation
from xpgrad._tensor import Tensor, wrap
from xpgrad.autograd._function import Function, FunctionCtx
from xpgrad.transforms._batching._records import Batched, whole
from xpgrad.transforms._level import opened

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["batched_function"]


class Saved(NamedTuple):
    """What the user's ``forward`` kept, in terms of the tensors inside."""

    tensors: tuple[Any, ...]
    flags: tuple[bool, ...]
    """Which of them are batches."""
    attributes: dict[str, Any]
    """What was set on the context."""

    def context(self, level: Any, tensors: tuple[Any, ...]) -> FunctionCtx:
        """A context for the user's function on a level that runs now."""
        ctx = FunctionCtx(self.attributes["needs_input_grad"])
        ctx.__dict__.update(self.attributes)
        for t, batched in zip(tensors, self.flags, strict=True):
            entry: Any = ("none", None, None, None)
            if t is not None:
                entry = ("tape", level.entered(t, batched), level, None)
            ctx._saved.append(entry)
        return ctx


def _saved(own: FunctionCtx, level: Any, outs: Any, found: Any) -> Saved:
    """What is on the context ``own``; ``found`` are the outputs ``outs`` as they leave the level."""
    left = {id(o._cell.raw): f for o, f in zip(outs, found, strict=True) if isinstance(o, Tensor)}
    tensors, flags = [], []
    for t in own.saved_tensors:
        raw: Any = None if t is None else t._cell.raw
        inside = t is not None and t._xp is level
        is_output = id(raw) in left
        tensors.append(left[id(raw)] if is_output else raw.inner if inside else t)
        flags.append(is_output or (inside and raw.batched))
    private = ("_saved", "_to_save", "_node", "_outputs", "_non_differentiable")
    attributes = {k: v for k, v in own.__dict__.items() if k not in private}
    return Saved(tuple(tensors), tuple(flags), attributes)


def batched_function(
    function: type[Function], level: Any, records: tuple[Any, ...]
) -> type[Function]:
    """The Function of whole batches, for arguments with these records."""
    flags = tuple(isinstance(r, Batched) and r.batched for r in records)
    shapes = tuple(r.shape if isinstance(r, Batched) else None for r in records)

    class OfBatches(Function):
        """The user's function on each element of a batch."""

        @staticmethod
        def forward(ctx: Any, *inside: Any) -> Any:
            running = level.again()
            running.recording = True  # nothing is recorded here, but what is kept keeps its place
            with opened(running):
                args = tuple(_entered(running, t, f) for t, f in zip(inside, flags, strict=True))
                own = FunctionCtx(ctx.needs_input_grad)
                output, outs, frozen = function._run(own, args)
                found = tuple(_left(running, o) for o in outs)
                ctx.saved = _saved(own, running, outs, found)
            ctx.save_for_backward(*ctx.saved.tensors)
            ctx.set_materialize_grads(own._materialize)
            pairs = zip(found, outs, strict=True)
            ctx.mark_non_differentiable(*(f for f, o in pairs if any(o is z for z in frozen)))
            return type(output)(found) if isinstance(output, (tuple, list)) else found[0]

        @staticmethod
        def backward(ctx: Any, *cotangents: Any) -> Any:
            def run(own: Any, *given: Any) -> tuple[Any, ...]:
                answers = _as_tuple(function.backward(own, *given))
                return tuple(map(_to_shape, answers, shapes))

            answers = _again(level.again(), ctx, run, cotangents)
            return tuple(
                a if a is None or f else operation("sum_to")(a, s)
                for a, f, s in zip(answers, flags, shapes, strict=True)
            )

    if function.jvp is not Function.jvp:

        def jvp(ctx: Any, *tangents: Any) -> Any:
            def run(own: Any, *given: Any) -> tuple[Any, ...]:
                return _as_tuple(function.jvp(own, *given))

            return _again(level.again(), ctx, run, tangents, flags)

        OfBatches.jvp = staticmethod(jvp)  # type: ignore[method-assign]
    OfBatches.__name__ = OfBatches.__qualname__ = function.__name__
    return OfBatches


def _entered(level: Any, t: Any, batched: bool) -> Any:
    if not isinstance(t, Tensor):
        return t
    return wrap(level.entered(t, batched), level, None, t._result)


def _left(level: Any, o: Any) -> Any:
    """What a function returned, with the batch along axis 0."""
    if not isinstance(o, Tensor):
        return o
    return whole(o._cell.raw if o._xp is level else level.enclose(o))


def _as_tuple(answer: Any) -> tuple[Any, ...]:
    return tuple(answer) if isinstance(answer, (tuple, list)) else (answer,)


def _to_shape(answer: Any, shape: Any) -> Any:
    """A gradient summed to its input's shape, as the engine does."""
    if not isinstance(answer, Tensor) or shape is None or answer.shape == shape:
        return answer
    return operation("sum_to")(answer, shape)


def _again(
    level: Any, ctx: Any, run: Callable[..., Any], given: tuple[Any, ...], flags: Any = None
) -> tuple[Any, ...]:
    """The user's ``backward`` or ``jvp`` on a level of its own, from tensors inside to tensors inside."""
    with opened(level):
        own = ctx.saved.context(level, ctx.saved_tensors)
        flags = flags or (True,) * len(given)
        args = tuple(_entered(level, t, f) for t, f in zip(given, flags, strict=True))
        answers = run(own, *args)
        return tuple(None if a is None else _left(level, a) for a in answers)
