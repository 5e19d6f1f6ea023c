"""What a transform is given and gives back: argument numbers, trees, active leaves, auxiliary output."""

from __future__ import annotations

from typing import Any, NamedTuple

from xpgrad import _tree
from xpgrad._namespace.creation import asarray
from xpgrad._tensor import Tensor
from xpgrad.errors import DTypeError, GraphError, ShapeError

__all__ = [
    "Chosen", "chosen", "cotangents_of", "is_active", "primals_with_tangents", "scalar_output", "split_aux",
    "tensors_of",
]  # fmt: skip


class Chosen(NamedTuple):
    """The arguments a function is differentiated by, as a flat list of active tensors."""

    active: list[Any]
    """One tensor for each leaf with a derivative."""
    places: list[int]
    """Their places among all leaves."""
    leaves: list[Any]
    structure: _tree.Structure
    argnums: int | tuple[int, ...]
    arguments: tuple[Any, ...]

    def call_with(self, tensors: list[Any]) -> tuple[Any, ...]:
        """All positional arguments, with these tensors in the places of the active leaves."""
        leaves = list(self.leaves)
        for place, t in zip(self.places, tensors, strict=True):
            leaves[place] = t
        trees = self.structure.build(leaves)
        arguments = list(self.arguments)
        for number, tree in zip(_numbers(self.argnums), trees, strict=True):
            arguments[number] = tree
        return tuple(arguments)

    def built(self, results: list[Any]) -> Any:
        """Results (one for each active leaf) as the chosen arguments are built; None where nothing is active."""
        leaves: list[Any] = [None] * len(self.leaves)
        for place, r in zip(self.places, results, strict=True):
            leaves[place] = r
        trees = self.structure.results(leaves)
        return tuple(trees) if isinstance(self.argnums, tuple) else trees[0]


def _numbers(argnums: int | tuple[int, ...]) -> tuple[int, ...]:
    return argnums if isinstance(argnums, tuple) else (argnums,)


def is_array(x: Any) -> bool:
    """Whether a leaf is an array of some library, or a tensor."""
    return isinstance(x, Tensor) or hasattr(x, "__array_namespace__") or hasattr(x, "__array__")


def is_active(x: Any) -> bool:
    """Whether a leaf can have a derivative: a floating array or a Python float."""
    return isinstance(x, (float, complex)) or (is_array(x) and _floating(x))


def _floating(x: Any) -> bool:
    return (x if isinstance(x, Tensor) else asarray(x)).dtype.is_floating


def chosen(name: str, args: tuple[Any, ...], argnums: Any) -> Chosen:
    """The arguments ``argnums`` of a call.

    Raises:
        TypeError: if ``argnums`` is no integer or sequence of them, or nothing there can be differentiated.
        GraphError: if the call has fewer positional arguments.
    """
    numbers = _checked(name, args, argnums)
    picked = [args[n] for n in _numbers(numbers)]
    # an integer that is asked for by its own number means a real number, as in grad(f)(3)
    picked = [float(p) if type(p) is int else p for p in picked]
    leaves, structure = _tree.flatten(picked)
    places = [i for i, leaf in enumerate(leaves) if is_active(leaf)]
    if not places:
        shown = ", ".join(_kind(leaf) for leaf in leaves) or "nothing"
        message = (
            f"{name}: argument {numbers} has no real or complex floating array to differentiate by, only {shown}; "
            "convert integers first: x.astype(float), or xp.astype(x, xp.float64)"
        )
        raise DTypeError(message)
    active = [asarray(leaves[i]) for i in places]
    return Chosen(active, places, leaves, structure, numbers, args)


def _kind(leaf: Any) -> str:
    return f"{asarray(leaf).dtype} of shape {leaf.shape}" if is_array(leaf) else type(leaf).__name__


def _checked(name: str, args: tuple[Any, ...], argnums: Any) -> int | tuple[int, ...]:
    numbers = tuple(argnums) if isinstance(argnums, (list, tuple)) else argnums
    if any(isinstance(n, bool) or not hasattr(n, "__index__") for n in _numbers(numbers)):
        message = f"{name}: argnums must be an integer or a tuple of integers, got {argnums!r}"
        raise TypeError(message)
    for n in _numbers(numbers):
        if not -len(args) <= n < len(args):
            message = (
                f"{name}: argnums={argnums!r}, and the function was called with {len(args)} positional "
                "arguments; pass what is differentiated by position"
            )
            raise GraphError(message)
    if len({n % len(args) for n in _numbers(numbers)}) < len(_numbers(numbers)):
        message = f"{name}: argnums={argnums!r} names one of {len(args)} arguments twice"
        raise GraphError(message)
    return numbers


# --- tangents ---------------------------------------------------------------------------------------


class Starts(NamedTuple):
    """The leaves of primals with their tangents."""

    leaves: list[Any]
    tangents: list[Any]
    structure: _tree.Structure


