"""Products of vectors and matrices: the batch is one more axis of the stack."""

from __future__ import annotations

import math
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from xpgrad._namespace._operations import operation
from xpgrad._tensor import wrap
from xpgrad.errors import ShapeError
from xpgrad.transforms._batching._axes import stack_of_matrices
from xpgrad.transforms._batching._records import Batched, padded, reshaped, whole

if TYPE_CHECKING:
    from xpgrad.transforms._batching._records import Arguments
    from xpgrad.transforms._level import Invocation

__all__ = ["BY_HAND"]

LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIRST_OF_BATCHES: Final = 0x3B1  # Greek letters, which no subscripts of a user have


def _matmul(invoke: Invocation, arguments: Arguments) -> Any:
    x1, x2 = arguments["x1"], arguments["x2"]
    if not x1.ndim or not x2.ndim:
        message = f"matmul needs vectors or matrices, got shapes {x1.shape} and {x2.shape}"
        raise ShapeError(message)
    if not x1.batched and x1.ndim == 2 and x2.ndim == 1:  # one matrix, many vectors: one product
        return invoke({"x1": x2.inner, "x2": operation("matrix_transpose")(x1.inner)})
    if not x2.batched and x2.ndim <= 2:
        return _rows_times(invoke, x1.inner, x2.inner)
    rank = max(x1.ndim, x2.ndim, 2)
    first, second = _as_matrices(x1, rank, row=True), _as_matrices(x2, rank, row=False)
    out = invoke({"x1": first, "x2": second})
    shape = out.shape
    if x1.ndim == 1:
        shape = (*shape[:-2], shape[-1])
    return reshaped(out, shape[:-1] if x2.ndim == 1 else shape)


def _rows_times(invoke: Invocation, t: Any, matrix: Any) -> Any:
    """A batch of vectors or matrices times one vector or matrix: one product of two matrices."""
    if t.ndim == 2 or matrix.ndim == 1:
        return invoke({"x1": t, "x2": matrix})
    rows = reshaped(t, (math.prod(t.shape[:-1]), t.shape[-1]))
    out = invoke({"x1": rows, "x2": matrix})
    return reshaped(out, (*t.shape[:-1], out.shape[-1]))


def _as_matrices(x: Batched, rank: int, *, row: bool) -> Any:
    """The tensor inside as a stack of matrices of ``rank`` axes, a vector as a row or a column."""
    shape = x.shape
    if len(shape) == 1:
        shape = (1, *shape) if row else (*shape, 1)
    if x.batched:
        shape = (x.inner.shape[0], *(1,) * (rank - len(shape)), *shape)
    return reshaped(x.inner, shape)


def _vecdot(invoke: Invocation, arguments: Arguments) -> Any:
    x1, x2, axis = arguments["x1"], arguments["x2"], arguments.get("axis", -1)
    rank = max(x1.ndim, x2.ndim)
    if not -rank <= axis < rank:
        message = f"{invoke.operation.name}: axis {axis} is out of range for {rank} axes"
        raise ShapeError(message)
    axis = axis if axis < 0 else axis - rank
    return invoke({"x1": padded(x1, rank), "x2": padded(x2, rank), "axis": axis})


def _tensordot(invoke: Invocation, arguments: Arguments) -> Any:  # noqa: ARG001 - one signature for all
    x1, x2, axes = arguments["x1"], arguments["x2"], arguments.get("axes", 2)
    if isinstance(axes, int):
        axes = (range(x1.ndim - axes, x1.ndim), range(axes))
    first, second = ((a,) if isinstance(a, int) else a for a in axes)
    pairs = {b % x2.ndim: a % x1.ndim for a, b in zip(first, second, strict=True)}
    for b, a in pairs.items():
        if x1.shape[a] != x2.shape[b]:
            message = f"tensordot: cannot sum over axes of {x1.shape[a]} and {x2.shape[b]} elements together"
            raise ShapeError(message)
    left = LETTERS[: x1.ndim]
    right = "".join(left[pairs[b]] if b in pairs else LETTERS[x1.ndim + b] for b in range(x2.ndim))
    out = "".join(c for c in left if c not in right) + "".join(c for c in right if c not in left)
    return _contracted(x1, x2, f"{left},{right}->{out}")


