"""The error function and its relatives; the normal distribution; Dawson's integral."""

from __future__ import annotations

import math
from typing import Any, Final

from xpgrad.extend import elementwise
from xpgrad_special._tools import by_scipy

TWO_OVER_SQRT_PI: Final = 2.0 / math.sqrt(math.pi)
HALF_SQRT_PI: Final = math.sqrt(math.pi) / 2.0
SQRT_HALF: Final = math.sqrt(0.5)
SQRT_2_PI: Final = math.sqrt(2.0 * math.pi)
SQRT_2_OVER_PI: Final = math.sqrt(2.0 / math.pi)


def erfcx(x: Any, /, *, xp: Any) -> Any:
    """``exp(x * x) erfc(x)``.

    Derivative: to any order; for large ``x`` it is a small difference, with a relative error of about
    ``x * x`` units in the last place.
    """
    return by_scipy("erfcx", xp, x) if xp.is_complex(x) else xp.erfcx(x)


def erfi(x: Any, /, *, xp: Any) -> Any:
    """``-i erf(i x)``.

    Derivative: to any order.
    """
    return by_scipy("erfi", xp, x)


def erfinv(y: Any, /, *, xp: Any) -> Any:
    """The inverse of ``erf``.

    Derivative: to any order; infinite at -1 and 1.
    """
    return by_scipy("erfinv", xp, y)


def erfcinv(y: Any, /, *, xp: Any) -> Any:
    """The inverse of ``erfc``, accurate near 0.

    Derivative: to any order; infinite at 0 and 2.
    """
    return by_scipy("erfcinv", xp, y)


def dawsn(x: Any, /, *, xp: Any) -> Any:
    """Dawson's integral, ``sqrt(pi) / 2 exp(-x * x) erfi(x)``.

    Derivative: to any order.
    """
    return by_scipy("dawsn", xp, x)


def ndtr(x: Any, /, *, xp: Any) -> Any:
    """The standard normal distribution function, accurate in its lower tail.

    Derivative: to any order, the density; it underflows to 0 in the tails.
    """
    return 0.5 * xp.erfc(-SQRT_HALF * x)


def log_ndtr(x: Any, /, *, xp: Any) -> Any:
    """The logarithm of ``ndtr``, accurate in both tails.

    Derivative: to any order, accurate in both tails; its own derivative loses ``x * x`` units in the last place.
    """
    low = x < -1.0
    zero = xp.zeros_like(x)
    below = xp.where(low, x, zero)
    tail = xp.log(0.5 * xp.erfcx(-SQRT_HALF * below)) - 0.5 * below * below
    return xp.where(low, tail, xp.log1p(-0.5 * xp.erfc(SQRT_HALF * xp.where(low, zero, x))))


def ndtri(y: Any, /, *, xp: Any) -> Any:
    """The inverse of ``ndtr``.

    Derivative: to any order; infinite at 0 and 1.
    """
    return by_scipy("ndtri", xp, y)


def ndtri_exp(y: Any, /, *, xp: Any) -> Any:
    """The inverse of ``log_ndtr``.

    Derivative: to any order.
    """
    return by_scipy("ndtri_exp", xp, y)


def _mills(g: Any, x: Any, xp: Any) -> Any:
    """The density over the distribution function; no quotient of two numbers that underflow."""
    return g * SQRT_2_OVER_PI / xp.special.erfcx(-SQRT_HALF * x)


ERFCX = elementwise("special.erfcx", x=lambda g, x, out: g * (2.0 * x * out - TWO_OVER_SQRT_PI))
ERFI = elementwise("special.erfi", x=lambda g, x, xp: g * TWO_OVER_SQRT_PI * xp.exp(x * x))
ERFINV = elementwise("special.erfinv", y=lambda g, out, xp: g * HALF_SQRT_PI * xp.exp(out * out))
ERFCINV = elementwise("special.erfcinv", y=lambda g, out, xp: -g * HALF_SQRT_PI * xp.exp(out * out))
DAWSN = elementwise("special.dawsn", x=lambda g, x, out: g * (1.0 - 2.0 * x * out))
NDTR = elementwise("special.ndtr", x=lambda g, x, xp: g * xp.exp(-0.5 * x * x) / SQRT_2_PI)
LOG_NDTR = elementwise("special.log_ndtr", x=_mills)
NDTRI = elementwise("special.ndtri", y=lambda g, out, xp: g * SQRT_2_PI * xp.exp(0.5 * out * out))
NDTRI_EXP = elementwise("special.ndtri_exp", y=lambda g, out, xp: g / _mills(1.0, out, xp))
