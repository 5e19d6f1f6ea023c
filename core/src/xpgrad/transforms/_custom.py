"""Functions with a derivative of the user's own: ``custom_vjp`` and ``custom_jvp``, in JAX's terms.

Both are made of :class:`xpgrad.autograd.Function`, which every transform respects; the derivative that is not
given is the transpose of the one that is.
"""

from __future__ import annotations

import functools
import inspect
import operator
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from xpgrad import _tree
from xpgrad._modes import GRAD
from xpgrad._namespace._operations import tensor_namespace
from xpgrad._namespace.creation import asarray
from xpgrad._tensor import Tensor, snapshot
from xpgrad.autograd._function import Function, refuse_deeper
from xpgrad.errors import GraphError
from xpgrad.transforms._arguments import is_array, tensors_of
from xpgrad.transforms._functions import transposed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["custom_jvp", "custom_vjp"]


class Plan:
    """The trees of one call: which leaves are tensors, how arguments and output are put together.

    It is kept for backward, with none of the caller's tensors.
    """

    def __init__(self, owner: Any, args: tuple[Any, ...], numbers: list[int], tree: Any) -> None:
        leaves, self.structure = tree
        self.owner = owner
        self.numbers = numbers
        """Those of the arguments that are differentiated by; ``tree`` is them, flattened."""
        self.args = tuple(None if n in numbers else _kept(a) for n, a in enumerate(args))
        self.places = [i for i, x in enumerate(leaves) if is_array(x)]
        self.leaves = [None if is_array(x) else x for x in leaves]
        self.output: Any = None

    @property
    def fixed(self) -> tuple[Any, ...]:
        """The arguments that are never differentiated by."""
        return tuple(a for n, a in enumerate(self.args) if n not in self.numbers)

    def trees(self, tensors: Any) -> tuple[Any, ...]:
        """The other arguments, with these tensors (or None) in them."""
        leaves = list(self.leaves)
        for place, t in zip(self.places, tensors, strict=True):
            leaves[place] = t
        found: tuple[Any, ...] = self.structure.build(leaves)
        return found

    def arguments(self, tensors: Any) -> tuple[Any, ...]:
        """All arguments."""
        args = list(self.args)
        for number, tree in zip(self.numbers, self.trees(tensors), strict=True):
            args[number] = tree
        return tuple(args)

    def ran(self, tensors: Any) -> tuple[Any, Any]:
        """What a custom_vjp's ``forward`` returns: the output and the residuals."""
        answer = self.owner.forward(*self.arguments(tensors))
        if not isinstance(answer, tuple) or len(answer) != 2:
            message = f"{self.owner.name}: forward must return (output, residuals), got {type(answer).__name__}"
            raise GraphError(message)
        return answer

    def noted(self, output: Any) -> tuple[Any, ...]:
        """The leaves of an output, whose structure is remembered."""
        leaves, self.output = tensors_of(self.owner.name, output)
        return tuple(leaves)

    def picked(self, answer: Any, what: str) -> list[Any]:
        """From a tree for each argument (None: zero), what belongs to the tensors."""
        name = self.owner.name
        if not isinstance(answer, (tuple, list)) or len(answer) != len(self.numbers):
            got = len(answer) if isinstance(answer, (tuple, list)) else type(answer).__name__
            message = (
                f"{name}: {what} must be a tuple with one entry for each of {len(self.numbers)} arguments, "
                f"got {got}"
            )
            raise GraphError(message)
        leaves: list[Any] = []
        for part, tree in zip(self.structure.children(), answer, strict=True):
            leaves += (
                [None] * part.size if tree is None else part.leaves_of(tree, f"{name}: {what}")
            )
        return [leaves[i] for i in self.places]


