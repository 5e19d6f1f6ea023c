"""The gamma function, its relatives, its logarithmic derivatives, and the zeta function of Hurwitz."""

from __future__ import annotations

import math
from typing import Any, Final

from xpgrad.extend import elementwise
from xpgrad_special._tools import by_scipy, missing, zero_where

STEPS: Final = 16
BERNOULLI: Final = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66)
"""B_2, B_4, …, B_10: after so many steps the next one adds less than 1e-16 of the sum, for every x > 1 and q > 0."""


def loggamma(z: Any, /, *, xp: Any) -> Any:
    """The principal branch of the logarithm of the gamma function; NaN for negative real numbers.

    Derivative: to any order.
    """
    return by_scipy("loggamma", xp, z)


def gamma(z: Any, /, *, xp: Any) -> Any:
    """The gamma function.

    Derivative: to any order; NaN at 0, -1, -2, ….
    """
    return by_scipy("gamma", xp, z)


def rgamma(z: Any, /, *, xp: Any) -> Any:
    """``1 / gamma(z)``, which is 0 at 0, -1, -2, ….

    Derivative: to any order; NaN at 0, -1, -2, …, where the formula is zero times infinity.
    """
    return by_scipy("rgamma", xp, z)


def gammasgn(x: Any, /, *, xp: Any) -> Any:
    """The sign of the gamma function.

    Derivative: 0, also at the jumps.
    """
    odd = xp.floor(x) - 2.0 * xp.floor(0.5 * xp.floor(x))
    pole = (x <= 0) & (xp.floor(x) == x)
    sign = xp.where(x < 0, 1.0 - 2.0 * odd, xp.ones_like(x))
    nothing = xp.where(x == 0, xp.copysign(xp.ones_like(x), x), xp.nan * xp.ones_like(x))
    return xp.where(pole, nothing, sign)


def digamma(x: Any, /, *, xp: Any) -> Any:
    """The derivative of ``gammaln``; ``psi`` is the same.

    Derivative: to any order.
    """
    return by_scipy("digamma", xp, x) if xp.is_complex(x) else xp.digamma(x)


psi = digamma


def polygamma(n: Any, x: Any, /, *, xp: Any) -> Any:
    """The ``n``-th derivative of ``digamma``, for whole numbers ``n >= 0`` of any dtype.

    Derivative: by ``x`` to any order; none by ``n``.
    """
    return by_scipy("polygamma", xp, n, x)


def zeta(x: Any, q: Any, /, *, xp: Any) -> Any:
    """The sum of ``(q + k) ** -x`` over ``k = 0, 1, …``; ``q = 1`` is Riemann's function.  For ``x > 1`` and ``q > 0``.

    Derivative: by both to any order; by ``x`` from the terms of Euler and Maclaurin's formula, each differentiated.
    """
    return by_scipy("zeta", xp, x, q)


def beta(a: Any, b: Any, /, *, xp: Any) -> Any:
    """``gamma(a) gamma(b) / gamma(a + b)``.

    Derivative: by both to any order.
    """
    return by_scipy("beta", xp, a, b)


def betaln(a: Any, b: Any, /, *, xp: Any) -> Any:
    """The logarithm of the absolute value of ``beta``.

    Derivative: by both to any order.
    """
    return by_scipy("betaln", xp, a, b)


def binom(n: Any, k: Any, /, *, xp: Any) -> Any:
    """The binomial coefficient, for real numbers too.

    Derivative: by both to any order; NaN where ``k > n`` are whole numbers.
    """
    return by_scipy("binom", xp, n, k)


def poch(z: Any, m: Any, /, *, xp: Any) -> Any:
    """``gamma(z + m) / gamma(z)``, the rising factorial.

    Derivative: by both to any order.
    """
    return by_scipy("poch", xp, z, m)


def multigammaln(a: Any, /, d: int, *, xp: Any) -> Any:
    """The logarithm of the multivariate gamma function of dimension ``d``, for ``a > (d - 1) / 2``.

    Derivative: to any order.
    """
    total = (d * (d - 1) / 4.0) * math.log(math.pi) + xp.gammaln(a)
    for j in range(1, d):
        total = total + xp.gammaln(a - 0.5 * j)
    return total


