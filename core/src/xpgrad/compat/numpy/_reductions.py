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


def _ignoring(name: str, neutral: float) -> Any:
    def reduced(
        a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: Any = False
    ) -> Any:
        filled = xp.where(xp.isnan(a), neutral, a)
        return getattr(xp, name)(filled, axis=axis, keepdims=keepdims is True)

    return reduced


COMPOSED.update({"nansum": _ignoring("sum", 0.0), "nanprod": _ignoring("prod", 1.0)})


def _without_dtype(function: Any) -> Any:
    return lambda a, axis=None, out=None, keepdims=False: function(a, axis, None, out, keepdims)


COMPOSED["nanmax"] = _without_dtype(_ignoring("max", -xp.inf))
COMPOSED["nanmin"] = _without_dtype(_ignoring("min", xp.inf))


@composed
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: Any = False
) -> Any:
    number = xp.sum(xp.astype(~xp.isnan(a), a.dtype), axis=axis, keepdims=keepdims is True)
    return COMPOSED["nansum"](a, axis, dtype, out, keepdims) / number


@composed
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: Any = False,
) -> Any:
    here = ~xp.isnan(a)
    squares = xp.where(here, xp.where(here, a, 0.0) - nanmean(a, axis, keepdims=True), 0.0) ** 2
    number = xp.sum(xp.astype(here, a.dtype), axis=axis, keepdims=keepdims is True) - ddof
    return xp.sum(squares, axis=axis, keepdims=keepdims is True) / number


@composed
def nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: Any = False,
) -> Any:
    return xp.sqrt(nanvar(a, axis, dtype, out, ddof, keepdims))


@composed
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Any:
    filled = xp.where(xp.isnan(a), 0.0, a)
    return xp.cumulative_sum(filled.reshape(-1) if axis is None else filled, axis=axis or 0)


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


@composed
def quantile(
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
    """Linear between the neighbouring order statistics."""
    if method != "linear" or weights is not None:
        message = "numpy.quantile of a tensor takes method='linear' and no weights"
        raise TypeError(message)
    axes = axes_of(a, axis)
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    line = xp.reshape(xp.permute_dims(a, (*rest, *axes)), (*(a.shape[i] for i in rest), -1))
    line = xp.sort(line, axis=-1)
    shape = tuple(1 if i in axes else n for i, n in enumerate(a.shape))
    np = sys.modules["numpy"]
    places = np.asarray(q) * (line.shape[-1] - 1)
    results = []
    for place in places.reshape(-1):
        low = min(int(place), line.shape[-1] - 2) if line.shape[-1] > 1 else 0
        high = min(low + 1, line.shape[-1] - 1)
        value = line[..., low] + (line[..., high] - line[..., low]) * float(place - low)
        results.append(xp.reshape(value, shape) if keepdims is True else value)
    return xp.reshape(xp.stack(results), (*places.shape, *results[0].shape))


@composed
def percentile(a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    return quantile(a, sys.modules["numpy"].asarray(q) / 100.0, *args, **kwargs)


@composed
def median(
    a: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    return quantile(a, 0.5, axis, keepdims=keepdims)


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
    index = x.detach().numpy() if isinstance(x, xp.Tensor) else sys.modules["numpy"].asarray(x)
    size = max(minlength, int(index.max()) + 1 if index.size else 0)
    weights = xp.asarray(weights)
    places = xp.asarray(index, device=weights.device)
    return xp.scatter_add(
        xp.zeros(size, dtype=weights.dtype, device=weights.device), places, weights
    )
