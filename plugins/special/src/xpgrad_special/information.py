"""Logarithms and entropies with their values at zero, the logistic function, losses and power transforms."""

from __future__ import annotations

import math
from typing import Any, Final

from xpgrad.extend import elementwise
from xpgrad_special._tools import near_zero, polynomial, zero_where

# --- x log y and its relatives: a factor of zero wins -------------------------------------------------


def xlogy(x: Any, y: Any, /, *, xp: Any) -> Any:
    """``x log(y)``, 0 where ``x`` is 0 and ``y`` is a number.

    Derivative: by both to any order; chosen: by ``x``, 0 where ``x`` is 0 and ``y <= 0``; by ``y``, 0 where ``x`` is 0.
    """
    nothing = (x == 0) & ~xp.isnan(y)
    return zero_where(nothing, x * xp.log(xp.where(nothing, xp.ones_like(y), y)), xp)


def xlog1py(x: Any, y: Any, /, *, xp: Any) -> Any:
    """``x log(1 + y)``, 0 where ``x`` is 0 and ``y`` is a number.

    Derivative: by both to any order; chosen: by ``x``, 0 where ``x`` is 0 and ``y <= -1``; by ``y``, 0 where
    ``x`` is 0.
    """
    nothing = (x == 0) & ~xp.isnan(y)
    return zero_where(nothing, x * xp.log1p(xp.where(nothing, xp.zeros_like(y), y)), xp)


def _at_zero(x: Any, outside: Any) -> Any:
    return (x == 0) & outside


def _xlogy_by_x(g: Any, x: Any, y: Any, xp: Any) -> Any:
    lost = xp.broadcast_to(_at_zero(x, y == 0), g.shape)
    return zero_where(lost, g * xp.log(xp.where(lost, xp.ones_like(g), y)), xp)


def _over(g: Any, x: Any, y: Any, xp: Any) -> Any:
    """``g x / y``, 0 where ``x`` is 0."""
    nothing = xp.broadcast_to(x == 0, g.shape)
    return zero_where(nothing, g * x / xp.where(nothing, xp.ones_like(g), y), xp)


def _xlog1py_by_x(g: Any, x: Any, y: Any, xp: Any) -> Any:
    lost = xp.broadcast_to(_at_zero(x, y == -1), g.shape)
    return zero_where(lost, g * xp.log1p(xp.where(lost, xp.zeros_like(g), y)), xp)


def entr(x: Any, /, *, xp: Any) -> Any:
    """``-x log(x)``, 0 at 0, minus infinity below.

    Derivative: to any order; infinite at 0, NaN below.
    """
    positive = x > 0
    inside = xp.where(positive, x, xp.ones_like(x))
    outside = xp.where(x == 0, xp.zeros_like(x), xp.where(x < 0, -xp.inf * xp.ones_like(x), x))
    return xp.where(positive, -inside * xp.log(inside), outside)


def _positive(xp: Any, x: Any, y: Any) -> tuple[Any, Any, Any]:
    both = (x > 0) & (y > 0)
    one = xp.ones_like(x + y)
    return both, xp.where(both, x, one), xp.where(both, y, one)


def rel_entr(x: Any, y: Any, /, *, xp: Any) -> Any:
    """``x log(x / y)``; 0 where ``x`` is 0 and ``y >= 0``, infinite outside.

    Derivative: by both to any order; by ``x`` minus infinity where ``x`` is 0, by ``y`` 0 there.
    """
    both, a, b = _positive(xp, x, y)
    outside = xp.where((x == 0) & (y >= 0), xp.zeros_like(a), xp.inf * xp.ones_like(a))
    outside = xp.where(xp.isnan(x) | xp.isnan(y), xp.nan * xp.ones_like(a), outside)
    return xp.where(both, a * xp.log(a / b), outside)


def kl_div(x: Any, y: Any, /, *, xp: Any) -> Any:
    """``x log(x / y) - x + y``; ``y`` where ``x`` is 0 and ``y >= 0``, infinite outside.

    Derivative: by both to any order; by ``x`` minus infinity where ``x`` is 0, by ``y`` 1 there.
    """
    both, a, b = _positive(xp, x, y)
    outside = xp.where((x == 0) & (y >= 0), y, xp.inf * xp.ones_like(a))
    outside = xp.where(xp.isnan(x) | xp.isnan(y), xp.nan * xp.ones_like(a), outside)
    return xp.where(both, a * xp.log(a / b) - a + b, outside)


