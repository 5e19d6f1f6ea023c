"""``torch.linalg``: xpgrad's linear algebra under PyTorch's signatures."""

# ruff: noqa: N803 (PyTorch's signatures)
from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad.compat.torch import _linear
from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch._table import called_as_torch as called
from xpgrad.compat.torch._table import named
from xpgrad.compat.torch._tensor import as_torch

__all__ = [
    "cholesky", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "inv", "matmul", "matrix_norm",
    "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "vecdot",
    "vector_norm",
]  # fmt: skip


def _square(name: str) -> Any:
    def f(A: Any) -> Any:
        return getattr(xp.linalg, name)(A)

    f.__doc__ = f"``xpgrad.linalg.{name}`` of the matrices of the last two axes."
    return called(named(f, name))


det, inv, slogdet = _square("det"), _square("inv"), _square("slogdet")
eig, eigvals, svdvals = _square("eig"), _square("eigvals"), _square("svdvals")


def _lower(A: Any, UPLO: str) -> Any:
    if UPLO not in ("L", "U"):
        message = f"UPLO must be 'L' or 'U', got {UPLO!r}"
        raise RuntimeError(message)
    return A if UPLO == "L" else A.mH


@called
def eigh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues in ascending order and eigenvectors of Hermitian matrices, read from one triangle."""
    return xp.linalg.eigh(_lower(A, UPLO))


@called
def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of Hermitian matrices in ascending order."""
    return xp.linalg.eigvalsh(_lower(A, UPLO))


@called
def cholesky(A: Any, *, upper: bool = False) -> Any:
    """The Cholesky factor of Hermitian positive definite matrices."""
    return xp.linalg.cholesky(A, upper=upper)


@called
def qr(A: Any, mode: str = "reduced") -> Any:
    """Q and R."""
    return xp.linalg.qr(A, mode=mode)


@called
def svd(A: Any, full_matrices: bool = True) -> Any:
    """U, S and Vh."""
    return xp.linalg.svd(A, full_matrices=full_matrices)


@called
def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """The X of ``A X = B`` (or, with ``left=False``, of ``X A = B``); B may be a batch of vectors."""
    b = as_torch(B)
    if left and (b.ndim == 1 or (b.ndim == A.ndim - 1 and b.shape == A.shape[:-1])):
        return xp.linalg.solve(A, b[..., None])[..., 0]
    return xp.linalg.solve(A, b) if left else xp.linalg.solve(A.mT, b.mT).mT


@called
def pinv(A: Any, *, rtol: Any = None) -> Any:
    """The pseudoinverse, without singular values below ``rtol`` times the largest."""
    return xp.linalg.pinv(A, rtol=rtol)


@called
def matrix_rank(A: Any, *, rtol: Any = None) -> Any:
    """How many singular values exceed ``rtol`` times the largest."""
    return xp.linalg.matrix_rank(A, rtol=rtol)


@called
def matrix_power(A: Any, n: int) -> Any:
    """The product of ``n`` times the matrix, or its inverse."""
    return xp.linalg.matrix_power(A, n)


def multi_dot(tensors: Any) -> Any:
    """The product of several matrices; the first and the last may be vectors."""
    first, *rest = (as_torch(t) for t in tensors)
    for t in rest:
        first = xp.matmul(first, t)
    return first


matmul = _linear.matmul


@called
def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """The sum of products along one axis, the first factor conjugated."""
    return xp.linalg.vecdot(x, as_torch(y), axis=dim)


@called
def cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """The vector product along an axis of length three."""
    return _linear.cross(input, other, dim)


@called
def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonal of two axes, as the last axis; a view."""
    return A.diagonal(offset, dim1, dim2)


# --- norms --------------------------------------------------------------------------------------------


def _cast(x: Any, dtype: Any) -> Any:
    return x if dtype is None else xp.astype(x, dtype)


@called
def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:  # fmt: skip
    """The norm of order ``ord``, of everything or along axes."""
    axis = tuple(dim) if isinstance(dim, (list, tuple)) else dim
    return xp.linalg.vector_norm(_cast(x, dtype), axis=axis, keepdims=keepdim, ord=ord)


@called
def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """The norm of the matrices of two axes."""
    rows, columns = (d % A.ndim for d in dim)
    moved = xp.moveaxis(_cast(A, dtype), (rows, columns), (-2, -1))
    found = xp.linalg.matrix_norm(moved, keepdims=keepdim, ord=ord)
    return xp.moveaxis(found, (-2, -1), (rows, columns)) if keepdim else found


@called
def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:  # fmt: skip
    """A vector's or matrix's norm: of two axes, or of a matrix with an order given, a matrix's."""
    axes = (dim,) if isinstance(dim, int) else dim
    pair = axes if axes is not None else (0, 1)
    if ord is not None and (isinstance(ord, str) or (A.ndim if axes is None else len(axes)) == 2):
        return matrix_norm(A, ord, pair, keepdim, dtype=dtype)
    if ord is not None and axes is None and A.ndim != 1:
        message = f"norm(ord={ord!r}) expects one or two axes, got a tensor of shape {tuple(A.shape)}; give dim"
        raise RuntimeError(message)
    return vector_norm(A, 2 if ord is None else ord, axes, keepdim, dtype=dtype)


__getattr__ = module_getattr("torch.linalg", globals())
