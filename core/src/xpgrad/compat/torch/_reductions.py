"""PyTorch's reductions, and what sorts and searches."""

# ruff: noqa: ARG001 (PyTorch's signatures)
from __future__ import annotations

import math
from typing import Any

import xpgrad as xp
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.compat.torch._dtypes import floating
from xpgrad.compat.torch._elementwise import truth
from xpgrad.compat.torch._table import ValuesIndices, both, found_by, named
from xpgrad.compat.torch._tensor import dress, operands

__all__: list[str] = []


def _dims(dim: Any) -> Any:
    """No axes or an empty list mean all of them."""
    return (tuple(dim) or None) if isinstance(dim, (list, tuple)) else dim


def _cast(x: Any, dtype: Any) -> Any:
    return x if dtype is None else xp.astype(x, dtype)


def _summed(x: Any, dtype: Any) -> Any:
    """Integers without a sign are added as int64."""
    unsigned = dtype is None and x.dtype.kind == "unsigned integer"
    return _cast(x, xp.int64 if unsigned else dtype)


@both
def sum_(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum, of everything or along ``dim``."""
    return xp.sum(_summed(input, dtype), axis=_dims(dim), keepdims=keepdim)


@both
def nansum(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The sum with NaN as zero."""
    return xp.sum(xp.where(xp.isnan(input), 0, input), axis=_dims(dim), keepdims=keepdim)


@both
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean, of everything or along ``dim``."""
    return xp.mean(floating(_cast(input, dtype)), axis=_dims(dim), keepdims=keepdim)


@both
def prod(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The product, of everything or along ``dim``."""
    return xp.prod(_summed(input, dtype), axis=_dims(dim), keepdims=keepdim)


def _spread(name: str) -> Any:
    def f(
        input: Any,
        dim: Any = None,
        unbiased: Any = None,
        keepdim: bool = False,
        *,
        correction: Any = None,
    ) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if correction is None:
            correction = 1 if unbiased is None else int(unbiased)
        return getattr(xp, name)(
            floating(input), axis=_dims(dim), correction=float(correction), keepdims=keepdim
        )

    f.__doc__ = (
        f"The {name}, divided by ``n - correction`` (1, unless ``unbiased=False`` or it is given)."
    )
    return both(named(f, name))


std, var = _spread("std"), _spread("var")


@both
def std_mean(input: Any, dim: Any = None, **kwargs: Any) -> Any:
    """Both at once."""
    return std(input, dim, **kwargs), mean(input, dim, kwargs.get("keepdim", False))


@both
def var_mean(input: Any, dim: Any = None, **kwargs: Any) -> Any:
    """Both at once."""
    return var(input, dim, **kwargs), mean(input, dim, kwargs.get("keepdim", False))


def _extremum(name: str, of_two: str) -> Any:
    def f(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        if isinstance(dim, CoreTensor):
            other = dim
        if other is not None:
            return getattr(xp, of_two)(*operands(input, other))
        if dim is None:
            return getattr(xp, name)(input)
        at = getattr(xp, f"arg{name}")(input, axis=dim, keepdims=True)
        return _found(name, input, at, dim, keepdim)

    f.__doc__ = (
        f"The {name} of everything; of ``dim``, with its indices; or, with ``other``, of each pair."
    )
    return both(named(f, name))


def _found(name: str, x: Any, at: Any, dim: int, keepdim: bool) -> ValuesIndices:
    values = xp.take_along_axis(x, at, axis=dim) if x.ndim else x
    if x.ndim and not keepdim:
        values, at = xp.squeeze(values, dim), xp.squeeze(at, dim)
    return found_by(name)(values, at)


_extremum("max", "maximum")
_extremum("min", "minimum")


def _plain(name: str, of: str, prepare: Any = None) -> Any:
    def f(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
        return getattr(xp, of)(
            prepare(input) if prepare else input, axis=_dims(dim), keepdims=keepdim
        )

    f.__doc__ = f"``xpgrad.{of}`` of everything or along ``dim``."
    return both(named(f, name))


_plain("amax", "max")
_plain("amin", "min")
_plain("argmax", "argmax")
_plain("argmin", "argmin")
_plain("all", "all", truth)
_plain("any", "any", truth)
_plain("logsumexp", "logsumexp", floating)
_plain("count_nonzero", "count_nonzero")


@both
def norm(
    input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Any:
    """The vector norm of order ``p`` (2 unless said otherwise), of everything or along ``dim``."""
    if p == "nuc":
        message = "norm(p='nuc') needs singular values, which are not here yet"
        raise NotImplementedError(message)
    x, axis = floating(_cast(input, dtype)), _dims(dim)
    if p in ("fro", 2, None):
        return _euclidean(x, axis, keepdim)
    sizes = xp.abs(x)
    if p in (float("inf"), float("-inf")):
        return (xp.max if p > 0 else xp.min)(sizes, axis=axis, keepdims=keepdim)
    if p == 0:
        return xp.sum(xp.astype(x != 0, sizes.dtype), axis=axis, keepdims=keepdim)
    if p == 1:
        return xp.sum(sizes, axis=axis, keepdims=keepdim)
    return xp.sum(sizes**p, axis=axis, keepdims=keepdim) ** (1.0 / p)


def _euclidean(x: Any, axis: Any, keepdim: bool) -> Any:
    """The square root of the sum of squares, with gradient 0 at 0 as in PyTorch."""
    total = xp.sum(xp.square(xp.abs(x) if x.dtype.is_complex else x), axis=axis, keepdims=keepdim)
    zero = total == 0
    return xp.where(zero, 0.0, xp.sqrt(xp.where(zero, 1.0, total)))


@both
def dist(input: Any, other: Any, p: Any = 2) -> Any:
    """The norm of the difference."""
    return norm(input - other, p)


def _cumulative(name: str, of: str) -> Any:
    def f(input: Any, dim: int, *, dtype: Any = None) -> Any:
        x = _cast(input, xp.int64 if dtype is None and input.dtype == xp.bool else dtype)
        return getattr(xp, of)(x, axis=dim)

    f.__doc__ = f"``xpgrad.{of}`` along ``dim``."
    return both(named(f, name))


_cumulative("cumsum", "cumulative_sum")
_cumulative("cumprod", "cumulative_prod")


def _running(name: str, of: str) -> Any:
    def f(input: Any, dim: int) -> Any:
        with xp.no_grad():
            best = getattr(xp, of)(input, axis=dim) if input.ndim else input
            steps = [1] * input.ndim
            if steps:
                steps[dim] = input.shape[dim]
            place = xp.reshape(xp.arange(math.prod(steps), device=input.device), tuple(steps))
            same = (input == best) | xp.isnan(input) if input.dtype.is_floating else input == best
            at = xp.where(same, place, 0)  # the last place that reached the value so far
            at = xp.cumulative_max(at, axis=dim) if input.ndim else at
        values = xp.take_along_axis(input, at, axis=dim) if input.ndim else input
        return found_by(name)(values, at)

    f.__doc__ = (
        f"``xpgrad.{of}`` along ``dim``, and where each value stands (the last of equal ones)."
    )
    return both(named(f, name))


_running("cummax", "cumulative_max")
_running("cummin", "cumulative_min")


def _quantile(name: str) -> Any:
    def f(
        input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
    ) -> Any:  # fmt: skip
        at = xp.asarray(q, dtype=input.dtype, device=input.device)
        if at.ndim > 1:
            message = f"{name}: q must be a number or a vector, got shape {tuple(at.shape)}"
            raise RuntimeError(message)
        return getattr(xp, name)(input, at, axis=dim, method=interpolation, keepdims=keepdim)

    f.__doc__ = (
        f"``xpgrad.{name}`` of everything or along ``dim``; several q make a new first axis."
    )
    return both(named(f, name))


_quantile("quantile")
_quantile("nanquantile")


@both
def nanmean(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The mean of what is not NaN."""
    return xp.nanmean(floating(input), axis=_dims(dim), keepdims=keepdim)


@both
def diff(input: Any, n: int = 1, dim: int = -1) -> Any:
    """The differences of neighbours, ``n`` times over."""
    return xp.diff(input, n=n, axis=dim)


@both
def softmax(input: Any, dim: int, dtype: Any = None) -> Any:
    """``exp(x) / sum(exp(x))`` along ``dim``."""
    return xp.softmax(floating(_cast(input, dtype)), axis=dim)


@both
def log_softmax(input: Any, dim: int, dtype: Any = None) -> Any:
    """The logarithm of :func:`softmax`."""
    return xp.log_softmax(floating(_cast(input, dtype)), axis=dim)


# --- sorting ----------------------------------------------------------------------------------------


@both
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The indices that sort along ``dim``."""
    return xp.argsort(input, axis=dim, descending=descending, stable=True)


@both
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The elements in order along ``dim``, and where they were."""
    at = argsort(input, dim, descending)
    return found_by("sort")(xp.take_along_axis(input, at, axis=dim) if input.ndim else input, at)


@both
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The ``k`` largest (or smallest) elements along ``dim`` in order, and where they were."""
    at = argsort(input, dim, largest)
    at = at[(slice(None),) * (dim % input.ndim) + (slice(0, k),)]
    return found_by("topk")(xp.take_along_axis(input, at, axis=dim), at)


@both
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The ``k``-th smallest element along ``dim``, and where it was."""
    at = argsort(input, dim)[(slice(None),) * (dim % input.ndim) + (slice(k - 1, k),)]
    return _found("kthvalue", input, at, dim, keepdim)


@both
def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The (lower) median of everything; of ``dim``, with its indices."""
    if dim is None:
        flat = xp.reshape(input, (-1,))
        return xp.sort(flat)[(int(flat.size) - 1) // 2]
    return found_by("median")(*kthvalue(input, (input.shape[dim] + 1) // 2, dim, keepdim))


@both
def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Any = None,
) -> Any:
    """The distinct values in order, with the inverse and the counts if asked."""
    if dim is not None:
        message = "unique(dim=...) is not in xpgrad.compat.torch; sort the rows yourself"
        raise NotImplementedError(message)
    found = dress(xp.unique_all(input))
    result = [found.values]
    result += [found.inverse_indices] if return_inverse else []
    result += [found.counts] if return_counts else []
    return tuple(result) if len(result) > 1 else result[0]


@both
def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each non-negative integer occurs (or the sum of its weights)."""
    n = max(int(xp.max(input)) + 1 if input.size else 0, minlength)
    values = xp.ones_like(input) if weights is None else weights
    return xp.scatter_add(xp.zeros((n,), dtype=values.dtype, device=input.device), input, values)
