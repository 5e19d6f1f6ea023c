"""Elementary functions that the standard lacks."""

from __future__ import annotations

import functools
import math
from typing import Any


def exp2(xp: Any, x: Any) -> Any:  # noqa: ARG001 - one signature for all
    """2 to the power ``x``."""
    return 2.0**x


def cbrt(xp: Any, x: Any) -> Any:
    """The real cube root."""
    return xp.sign(x) * xp.abs(x) ** (1.0 / 3.0)


def sinc(xp: Any, x: Any) -> Any:
    """``sin(pi x) / (pi x)``, 1 at 0."""
    y = math.pi * x
    zero = y == 0
    safe = xp.where(zero, xp.ones_like(y), y)
    return xp.where(zero, xp.ones_like(y), xp.sin(safe) / safe)


def sinc_derivative(xp: Any, x: Any, n: int) -> Any:
    """The ``n``-th derivative of ``sinc``, accurate at and near 0.

    With ``y = pi x`` and ``f_n`` the n-th derivative of ``sin(y) / y``: away from 0 by ``n`` steps of
    ``y f_n = (sin y)^(n) - n f_(n-1)``, which lose digits for ``|y| < n / 2``; there by the Taylor series.
    """
    y = math.pi * x
    bound = 1.0 + n / 2.0
    near = xp.abs(y) < bound
    far = xp.where(near, xp.ones_like(y), y)
    sin, cos = xp.sin(far), xp.cos(far)
    waves = (sin, cos, -sin, -cos)
    away = sin / far
    for k in range(1, n + 1):
        away = (waves[k % 4] - float(k) * away) / far
    close = _series(xp.where(near, y, xp.zeros_like(y)), n, bound)
    return math.pi**n * xp.where(near, close, away)


def _series(y: Any, n: int, bound: float) -> Any:
    """The sum over ``m >= n / 2`` of ``(-1)^m y^(2m - n) / ((2m - n)! (2m + 1))``, by Horner's rule in ``y^2``."""
    first = (n + 1) // 2
    last = first
    while bound ** (2 * last - n) / math.factorial(2 * last - n) > 1e-18:
        last += 1
    square, total = y * y, 0.0
    for m in range(last, first - 1, -1):
        sign = -1.0 if m % 2 else 1.0
        total = total * square + sign / (math.factorial(2 * m - n) * (2 * m + 1))
    return total * y if n % 2 else total


# M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988), 477-484; lowest power first
_CENTRE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
     3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
_NEAR = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip
_FAR = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
)  # fmt: skip


def normal_quantile(xp: Any, x: Any) -> Any:
    """The number below which a standard normal one lies with probability ``x``; infinite at 0 and 1."""
    q = x - 0.5
    central = xp.abs(q) <= 0.425
    middle = q * _ratio(_CENTRE, xp.where(central, 0.180625 - q * q, xp.zeros_like(q)))
    smaller = xp.where(q < 0.0, x, 1.0 - x)
    inside = (smaller > 0.0) & ~central
    r = xp.sqrt(-xp.log(xp.where(inside, smaller, 0.01 * xp.ones_like(q))))
    near = r <= 5.0
    nearer = _ratio(_NEAR, xp.where(near, r - 1.6, xp.zeros_like(r)))
    farther = _ratio(_FAR, xp.where(near, xp.zeros_like(r), r - 5.0))
    tail = xp.where(near, nearer, farther)
    end = xp.where(smaller == 0.0, xp.inf * xp.ones_like(q), xp.nan * xp.ones_like(q))
    tail = xp.where(inside, tail, end)
    return xp.where(central, middle, xp.where(q < 0.0, -tail, tail))


def _ratio(table: Any, r: Any) -> Any:
    above, below = (functools.reduce(lambda s, c: s * r + c, reversed(t), 0.0) for t in table)
    return above / below


FUNCTIONS = {f.__name__: f for f in (exp2, cbrt, sinc, sinc_derivative, normal_quantile)}
