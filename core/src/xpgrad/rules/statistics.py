"""Derivatives of reductions, cumulative functions, sorting and differences."""

from __future__ import annotations

from typing import Any

from xpgrad.rules._shapes import axes_of, count, restore, spread
from xpgrad.rules._table import constant, general, linear

linear("sum", x=lambda g, shape_x, axis, keepdims, xp: spread(g, shape_x, axis, keepdims, xp))
linear(
    "mean",
    x=lambda g, shape_x, axis, keepdims, xp: spread(
        g / float(count(shape_x, axis)), shape_x, axis, keepdims, xp
    ),
)


def _extremum(g: Any, x: Any, out: Any, axis: Any, keepdims: bool, xp: Any) -> Any:
    """Ties share the cotangent equally."""
    hit = x == restore(out, x.shape, axis, keepdims, xp)
    count = xp.sum(xp.astype(hit, g.dtype), axis=axis, keepdims=True)
    share = restore(g, x.shape, axis, keepdims, xp) / count
    return xp.masked(xp.broadcast_to(share, x.shape), hit)


general("max", x=_extremum)
general("min", x=_extremum)


def _prod(g: Any, x: Any, axis: Any, keepdims: bool, xp: Any) -> Any:
    """The product of all the others, exact where elements are zero: exclusive products from both ends."""
    axes = axes_of(axis, x.ndim)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    order = rest + axes
    flat = xp.reshape(
        xp.permute_dims(x, order), (*(x.shape[i] for i in rest), count(x.shape, axis))
    )
    others = _others(flat, xp)
    back = xp.reshape(others, tuple(x.shape[i] for i in order))
    inverse = tuple(order.index(i) for i in range(x.ndim))
    return restore(g, x.shape, axis, keepdims, xp) * xp.permute_dims(back, inverse)


def _others(x: Any, xp: Any) -> Any:
    """Along the last axis: the product of every element but this one."""
    if x.shape[-1] == 0:
        return x
    one = xp.ones_like(x[..., :1])
    before = xp.cumulative_prod(xp.concat([one, x[..., :-1]], axis=-1), axis=-1)
    rev = xp.flip(x, axis=-1)
    after = xp.flip(xp.cumulative_prod(xp.concat([one, rev[..., :-1]], axis=-1), axis=-1), axis=-1)
    return before * after


general("prod", x=_prod)


def _var(g: Any, x: Any, axis: Any, correction: float, keepdims: bool, xp: Any) -> Any:
    freedom = count(x.shape, axis) - correction
    scale = 2.0 / freedom if freedom > 0 else float("inf")  # libraries divide by 0, and by no less
    centred = x - xp.mean(x, axis=axis, keepdims=True)
    if xp.is_complex(x):  # the mean of |x - mean|², as NumPy has it
        centred = xp.conj(centred)
    return restore(g * scale, x.shape, axis, keepdims, xp) * centred


def _std(g: Any, x: Any, out: Any, axis: Any, correction: float, keepdims: bool, xp: Any) -> Any:
    safe = xp.where(out == 0, xp.ones_like(out), out)  # the chosen subgradient at zero spread is 0
    return _var(0.5 * g / safe, x, axis, correction, keepdims, xp)


general("var", x=_var)
general("std", x=_std)


def _cumulative_sum(g: Any, like_x: Any, axis: int | None, include_initial: bool, xp: Any) -> Any:
    at = 0 if axis is None or not like_x.ndim else axis % like_x.ndim
    if include_initial:
        g = xp.getitem(g, (slice(None),) * at + (slice(1, None), Ellipsis))
    back = xp.flip(xp.cumulative_sum(xp.flip(g, axis=at), axis=at), axis=at)
    return xp.reshape(back, like_x.shape)


linear("cumulative_sum", x=_cumulative_sum)


def _recurred(g: Any, x: Any, xp: Any) -> Any:
    """From the end, a_i = g_i + x_{i+1} a_{i+1}, in log2(n) steps: each doubles how far a_i has looked ahead."""
    n, ahead, product = g.shape[-1], 1, x[..., 1:]
    while ahead < n:
        near = g[..., :-ahead] + product * g[..., ahead:]
        g = xp.concat([near, g[..., -ahead:]], axis=-1)
        rest = n - 2 * ahead
        if rest > 0:
            product = product[..., :rest] * product[..., ahead : ahead + rest]
        ahead *= 2
    return g


