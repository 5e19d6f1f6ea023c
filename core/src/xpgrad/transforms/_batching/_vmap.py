"""The public function: which axes are batches, what goes in, what comes out."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xpgrad import _random, _tree
from xpgrad._namespace._operations import operation
from xpgrad._namespace.creation import asarray
from xpgrad._tensor import snapshot, wrap
from xpgrad.errors import GraphError, ShapeError
from xpgrad.transforms._arguments import is_array
from xpgrad.transforms._batching._level import BatchLevel
from xpgrad.transforms._batching._records import whole
from xpgrad.transforms._level import opened

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["vmap"]

RANDOMNESS: Final = ("error", "different", "same")


def vmap(
    function: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    *,
    randomness: str = "error",
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that runs ``function`` on every element of a batch at once: a loop without the loop.

    Args:
        function: written for one element; takes and returns tensors or trees of them.
        in_dims: the axis of each positional argument along which its elements lie: an integer for all of them, or a
            tuple with an entry for each: an integer, None for what all elements share, or a tree built like the
            argument (or ending earlier) of integers and None.  Keyword arguments are shared.
        out_dims: the axis along which results are put together: an integer for all, or a tree like the output; None
            for an output that does not depend on the batch, which is returned as it is.
        randomness: what random functions inside do: "error", "different" numbers for each element, or the "same".
        chunk_size: at most so many elements at a time, which bounds the memory.

    Returns:
        A function of the same positional arguments, with one axis more each.  It may be differentiated, nested, and
        put into every other transform.

    Raises:
        ShapeError: if the sizes of the batch differ between the arguments, or an axis is out of range.
        GraphError: if a value is read inside (``if``, ``float()``, ``item()``): it stands for many.  Choose with
            ``xp.where``.
        MissingRuleError: if the function meets an operation that is not covered; see ``transforms.vmap_coverage()``.

    >>> import xpgrad as xp
    >>> rows, weights = xp.asarray([[1.0, 2.0], [3.0, 4.0]]), xp.asarray([1.0, 10.0])
    >>> xp.vmap(lambda x, w: xp.sum(x * w), in_dims=(0, None))(rows, weights)
    tensor([21., 43.])
    """
    if randomness not in RANDOMNESS:
        message = f"vmap: randomness must be one of {', '.join(RANDOMNESS)}, got {randomness!r}"
        raise ValueError(message)
    if chunk_size is not None and (not isinstance(chunk_size, int) or chunk_size < 1):
        message = f"vmap: chunk_size must be a positive integer or None, got {chunk_size!r}"
        raise ValueError(message)

    @functools.wraps(function)
    def batched(*args: Any, **kwargs: Any) -> Any:
        given = _given(args, in_dims)
        if chunk_size is None or given.size <= chunk_size:
            return _run(function, given, kwargs, out_dims, randomness)
        return _in_chunks(function, given, kwargs, out_dims, randomness, chunk_size)

    return batched


# --- in ---------------------------------------------------------------------------------------------


class Given(NamedTuple):
    """The arguments' leaves; batched ones are tensors with the batch along axis 0."""

    leaves: list[Any]
    flags: list[bool]
    structure: _tree.Structure
    size: int

    def part(self, start: int, stop: int) -> Given:
        """Some elements of the batch."""
        leaves = [x[start:stop] if f else x for x, f in zip(self.leaves, self.flags, strict=True)]
        return Given(leaves, self.flags, self.structure, min(stop, self.size) - start)


