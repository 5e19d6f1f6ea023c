"""Reverse mode as functions of functions: ``grad``, ``value_and_grad``, ``vjp``.

The inputs enter on nodes of their own, so the outputs' graph is cut exactly there; inputs that are already on
the tape stay connected through an alias node, which is what nesting needs.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from xpgrad import _tree
from xpgrad._modes import GRAD, Switch
from xpgrad._namespace._operations import tensor_namespace
from xpgrad._tensor import Tensor, snapshot, wrap
from xpgrad.autograd import _backward
from xpgrad.transforms import _arguments
from xpgrad.transforms._functions import has_own_derivative, reaches_out, start
from xpgrad.transforms._level import climbed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Graph", "grad", "value_and_grad", "vjp"]


class Graph:
    """A function's value and the tape from its inputs to its outputs."""

    def __init__(self, function: Any, picked: _arguments.Chosen, kwargs: dict[str, Any]) -> None:
        self.recording = GRAD.get()
        """Whether the caller records: whether results may be differentiated by what is outside."""
        self.picked = picked
        with Switch((GRAD, True)):
            self.starts = [
                start(t, t._node if self.recording else None) for t in map(climbed, picked.active)
            ]
            # handles of their own: the function may give them new values
            given = [snapshot(s) for s in self.starts]
            self.result = function(*picked.call_with(given), **kwargs)

    @functools.cached_property
    def open(self) -> bool:
        """Whether something else that requires grad takes part, so that results must stay on the tape."""
        return self.recording and reaches_out(self._ends(), self._nodes())

    @functools.cached_property
    def hiding(self) -> bool:
        """Whether something of that kind may show only when a user's own derivative runs."""
        return self.recording and has_own_derivative(self._ends(), self._nodes())

    def _ends(self) -> list[Any]:
        leaves, _ = _tree.flatten(self.result)
        return [t._node for t in leaves if isinstance(t, Tensor)]

    def _nodes(self) -> list[Any]:
        return [s._node for s in self.starts]

    def _exceeded(self, cotangents: list[Any]) -> bool:
        """Whether a cotangent belongs to a transform that began later."""
        level = max(s._xp.level for s in self.starts)
        return any(isinstance(c, Tensor) and c._xp.level > level for c in cotangents)

    def shown(self, tree: Any) -> Any:
        """Outputs as the caller may see them: off this graph's tape, unless something outside takes part."""
        if self.open:
            return tree
        return _tree.map_(
            lambda x: wrap(x._cell.raw, x._xp, None, x._result) if isinstance(x, Tensor) else x,
            tree,
        )

    def pull(self, outputs: list[Any], cotangents: list[Any], *, again: bool) -> list[Any]:
        """The gradients of the inputs, in PyTorch's convention; ``again`` keeps the graph for another time."""
        pairs = [
            (o, c) for o, c in zip(outputs, cotangents, strict=True)
            if isinstance(o, Tensor) and o._node is not None and c is not None
        ]  # fmt: skip
        nodes = self._nodes()
        certain = self.open or any(isinstance(c, Tensor) and c._node is not None for _, c in pairs)
        recorded = GRAD.get() and (certain or (self.hiding and not self._exceeded(cotangents)))
        found: dict[Any, Any] = {}
        if pairs:
            outs, seeds = zip(*pairs, strict=True)
            found = _backward._run(outs, seeds, set(nodes), again or recorded, recorded)
        gradients = [
            _backward._shown(n, found[n], s._result) if n in found else tensor_namespace.zeros_like(s).detach()
            for n, s in zip(nodes, self.starts, strict=True)
        ]  # fmt: skip
        if recorded and not certain and not reaches_out([g._node for g in gradients], nodes):
            gradients = [wrap(g._cell.raw, g._xp, None, g._result) for g in gradients]
        return gradients


# --- the public functions ---------------------------------------------------------------------------


def value_and_grad(
    function: Callable[..., Any], argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the value of ``function`` and its gradient; see :func:`grad`.

    Returns:
        A function with the arguments of ``function`` that returns (value, gradient); with ``has_aux``,
        ((value, auxiliary), gradient).

    >>> import xpgrad as xp
    >>> xp.value_and_grad(lambda x: xp.sum(x**2))(xp.asarray([1.0, 2.0]))
    (tensor(5.), tensor([2., 4.]))
    """

    @functools.wraps(function)
    def with_gradient(*args: Any, **kwargs: Any) -> Any:
        graph = Graph(function, _arguments.chosen("grad", args, argnums), kwargs)
        output, aux = _arguments.split_aux("grad", graph.result, has_aux)
        value = _arguments.scalar_output("grad", output)
        gradients = graph.pull([value], [tensor_namespace.ones_like(value).detach()], again=False)
        shown = graph.shown((value, aux) if has_aux else value)
        return shown, graph.picked.built(gradients)

    return with_gradient


def grad(
    function: Callable[..., Any], argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the gradient of ``function``, which must return one real number.

    Args:
        function: takes tensors, arrays, numbers, or trees of them (dictionaries, lists, tuples, dataclasses,
            modules) and returns a tensor of one element.
        argnums: the positional argument, or several, to differentiate by.
        has_aux: ``function`` returns (value, anything else).

    Returns:
        A function with the same arguments.  The gradient is built like the argument, each leaf with its shape,
        dtype and device; a tuple of gradients for a tuple ``argnums``; a dictionary by parameter name for a
        module; None in the places of integers and other things without a derivative.  With ``has_aux``,
        (gradient, auxiliary).  For complex arguments it is the direction of steepest ascent.

    Nothing is written to ``.grad``, and no ``requires_grad`` is needed.  What the function takes from outside and
    requires grad stays on the tape: the gradient can itself be differentiated by it.

    Raises:
        DTypeError: if there is nothing to differentiate by.
        GraphError: if the function returns more than one number, or a complex one.

    >>> import xpgrad as xp
    >>> f = lambda x: xp.sin(x) * x
    >>> xp.grad(f)(0.0), xp.grad(xp.grad(f))(0.0)
    (tensor(0.), tensor(2.))
    """
    with_value = value_and_grad(function, argnums, has_aux=has_aux)

    @functools.wraps(function)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, found = with_value(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def vjp(function: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of ``function(*primals)`` and the function that pulls cotangents back.

    Args:
        function: takes and returns tensors or trees of them.
        *primals: its arguments.
        has_aux: ``function`` returns (output, anything else).

    Returns:
        (output, pull_back); with ``has_aux``, (output, pull_back, auxiliary).  ``pull_back`` takes a cotangent
        built like the output and returns a tuple with the gradient of each argument; it may be called often.

    Raises:
        DTypeError: if no argument is floating.
        ShapeError: if a cotangent is not built or shaped like the output.

    >>> import xpgrad as xp
    >>> y, pull_back = xp.vjp(lambda x: x**2, xp.asarray([1.0, 2.0]))
    >>> pull_back(xp.asarray([1.0, 10.0]))
    (tensor([ 2., 40.]),)
    """
    graph = Graph(function, _arguments.chosen("vjp", primals, tuple(range(len(primals)))), {})
    output, aux = _arguments.split_aux("vjp", graph.result, has_aux)
    outputs, structure = _arguments.tensors_of("vjp", output)

    def pull_back(cotangents: Any) -> Any:
        """The gradients of the arguments for a cotangent of the output."""
        leaves = _arguments.cotangents_of("vjp", structure, outputs, cotangents)
        return graph.picked.built(graph.pull(outputs, leaves, again=True))

    shown = graph.shown(structure.build(outputs))
    return (shown, pull_back, graph.shown(aux)) if has_aux else (shown, pull_back)
