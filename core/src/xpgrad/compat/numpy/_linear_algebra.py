"""``numpy.linalg`` on tensors: NumPy's names, parameters and results."""

# ruff: noqa: ARG001 - the parameters are NumPy's

from __future__ import annotations

import math
from typing import Any

import xpgrad as xp
from xpgrad.compat.numpy._table import composed_as

__all__: list[str] = []

linalg = xp.linalg


@composed_as("linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """A vector norm along one axis, a matrix norm along two; without axis and order, of all elements."""
    x = xp.asarray(x)
    if axis is None and (ord is None or (ord == 2 and x.ndim == 1) or x.ndim == 1):
        order = 2 if ord is None else ord
        return linalg.vector_norm(x, ord=order, keepdims=keepdims)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % x.ndim for a in axes)
    if len(axes) == 1:
        return linalg.vector_norm(x, axis=axes[0], ord=2 if ord is None else ord, keepdims=keepdims)
    if len(axes) != 2:
        message = "Improper number of dimensions to norm."
        raise ValueError(message)
    moved = xp.moveaxis(x, axes, (-2, -1))
    found = linalg.matrix_norm(moved, ord="fro" if ord is None else ord)
    if keepdims:
        found = xp.reshape(found, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))
    return found


@composed_as("linalg.cond")
def cond(x: Any, p: Any = None) -> Any:
    """The condition number: the largest over the smallest singular value, or norm(x) norm(inv(x))."""
    if p is None or p in (2, -2):
        s = linalg.svdvals(x)
        large, small = s[..., 0], s[..., -1]
        return small / large if p == -2 else large / small
    return linalg.matrix_norm(x, ord=p) * linalg.matrix_norm(linalg.inv(x), ord=p)


@composed_as("linalg.cholesky")
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    return linalg.cholesky(a, upper=upper)


def _checked_triangle(name: str, UPLO: str) -> bool:  # noqa: N803 - NumPy's name
    if UPLO.upper() not in ("L", "U"):
        message = f"numpy.linalg.{name}: UPLO must be 'L' or 'U', got {UPLO!r}"
        raise ValueError(message)
    return UPLO.upper() == "U"


@composed_as("linalg.eigh")
def eigh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    return linalg.eigh(_mirrored(xp.asarray(a), _checked_triangle("eigh", UPLO)))


@composed_as("linalg.eigvalsh")
def eigvalsh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    return linalg.eigvalsh(_mirrored(xp.asarray(a), _checked_triangle("eigvalsh", UPLO)))


def _mirrored(a: Any, upper: bool) -> Any:
    """The Hermitian matrix whose other triangle is never read."""
    if not upper:
        return a
    flipped = xp.matrix_transpose(a)
    return xp.conj(flipped) if a.dtype.is_complex else flipped


@composed_as("linalg.svd")
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    return linalg.svd(a, full_matrices=full_matrices) if compute_uv else linalg.svdvals(a)


@composed_as("linalg.qr")
def qr(a: Any, mode: str = "reduced") -> Any:
    if mode == "r":
        return linalg.qr(a).R
    return linalg.qr(a, mode=mode)


@composed_as("linalg.pinv")
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    rtol = rcond if type(rtol).__name__ == "_NoValueType" or rtol is None else rtol
    return linalg.pinv(a, rtol=rtol)


@composed_as("linalg.matrix_power")
def matrix_power(a: Any, n: int) -> Any:
    return linalg.matrix_power(a, n)


@composed_as("linalg.matrix_rank")
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:  # noqa: N803
    if tol is not None:
        return xp.count_nonzero(linalg.svdvals(A) > tol, axis=-1)
    return linalg.matrix_rank(A, rtol=rtol)


@composed_as("linalg.solve")
def solve(a: Any, b: Any) -> Any:
    return linalg.solve(a, b)


@composed_as("linalg.multi_dot")
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """The product of a chain of matrices, in the cheapest order; the first and the last may be vectors."""
    chain = [xp.asarray(a) for a in arrays]
    first, last = chain[0].ndim == 1, chain[-1].ndim == 1
    if first:
        chain[0] = xp.expand_dims(chain[0], 0)
    if last:
        chain[-1] = xp.expand_dims(chain[-1], 1)
    sizes = [chain[0].shape[0], *(a.shape[1] for a in chain)]
    found = _product(chain, sizes, 0, len(chain), {})[1]()
    if first:
        found = found[0, ...]
    return found[..., 0] if last else found


def _product(chain: Any, sizes: Any, i: int, j: int, known: Any) -> tuple[float, Any]:
    """The cost of the product of matrices i to j - 1, and a function that computes it."""
    if (i, j) not in known:
        if j - i == 1:
            known[i, j] = 0.0, lambda: chain[i]
        else:
            best: tuple[float, int | None] = (math.inf, None)
            for k in range(i + 1, j):
                (left, _), (right, _) = (
                    _product(chain, sizes, *p, known) for p in ((i, k), (k, j))
                )
                cost = left + right + sizes[i] * sizes[k] * sizes[j]
                if cost < best[0]:
                    best = (cost, k)
            known[i, j] = best[0], lambda k=best[1]: known[i, k][1]() @ known[k, j][1]()
    found: tuple[float, Any] = known[i, j]
    return found


@composed_as("linalg.lstsq")
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The least-squares solution by the pseudo-inverse, with residuals, rank and singular values."""
    a, b = xp.asarray(a), xp.asarray(b)
    m, n = a.shape
    eps = xp.finfo(a.dtype).eps * max(m, n) if rcond is None else rcond
    x = linalg.pinv(a, rtol=eps) @ b
    s = linalg.svdvals(a)
    rank = int(xp.sum(s.detach() > eps * s.detach()[0]))
    residuals = xp.sum(xp.abs(b - a @ x) ** 2, axis=0)
    if rank < n or m <= n:
        residuals = xp.zeros(0, dtype=s.dtype, device=s.device)
    return x, (residuals if b.ndim > 1 or residuals.ndim else xp.reshape(residuals, (1,))), rank, s


@composed_as("linalg.trace")
def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return linalg.trace(x, offset=offset, dtype=dtype)


@composed_as("linalg.tensorinv")
def tensorinv(a: Any, ind: int = 2) -> Any:
    a = xp.asarray(a)
    left, right = a.shape[:ind], a.shape[ind:]
    n = math.prod(right)
    return xp.reshape(linalg.inv(xp.reshape(a, (n, n))), (*right, *left))


@composed_as("linalg.tensorsolve")
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = xp.asarray(a), xp.asarray(b)
    if axes is not None:
        rest = [i for i in range(a.ndim) if i not in axes]
        a = xp.permute_dims(a, (*rest, *axes))
    shape = a.shape[b.ndim - a.ndim :] if a.ndim > b.ndim else ()
    n = math.prod(shape)
    return xp.reshape(linalg.solve(xp.reshape(a, (n, n)), xp.reshape(b, (n,))), shape)
