"""Linear algebra that rules need, or that a library's ``linalg`` may lack."""

from __future__ import annotations

from typing import Any

__all__ = ["FUNCTIONS"]


def _eye(xp: Any, rows: int, columns: int, like: Any, offset: int = 0) -> Any:
    return xp.eye(rows, columns, k=offset, dtype=xp.bool, device=xp.raw_device(like))


def diagonal_matrix(xp: Any, x: Any) -> Any:
    """Matrices of zeros with the last axis of ``x`` on their diagonals."""
    n = x.shape[-1]
    return xp.masked(xp.broadcast_to(x[..., None], (*x.shape, n)), _eye(xp, n, n, x))


def diagonal(xp: Any, x: Any, *, offset: int = 0) -> Any:
    """The diagonals of matrices: every (n + 1)-th element of their flat order."""
    *batch, rows, columns = x.shape
    first = offset if offset >= 0 else -offset * columns
    length = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    flat = xp.reshape(x, (*batch, rows * columns))
    places = xp.arange(length, device=xp.raw_device(x)) * (columns + 1) + first
    return xp.take(flat, places, axis=-1)


def cofactor(xp: Any, x: Any) -> Any:
    """The matrices of cofactors, ``det(x) inv(x).mT`` where there is an inverse; right for singular ones too.

    From the singular values: the product of all but one stands for each.
    """
    if not x.shape[-1]:
        return x
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    one = xp.ones_like(s[..., :1])
    before = xp.cumulative_prod(xp.concat([one, s[..., :-1]], axis=-1), axis=-1)
    back = xp.flip(s, axis=-1)
    after = xp.cumulative_prod(xp.concat([one, back[..., :-1]], axis=-1), axis=-1)
    others = xp.cast(before * xp.flip(after, axis=-1), u.dtype)
    if xp.is_complex(u):
        u, vh = xp.conj(u), xp.conj(vh)
    turned = xp.linalg.det(u) * xp.linalg.det(vh)
    if xp.is_complex(u):
        turned = xp.conj(turned)
    return turned[..., None, None] * xp.matmul(u * others[..., None, :], vh)


def cross(xp: Any, x1: Any, x2: Any, *, axis: int = -1) -> Any:
    """The vector product of vectors of three elements along ``axis``."""
    x1, x2 = xp.broadcast_arrays(x1, x2)
    a = [xp.take(x1, xp.asarray([i], device=xp.raw_device(x1)), axis=axis) for i in range(3)]
    b = [xp.take(x2, xp.asarray([i], device=xp.raw_device(x2)), axis=axis) for i in range(3)]
    parts = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    return xp.concat(parts, axis=axis)


def outer(xp: Any, x1: Any, x2: Any) -> Any:
    """The products of every element of one vector with every element of another."""
    return xp.multiply(x1[:, None], x2[None, :])


FUNCTIONS = {
    "diagonal_matrix": diagonal_matrix, "cofactor": cofactor, "linalg.diagonal": diagonal, "linalg.cross": cross,
    "linalg.outer": outer,
}  # fmt: skip