XLOGY = elementwise("special.xlogy", x=_xlogy_by_x, y=_over)
XLOG1PY = elementwise(
    "special.xlog1py", x=_xlog1py_by_x, y=lambda g, x, y, xp: _over(g, x, y + 1.0, xp)
)
ENTR = elementwise("special.entr", x=lambda g, x, xp: -g * (xp.log(x) + 1.0))
REL_ENTR = elementwise(
    "special.rel_entr",
    x=lambda g, x, y, xp: g * (xp.log(x / y) + 1.0),
    y=lambda g, x, y, xp: -_over(g, x, y, xp),
)
KL_DIV = elementwise(
    "special.kl_div",
    x=lambda g, x, y, xp: g * xp.log(x / y),
    y=lambda g, x, y, xp: g - _over(g, x, y, xp),
)

# --- the logistic function ----------------------------------------------------------------------------


def expit(x: Any, /, *, xp: Any) -> Any:
    """``1 / (1 + exp(-x))``, accurate in both tails.

    Derivative: to any order, accurate in both tails.
    """
    small = xp.exp(-xp.abs(x))
    return xp.where(x < 0, small, xp.ones_like(x)) / (1.0 + small)


def logit(x: Any, /, *, xp: Any) -> Any:
    """``log(x / (1 - x))``.

    Derivative: to any order; infinite at 0 and 1.
    """
    return xp.log(x) - xp.log1p(-x)


def log_expit(x: Any, /, *, xp: Any) -> Any:
    """``log(expit(x))``, accurate in both tails.

    Derivative: to any order, accurate in both tails.
    """
    return xp.minimum(x, xp.zeros_like(x)) - xp.log1p(xp.exp(-xp.abs(x)))


EXPIT = elementwise(
    "special.expit", x=lambda g, x, xp: g * xp.special.expit(x) * xp.special.expit(-x)
)
LOGIT = elementwise("special.logit", x=lambda g, x: g / (x * (1.0 - x)))
LOG_EXPIT = elementwise("special.log_expit", x=lambda g, x, xp: g * xp.special.expit(-x))

# --- losses ---------------------------------------------------------------------------------------------


def huber(delta: Any, r: Any, /, *, xp: Any) -> Any:
    """``r * r / 2`` up to ``|r| = delta``, ``delta (|r| - delta / 2)`` beyond; infinite for ``delta < 0``.

    Derivative: by both to any order of the two branches.
    """
    size = xp.abs(r)
    value = xp.where(size <= delta, 0.5 * r * r, delta * (size - 0.5 * delta))
    return xp.where(delta < 0, xp.inf * xp.ones_like(value), value)


def pseudo_huber(delta: Any, r: Any, /, *, xp: Any) -> Any:
    """``delta ** 2 (sqrt(1 + (r / delta) ** 2) - 1)``: smooth; 0 for ``delta = 0``, infinite below.

    Derivative: by both to any order, for ``delta > 0``.
    """
    safe = xp.where(delta > 0, delta, xp.ones_like(delta))
    ratio = (r / safe) ** 2
    value = (
        delta * delta * ratio / (xp.sqrt(1.0 + ratio) + 1.0)
    )  # sqrt(1 + t) - 1 without a difference
    return xp.where(delta < 0, xp.inf * xp.ones_like(value), value)


HUBER = elementwise(
    "special.huber",
    delta=lambda g, delta, r, xp: zero_where(xp.abs(r) <= delta, g * (xp.abs(r) - delta), xp),
    r=lambda g, delta, r, xp: g * xp.maximum(-delta, xp.minimum(r, delta)),
)


def _pseudo_by_delta(g: Any, delta: Any, r: Any, out: Any, xp: Any) -> Any:
    return g * (2.0 * out / delta - r * (r / delta) / xp.sqrt(1.0 + (r / delta) ** 2))


PSEUDO_HUBER = elementwise(
    "special.pseudo_huber",
    delta=_pseudo_by_delta,
    r=lambda g, delta, r, xp: g * r / xp.sqrt(1.0 + (r / delta) ** 2),
)

# --- power transforms: smooth in lambda, also at 0 ---------------------------------------------------------

EXPREL_SLOPE: Final = tuple((k + 1.0) / math.factorial(k + 2) for k in range(20))
"""The Taylor series of the slope of ``expm1(u) / u``: (k + 1) / (k + 2)!."""
LOG1PREL_SLOPE: Final = tuple((-1.0) ** (k + 1) * (k + 1.0) / (k + 2.0) for k in range(30))
"""The Taylor series of the slope of ``log1p(u) / u``."""


