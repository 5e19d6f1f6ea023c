"""PyTorch's functions of triangles and diagonals."""

from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.compat.torch import _strides
from xpgrad.compat.torch._table import both, method
from xpgrad.compat.torch._views import with_base

__all__: list[str] = []


@both
def tril(input: Any, diagonal: int = 0) -> Any:
    """Zero above the diagonal."""
    return xp.tril(input, k=diagonal)


@both
def triu(input: Any, diagonal: int = 0) -> Any:
    """Zero below the diagonal."""
    return xp.triu(input, k=diagonal)


@both
def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The diagonal of two axes, as the last axis."""
    rows, columns = input.shape[dim1], input.shape[dim2]
    n = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    i = xp.arange(n, device=input.device)
    key = (..., i + max(-offset, 0), i + max(offset, 0))

    def written(base: Any, v: Any) -> Any:
        x = xp.asarray(xp.moveaxis(base, (dim1, dim2), (-2, -1)), copy=True)
        CoreTensor.__setitem__(x, key, v)
        return xp.moveaxis(x, (-2, -1), (dim1, dim2))

    def taken(x: Any) -> Any:
        return CoreTensor.__getitem__(xp.moveaxis(x, (dim1, dim2), (-2, -1)), key)

    axes = dim1 % input.ndim, dim2 % input.ndim
    return with_base(input, taken, written, lambda _, steps: _strides.diagonal(steps, *axes))


@method
def fill_diagonal__(self: Any, fill_value: Any) -> Any:
    """``fill_value`` on the diagonal of a matrix."""
    _diagonal(self).fill_(fill_value)
    return self


@both
def diag(input: Any, diagonal: int = 0) -> Any:
    """The diagonal of a matrix, copied; of a vector, the matrix that has it."""
    if input.ndim == 2:
        return _diagonal(input, diagonal).clone()
    n = input.shape[0] + abs(diagonal)
    eye = xp.eye(n, k=diagonal, dtype=xp.bool, device=input.device)
    line = _padded(input, diagonal) if diagonal else input
    return xp.where(eye, line[:, None], xp.zeros((), dtype=input.dtype, device=input.device))


_diagonal = diagonal


def _padded(x: Any, offset: int) -> Any:
    """The vector in the rows where the diagonal of ``offset`` lies."""
    gap = xp.zeros((abs(offset),), dtype=x.dtype, device=x.device)
    return xp.concat([x, gap] if offset > 0 else [gap, x])


@both
def trace(input: Any) -> Any:
    """The sum of the diagonal."""
    return xp.sum(_diagonal(input))
