"""Whole Jacobians and Hessians: one batched pass over a basis, forward or reverse."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from xpgrad import _tree
from xpgrad._namespace import creation
from xpgrad._namespace._operations import operation
from xpgrad.errors import DTypeError
from xpgrad.transforms import _arguments
from xpgrad.transforms._batching import vmap
from xpgrad.transforms._forward import jvp
from xpgrad.transforms._reverse import Graph

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._tensor import Tensor

__all__ = ["hessian", "jacfwd", "jacobian", "jacrev"]

Numbers = int | tuple[int, ...]


def _basis(t: Tensor) -> Any:
    """The unit vectors of t's space, stacked along a new first axis: shape (t.size, *t.shape)."""
    eye = creation.eye(t.size, dtype=t.dtype, device=t.device)
    return operation("reshape")(eye, (t.size, *t.shape))


def jacrev(
    function: Callable[..., Any],
    argnums: Numbers = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that returns the Jacobian of ``function``, row by row in one batched backward pass.

    Args:
        function: takes and returns tensors or trees of them.
        argnums: the argument, or several, to differentiate by.
        has_aux: ``function`` returns (output, anything else).
        chunk_size: at most this many rows at a time, which bounds the memory.

    Returns:
        A function with the same arguments.  Its result is built like the output, with a tree built like the argument in
        each leaf's place (a tuple of them for several arguments); a leaf has shape (*output shape, *argument shape).
        With ``has_aux``, (Jacobian, auxiliary).  A function of complex arguments must be holomorphic, unless its
        output is real: then each row is that element's gradient, the direction of steepest ascent.

    It costs one evaluation and about as many backward passes, done together, as the output has elements: best where
    the output is not larger than the argument.

    >>> import xpgrad as xp
    >>> xp.jacrev(lambda x: x**2)(xp.asarray([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @functools.wraps(function)
    def rows(*args: Any, **kwargs: Any) -> Any:
        graph = Graph(function, _arguments.chosen("jacrev", args, argnums), kwargs)
        output, aux = _arguments.split_aux("jacrev", graph.result, has_aux)
        outputs, structure = _arguments.tensors_of("jacrev", output)
        found = [
            graph.picked.built(_rows_of(graph, outputs, i, chunk_size)) for i in range(len(outputs))
        ]
        jacobian = structure.build(found)
        return (jacobian, graph.shown(aux)) if has_aux else jacobian

    return rows


jacobian = jacrev


def _rows_of(graph: Graph, outputs: list[Any], i: int, chunk_size: int | None) -> list[Any]:
    """The Jacobians of one output leaf by every active input."""
    out = outputs[i]
    if not out.dtype.is_floating:
        message = f"jacrev: the function returned {out.dtype}, which has no derivative"
        raise DTypeError(message)

    def pull(cotangent: Any) -> list[Any]:
        return graph.pull([out], [cotangent], again=True)

    every = vmap(pull, chunk_size=chunk_size)
    basis = _basis(out.detach())
    found = every(basis)
    turned = every(1j * basis) if out.dtype.is_complex else None
    return [
        _row(part, None if turned is None else turned[k], start, out)
        for k, (part, start) in enumerate(zip(found, graph.starts, strict=True))
    ]


def _row(part: Any, turned: Any, start: Any, out: Any) -> Any:
    """One block: gradients of Re and Im put together, unconjugated for a holomorphic function."""
    if turned is not None:
        part = operation("conj")(part) if start.dtype.is_complex else part + 1j * turned
    return operation("reshape")(part, (*out.shape, *start.shape))


def jacfwd(
    function: Callable[..., Any],
    argnums: Numbers = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that returns the Jacobian of ``function``, column by column in one batched forward pass.

    Arguments and result are those of :func:`jacrev`.  It costs one evaluation with as many tangents, moved together,
    as the argument has elements: best where the argument is not larger than the output.  A function of complex
    arguments must be holomorphic.

    >>> import xpgrad as xp
    >>> xp.jacfwd(lambda x: x**2)(xp.asarray([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @functools.wraps(function)
    def columns(*args: Any, **kwargs: Any) -> Any:
        picked = _arguments.chosen("jacfwd", args, argnums)
        found, aux = [], None
        for i in range(len(picked.active)):
            block, aux = _columns_of(function, picked, i, kwargs, has_aux, chunk_size)
            found.append(block)
        # a tree of the output for each input, turned inside out
        leaves, structures = zip(*(_tree.flatten(block) for block in found), strict=True)
        jacobian = structures[0].build(
            [picked.built([leaf[k] for leaf in leaves]) for k in range(structures[0].size)]
        )
        return (jacobian, aux) if has_aux else jacobian

    return columns


def _columns_of(
    function: Any, picked: Any, i: int, kwargs: Any, has_aux: bool, chunk_size: int | None
) -> tuple[Any, Any]:
    """The derivative of the whole output by one active input, and the auxiliary output."""
    x = picked.active[i]

    def of_one(value: Any) -> Any:
        tensors = list(picked.active)
        tensors[i] = value
        return function(*picked.call_with(tensors), **kwargs)

    kept: list[Any] = []

    def push(tangent: Any) -> Any:
        value, moved, *aux = jvp(of_one, (x,), (tangent,), has_aux=has_aux)
        kept[:] = aux
        _check_columns(x, value)
        return moved

    moved = vmap(push, out_dims=-1, chunk_size=chunk_size)(_basis(x.detach()))
    block = _tree.map_(lambda t: operation("reshape")(t, (*t.shape[:-1], *x.shape)), moved)
    return block, kept[0] if kept else None


def _check_columns(x: Any, value: Any) -> None:
    leaves, _ = _arguments.tensors_of("jacfwd", value)
    for leaf in leaves:
        if not leaf.dtype.is_floating:
            message = f"jacfwd: the function returned {leaf.dtype}, which has no derivative"
            raise DTypeError(message)
        if x.dtype.is_complex and not leaf.dtype.is_complex:
            message = (
                "jacfwd: a real output of a complex argument is not holomorphic, so its derivative is no matrix of "
                "complex numbers; use grad or jacrev, which give the direction of steepest ascent"
            )
            raise DTypeError(message)


def hessian(
    function: Callable[..., Any],
    argnums: Numbers = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that returns the Hessian of ``function``: :func:`jacfwd` of :func:`jacrev`.

    Args:
        function: returns one real number (or a tensor: then one Hessian per element).
        argnums: the argument, or several, to differentiate by.
        has_aux: ``function`` returns (output, anything else).
        chunk_size: at most this many columns at a time.

    Returns:
        A function with the same arguments.  For one array its result has shape (*x.shape, *x.shape); for trees and
        several arguments, a tree of trees of blocks.

    >>> import xpgrad as xp
    >>> xp.hessian(lambda x: xp.sum(x**3))(xp.asarray([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    rows = jacrev(function, argnums, has_aux=has_aux, chunk_size=chunk_size)
    return jacfwd(rows, argnums, has_aux=has_aux, chunk_size=chunk_size)
