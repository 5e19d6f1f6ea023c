"""Elementary functions that the standard lacks."""

from __future__ import annotations

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


FUNCTIONS = {f.__name__: f for f in (exp2, cbrt, sinc, sinc_derivative)}
