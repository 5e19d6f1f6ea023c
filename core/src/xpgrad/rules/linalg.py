"""Derivatives of the extension ``linalg`` but the decompositions: inverses, determinants, norms, diagonals.

Sources: M. B. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008); for ``pinv``, Golub and Pereyra (1973).  Cotangents are unconjugated.
"""

from __future__ import annotations

from typing import Any

from xpgrad.rules._shapes import axes_of, restore
from xpgrad.rules._table import constant, general, linear, multilinear


def mT(x: Any, xp: Any) -> Any:
    """The transpose of each matrix."""
    return xp.matrix_transpose(x)


def conj(x: Any, xp: Any) -> Any:
    """The complex conjugate; a real array as it is."""
    return xp.conj(x) if xp.is_complex(x) else x


def mH(x: Any, xp: Any) -> Any:  # noqa: N802 - the standard's name
    """The conjugate transpose of each matrix."""
    return conj(xp.matrix_transpose(x), xp)


# --- products ---------------------------------------------------------------------------------------

multilinear("linalg.cross", x1=lambda g, x2, axis, xp: xp.linalg.cross(x2, g, axis=axis),
            x2=lambda g, x1, axis, xp: xp.linalg.cross(g, x1, axis=axis))  # fmt: skip
multilinear("linalg.outer", broadcast=False, x1=lambda g, x2, xp: xp.matmul(g, x2),
            x2=lambda g, x1, xp: xp.matmul(x1, g))  # fmt: skip

# --- inverses ---------------------------------------------------------------------------------------


def _inverse(g: Any, out: Any, xp: Any) -> Any:
    t = mT(out, xp)
    return -xp.matmul(t, xp.matmul(g, t))


def _solve_x1(g: Any, x1: Any, like_x2: Any, out: Any, xp: Any) -> Any:
    if like_x2.ndim == 1:
        pulled = xp.linalg.solve(mT(x1, xp), g[..., None])
        return -pulled * out[..., None, :]
    pulled = xp.linalg.solve(mT(x1, xp), g)
    return -xp.matmul(pulled, mT(out, xp))


def _solve_x2(g: Any, x1: Any, like_x2: Any, xp: Any) -> Any:
    if like_x2.ndim == 1:
        return xp.linalg.solve(mT(x1, xp), g[..., None])[..., 0]
    return xp.linalg.solve(mT(x1, xp), g)


def _pinv(g: Any, x: Any, out: Any, xp: Any) -> Any:
    """For constant rank; written with the conjugated cotangent, as in the literature."""
    gh, outh = mT(g, xp), mH(out, xp)
    rows, columns = x.shape[-2:]
    if rows <= columns:
        k = gh @ out
        kh = k @ outh
        return conj(-mH(out @ k, xp) + kh - (x @ out) @ kh + (outh @ out) @ (gh - k @ x), xp)
    k = out @ gh
    hk = outh @ k
    return conj(-mH(k @ out, xp) + (gh - x @ k) @ out @ outh + hk - (hk @ out) @ x, xp)


general("linalg.inv", x=_inverse)
general("linalg.solve", broadcast=True, x1=_solve_x1, x2=_solve_x2)
general("linalg.pinv", x=_pinv)

# --- determinants -----------------------------------------------------------------------------------


def _cofactor(g: Any, x: Any, out: Any, xp: Any) -> Any:
    """From C = det(x) x⁻ᵀ: dC = (⟨C, dx⟩ C - C dxᵀ C) / det(x); infinite or NaN where x is singular."""
    det = xp.linalg.det(x)[..., None, None]
    inner = xp.sum(g * out, axis=(-2, -1), keepdims=True)
    return (inner * out - out @ mT(g, xp) @ out) / det


def _slogdet(g: Any, x: Any, out: Any, xp: Any) -> Any:
    weight = g.logabsdet
    if g.sign is not None and xp.is_complex(g.sign):  # d sign = i sign Im tr(x⁻¹ dx)
        turn = xp.imag(g.sign * out.sign) * 1j
        weight = turn if weight is None else weight + turn
    if weight is None:  # the sign of a real determinant is constant
        return xp.zeros_like(x)
    return weight[..., None, None] * mT(xp.linalg.inv(x), xp)


# the matrix of cofactors exists, and is right to first order, where the inverse does not
general("linalg.det", x=lambda g, x, xp: g[..., None, None] * xp.cofactor(x))
general("cofactor", x=_cofactor)
general("linalg.slogdet", outputs=("sign", "logabsdet"), x=_slogdet)

# --- norms and diagonals ----------------------------------------------------------------------------


def _safe(x: Any, xp: Any) -> Any:
    """The array with ones for zeros."""
    return xp.where(x == 0, xp.ones_like(x), x)


def _direction(x: Any, size: Any, xp: Any) -> Any:
    """``conj(x) / |x|``; 0 at 0."""
    return conj(x, xp) / _safe(size, xp) if xp.is_complex(x) else xp.sign(x)


def _vector_norm(
    g: Any, x: Any, out: Any, axis: Any, keepdims: bool, ord: Any, xp: Any
) -> Any:  # fmt: skip
    """Chosen: 0 where the norm is 0, and by each zero element; ties of the largest or smallest share."""
    shape = x.shape
    g, norm = restore(g, shape, axis, keepdims, xp), restore(out, shape, axis, keepdims, xp)
    if ord == 2:
        return g * conj(x, xp) / _safe(norm, xp)
    size = xp.abs(x)
    direction = _direction(x, size, xp)
    if ord == 0:
        return xp.zeros_like(direction)
    if ord == 1:
        return g * direction
    if ord in (float("inf"), -float("inf")):
        hit = xp.astype(size == norm, g.dtype)
        axes = axes_of(axis, len(shape))
        return g * direction * (hit / xp.sum(hit, axis=axes, keepdims=True))
    ratio = _safe(size, xp) / _safe(norm, xp)
    return g * direction * xp.masked(ratio ** (ord - 1.0), size != 0)


general("linalg.vector_norm", x=_vector_norm)


def _undiagonal(g: Any, like_x: Any, offset: int, xp: Any) -> Any:
    """Put a diagonal back into a matrix of zeros."""
    rows, columns = like_x.shape[-2:]
    by_row = offset >= 0  # element k stands in row k, else in column k
    extent = rows if by_row else columns
    rest = xp.zeros(
        (*g.shape[:-1], max(extent - g.shape[-1], 0)), dtype=g.dtype, device=like_x.device
    )
    line = xp.concat([g, rest], axis=-1)
    line = line[..., :, None] if by_row else line[..., None, :]
    where = xp.eye(rows, columns, k=offset, dtype=xp.bool, device=like_x.device)
    return xp.masked(xp.broadcast_to(line, like_x.shape), where)


linear("linalg.diagonal", x=_undiagonal)
linear("diagonal_matrix", x=lambda g, xp: xp.linalg.diagonal(g))

constant("linalg.matrix_rank", "the result is made of integers")
