"""PyTorch's functions that read, write and look for elements at indices."""

# ruff: noqa: A001, ARG001 (PyTorch's signatures)
from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.compat.torch._elementwise import truth
from xpgrad.compat.torch._table import both, function, method
from xpgrad.compat.torch._tensor import as_torch, dress, operands
from xpgrad.compat.torch._views import laid

__all__: list[str] = []


@function
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """``input`` where the condition holds, else ``other``; of a condition alone, where it holds."""
    condition = as_torch(condition)
    if input is None:
        return nonzero(condition, as_tuple=True)
    if not isinstance(input, CoreTensor) and not isinstance(other, CoreTensor):
        input = as_torch(input)
    if isinstance(input, CoreTensor):
        input, other = operands(input, other)
    elif isinstance(input, float):
        other, input = operands(other, input)
    return laid(dress(xp.where(truth(condition), input, other)), condition, input, other)


@method
def where_(self: Any, condition: Any, other: Any) -> Any:
    """This tensor where the condition holds, else ``other``."""
    return where(condition, self, other)


@both
def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero: one row each, or one vector per axis."""
    found = dress(xp.nonzero(input))
    return found if as_tuple else xp.stack(found, axis=1)


@both
def argwhere(input: Any) -> Any:
    """The indices of the elements that are not zero, one row each."""
    return nonzero(input)


@both
def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """``value`` where the mask holds."""
    value = xp.astype(value, input.dtype) if isinstance(value, CoreTensor) else value
    return xp.where(mask, value, input)


@both
def masked_select(input: Any, mask: Any) -> Any:
    """The elements where the mask holds, in one axis."""
    x, at = xp.broadcast_arrays(input, mask)
    return x[at]


@both
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """The first elements of ``source``, in order, where the mask holds."""
    result = xp.asarray(input, copy=True)
    at = xp.broadcast_to(mask, input.shape)
    CoreTensor.__setitem__(result, at, xp.reshape(source, (-1,))[: int(xp.sum(at))])
    return result


# --- along one axis -----------------------------------------------------------------------------------


@both
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The slices along ``dim`` at the indices."""
    if not input.ndim:
        return xp.reshape(xp.take(xp.reshape(input, (1,)), xp.reshape(index, (-1,)), axis=0), ())
    return xp.take(input, xp.reshape(index, (-1,)), axis=dim)


@both
def take(input: Any, index: Any) -> Any:
    """Elements by their place in flat order, in the shape of ``index``."""
    return xp.reshape(
        xp.take(xp.reshape(input, (-1,)), xp.reshape(index, (-1,)), axis=0), tuple(index.shape)
    )


@both
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """Elements along ``dim``, one for each index."""
    return take(input, indices) if dim is None else xp.take_along_axis(input, indices, axis=dim)


@both
def gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    """Elements along ``dim``, one for each index; ``index`` may be shorter along the other axes."""
    if not input.ndim:
        return xp.reshape(xp.reshape(input, (1,))[xp.reshape(index, (-1,))], tuple(index.shape))
    at = dim % input.ndim
    cut = tuple(slice(None) if i == at else slice(0, n) for i, n in enumerate(index.shape))
    same = all(
        i == at or n == m for i, (n, m) in enumerate(zip(index.shape, input.shape, strict=True))
    )
    return xp.take_along_axis(input if same else input[cut], index, axis=at)


def _grid(index: Any, dim: int) -> tuple[Any, ...]:
    """The key that names the element of each index along ``dim``."""
    ndim, at = index.ndim, dim % index.ndim
    lines = []
    for i, n in enumerate(index.shape):
        shape = [1] * ndim
        shape[i] = n
        lines.append(
            index if i == at else xp.reshape(xp.arange(n, device=index.device), tuple(shape))
        )
    return tuple(lines)


@both
def scatter(
    input: Any,
    dim: int,
    index: Any,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Any:
    """A copy with ``src`` (or one value) written along ``dim`` at the indices."""
    if src is None:
        src = value
    if reduce == "add":
        return scatter_add(input, dim, index, src)
    if reduce is not None:
        message = f"scatter(reduce={reduce!r}) is not in xpgrad.compat.torch; only 'add' is"
        raise NotImplementedError(message)
    result = xp.asarray(input, copy=True)
    if isinstance(src, CoreTensor) and src.ndim:
        src = src[tuple(slice(0, n) for n in index.shape)]
    CoreTensor.__setitem__(result, _grid(index, dim), src)
    return result


@both
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """A copy with ``src`` added along ``dim`` at the indices; duplicates accumulate."""
    places = xp.reshape(xp.arange(int(input.size), device=input.device), tuple(input.shape))[
        _grid(index, dim)
    ]
    if not isinstance(src, CoreTensor):
        src = xp.full(tuple(index.shape), src, dtype=input.dtype, device=input.device)
    values = src[tuple(slice(0, n) for n in index.shape)]
    flat = xp.scatter_add(
        xp.reshape(input, (-1,)), xp.reshape(places, (-1,)), xp.reshape(values, (-1,))
    )
    return xp.reshape(flat, tuple(input.shape))


@both
def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """A copy with slices of ``source`` added along ``dim`` at the indices; duplicates accumulate."""
    return xp.scatter_add(input, index, source if alpha == 1 else alpha * source, axis=dim)


def _written(input: Any, dim: int, index: Any, value: Any) -> Any:
    result = xp.asarray(input, copy=True)
    CoreTensor.__setitem__(result, (slice(None),) * (dim % input.ndim) + (index,), value)
    return result


@both
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """A copy with ``value`` in the slices along ``dim`` at the indices."""
    return _written(input, dim, index, value)


@both
def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """A copy with the slices of ``source`` along ``dim`` at the indices."""
    return _written(input, dim, index, source)


@both
def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """A copy with ``x[indices] = values`` (or, accumulating, ``+=``)."""
    result = xp.asarray(input, copy=True)
    if not accumulate:
        CoreTensor.__setitem__(result, tuple(indices), values)
        return result
    places = xp.reshape(xp.arange(int(input.size), device=input.device), tuple(input.shape))[
        tuple(indices)
    ]
    values = xp.reshape(xp.broadcast_to(values, tuple(places.shape)), (-1,))
    flat = xp.scatter_add(xp.reshape(input, (-1,)), xp.reshape(places, (-1,)), values)
    return xp.reshape(flat, tuple(input.shape))


# --- looking for --------------------------------------------------------------------------------------


@function
def searchsorted(
    sorted_sequence: Any, values: Any, *, right: bool = False, side: str | None = None
) -> Any:
    """Where each value would go so that the sequence stays sorted."""
    where_to = side or ("right" if right else "left")
    return dress(xp.searchsorted(as_torch(sorted_sequence), as_torch(values), side=where_to))


@function
def isin(elements: Any, test_elements: Any, *, invert: bool = False) -> Any:
    """Whether each element is one of the others."""
    return xp.isin(as_torch(elements), as_torch(test_elements), invert=invert)
