"""Exponential integrals, functions with a removable singularity, confluent and Gauss hypergeometric functions."""

from __future__ import annotations

import math
from typing import Any, Final

from xpgrad.extend import elementwise
from xpgrad_special._tools import by_scipy, missing, near_zero, polynomial
from xpgrad_special.information import exprel_slope

_PARAMETER = "Pass it as a number, or detach it."


def expi(x: Any, /, *, xp: Any) -> Any:
    """The exponential integral Ei.

    Derivative: to any order.
    """
    return by_scipy("expi", xp, x)


def exp1(x: Any, /, *, xp: Any) -> Any:
    """The exponential integral E1.

    Derivative: to any order.
    """
    return by_scipy("exp1", xp, x)


def expn(n: Any, x: Any, /, *, xp: Any) -> Any:
    """The generalized exponential integral of whole order ``n >= 0``.

    Derivative: by ``x`` to any order; none by ``n``.
    """
    return by_scipy("expn", xp, n, x)


def _expn_by_x(g: Any, n: Any, x: Any, xp: Any) -> Any:
    lowest = n < 1
    below = xp.special.expn(xp.where(lowest, xp.zeros_like(n), n - 1), x)
    last = xp.exp(-x) * (1.0 / x + 1.0 / (x * x))  # minus the slope of expn(0, x) = exp(-x) / x
    return -g * xp.where(lowest, last, below)


def exprel(x: Any, /, *, xp: Any) -> Any:
    """``(exp(x) - 1) / x``, 1 at 0.

    Derivative: to any order, by its series for ``|x| < 1``.
    """
    zero = x == 0
    safe = xp.where(zero, xp.ones_like(x), x)
    return xp.where(zero, xp.ones_like(x), xp.expm1(safe) / safe)


def cosm1(x: Any, /, *, xp: Any) -> Any:
    """``cos(x) - 1``, accurate near 0.

    Derivative: to any order.
    """
    return -2.0 * xp.sin(0.5 * x) ** 2


SINC_SLOPE: Final = tuple((-1.0) ** k * 2.0 * k / math.factorial(2 * k + 1) for k in range(1, 13))
"""The slope of ``sin(u) / u`` over ``u``, in powers of ``u * u``."""


def sinc(x: Any, /, *, xp: Any) -> Any:
    """``sin(pi x) / (pi x)``, 1 at 0.

    Derivative: to any order, by its series for ``|pi x| < 1.7``.
    """
    zero = x == 0
    u = math.pi * xp.where(zero, xp.ones_like(x), x)
    return xp.where(zero, xp.ones_like(x), xp.sin(u) / u)


def _sinc_slope(g: Any, x: Any, xp: Any) -> Any:
    return g * math.pi * near_zero(
        xp, math.pi * x, 1.7,
        lambda u: u * polynomial(SINC_SLOPE, u * u), lambda u: (xp.cos(u) - xp.sin(u) / u) / u,
    )  # fmt: skip


LOG_OVER: Final = tuple((-1.0) ** k / (k + 1.0) for k in range(30))
"""The series of ``log1p(w) / w``."""


def spence(z: Any, /, *, xp: Any) -> Any:
    """The dilogarithm in SciPy's form: the integral of ``log(t) / (1 - t)`` from 1 to ``z``.

    Derivative: to any order, also at 1.
    """
    return by_scipy("spence", xp, z)


def _spence_slope(g: Any, z: Any, xp: Any) -> Any:
    return -g * near_zero(
        xp, z - 1.0, 0.25, lambda w: polynomial(LOG_OVER, w), lambda w: xp.log(w + 1.0) / w
    )


def hyp1f1(a: Any, b: Any, x: Any, /, *, xp: Any) -> Any:
    """Kummer's confluent hypergeometric function.

    Derivative: by ``x`` to any order; none by ``a`` and ``b``.
    """
    return by_scipy("hyp1f1", xp, a, b, x)


def hyp2f1(a: Any, b: Any, c: Any, z: Any, /, *, xp: Any) -> Any:
    """Gauss's hypergeometric function.

    Derivative: by ``z`` to any order; none by ``a``, ``b`` and ``c``.
    """
    return by_scipy("hyp2f1", xp, a, b, c, z)


def lambertw(z: Any, /, k: int = 0, *, xp: Any) -> Any:
    """The branch ``k`` of the inverse of ``w exp(w)``; complex, also for real ``z``.

    Derivative: to any order; infinite at the branch point ``-1 / e``.
    """
    return by_scipy("lambertw", xp, z, k=k)


EXPI = elementwise("special.expi", x=lambda g, x, xp: g * xp.exp(x) / x)
EXP1 = elementwise("special.exp1", x=lambda g, x, xp: -g * xp.exp(-x) / x)
EXPN = elementwise("special.expn", n=missing("expn", "n", _PARAMETER), x=_expn_by_x)
EXPREL = elementwise("special.exprel", x=lambda g, x, xp: g * exprel_slope(xp, x))
COSM1 = elementwise("special.cosm1", x=lambda g, x, xp: -g * xp.sin(x))
SINC = elementwise("special.sinc", x=_sinc_slope)
SPENCE = elementwise("special.spence", z=_spence_slope)
HYP1F1 = elementwise(
    "special.hyp1f1",
    a=missing("hyp1f1", "a", _PARAMETER),
    b=missing("hyp1f1", "b", _PARAMETER),
    x=lambda g, a, b, x, xp: g * a / b * xp.special.hyp1f1(a + 1.0, b + 1.0, x),
)
HYP2F1 = elementwise(
    "special.hyp2f1",
    a=missing("hyp2f1", "a", _PARAMETER),
    b=missing("hyp2f1", "b", _PARAMETER),
    c=missing("hyp2f1", "c", _PARAMETER),
    z=lambda g, a, b, c, z, xp: g * a * b / c * xp.special.hyp2f1(a + 1.0, b + 1.0, c + 1.0, z),
)
LAMBERTW = elementwise("special.lambertw", z=lambda g, out, xp: g * xp.exp(-out) / (1.0 + out))