def _contract(invoke: Invocation, arguments: Arguments) -> Any:  # noqa: ARG001 - one signature for all
    return _contracted(arguments["x1"], arguments["x2"], arguments["subscripts"])


def _contracted(x1: Batched, x2: Batched, subscripts: str) -> Any:
    """The contraction with a letter more for the batch: one that no batch around this one has taken."""
    inputs, _, out = subscripts.partition("->")
    first, _, second = inputs.partition(",")
    b = next(c for c in map(chr, count(FIRST_OF_BATCHES)) if c not in subscripts)
    left, right = (b + s if x.batched else s for s, x in ((first, x1), (second, x2)))
    return operation("contract")(x1.inner, x2.inner, f"{left},{right}->{b}{out}")


def _linear(invoke: Invocation, arguments: Arguments) -> Any:
    """The layer: one product where the batch has its own inputs only, else what it is made of."""
    x, weight, bias = (arguments[n] for n in ("x", "weight", "bias"))
    if weight.batched or bias.batched:
        level = x.xp
        product = wrap(x, level) @ operation("matrix_transpose")(wrap(weight, level))
        return whole((product + wrap(bias, level))._cell.raw)
    return invoke({n: r.inner for n, r in arguments.items()})


# --- linear algebra ---------------------------------------------------------------------------------


def _solve(invoke: Invocation, arguments: Arguments) -> Any:
    """A vector on the right is a matrix of one column."""
    x1, x2 = arguments["x1"], arguments["x2"]
    if x2.ndim == 1:
        column = reshaped(x2.inner, (*x2.inner.shape, 1))
        return operation("squeeze")(_solved(invoke, x1, Batched(x2.xp, column, x2.batched)), -1)
    return _solved(invoke, x1, x2)


def _solved(invoke: Invocation, x1: Batched, x2: Batched) -> Any:
    if (
        not x1.batched and x1.ndim == x2.ndim == 2
    ):  # one matrix, many right sides: they are its columns
        size, n, m = x2.inner.shape
        wide = reshaped(operation("permute_dims")(x2.inner, (1, 0, 2)), (n, size * m))
        out = reshaped(invoke({"x1": x1.inner, "x2": wide}), (n, size, m))
        return operation("permute_dims")(out, (1, 0, 2))
    rank = max(x1.ndim, x2.ndim)
    return invoke({"x1": padded(x1, rank), "x2": padded(x2, rank)})


def _outer(invoke: Invocation, arguments: Arguments) -> Any:
    x1, x2 = arguments["x1"], arguments["x2"]
    for x in (x1, x2):
        if x.ndim != 1:
            message = (
                f"{invoke.operation.name} needs two vectors, got shapes {x1.shape} and {x2.shape}"
            )
            raise ShapeError(message)
    first = reshaped(x1.inner, (*x1.inner.shape, 1))
    second = reshaped(x2.inner, (*x2.inner.shape[:-1], 1, x2.inner.shape[-1]))
    return first * second


STACKS: Final = (
    "cholesky det diagonal eig eigh eigvals eigvalsh inv matrix_rank pinv qr slogdet svd svdvals"
)
"""Functions of matrices, which take stacks of them."""
BY_HAND = {
    "matmul": _matmul, "vecdot": _vecdot, "tensordot": _tensordot, "contract": _contract, "linear": _linear,
    "matrix_transpose": stack_of_matrices, "tril": stack_of_matrices, "triu": stack_of_matrices,
    **{f"linalg.{name}": stack_of_matrices for name in STACKS.split()},
    "linalg.solve": _solve, "linalg.cross": _vecdot, "linalg.outer": _outer,
}  # fmt: skip
