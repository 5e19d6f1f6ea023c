"""A user's :class:`~xpgrad.autograd.Function` in forward mode: its ``jvp``, or its ``backward`` transposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad._graph import Leaf
from xpgrad._modes import GRAD, Switch
from xpgrad._namespace._operations import operation, tensor_namespace
from xpgrad._tensor import Tensor, wrap
from xpgrad.autograd._backward import grad
from xpgrad.autograd._function import Function, FunctionCtx
from xpgrad.errors import GraphError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["function_tangents", "leaf_like", "transposed"]


def leaf_like(t: Tensor) -> Any:
    """A leaf of t's shape, dtype and device, to record a linear function with; its values do not matter."""
    ones = tensor_namespace.ones_like(t)
    leaf = wrap(ones._cell.raw, ones._xp)
    leaf._node = Leaf(leaf, leaf._xp)
    return leaf


def transposed(
    linear: Callable[..., Any], models: tuple[Any, ...], cotangents: tuple[Any, ...]
) -> list[Any]:
    """The transpose of a linear function of tensors like ``models``, applied to ``cotangents`` of its results.

    Every second entry of a chain of transposes is in PyTorch's convention, as ``grad`` is.
    """
    recording = GRAD.get()
    with Switch((GRAD, True)):
        leaves = [leaf_like(m) if m is not None else None for m in models]
        results = linear(*leaves)
    pairs = [
        (r, c) for r, c in zip(results, cotangents, strict=True)
        if isinstance(r, Tensor) and r._node is not None and c is not None
    ]  # fmt: skip
    inputs = [leaf for leaf in leaves if leaf is not None]
    if not pairs or not inputs:
        return [None] * len(models)
    found = grad(
        [r for r, _ in pairs], inputs, [c for _, c in pairs], retain_graph=recording, create_graph=recording,
        allow_unused=True,
    )  # fmt: skip
    answers = iter(found)
    return [None if leaf is None else next(answers) for leaf in leaves]


def function_tangents(
    function: type[Function], primals: tuple[Any, ...], tangents: tuple[Any, ...], outs: Any
) -> tuple[Any, ...]:
    """The tangents of a Function's outputs ``outs``, which were computed from ``primals``."""
    ctx = FunctionCtx(tuple(t is not None for t in tangents))
    _, fresh, frozen = function._run(ctx, primals)
    ctx._outputs = tuple(
        outs
    )  # what was saved of the outputs stands on the levels below where these stand
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
        return [_to_shape(a, t) for a, t in zip(answers[: len(tangents)], tangents, strict=True)]

    models = tuple(o if isinstance(o, Tensor) and o.dtype.is_floating else None for o in outs)
    return tuple(transposed(backward, models, tangents))


def _to_shape(answer: Any, tangent: Any) -> Any:
    """A gradient summed to its input's shape, as the engine does for what a user's ``backward`` returns."""
    if answer is None or tangent is None or answer.shape == tangent.shape:
        return answer
    return operation("sum_to")(answer, tangent.shape)
