"""PyTorch's products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad.compat.torch._table import alias, both, function, named
from xpgrad.compat.torch._tensor import as_torch, operands

__all__: list[str] = []


def _ranks(name: str, *pairs: tuple[Any, int]) -> None:
    for x, rank in pairs:
        if x.ndim != rank:
            kind = {1: "a vector", 2: "a matrix", 3: "a batch of matrices (3 axes)"}[rank]
            message = f"{name}() expects {kind}, got a tensor of shape {tuple(x.shape)}; matmul() takes any"
            raise RuntimeError(message)


@both
def matmul(input: Any, other: Any) -> Any:
    """The product of matrices, vectors or batches of them."""
    return xp.matmul(*operands(input, other))


@both
def mm(input: Any, mat2: Any) -> Any:
    """Matrix times matrix."""
    _ranks("mm", (input, 2), (mat2, 2))
    return xp.matmul(input, mat2)


@both
def bmm(input: Any, mat2: Any) -> Any:
    """Batch of matrices times batch of matrices."""
    _ranks("bmm", (input, 3), (mat2, 3))
    return xp.matmul(input, mat2)


@both
def mv(input: Any, vec: Any) -> Any:
    """Matrix times vector."""
    _ranks("mv", (input, 2), (vec, 1))
    return xp.matmul(input, vec)


@both
def dot(input: Any, other: Any) -> Any:
    """Vector times vector."""
    _ranks("dot", (input, 1), (other, 1))
    return xp.matmul(input, other)


@both
def inner(input: Any, other: Any) -> Any:
    """The sum of products over the last axes."""
    if not input.ndim or not other.ndim:
        return input * other
    return xp.tensordot(input, other, axes=((-1,), (-1,)))


@both
def outer(input: Any, vec2: Any) -> Any:
    """Every product of an element of each vector."""
    _ranks("outer", (input, 1), (vec2, 1))
    return input[:, None] * vec2[None, :]


@both
def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * mat1 @ mat2``."""
    product = xp.matmul(as_torch(mat1), mat2)
    return (input if beta == 1 else beta * input) + (product if alpha == 1 else alpha * product)


@both
def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """:func:`addmm` for each matrix of a batch."""
    return addmm(input, batch1, batch2, beta=beta, alpha=alpha)


@both
def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * mat @ vec``."""
    return addmm(input, mat, vec, beta=beta, alpha=alpha)


@both
def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input`` plus ``alpha`` times the sum of the products."""
    return beta * input + alpha * xp.sum(xp.matmul(as_torch(batch1), batch2), axis=0)


@both
def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * outer(vec1, vec2)``."""
    return beta * input + alpha * outer(vec1, vec2)


@both
def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """The sum of products over pairs of axes."""
    axes = dims if isinstance(dims, int) else tuple(tuple(d) for d in dims)
    return xp.tensordot(a, b, axes=axes)


@both
def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """The vector product along an axis of length three (the first there is)."""
    at = next(i for i, n in enumerate(input.shape) if n == 3) if dim is None else dim
    a, b = xp.unstack(input, axis=at), xp.unstack(as_torch(other), axis=at)
    parts = [a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)]
    return xp.stack(parts, axis=at)


@function
def einsum(equation: str, *operands: Any) -> Any:
    """The sum of products that the equation says."""
    given = (
        operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    )
    return xp.einsum(equation, *map(as_torch, given))


def _matrices(name: str) -> Any:
    def f(input: Any) -> Any:
        return getattr(xp.linalg, name)(input)

    f.__doc__ = f"``xpgrad.linalg.{name}`` of the matrices of the last two axes."
    return both(named(f, name))


for _name in ("det", "slogdet"):
    _matrices(_name)


@both
def logdet(input: Any) -> Any:
    """The logarithm of the determinant; NaN where that is negative."""
    sign, size = xp.linalg.slogdet(input)
    return xp.where(sign < 0, xp.nan, size)


@both
def inverse(input: Any) -> Any:
    """The inverse of the matrices of the last two axes."""
    return xp.linalg.inv(input)


@both
def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """The pseudoinverse, without singular values below ``rcond`` times the largest."""
    return xp.linalg.pinv(input, rtol=rcond)


@both
def matrix_power(input: Any, n: int) -> Any:
    """The product of ``n`` times the matrix, or its inverse."""
    return xp.linalg.matrix_power(input, n)


@both
def cholesky(input: Any, upper: bool = False) -> Any:
    """The Cholesky factor of Hermitian positive definite matrices."""
    return xp.linalg.cholesky(input, upper=upper)


@both
def kron(input: Any, other: Any) -> Any:
    """The Kronecker product."""
    return xp.kron(input, as_torch(other))


alias({"ger": "outer", "vdot": "dot"})