def _cumulative_prod(
    g: Any, x: Any, out: Any, axis: int | None, include_initial: bool, xp: Any
) -> Any:
    """A polynomial of the elements, so exact where they are zero, to any order."""
    if not x.ndim:
        return xp.reshape(g[1:] if include_initial else g, ())
    at = 0 if axis is None else axis % x.ndim
    if not x.shape[at]:
        return xp.zeros_like(x)
    last, g, out = (xp.moveaxis(a, at, -1) for a in (x, g, out))
    g = g[..., 1:] if include_initial else g
    one = xp.ones_like(last[..., :1])
    before = out[..., :-1] if include_initial else xp.concat([one, out[..., :-1]], axis=-1)
    return xp.moveaxis(_recurred(g, last, xp) * before, -1, at)


general("cumulative_prod", x=_cumulative_prod)


def _sort(g: Any, x: Any, axis: int, descending: bool, stable: bool, xp: Any) -> Any:
    order = xp.argsort(x, axis=axis, descending=descending, stable=stable)
    return xp.take_along_axis(g, xp.argsort(order, axis=axis), axis=axis)


general("sort", x=_sort)


def _cut(g: Any, like: Any, start: int, axis: int, xp: Any) -> Any:
    at = axis % g.ndim
    key = (slice(None),) * at + (slice(start, start + like.shape[at]), Ellipsis)
    return xp.getitem(g, key)


def _undiff(g: Any, axis: int, n: int, xp: Any) -> Any:
    """The transpose of the n-th forward difference."""
    at = axis % g.ndim
    for _ in range(n):
        shape = (*g.shape[:at], 1, *g.shape[at + 1 :])
        zero = xp.zeros(shape, dtype=g.dtype, device=xp.raw_device(g))
        g = xp.concat([zero, g], axis=at) - xp.concat([g, zero], axis=at)
    return g


def _extent(like: Any, axis: int) -> int:
    return 0 if like is None else like.shape[axis % like.ndim]


def _diff_x(g: Any, like_x: Any, like_prepend: Any, axis: int, n: int, xp: Any) -> Any:
    if n == 0:  # the array itself, with nothing before or after it
        return g
    return _cut(_undiff(g, axis, n, xp), like_x, _extent(like_prepend, axis), axis, xp)


def _diff_prepend(g: Any, like_prepend: Any, axis: int, n: int, xp: Any) -> Any:
    if n == 0:
        return xp.zeros(like_prepend.shape, dtype=g.dtype, device=like_prepend.device)
    return _cut(_undiff(g, axis, n, xp), like_prepend, 0, axis, xp)


def _diff_append(
    g: Any, like_x: Any, like_prepend: Any, like_append: Any, axis: int, n: int, xp: Any
) -> Any:
    if n == 0:
        return xp.zeros(like_append.shape, dtype=g.dtype, device=like_append.device)
    before = _extent(like_prepend, axis) + _extent(like_x, axis)
    return _cut(_undiff(g, axis, n, xp), like_append, before, axis, xp)


linear("diff", x=_diff_x, prepend=_diff_prepend, append=_diff_append)

for _name in ("all", "any"):
    constant(_name, "the result is boolean")
for _name in ("argmax", "argmin", "argsort", "count_nonzero", "nonzero", "searchsorted"):
    constant(_name, "the result is made of integers")
for _name in ("isin", "unique_all", "unique_counts", "unique_inverse", "unique_values"):
    constant(_name, "a set function: its size depends on the values")

# --- beyond the standard ----------------------------------------------------------------------------

general(
    "logsumexp",
    x=lambda g, x, out, axis, keepdims, xp: (
        restore(g, x.shape, axis, keepdims, xp)
        * _shares(x, restore(out, x.shape, axis, keepdims, xp), xp)
    ),
)


def _shares(x: Any, out: Any, xp: Any) -> Any:
    """The softmax, written with the result at hand; 0 where every term is zero."""
    finite = xp.where(xp.isfinite(out), out, xp.zeros_like(out))
    return xp.exp(x - finite)


general("softmax", x=lambda g, out, axis, xp: out * (g - xp.sum(g * out, axis=axis, keepdims=True)))
general(
    "log_softmax",
    x=lambda g, out, axis, xp: g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),
)
