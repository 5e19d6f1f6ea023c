"""``Function``: an operation with a derivative of the user's own."""

from __future__ import annotations

import functools
import weakref
from typing import TYPE_CHECKING, Any, ClassVar

from xpgrad._graph import USER_CODE, Node, Pick, place
from xpgrad._modes import GRAD, Switch
from xpgrad._namespace import creation
from xpgrad._namespace._lift import enclosed, neutral
from xpgrad._namespace._operations import operation, tensor_namespace
from xpgrad._tensor import Tensor, snapshot, wrap
from xpgrad.autograd._carriers import conjugate
from xpgrad.autograd._context import FunctionCtx, carries, fresh_handle, renamed
from xpgrad.errors import GraphError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Function", "FunctionCtx", "once_differentiable", "refuse_deeper"]


class FunctionNode(Node):
    """The node of a user's :class:`Function`; ``kept`` is its context."""

    __slots__ = ()
    user_code = True
    frees = True
    dress = (("option", -1), ("option", -1))
    function: ClassVar[type[Function]]

    @classmethod
    def backward(cls, g: Any, grads: Any, parents: Any, kept: Any, fix: Any, xp: Any) -> None:
        ctx, outputs = kept
        recorded = xp is tensor_namespace
        cotangents = g if isinstance(g, list) else [g]
        shown = [
            _shown(c, out, recorded, ctx._materialize)
            for c, out in zip(cotangents, outputs, strict=True)
        ]
        with Switch((GRAD, recorded and GRAD.get())):
            answer = cls.function.backward(ctx, *shown)
        answers = tuple(answer) if isinstance(answer, (tuple, list)) else (answer,)
        while len(answers) > len(parents) and answers[-1] is None:
            answers = answers[:-1]
        if len(answers) != len(parents):
            message = (
                f"{cls.function.__name__}.backward must return one gradient per argument of forward "
                f"({len(parents)}), got {len(answers)}; return None for arguments without one"
            )
            raise GraphError(message)
        for parent, gradient, shape in zip(parents, answers, fix, strict=True):
            if parent not in grads or gradient is None:
                continue
            cotangent = _cotangent(cls.function, gradient, shape, recorded)
            old = grads[parent]
            grads[parent] = cotangent if old is None else old + cotangent


def _shown(cotangent: Any, out: Any, recorded: bool, materialize: bool) -> Any:
    """An output's gradient as the user's backward sees it: a tensor in PyTorch's convention."""
    if out is None:  # not a tensor
        return None
    shape, dtype, xp, device = out
    if cotangent is None:
        return _zeros(shape, dtype, xp, device) if materialize else None
    if recorded:
        return operation("conj")(cotangent) if cotangent.dtype.is_complex else cotangent
    return wrap(conjugate(cotangent, xp), xp)


def _zeros(shape: Any, dtype: Any, xp: Any, device: Any) -> Any:
    if xp.level:
        return creation.zeros(shape, dtype=dtype, device=device)
    return wrap(xp.zeros(shape, dtype=dtype, device=device), xp)


def _cotangent(function: type[Function], gradient: Any, like: Any, recorded: bool) -> Any:
    shape, dtype, _, _ = like
    if not isinstance(gradient, Tensor):
        message = f"{function.__name__}.backward must return tensors or None, got {type(gradient).__name__}"
        raise TypeError(message)
    if gradient.shape != shape:
        try:
            gradient = operation("sum_to")(gradient, shape)
        except Exception as error:
            name, got = function.__name__, gradient.shape
            message = f"{name}.backward returned a gradient of shape {got} for an input of {shape}"
            raise ShapeError(message) from error
    if gradient._cell.raw.dtype != dtype:
        if gradient.dtype.is_complex and not neutral(gradient._xp, dtype).is_complex:
            gradient = operation("real")(gradient)
        gradient = operation("astype")(gradient, dtype)
    if recorded:
        return operation("conj")(gradient) if gradient.dtype.is_complex else gradient
    return conjugate(gradient._cell.raw, gradient._xp)


def _like(t: Any) -> tuple[Any, ...]:
    raw = t._cell.raw
    return (raw.shape, raw.dtype, t._xp, t._xp.raw_device(raw))