def _by_order(g: Any, a: Any, d: int, xp: Any) -> Any:
    total = xp.special.digamma(a)
    for j in range(1, d):
        total = total + xp.special.digamma(a - 0.5 * j)
    return g * total


def _zeta_by_exponent(g: Any, x: Any, q: Any, xp: Any) -> Any:
    """Euler and Maclaurin's formula for ``zeta``, differentiated by the exponent term by term."""
    total = xp.zeros_like(g)
    for k in range(STEPS):
        logarithm = xp.log(q + float(k))
        total = total - logarithm * xp.exp(-x * logarithm)
    end = q + float(STEPS)
    logarithm = xp.log(end)
    power = xp.exp(-x * logarithm)
    pole = 1.0 / (x - 1.0)
    total = total - power * end * pole * (logarithm + pole)
    total = total - 0.5 * power * logarithm
    # B_2k / (2k)! x (x + 1) … (x + 2k - 2) end ** (-x - 2k + 1)
    rising, slope = x, 1.0 / x
    for k, b in enumerate(BERNOULLI, 1):
        term = (b / math.factorial(2 * k)) * rising * power / end ** (2 * k - 1)
        total = total + term * (slope - logarithm)
        for j in (2.0 * k - 1.0, 2.0 * k):
            rising, slope = rising * (x + j), slope + 1.0 / (x + j)
    return g * total


def _sum_minus(which: str) -> Any:
    """``digamma`` of one argument minus that of the sum: the slope of ``betaln``."""
    if which == "a":
        return lambda a, b, xp: xp.special.digamma(a) - xp.special.digamma(a + b)
    return lambda a, b, xp: xp.special.digamma(b) - xp.special.digamma(a + b)


_by_a, _by_b = _sum_minus("a"), _sum_minus("b")

LOGGAMMA = elementwise("special.loggamma", z=lambda g, z, xp: g * xp.special.digamma(z))
GAMMA = elementwise("special.gamma", z=lambda g, z, out, xp: g * out * xp.special.digamma(z))
RGAMMA = elementwise("special.rgamma", z=lambda g, z, out, xp: -g * out * xp.special.digamma(z))
GAMMASGN = elementwise("special.gammasgn", x=lambda g, xp: xp.zeros_like(g))
DIGAMMA = elementwise("special.digamma", x=lambda g, x, xp: g * xp.digamma_derivative(x, 1))
PSI = elementwise("special.psi", x=lambda g, x, xp: g * xp.digamma_derivative(x, 1))
POLYGAMMA = elementwise(
    "special.polygamma",
    n=missing("polygamma", "n", "Pass n as a number, or detach it."),
    x=lambda g, n, x, xp: g * xp.special.polygamma(n + 1, x),
)
ZETA = elementwise(
    "special.zeta", x=_zeta_by_exponent, q=lambda g, x, q, xp: -g * x * xp.special.zeta(x + 1.0, q)
)
BETA = elementwise(
    "special.beta",
    a=lambda g, a, b, out, xp: g * out * _by_a(a, b, xp),
    b=lambda g, a, b, out, xp: g * out * _by_b(a, b, xp),
)
BETALN = elementwise(
    "special.betaln",
    a=lambda g, a, b, xp: g * _by_a(a, b, xp),
    b=lambda g, a, b, xp: g * _by_b(a, b, xp),
)


def _binom_by_n(g: Any, n: Any, k: Any, out: Any, xp: Any) -> Any:
    psi_of = xp.special.digamma
    return g * out * (psi_of(n + 1.0) - psi_of(n - k + 1.0))


def _binom_by_k(g: Any, n: Any, k: Any, out: Any, xp: Any) -> Any:
    psi_of = xp.special.digamma
    return g * out * (psi_of(n - k + 1.0) - psi_of(k + 1.0))


def _poch_by_z(g: Any, z: Any, m: Any, out: Any, xp: Any) -> Any:
    return g * zero_where(m == 0, out * (xp.special.digamma(z + m) - xp.special.digamma(z)), xp)


BINOM = elementwise("special.binom", n=_binom_by_n, k=_binom_by_k)
POCH = elementwise(
    "special.poch",
    z=_poch_by_z,
    m=lambda g, z, m, out, xp: g * out * xp.special.digamma(z + m),
)
MULTIGAMMALN = elementwise("special.multigammaln", a=_by_order)
