"""``linearize``: the derivative at a point as a linear function, and ``hvp``: products with the Hessian."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad._modes import GRAD, Switch
from xpgrad._namespace._operations import tensor_namespace
from xpgrad.autograd._backward import grad as tape_grad
from xpgrad.transforms import _arguments
from xpgrad.transforms._forward import jvp
from xpgrad.transforms._functions import reaches_out, seed_like
from xpgrad.transforms._reverse import Graph, grad

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._tensor import Tensor

__all__ = ["hvp", "linearize"]


def linearize(function: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of ``function(*primals)`` and its derivative there, as a linear function of tangents.

    The function is evaluated once; every call of the result costs about one backward pass and no evaluation.

    Args:
        function: takes and returns tensors or trees of them.
        *primals: where to linearize.
        has_aux: ``function`` returns (output, anything else).

    Returns:
        (output, derivative); with ``has_aux``, (output, derivative, auxiliary).  ``derivative(*tangents)`` takes a
        tangent built like each argument and returns the output's, as :func:`jvp` does.

    >>> import xpgrad as xp
    >>> y, derivative = xp.linearize(lambda x: x**2, 3.0)
    >>> y, derivative(1.0), derivative(10.0)
    (tensor(9.), tensor(6.), tensor(60.))
    """
    picked = _arguments.chosen("linearize", primals, tuple(range(len(primals))))
    graph = Graph(function, picked, {})
    output, aux = _arguments.split_aux("linearize", graph.result, has_aux)
    outputs, structure = _arguments.tensors_of("linearize", output)
    with Switch((GRAD, True)):
        seeds = [seed_like(o) for o in outputs]
        pulled = graph.pull(outputs, seeds, again=True)
    inputs = [s for s in seeds if s is not None]
    own = [t._node for t in (*graph.starts, *inputs)]
    is_open = graph.recording and reaches_out([p._node for p in pulled], own)

    def derivative(*tangents: Any) -> Any:
        """The output's tangent for a tangent of each argument."""
        starts = _arguments.primals_with_tangents("linearize", primals, tangents)
        given = [starts.tangents[i] for i in picked.places]
        pairs = [
            (p, t) for p, t in zip(pulled, given, strict=True) if p._node is not None and t is not None
        ]  # fmt: skip
        recorded = GRAD.get() and (is_open or any(t._node is not None for _, t in pairs))
        found: Any = (None,) * len(inputs)
        if pairs and inputs:
            ps, ts = zip(*pairs, strict=True)
            found = tape_grad(ps, inputs, ts, True, recorded, allow_unused=True)
        answers = iter(found)
        moved = [None if s is None else _or_zeros(next(answers), o)
                 for s, o in zip(seeds, outputs, strict=True)]  # fmt: skip
        return structure.build(moved)

    shown = graph.shown(structure.build(outputs))
    return (shown, derivative, graph.shown(aux)) if has_aux else (shown, derivative)


def _or_zeros(t: Any, like: Tensor) -> Any:
    return tensor_namespace.zeros_like(like).detach() if t is None else t


def hvp(function: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """The product of the Hessian of ``function`` with a vector: forward mode over the gradient.

    Args:
        function: returns one real number.
        primals: the argument, or a tuple of arguments (tensors or trees of them).
        tangents: the vector, built like ``primals``.

    Returns:
        The product, built like ``primals``.  Its cost is a small multiple of the function's, whatever the size.

    >>> import xpgrad as xp
    >>> x = xp.asarray([1.0, 2.0])
    >>> xp.hvp(lambda x: xp.sum(x**3), x, xp.asarray([1.0, 1.0]))
    tensor([ 6., 12.])
    """
    if type(primals) is tuple:
        gradient = grad(function, tuple(range(len(primals))))
        return jvp(gradient, primals, tangents)[1]
    return jvp(grad(function), (primals,), (tangents,))[1]
