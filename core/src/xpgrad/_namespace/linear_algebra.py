"""Functions of the extension ``linalg`` that are made of others."""

from __future__ import annotations

from typing import Any

from xpgrad._namespace._lift import lift, to_floating
from xpgrad._namespace._operations import operation
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import ShapeError

__all__ = ["matrix_norm", "matrix_power", "trace"]


def _matrices(name: str, x: Any, *, square: bool = False) -> Any:
    """The argument as a floating tensor of at least two axes."""
    t = x if isinstance(x, Tensor) else lift(x)
    if t.ndim < 2 or (square and t.shape[-1] != t.shape[-2]):
        kind = "square matrices: the last two sizes must be equal" if square else "matrices"
        message = f"linalg.{name} needs {kind}, got shape {t.shape}"
        raise ShapeError(message)
    return t


def _floating(t: Any) -> Any:
    return (
        t if t.dtype.is_floating else wrap(to_floating(t._xp, t._cell.raw), t._xp, None, t._result)
    )


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sums of the diagonals of matrices; ``offset`` counts diagonals above (or, negative, below) the main one.

    Shapes: (..., M, N) to (...).  Dtypes: as of :func:`xpgrad.sum`.  Derivative: to any order (linear).

    >>> import xpgrad as xp
    >>> xp.linalg.trace(xp.asarray([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    diagonals = operation("linalg.diagonal")(_matrices("trace", x), offset=offset)
    return operation("sum")(diagonals, axis=-1, dtype=dtype)


def matrix_power(x: Any, n: int, /) -> Any:
    """Square matrices to an integer power, by repeated squaring; a negative power inverts first.

    Shapes: (..., M, M), kept.  Dtypes: floating.  Derivative: to any order.

    Raises:
        ShapeError: if the matrices are not square.
        TypeError: if ``n`` is no integer.

    >>> import xpgrad as xp
    >>> xp.linalg.matrix_power(xp.asarray([[1.0, 1.0], [0.0, 1.0]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    t = _floating(_matrices("matrix_power", x, square=True))
    n = n.__index__()
    if n < 0:
        t, n = operation("linalg.inv")(t), -n
    if n == 0:
        from xpgrad._namespace.creation import eye  # noqa: PLC0415 - only here

        return operation("broadcast_to")(eye(t.shape[-1], dtype=t.dtype, device=t.device), t.shape)
    result = None
    while n:
        if n & 1:
            result = t if result is None else operation("matmul")(result, t)
        n >>= 1
        if n:
            t = operation("matmul")(t, t)
    return result.clone() if result is x else result


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """A norm of each matrix: ``"fro"``, ``"nuc"``, 1, -1, 2, -2, ``inf`` or ``-inf``.

    Shapes: (..., M, N) to (...), or (..., 1, 1) with ``keepdims``.  Dtypes: floating; the result is real.
    Derivative: to any order; chosen: 0 by the zero matrix for ``"fro"``; equal largest (smallest) sums or singular
    values share.

    Raises:
        ValueError: if ``ord`` is none of these.

    >>> import xpgrad as xp
    >>> xp.linalg.matrix_norm(xp.asarray([[3.0, 0.0], [0.0, -4.0]]))
    tensor(5.)
    """
    t = _floating(_matrices("matrix_norm", x))
    infinite = float("inf")
    if ord in ("fro", None):
        return operation("linalg.vector_norm")(t, axis=(-2, -1), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        values = operation("linalg.svdvals")(t)
        name = {"nuc": "sum", 2: "max", -2: "min"}[ord]
        found = operation(name)(values, axis=-1)
    elif ord in (1, -1, infinite, -infinite):
        sums = operation("sum")(operation("abs")(t), axis=-2 if abs(ord) == 1 else -1)
        found = operation("max" if ord > 0 else "min")(sums, axis=-1)
    else:
        message = (
            f"linalg.matrix_norm: ord must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, got {ord!r}"
        )
        raise ValueError(message)
    return found[..., None, None] if keepdims else found