class Function:
    """Base of a user-defined operation: write ``forward`` and ``backward`` as static methods, call ``apply``.

    ``forward(ctx, *args)`` computes; or ``forward(*args)`` computes and ``setup_context(ctx, inputs, output)``
    keeps.  ``backward(ctx, *gradients)`` returns one gradient (or None) per argument; written with xpgrad's
    functions it can itself be differentiated.

    >>> import xpgrad as xp
    >>> class Cube(xp.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x**2 * g
    >>> x = xp.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    _node_class: ClassVar[type[FunctionNode] | None] = None

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result; recording is off inside."""
        message = "write forward(ctx, ...) as a static method of your Function"
        raise NotImplementedError(message)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Keep what ``backward`` needs, where ``forward`` has no ``ctx``."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients of the arguments."""
        message = "write backward(ctx, ...) as a static method of your Function to differentiate it"
        raise NotImplementedError(message)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """The tangents of the outputs, for forward mode; by default ``backward`` is transposed."""
        raise NotImplementedError

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run ``forward`` and record it; inside ``jvp`` and ``vmap`` too this function's own derivative counts."""
        return cls._applied(args, (False,) * len(args), writes=True)[0]

    @classmethod
    def _applied(
        cls, args: tuple[Any, ...], moving: tuple[bool, ...], *, writes: bool = False
    ) -> tuple[Any, Any]:
        """:meth:`apply`, and what :meth:`_run` left, if it ran here.

        ``moving``: which arguments have a tangent outside; ``writes``: whether ``forward`` may change them.
        """
        USER_CODE[0] = True
        level = _deepest(args)
        if level is not None:
            args = tuple(enclosed(a, level) if isinstance(a, Tensor) else a for a in args)
        nodes = tuple(a._node if isinstance(a, Tensor) else None for a in args)
        recorded = GRAD.get() and any(n is not None for n in nodes)
        if level is not None and not recorded:
            return level.custom(cls, args), None
        ctx = FunctionCtx(tuple(n is not None or m for n, m in zip(nodes, moving, strict=True)))
        output, fresh, frozen = cls._run(ctx, args, writes and level is None)
        if recorded:
            refuse_deeper(cls, fresh, level.level if level is not None else 0)
            cls._record(ctx, args, nodes, fresh, frozen)
        found = ctx._given_back(args, fresh) if ctx._written else fresh
        return found if isinstance(output, (tuple, list)) else found[0], (ctx, fresh, frozen)

    @classmethod
    def _run(cls, ctx: FunctionCtx, args: Any, writes: bool = False) -> tuple[Any, Any, Any]:
        """``forward``'s answer, the same as handles of their own, and those without a gradient."""
        # inside a transform the levels below must see what happens; nothing is recorded at the arguments' own
        recording, given = GRAD.get() and _deepest(args) is not None, args
        handle = fresh_handle if recording else snapshot
        args = tuple(handle(a) if isinstance(a, Tensor) else a for a in args)
        before = [(n, a, a._cell.raw) for n, a in enumerate(args) if isinstance(a, Tensor)]
        with Switch((GRAD, recording)):
            if cls.setup_context is not Function.setup_context:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
            else:
                output = cls.forward(ctx, *args)
        outputs = output if isinstance(output, (tuple, list)) else (output,)
        fresh = tuple(fresh_handle(o) for o in outputs)
        changed = {n for n, a, raw in before if a._cell.raw is not raw}
        if changed or ctx._dirty:
            ctx._note_written(cls.__name__, given, args, changed, outputs, writes)
        ctx._to_save = tuple(renamed(t, (*outputs, *args), (*fresh, *given)) for t in ctx._to_save)
        frozen = tuple(renamed(t, outputs, fresh) for t in ctx._non_differentiable)
        ctx._keep(fresh, frozen)
        return output, fresh, frozen

    @classmethod
    def _record(cls, ctx: FunctionCtx, args: Any, nodes: Any, outputs: Any, frozen: Any) -> None:
        if cls.__dict__.get("_node_class") is None:
            members = {
                "__slots__": (),
                "op": cls.__name__,
                "function": cls,
                "__module__": cls.__module__,
            }
            cls._node_class = type(f"{cls.__name__}Backward", (FunctionNode,), members)
        assert cls._node_class is not None
        tensors = [o for o in outputs if isinstance(o, Tensor)]
        if not tensors:
            return
        node = cls._node_class()
        like_outputs = tuple(_like(o) if isinstance(o, Tensor) else None for o in outputs)
        like_inputs = tuple(_like(a) if isinstance(a, Tensor) else None for a in args)
        place(node, nodes, (ctx, like_outputs), like_inputs, tensors[0]._xp)
        ctx._node = weakref.ref(node)
        for number, t in enumerate(outputs):
            if carries(t, frozen):
                t._node = node if len(outputs) == 1 else Pick(node, number, len(outputs), t._xp)


def _deepest(args: Any) -> Any:
    """The namespace of the innermost transform that an argument is a value of; None outside all."""
    found = None
    for a in args:
        if isinstance(a, Tensor) and a._xp.level > (found.level if found is not None else 0):
            found = a._xp
    return found


def refuse_deeper(function: type[Function], results: Any, level: int) -> None:
    """Raise if a result belongs to a transform deeper than ``level``, of which no argument is a value."""
    for t in results:
        if isinstance(t, Tensor) and t._xp.level > level:
            message = (
                f"{function.__name__} takes a value of {t._xp.word} from outside (a closure, or an argument that is "
                "never differentiated by), which its own derivative knows nothing of; pass it as an argument"
            )
            raise GraphError(message)


def once_differentiable(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a ``backward`` that is not written with differentiable functions: a second order then raises."""

    @functools.wraps(function)
    def once(ctx: Any, *gradients: Any) -> Any:
        recording = GRAD.get()
        with Switch((GRAD, False)):
            answer = function(ctx, *gradients)
        tracked = [g._node for g in gradients if isinstance(g, Tensor) and g._node is not None]
        tracked += [t._node for t in ctx.saved_tensors if t is not None and t._node is not None]
        if not recording or not tracked:
            return answer
        answers = answer if isinstance(answer, tuple) else (answer,)
        refused = tuple(_refusing(a, tuple(tracked)) for a in answers)
        return refused if isinstance(answer, tuple) else refused[0]

    return once


class _OnceDifferentiable(Node):
    __slots__ = ()
    op = "once_differentiable"

    @staticmethod
    def backward(*_: Any) -> None:
        message = (
            "this Function's backward is marked once_differentiable: it has no second derivative"
        )
        raise GraphError(message)


def _refusing(answer: Any, parents: tuple[Any, ...]) -> Any:
    if not isinstance(answer, Tensor):
        return answer
    node = _OnceDifferentiable()
    place(node, parents, (), None, answer._xp)
    return wrap(answer._cell.raw, answer._xp, node)