class _Custom:
    """What both decorators share: a plain call where nothing is differentiated, else a Function."""

    _function_class: type[Function]

    def __init__(self, function: Callable[..., Any], nondiff_argnums: Any = ()) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.name = getattr(function, "__name__", type(function).__name__)
        self.nondiff_argnums = (
            (nondiff_argnums,) if isinstance(nondiff_argnums, int) else tuple(nondiff_argnums)
        )
        try:
            self._signature: inspect.Signature | None = inspect.signature(function)
        except ValueError:  # a built-in function that tells nothing of itself
            self._signature = None
        kinds = [p.kind for p in self._signature.parameters.values()] if self._signature else []
        self._arity = sum(
            k in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD) for k in kinds
        )

    def _check_defined(self) -> None:
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._check_defined()
        args = self._by_position(args, kwargs)
        fixed = self.fixed_among(len(args))
        if not GRAD.get():
            return self.function(*args)
        numbers = [n for n in range(len(args)) if n not in fixed]
        tree = _tree.flatten(tuple(args[n] for n in numbers))
        plan = Plan(self, args, numbers, tree)
        tensors = [asarray(tree[0][i]) for i in plan.places]
        if not any(t._carries() for t in tensors):
            return self._constant(self.function(*args), tensors)
        found = self._function_class.apply(plan, *tensors)
        return plan.output.build(found)

    def _by_position(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments by position, which is how the derivative takes them: given by name, or left out, too."""
        if not kwargs and len(args) == self._arity:
            return args
        if self._signature is None:
            if kwargs:
                message = f"{self.name} has no signature: give it all arguments by position"
                raise TypeError(message)
            return args
        bound = self._signature.bind(*args, **kwargs)
        if bound.kwargs:
            names = ", ".join(bound.kwargs)
            message = (
                f"{self.name}: a function with a derivative of its own takes all arguments by position, and {names} "
                "is by name only; declare it before the *, or give it by functools.partial before decorating"
            )
            raise TypeError(message)
        bound.apply_defaults()
        return bound.args

    def fixed_among(self, total: int) -> set[int]:
        """The numbers of the arguments that are never differentiated by, of a call with so many."""
        if all(-total <= n < total for n in self.nondiff_argnums):
            return {n % total for n in self.nondiff_argnums}
        message = f"{self.name}: nondiff_argnums={self.nondiff_argnums}, and the function takes {total} arguments"
        raise GraphError(message)

    def _constant(self, output: Any, tensors: list[Any]) -> Any:
        """The output of a call none of whose arguments has a derivative."""
        leaves, structure = _tree.flatten(output)
        carrying = [t for t in leaves if isinstance(t, Tensor) and t._carries()]
        if not carrying:
            return output
        refuse_deeper(
            self._function_class, carrying, max((t._xp.level for t in tensors), default=0)
        )
        return structure.build(t.detach() if any(t is c for c in carrying) else t for t in leaves)


def _kept(x: Any) -> Any:
    """An argument as it stands: what the caller does with his tensor later does not reach it, nor is it kept alive."""
    return snapshot(x) if isinstance(x, Tensor) else x


class custom_vjp(_Custom):  # noqa: N801 - JAX's name
    """Decorate a function to give it a reverse derivative of its own; then call ``f.defvjp(forward, backward)``.

    ``forward(*args)`` returns (output, residuals); ``backward(residuals, cotangent)`` returns a tuple with the
    gradient of each argument, None for zero.  Residuals are any tree.  With ``nondiff_argnums`` these arguments come
    first in ``backward`` and get no gradient.  Written with xpgrad's functions, ``backward`` can be differentiated;
    ``jvp`` transposes it, ``vmap`` batches it.  Cotangents are in PyTorch's convention, as everywhere.  What the
    function takes from outside, not as an argument, is a constant to it, and so are the arguments ``nondiff_argnums``:
    no gradient arrives there, whatever the others are.  A value of a running ``jvp`` or ``vmap`` cannot be a constant
    to its own transform, and raises.

    >>> import xpgrad as xp
    >>> @xp.custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, g: (xp.clip(g, -1.0, 1.0),))
    >>> xp.grad(lambda x: 5.0 * clipped(x))(2.0)
    tensor(1.)
    """

    def __init__(self, function: Callable[..., Any], nondiff_argnums: Any = ()) -> None:
        super().__init__(function, nondiff_argnums)
        self._function_class = type(self.name, (_WithVJP,), {"__module__": self.__module__})
        self.forward: Any = None
        self.backward: Any = None

    def defvjp(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        """Say how the output is computed with residuals, and how a cotangent is pulled back with them."""
        self.forward, self.backward = forward, backward

    def _check_defined(self) -> None:
        if self.forward is None:
            message = f"{self.name} is a custom_vjp without a derivative; call {self.name}.defvjp(forward, backward)"
            raise GraphError(message)


class custom_jvp(_Custom):  # noqa: N801 - JAX's name
    """Decorate a function to give it a forward derivative of its own; then define it with ``@f.defjvp``.

    ``rule(primals, tangents)`` returns (output, tangent of the output), linear in the tangents and written with
    xpgrad's functions; with ``nondiff_argnums`` those arguments come first.  ``defjvps`` takes one rule
    ``rule(tangent, output, *primals)`` (or None) per argument instead.  Reverse mode transposes the rule.

    >>> import xpgrad as xp
    >>> @xp.custom_jvp
    ... def f(x):
    ...     return xp.sin(x)
    >>> @f.defjvp
    ... def rule(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     return f(x), 10.0 * t
    >>> xp.grad(f)(0.0), xp.jvp(f, (0.0,), (1.0,))[1]
    (tensor(10.), tensor(10.))
    """

    def __init__(self, function: Callable[..., Any], nondiff_argnums: Any = ()) -> None:
        super().__init__(function, nondiff_argnums)
        self._function_class = type(self.name, (_WithJVP,), {"__module__": self.__module__})
        self.rule: Any = None

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Say what the output and its tangent are; returns ``rule``, so it decorates."""
        self.rule = rule
        return rule

    def defjvps(self, *rules: Callable[..., Any] | None) -> None:
        """One rule ``rule(tangent, output, *primals)`` for each argument; None: no derivative."""

        def rule(*given: Any) -> Any:
            *fixed, primals, tangents = given
            if len(rules) != len(primals):
                message = f"{self.name}: defjvps was given {len(rules)} rules for {len(primals)} arguments"
                raise GraphError(message)
            output = self(*_merged(self, fixed, primals))
            terms = [
                r(t, output, *primals)
                for r, t in zip(rules, tangents, strict=True)
                if r is not None and t is not None
            ]
            zero = _tree.map_(tensor_namespace.zeros_like, output)
            return output, functools.reduce(_added, terms) if terms else zero

        self.rule = rule

    def _check_defined(self) -> None:
        if self.rule is None:
            message = f"{self.name} is a custom_jvp without a derivative; define one with @{self.name}.defjvp"
            raise GraphError(message)


def _added(a: Any, b: Any) -> Any:
    return _tree.map_(operator.add, a, b)


def _merged(owner: _Custom, fixed: list[Any], primals: Any) -> list[Any]:
    """All arguments in order, from those that are never differentiated by and the others."""
    total = len(fixed) + len(primals)
    places = owner.fixed_among(total)
    first, second = iter(fixed), iter(primals)
    return [next(first) if n in places else next(second) for n in range(total)]


class _WithVJP(Function):
    """One call of a :class:`custom_vjp`."""

    @staticmethod
    def forward(ctx: Any, plan: Plan, *tensors: Any) -> Any:
        output, residuals = plan.ran(tensors)
        outs = plan.noted(output)
        leaves, ctx.structure = _tree.flatten(residuals)
        ctx.plan = plan
        ctx.places = [i for i, x in enumerate(leaves) if isinstance(x, Tensor)]
        ctx.others = [None if isinstance(x, Tensor) else x for x in leaves]
        kept = [leaves[i] for i in ctx.places]
        # what was computed on the way has no place on the tape: at higher orders it is computed again
        ctx.again = any(
            t.dtype.is_floating and all(t is not k for k in (*outs, *tensors)) for t in kept
        )
        ctx.save_for_backward(*kept, *(tensors if ctx.again else ()))
        return outs

    @staticmethod
    def _residuals(ctx: Any) -> Any:
        number = len(ctx.places)
        kept, tensors = ctx.saved_tensors[:number], ctx.saved_tensors[number:]
        if ctx.again and GRAD.get() and any(t._node is not None for t in tensors):
            return ctx.plan.ran(tensors)[1]
        leaves = list(ctx.others)
        for place, t in zip(ctx.places, kept, strict=True):
            leaves[place] = t
        return ctx.structure.build(leaves)

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        plan, residuals = ctx.plan, _WithVJP._residuals(ctx)
        answer = plan.owner.backward(*plan.fixed, residuals, plan.output.build(cotangents))
        return (None, *plan.picked(answer, "what backward returns"))


class _WithJVP(Function):
    """One call of a :class:`custom_jvp`."""

    @staticmethod
    def forward(ctx: Any, plan: Plan, *tensors: Any) -> Any:
        ctx.plan = plan
        ctx.save_for_backward(*tensors)
        return plan.noted(plan.owner.function(*plan.arguments(tensors)))

    @staticmethod
    def jvp(ctx: Any, _: Any, *tangents: Any) -> Any:
        return _moved(ctx.plan, ctx.saved_tensors, tangents)

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        plan, primals = ctx.plan, ctx.saved_tensors
        found = transposed(lambda *t: _moved(plan, primals, t), primals, cotangents)
        return (None, *found)


def _moved(plan: Plan, primals: Any, tangents: Any) -> list[Any]:
    """The tangents of the outputs, by the user's rule."""
    answer = plan.owner.rule(*plan.fixed, plan.trees(primals), plan.trees(tangents))
    if not isinstance(answer, tuple) or len(answer) != 2:
        message = f"{plan.owner.name}: the rule must return (output, tangent), got {type(answer).__name__}"
        raise GraphError(message)
    found: list[Any] = plan.output.leaves_of(answer[1], f"{plan.owner.name}: the tangent")
    return [asarray(t) if t is not None else None for t in found]
