"""PyTorch's functions that rearrange: most of their results write through to what they were taken from."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import xpgrad as xp
from xpgrad.compat.torch import _strides
from xpgrad.compat.torch._size import sizes
from xpgrad.compat.torch._table import alias, both, function, method
from xpgrad.compat.torch._tensor import as_torch
from xpgrad.compat.torch._viewing import expanded, permuted, reshaped, viewed

__all__: list[str] = []


# --- sizes ------------------------------------------------------------------------------------------


@method
def view(input: Any, *shape: Any) -> Any:
    """The elements in another shape, on the same memory."""
    if shape and not hasattr(shape[0], "__index__") and not isinstance(shape[0], (tuple, list)):
        message = "view(dtype) reinterprets bits, which is not in xpgrad.compat.torch; x.to(dtype) converts"
        raise NotImplementedError(message)
    return reshaped(input, sizes(shape), must=True)


@method
def view_as(input: Any, other: Any) -> Any:
    """The elements in the shape of ``other``, on the same memory."""
    return reshaped(input, tuple(other.shape), must=True)


@both
def reshape(input: Any, *sizes_: Any, shape: Any = ()) -> Any:
    """The elements in another shape."""
    return reshaped(input, sizes(sizes_ or (shape,)))


@method
def reshape_as(input: Any, other: Any) -> Any:
    """The elements in the shape of ``other``."""
    return reshaped(input, tuple(other.shape))


@both
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """One axis in place of those from ``start_dim`` to ``end_dim``."""
    if not input.ndim:
        return reshaped(input, (1,))
    shape, first, last = tuple(input.shape), start_dim % input.ndim, end_dim % input.ndim
    if first == last:
        return input
    n = math.prod(shape[first : last + 1])
    return reshaped(input, (*shape[:first], n, *shape[last + 1 :]))


@both
def ravel(input: Any) -> Any:
    """All elements in one axis."""
    return reshaped(input.contiguous(), (-1,))


@both
def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """One axis as several."""
    shape, at = tuple(input.shape), dim % input.ndim
    return reshaped(input, (*shape[:at], *sizes, *shape[at + 1 :]))


@both
def unsqueeze(input: Any, dim: int) -> Any:
    """With a new axis of length one at ``dim``."""
    at = dim % (input.ndim + 1)
    shape = (*input.shape[:at], 1, *input.shape[at:])
    return viewed(input, shape, lambda old, steps: _strides.unsqueezed(old, steps, at))


@both
def squeeze(input: Any, dim: Any = None) -> Any:
    """Without axes of length one: all, or those of ``dim`` that have it."""
    dims = range(input.ndim) if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
    gone = {d % input.ndim for d in dims} if input.ndim else set()
    shape = tuple(n for i, n in enumerate(input.shape) if i not in gone or n != 1)
    return viewed(input, shape, lambda old, steps: _strides.squeezed(old, steps, gone))


@both
def broadcast_to(input: Any, size: Any) -> Any:
    """Repeated to ``size``, on the same memory."""
    return expand(input, tuple(size))


@method
def expand(input: Any, *size: Any) -> Any:
    """Axes of length one repeated, on the same memory; -1 leaves an axis as it is."""
    wanted = sizes(size)
    have = (1,) * (len(wanted) - input.ndim) + tuple(input.shape)
    return expanded(input, tuple(h if w == -1 else w for w, h in zip(wanted, have, strict=True)))


@method
def expand_as(input: Any, other: Any) -> Any:
    """Repeated to the shape of ``other``, on the same memory."""
    return expanded(input, tuple(other.shape))


@method
def repeat(input: Any, *times: Any) -> Any:
    """The whole tensor so many times along each axis."""
    return xp.tile(input, sizes(times))


@both
def tile(input: Any, *times: Any, dims: Any = ()) -> Any:
    """The whole tensor so many times along each axis."""
    return xp.tile(input, sizes(times or (dims,)))


@both
def repeat_interleave(input: Any, repeats: Any, dim: int | None = None) -> Any:
    """Each element so many times."""
    return xp.repeat(xp.reshape(input, (-1,)) if dim is None else input, repeats, axis=dim or 0)


# --- order of axes ----------------------------------------------------------------------------------


@both
def permute(input: Any, *axes: Any, dims: Any = ()) -> Any:
    """The axes in another order."""
    order = sizes(axes or (dims,))
    return permuted(input, tuple(d % input.ndim for d in order))


@both
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Two axes exchanged."""
    order = list(range(input.ndim))
    if order:
        order[dim0], order[dim1] = order[dim1], order[dim0]
    return permuted(input, tuple(order))


@both
def t(input: Any) -> Any:
    """The transpose of a matrix; a vector as it is."""
    if input.ndim > 2:
        message = f"t() expects a tensor of at most 2 axes, got {input.ndim}; transpose(d0, d1) swaps two of many"
        raise RuntimeError(message)
    return permuted(input, tuple(range(input.ndim))[::-1])


@both
def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Axes at other places, on the same memory."""
    n = input.ndim
    places = [
        tuple(a % n for a in (v if isinstance(v, (tuple, list)) else (v,)))
        for v in (source, destination)
    ]
    if len(places[0]) != len(places[1]) or any(len(set(p)) < len(p) for p in places):
        message = (
            f"movedim: source {source} and destination {destination} must be as many different axes"
        )
        raise RuntimeError(message)
    order = [a for a in range(n) if a not in places[0]]
    for target, axis in sorted(zip(places[1], places[0], strict=True)):
        order.insert(target, axis)
    return permuted(input, tuple(order))


@both
def flip(input: Any, *axes: Any, dims: Any = ()) -> Any:
    """Backwards along each of ``dims``."""
    return xp.flip(input, axis=sizes(axes or (dims,)))


@both
def fliplr(input: Any) -> Any:
    """Backwards along the second axis."""
    return xp.flip(input, axis=1)


@both
def flipud(input: Any) -> Any:
    """Backwards along the first axis."""
    return xp.flip(input, axis=0)


@both
def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Moved along ``dims``, what falls off enters on the other side."""
    return xp.roll(input, _tupled(shifts), axis=_tupled(dims))