def exprel_slope(xp: Any, u: Any) -> Any:
    """The slope of ``expm1(u) / u``."""
    return near_zero(
        xp, u, 1.0,
        lambda v: polynomial(EXPREL_SLOPE, v), lambda v: (xp.exp(v) * (v - 1.0) + 1.0) / v**2,
    )  # fmt: skip


def log1prel_slope(xp: Any, u: Any) -> Any:
    """The slope of ``log1p(u) / u``."""
    return near_zero(
        xp, u, 0.25,
        lambda v: polynomial(LOG1PREL_SLOPE, v), lambda v: (v / (1.0 + v) - xp.log1p(v)) / v**2,
    )  # fmt: skip


def _power_over(xp: Any, logarithm: Any, lmbda: Any) -> Any:
    """``(exp(lmbda logarithm) - 1) / lmbda``."""
    zero = lmbda == 0
    safe = xp.where(zero, xp.ones_like(lmbda), lmbda)
    return xp.where(zero, logarithm * xp.ones_like(lmbda), xp.expm1(safe * logarithm) / safe)


def boxcox(x: Any, lmbda: Any, /, *, xp: Any) -> Any:
    """``(x ** lmbda - 1) / lmbda``, ``log(x)`` for ``lmbda = 0``.

    Derivative: by both to any order, smooth at ``lmbda = 0``.
    """
    return _power_over(xp, xp.log(x), lmbda)


def boxcox1p(x: Any, lmbda: Any, /, *, xp: Any) -> Any:
    """``((1 + x) ** lmbda - 1) / lmbda``, ``log(1 + x)`` for ``lmbda = 0``.

    Derivative: by both to any order, smooth at ``lmbda = 0``.
    """
    return _power_over(xp, xp.log1p(x), lmbda)


def inv_boxcox(y: Any, lmbda: Any, /, *, xp: Any) -> Any:
    """The inverse of ``boxcox``: ``(lmbda y + 1) ** (1 / lmbda)``, ``exp(y)`` for ``lmbda = 0``.

    Derivative: by both to any order, smooth at ``lmbda = 0``.
    """
    return xp.exp(_root_logarithm(xp, y, lmbda))


def inv_boxcox1p(y: Any, lmbda: Any, /, *, xp: Any) -> Any:
    """The inverse of ``boxcox1p``.

    Derivative: by both to any order, smooth at ``lmbda = 0``.
    """
    return xp.expm1(_root_logarithm(xp, y, lmbda))


def _root_logarithm(xp: Any, y: Any, lmbda: Any) -> Any:
    zero = lmbda == 0
    safe = xp.where(zero, xp.ones_like(lmbda), lmbda)
    return xp.where(zero, y * xp.ones_like(lmbda), xp.log1p(safe * y) / safe)


def _slope_by_lambda(xp: Any, logarithm: Any, lmbda: Any) -> Any:
    return logarithm**2 * exprel_slope(xp, lmbda * logarithm)


BOXCOX = elementwise(
    "special.boxcox",
    x=lambda g, x, lmbda, xp: g * xp.exp((lmbda - 1.0) * xp.log(x)),
    lmbda=lambda g, x, lmbda, xp: g * _slope_by_lambda(xp, xp.log(x), lmbda),
)
BOXCOX1P = elementwise(
    "special.boxcox1p",
    x=lambda g, x, lmbda, xp: g * xp.exp((lmbda - 1.0) * xp.log1p(x)),
    lmbda=lambda g, x, lmbda, xp: g * _slope_by_lambda(xp, xp.log1p(x), lmbda),
)
INV_BOXCOX = elementwise(
    "special.inv_boxcox",
    y=lambda g, y, lmbda, out: g * out / (1.0 + lmbda * y),
    lmbda=lambda g, y, lmbda, out, xp: g * out * y**2 * log1prel_slope(xp, lmbda * y),
)
INV_BOXCOX1P = elementwise(
    "special.inv_boxcox1p",
    y=lambda g, y, lmbda, out: g * (out + 1.0) / (1.0 + lmbda * y),
    lmbda=lambda g, y, lmbda, out, xp: g * (out + 1.0) * y**2 * log1prel_slope(xp, lmbda * y),
)