def _given(args: tuple[Any, ...], in_dims: Any) -> Given:
    if isinstance(in_dims, list):
        in_dims = tuple(in_dims)
    if not isinstance(in_dims, (int, tuple)) and in_dims is not None:
        message = f"vmap: in_dims must be an integer, None, or a tuple with an entry for each argument, got {in_dims!r}"
        raise TypeError(message)
    if isinstance(in_dims, tuple) and len(in_dims) != len(args):
        message = (
            f"vmap: in_dims has {len(in_dims)} entries, and the function was called with {len(args)} positional "
            "arguments; give one entry for each"
        )
        raise ShapeError(message)
    leaves, structure = _tree.flatten(args)
    dims = structure.spread(in_dims, "vmap: in_dims")
    names = structure.paths("args")
    entered = [_in_front(x, d, n) for x, d, n in zip(leaves, dims, names, strict=True)]
    flags = [d is not None for d in dims]
    sizes = {
        n: (x.shape[0], d) for n, x, d, f in zip(names, entered, dims, flags, strict=True) if f
    }
    if not sizes:
        message = "vmap: nothing is batched: no argument was given, or in_dims is None for all; give one an axis"
        raise ShapeError(message)
    if len({size for size, _ in sizes.values()}) > 1:
        told = ", ".join(f"{n} has {size} (axis {d})" for n, (size, d) in sizes.items())
        message = f"vmap: the arguments' batches must have one size: {told}"
        raise ShapeError(message)
    size, _ = next(iter(sizes.values()))
    return Given(entered, flags, structure, size)


def _in_front(x: Any, dim: Any, name: str) -> Any:
    """A leaf with its batch along axis 0; itself if it has none."""
    if dim is None:
        return x
    if not isinstance(dim, int) or isinstance(dim, bool):
        message = f"vmap: in_dims has {dim!r} for {name}; expected an integer or None"
        raise TypeError(message)
    if not is_array(x):
        message = f"vmap: {name} is {type(x).__name__}, which has no axis {dim}; pass None for it in in_dims"
        raise TypeError(message)
    t = asarray(x)
    if not -t.ndim <= dim < t.ndim:
        message = f"vmap: {name} of shape {t.shape} has no axis {dim}, which in_dims asks for"
        raise ShapeError(message)
    return operation("moveaxis")(t, dim, 0) if dim % t.ndim else t


# --- the run ----------------------------------------------------------------------------------------


def _run(
    function: Callable[..., Any], given: Given, kwargs: Any, out_dims: Any, randomness: str
) -> Any:
    level: Any = BatchLevel(given.size, randomness)
    with opened(level):
        inside = [
            wrap(level.entered(snapshot(x), batched=True), level, None, x._result) if f else x
            for x, f in zip(given.leaves, given.flags, strict=True)
        ]
        result = function(*given.structure.build(inside), **kwargs)
    leaves, structure = _tree.flatten(result)
    dims = structure.spread(out_dims, "vmap: out_dims")
    names = structure.paths("the output")
    found = [_left(level, x, d, n) for x, d, n in zip(leaves, dims, names, strict=True)]
    return structure.build(found)


def _left(level: Any, x: Any, dim: Any, name: str) -> Any:
    """One output, with the batch along axis ``dim``."""
    if not (is_array(x) or isinstance(x, (bool, int, float, complex))):
        message = f"vmap: the function must return tensors or trees of them, got {type(x).__name__} for {name}"
        raise TypeError(message)
    t = asarray(x)
    record = t._cell.raw if t._xp is level else level.enclose(t)
    if dim is None:
        if record.batched:
            message = (
                f"vmap: {name} depends on the batch, and out_dims is None for it; give it an axis"
            )
            raise GraphError(message)
        return record.inner
    rank = record.ndim + 1
    if not isinstance(dim, int) or not -rank <= dim < rank:
        message = f"vmap: {name} of shape {record.shape} cannot have the batch along axis {dim!r}, as out_dims asks"
        raise ShapeError(message)
    out = whole(record)
    return operation("moveaxis")(out, 0, dim) if dim % rank else out


def _in_chunks(
    function: Callable[..., Any],
    given: Given,
    kwargs: Any,
    out_dims: Any,
    randomness: str,
    size: int,
) -> Any:
    """Piece by piece, and the results put together."""
    generator = _random.default_generator
    state = generator.get_state() if randomness == "same" else None
    pieces = []
    for start in range(0, given.size, size):
        if state is not None:
            generator.set_state(state)
        pieces.append(_run(function, given.part(start, start + size), kwargs, out_dims, randomness))
    taken, (structure, *_) = zip(*map(_tree.flatten, pieces), strict=True)
    dims = structure.spread(out_dims, "vmap: out_dims")
    joined = [
        parts[0] if d is None else operation("concat")(parts, axis=d)
        for d, parts in zip(dims, zip(*taken, strict=True), strict=True)
    ]
    return structure.build(joined)
