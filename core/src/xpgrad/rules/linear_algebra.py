"""Derivatives of products of vectors and matrices."""

from __future__ import annotations

from typing import Any

from xpgrad.rules._shapes import count
from xpgrad.rules._table import general, multilinear


def _matmul_x1(g: Any, x2: Any, xp: Any) -> Any:
    if x2.ndim == 1:  # (..., n, k) @ (k,) -> (..., n), or (k,) @ (k,) -> ()
        return g[..., None] * x2
    if g.ndim < x2.ndim:  # (k,) @ (..., k, m) -> (..., m): only a vector x1 loses an axis
        return xp.matmul(x2, g[..., None])[..., 0]
    return xp.matmul(g, xp.matrix_transpose(x2))


def _matmul_x2(g: Any, x1: Any, xp: Any) -> Any:
    if x1.ndim == 1:
        return x1 * g[..., None] if g.ndim == 0 else x1[:, None] * g[..., None, :]
    if g.ndim < x1.ndim:  # (..., n, k) @ (k,) -> (..., n)
        return xp.matmul(xp.matrix_transpose(x1), g[..., None])[..., 0]
    return xp.matmul(xp.matrix_transpose(x1), g)


multilinear("matmul", x1=_matmul_x1, x2=_matmul_x2)


def _paired(axes: Any, ndim1: int, ndim2: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The contracted axes of both arguments, non-negative."""
    if isinstance(axes, int):
        return tuple(range(ndim1 - axes, ndim1)), tuple(range(axes))
    return tuple(a % ndim1 for a in axes[0]), tuple(a % ndim2 for a in axes[1])


def _tensordot_x1(g: Any, x2: Any, like_x1: Any, axes: Any, xp: Any) -> Any:
    a1, a2 = _paired(axes, like_x1.ndim, x2.ndim)
    free1 = tuple(i for i in range(like_x1.ndim) if i not in a1)
    free2 = tuple(i for i in range(x2.ndim) if i not in a2)
    product = xp.tensordot(g, x2, axes=(tuple(range(len(free1), g.ndim)), free2))
    # the product's axes: x1's free axes, then x2's contracted ones in ascending order
    places = free1 + tuple(a1[a2.index(b)] for b in sorted(a2))
    return xp.permute_dims(product, tuple(places.index(i) for i in range(like_x1.ndim)))


def _tensordot_x2(g: Any, x1: Any, like_x2: Any, axes: Any, xp: Any) -> Any:
    a1, a2 = _paired(axes, x1.ndim, like_x2.ndim)
    free1 = tuple(i for i in range(x1.ndim) if i not in a1)
    free2 = tuple(i for i in range(like_x2.ndim) if i not in a2)
    product = xp.tensordot(x1, g, axes=(free1, tuple(range(len(free1)))))
    # the product's axes: x1's contracted ones in ascending order, then x2's free axes
    places = tuple(a2[a1.index(b)] for b in sorted(a1)) + free2
    return xp.permute_dims(product, tuple(places.index(i) for i in range(like_x2.ndim)))


multilinear("tensordot", broadcast=False, x1=_tensordot_x1, x2=_tensordot_x2)


def _conj_if_complex(x: Any, xp: Any) -> Any:
    return xp.conj(x) if xp.is_complex(x) else x


def _vecdot_x1(g: Any, x2: Any, shape_x1: Any, axis: int, xp: Any) -> Any:
    spread = _conj_if_complex(xp.expand_dims(g, axis=axis), xp)
    return xp.sum_to(spread * _conj_if_complex(x2, xp), shape_x1)


def _vecdot_x2(g: Any, x1: Any, shape_x2: Any, axis: int, xp: Any) -> Any:
    return xp.sum_to(xp.expand_dims(g, axis=axis) * _conj_if_complex(x1, xp), shape_x2)


# vecdot conjugates its first argument, so it is linear in x2 and conjugate-linear in x1; a cotangent has one axis
# more than the result, whose shape therefore says nothing about what is to be summed
multilinear("vecdot", broadcast=False, x1=_vecdot_x1, x2=_vecdot_x2)


def _linear_weight(g: Any, x: Any, xp: Any) -> Any:
    """``g.mT @ x`` over all the leading axes at once."""
    if g.ndim != 2:
        n = count(g.shape[:-1], None)
        g, x = xp.reshape(g, (n, g.shape[-1])), xp.reshape(x, (n, x.shape[-1]))
    return xp.matmul(xp.matrix_transpose(g), x)


# x @ weight.mT + bias, the layer: one node in place of three
general(
    "linear",
    x=lambda g, weight, xp: xp.matmul(g, weight),
    weight=_linear_weight,
    bias=lambda g, shape_bias, xp: xp.sum_to(g, shape_bias),
)