def _tupled(v: Any) -> Any:
    return tuple(v) if isinstance(v, list) else v


# --- parts ------------------------------------------------------------------------------------------


def _key(x: Any, dim: int, part: Any) -> tuple[Any, ...]:
    return (*(slice(None),) * (dim % x.ndim), part)


@both
def narrow(input: Any, dim: int, start: int, length: int) -> Any:
    """``length`` elements along ``dim`` from ``start`` on."""
    start = int(start) % input.shape[dim] if start else 0
    return input[_key(input, dim, slice(start, start + length))]


@both
def select(input: Any, dim: int, index: int) -> Any:
    """One slice along ``dim``."""
    return input[_key(input, dim, int(index))]


@both
def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> Any:
    """Pieces of one size (the last may be shorter), or of the sizes given."""
    n, step = tensor.shape[dim], split_size_or_sections
    if isinstance(step, int):
        step = [min(step, n - i) for i in range(0, n, step)] or [0]
    starts = [sum(step[:i]) for i in range(len(step))]
    return tuple(narrow(tensor, dim, s, e) for s, e in zip(starts, step, strict=True))


@both
def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> Any:
    """Pieces of the sizes given."""
    return split(input, list(split_sizes), dim)


@both
def chunk(input: Any, chunks: int, dim: int = 0) -> Any:
    """At most ``chunks`` pieces of one size, the last may be shorter."""
    n = input.shape[dim]
    return split(input, max(1, -(-n // chunks)), dim)


@both
def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> Any:
    """So many pieces of nearly one size, or pieces cut at the indices."""
    n, wanted = input.shape[dim], indices_or_sections
    if isinstance(wanted, int):
        cuts = [i * (n // wanted) + min(i, n % wanted) for i in range(wanted + 1)]
    else:
        cuts = [0, *wanted, n]
    return tuple(narrow(input, dim, a, b - a) for a, b in pairwise(cuts))


@both
def unbind(input: Any, dim: int = 0) -> Any:
    """All slices along ``dim``."""
    return tuple(select(input, dim, i) for i in range(input.shape[dim]))


# --- together ---------------------------------------------------------------------------------------


def _all(tensors: Any) -> list[Any]:
    return [as_torch(x) for x in tensors]


def _alike(tensors: list[Any]) -> list[Any]:
    """Integers in the widest floating dtype among them, not in one that holds every integer."""
    floats = [x.dtype for x in tensors if x.dtype.is_floating]
    if not floats or len(floats) == len(tensors):
        return tensors
    wide = xp.result_type(*floats)
    return [x if x.dtype.is_floating else xp.astype(x, wide) for x in tensors]


@function
def cat(tensors: Any, dim: int = 0, *, out: Any = None, axis: int | None = None) -> Any:
    """One after the other along ``dim``."""
    parts = _all(tensors)
    if any(p.ndim > 1 for p in parts):  # PyTorch ignores the empty tensor of one axis
        parts = [p for p in parts if tuple(p.shape) != (0,)]
    result = xp.concat(_alike(parts), axis=dim if axis is None else axis)
    return result if out is None else out.copy_(result)


@function
def stack(tensors: Any, dim: int = 0, *, out: Any = None, axis: int | None = None) -> Any:
    """Side by side along a new axis."""
    result = xp.stack(_alike(_all(tensors)), axis=dim if axis is None else axis)
    return result if out is None else out.copy_(result)


@function
def hstack(tensors: Any) -> Any:
    """Along the second axis; vectors along the first."""
    parts = [atleast_1d(x) for x in _all(tensors)]
    return xp.concat(_alike(parts), axis=0 if parts[0].ndim == 1 else 1)


@function
def vstack(tensors: Any) -> Any:
    """Along the first axis, vectors as rows."""
    return xp.concat(_alike([atleast_2d(x) for x in _all(tensors)]), axis=0)


@function
def atleast_1d(input: Any) -> Any:
    """A number as a vector."""
    return reshaped(input, (1,)) if not input.ndim else input


@function
def atleast_2d(input: Any) -> Any:
    """A number or a vector as a row."""
    return reshaped(input, (1, -1)) if input.ndim < 2 else input


@function
def meshgrid(*tensors: Any, indexing: str = "ij") -> Any:
    """Coordinate grids of vectors, on their memory."""
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    lines = [atleast_1d(x) for x in _all(given)]
    swapped = indexing == "xy" and len(lines) > 1
    if swapped:
        lines[:2] = lines[1], lines[0]
    shape, n = tuple(x.shape[0] for x in lines), len(lines)
    grids = [
        expanded(reshaped(x, (*(1,) * i, -1, *(1,) * (n - 1 - i))), shape)
        for i, x in enumerate(lines)
    ]
    if swapped:
        grids[:2] = grids[1], grids[0]
    return tuple(grids)


@function
def broadcast_tensors(*tensors: Any) -> Any:
    """All in the shape they broadcast to, on their memory."""
    parts = _all(tensors)
    shape = xp.broadcast_shapes(*(tuple(x.shape) for x in parts))
    return tuple(expanded(x, shape) for x in parts)


alias({"concat": "cat", "concatenate": "cat", "moveaxis": "movedim", "swapaxes": "transpose", "swapdims": "transpose",
       "row_stack": "vstack"})  # fmt: skip