def primals_with_tangents(name: str, primals: Any, tangents: Any) -> Starts:
    """Primals as tensors, with a tangent (or None for zero) for each.

    As everywhere, an integer that is an argument of its own means a real number, and one in a tree an integer.

    Raises:
        DTypeError: if a tangent is given to what has none.
        ShapeError: if the tangents are not built like the primals, or one has another shape than its primal.
    """
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            message = (
                f"{name}: {what} must be a tuple with one entry for each argument, got "
                f"{type(given).__name__}; for one argument write ({what[:-1]},)"
            )
            raise TypeError(message)
    own = {n for n, t in enumerate(tangents) if t is not None}
    starts = tuple(float(p) if type(p) is int and n in own else p for n, p in enumerate(primals))
    leaves, structure = _tree.flatten(starts)
    moves = _tangent_leaves(name, structure, tuple(tangents))
    paths = structure.paths(f"{name}: primals")
    pairs = [_pair(path, x, t) for path, x, t in zip(paths, leaves, moves, strict=True)]
    return Starts([p[0] for p in pairs], [p[1] for p in pairs], structure)


def _tangent_leaves(name: str, structure: _tree.Structure, tangents: Any) -> list[Any]:
    if any(t is None for t in tangents) and len(tangents) == len(structure.children()):
        found: list[Any] = []
        for part, t in zip(structure.children(), tangents, strict=True):
            found += [None] * part.size if t is None else part.leaves_of(t, f"{name}: the tangent")
        return found
    return structure.leaves_of(tangents, f"{name}: tangents")


def _pair(place: str, x: Any, t: Any) -> tuple[Any, Any]:
    if isinstance(x, int) and t is not None:
        instead = "" if isinstance(x, bool) else f", or write {x}.0 for a real number"
        message = f"{place} is {x!r}, which has no tangent; pass None for it{instead}"
        raise DTypeError(message)
    if not (is_array(x) or isinstance(x, (int, float, complex))) or type(x) is bool:
        return x, None
    x = asarray(x)
    if t is None:
        return x, None
    t = asarray(t)
    if not x.dtype.is_floating:
        message = f"{place} of {x.dtype} has no tangent; pass None for it"
        raise DTypeError(message)
    if t.shape != x.shape:
        message = f"{place} has shape {x.shape}; its tangent must have that shape, got {t.shape}"
        raise ShapeError(message)
    if t.dtype.is_complex and not x.dtype.is_complex:
        message = f"{place} is of {x.dtype}; its tangent cannot be complex, got {t.dtype}"
        raise DTypeError(message)
    return x, (t if t.dtype == x.dtype else t.astype(x.dtype))


# --- results ----------------------------------------------------------------------------------------


def split_aux(name: str, result: Any, has_aux: bool) -> tuple[Any, Any]:
    """The output and what came with it."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        message = (
            f"{name}: with has_aux=True the function must return (output, auxiliary), got "
            f"{type(result).__name__}"
        )
        raise TypeError(message)
    return result


def scalar_output(name: str, output: Any) -> Any:
    """The one real number a gradient is of.

    Raises:
        TypeError: if it is no tensor.
        GraphError: if it has more than one element or is complex.
    """
    if not isinstance(output, Tensor):
        if isinstance(output, (int, float)):
            return asarray(float(output))
        message = (
            f"{name}: the function must return one real number (a tensor of one element), got "
            f"{type(output).__name__}; with something beside it, return a pair and pass has_aux=True"
        )
        raise TypeError(message)
    if output.size != 1:
        message = (
            f"{name}: the function must return one number, got shape {output.shape}; reduce it (xp.sum), or use "
            "jacobian, or vjp with a cotangent of that shape"
        )
        raise GraphError(message)
    if output.dtype.is_complex:
        message = (
            f"{name}: the function must return a real number, got {output.dtype}; take xp.real or xp.abs of it, "
            "or use vjp"
        )
        raise GraphError(message)
    if not output.dtype.is_floating:
        message = f"{name}: the function returned {output.dtype}, which has no derivative"
        raise DTypeError(message)
    return output


def cotangents_of(
    name: str, structure: _tree.Structure, outputs: list[Any], tree: Any
) -> list[Any]:
    """The leaves of a cotangent (a tree, None in it for zero), as tensors of the outputs' shapes."""
    found = structure.leaves_of(tree, f"{name}: the cotangent")
    places = structure.paths(f"{name}: the cotangent")
    for i, (c, out, place) in enumerate(zip(found, outputs, places, strict=True)):
        if c is None:
            continue
        c = found[i] = asarray(c)
        if c.shape != out.shape:
            message = f"{place} must have the output's shape {out.shape}, got {c.shape}"
            raise ShapeError(message)
        if c.dtype.is_complex and not out.dtype.is_complex:
            message = f"{place} of an output of {out.dtype} cannot be complex, got {c.dtype}"
            raise DTypeError(message)
    return found


def tensors_of(name: str, output: Any) -> tuple[list[Any], _tree.Structure]:
    """The leaves of an output as tensors."""
    leaves, structure = _tree.flatten(output)
    for leaf in leaves:
        if not (is_array(leaf) or isinstance(leaf, (int, float, complex))):
            message = f"{name}: the function must return tensors or trees of them, got {type(leaf).__name__}"
            raise TypeError(message)
    return [asarray(leaf) for leaf in leaves], structure
