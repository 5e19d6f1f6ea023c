"""NumPy's statistics that the standard does not have."""

# ruff: noqa: ARG001 - the signatures are NumPy's

from __future__ import annotations

import math
import sys
from typing import Any

import xpgrad as xp
from xpgrad.compat.numpy._table import COMPOSED, composed

__all__ = ["axes_of"]


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return tuple(a % x.ndim for a in axes)


def _count(x: Any, axis: Any) -> int:
    return math.prod(x.shape[a] for a in axes_of(x, axis))


@composed
def ptp(a: Any, axis: Any = None, out: None = None, keepdims: Any = False) -> Any:
    return xp.max(a, axis=axis, keepdims=keepdims) - xp.min(a, axis=axis, keepdims=keepdims)


def _cumulative(name: str, neutral: float) -> Any:
    def cumulated(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Any:
        filled = xp.where(xp.isnan(a), neutral, a)
        x, at = (filled.reshape(-1), 0) if axis is None else (filled, axis)
        return getattr(xp, name)(x, axis=at)

    return cumulated


COMPOSED["nancumsum"] = _cumulative("cumulative_sum", 0.0)
COMPOSED["nancumprod"] = _cumulative("cumulative_prod", 1.0)


def _argument(name: str, neutral: float) -> Any:
    def found(a: Any, axis: Any = None, out: None = None, *, keepdims: Any = False) -> Any:
        if bool(xp.any(xp.all(xp.isnan(a.detach()), axis=axis)).item()):
            message = f"numpy.nan{name} of a tensor: all values along an axis are NaN"
            raise ValueError(message)
        filled = xp.where(xp.isnan(a), neutral, a)
        return getattr(xp, name)(filled, axis=axis, keepdims=keepdims is True)

    return found


COMPOSED["nanargmax"] = _argument("argmax", -math.inf)
COMPOSED["nanargmin"] = _argument("argmin", math.inf)


@composed
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False
) -> Any:
    if returned:
        message = "numpy.average of a tensor does not take returned=True"
        raise TypeError(message)
    if weights is None:
        return xp.mean(a, axis=axis, keepdims=keepdims is True)
    x, w = xp.asarray(a), xp.asarray(weights)
    if w.shape != x.shape:
        (at,) = axes_of(x, axis)
        w = xp.reshape(w, tuple(n if i == at else 1 for i, n in enumerate(x.shape)))
    total = xp.sum(xp.broadcast_to(w, x.shape), axis=axis, keepdims=keepdims is True)
    return xp.sum(x * w, axis=axis, keepdims=keepdims is True) / total


def _percentiles(function: Any) -> Any:
    def percentiles(
        a: Any,
        q: Any,
        axis: Any = None,
        out: None = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: Any = False,
        *,
        weights: None = None,
    ) -> Any:
        if weights is not None:
            message = "numpy.percentile of a tensor takes no weights"
            raise TypeError(message)
        shares = q if isinstance(q, xp.Tensor) else sys.modules["numpy"].asarray(q)
        return function(a, shares / 100.0, axis=axis, method=method, keepdims=keepdims is True)

    return percentiles


COMPOSED["percentile"] = _percentiles(xp.quantile)
COMPOSED["nanpercentile"] = _percentiles(xp.nanquantile)


@composed
def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None) -> Any:
    rows = [xp.reshape(x, (1, -1)) if x.ndim == 1 else x if rowvar else x.T
            for x in map(xp.asarray, (m,) if y is None else (m, y))]  # fmt: skip
    x = xp.concat(rows)
    x = x - xp.mean(x, axis=1, keepdims=True)
    ddof = int(not bias) if ddof is None else ddof
    other = xp.conj(x) if x.dtype.is_complex else x
    return xp.matmul(x, other.T).squeeze() / (x.shape[1] - ddof)


@composed
def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    c = cov(x, y, rowvar)
    if c.ndim == 0:
        return c / c
    size = xp.sqrt(diagonal_of(c))
    return c / size[:, None] / size[None, :]


def diagonal_of(x: Any) -> Any:
    """The main diagonal of a matrix."""
    n = min(x.shape)
    return x[list(range(n)), list(range(n))]


@composed
def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: None = None
) -> Any:
    return xp.sum(sys.modules["numpy"].diagonal(a, offset, axis1, axis2), axis=-1)


@composed
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    if weights is None:
        weights = xp.ones_like(x, dtype=xp.int64)
    index = x.detach().numpy() if isinstance(x, xp.Tensor) else sys.modules["numpy"].asarray(x)
    size = max(minlength, int(index.max()) + 1 if index.size else 0)
    weights = xp.asarray(weights)
    places = xp.asarray(index, device=weights.device)
    return xp.scatter_add(
        xp.zeros(size, dtype=weights.dtype, device=weights.device), places, weights
    )
