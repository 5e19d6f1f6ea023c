"""The error function, the logarithm of the gamma function and its derivatives, against the standard alone.

Each interval has one rational function (``_coefficients``), evaluated everywhere on arguments that were moved
into the interval, and ``where`` picks: no value is ever asked for, nothing overflows, no warning is given.

Largest errors found against mpmath on dense grids, in units in the last place (ULP), on NumPy:

==================  ========  ========  ==================================================================
function            float64   float32   where
==================  ========  ========  ==================================================================
erf                 3         3         everywhere
erfc                6         7         everywhere, the tail down to the smallest normal number included
erfcx               5         5         everywhere
gammaln             4         5         ``x > -2``; below that the function has zeros, and near them the
                                        absolute error is what stays small: 2e-15, 2e-6
digamma             4         4         ``x > 0``; for ``x < 0`` likewise
digamma_derivative  5 + n     5 + n     ``x > 0``, and away from zeros for ``x < 0``
==================  ========  ========  ==================================================================
"""

from __future__ import annotations

import functools
import math
from typing import Any, Final

from xpgrad.errors import DTypeError
from xpgrad.extend.portable import _coefficients as coefficients

LOG_PI: Final = 1.1447298858494002
HALF_LOG_2_PI: Final = 0.9189385332046727
SQRT_PI_INVERSE: Final = 0.5641895835477563
BERNOULLI: Final = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
)
"""B_2, B_4, …, B_18."""


def _need_real(name: str, x: Any, xp: Any) -> None:
    if xp.is_complex(x):
        message = (
            f"{name} of {x.dtype} is not implemented for this library; take a real array, or NumPy or CuPy with "
            "xpgrad-special installed"
        )
        raise DTypeError(message)


def _polynomial(c: tuple[float, ...], x: Any) -> Any:
    """``c[0] + c[1] x + …``, by Horner's rule."""
    result = c[-1] * x + c[-2]
    for coefficient in c[-3::-1]:
        result = result * x + coefficient
    return result


def _rational(table: tuple[tuple[float, ...], tuple[float, ...]], x: Any) -> Any:
    return _polynomial(table[0], x) / _polynomial(table[1], x)


def _filled(xp: Any, condition: Any, x: Any, value: float) -> Any:
    """``x`` where the condition holds, else a number."""
    return xp.where(condition, x, value * xp.ones_like(x))


# --- the error function: three intervals, after W. J. Cody, Math. Comp. 23 (1969), 631-637 ---------


def _exp_of_square(xp: Any, y: Any, sign: float) -> Any:
    """``exp(± y * y)`` as a product of two, so that the rounding of the square does no harm (Cody)."""
    coarse = xp.trunc(y * 16.0) / 16.0
    return xp.exp(sign * coarse * coarse) * xp.exp(sign * (y - coarse) * (y + coarse))


def _scaled_tail(xp: Any, y: Any) -> Any:
    """``exp(y * y) erfc(y)`` for ``y >= 1/2``."""
    middle = _rational(coefficients.ERFCX_MIDDLE, _filled(xp, y < 4.0, y, 1.0))
    far = _filled(xp, y < 4.0, 4.0 * xp.ones_like(y), 0.0) + xp.where(y < 4.0, xp.zeros_like(y), y)
    large = _rational(coefficients.ERFCX_LARGE, (1.0 / far) ** 2) / far
    return xp.where(y < 4.0, middle, large)


def _small(xp: Any, x: Any, y: Any) -> Any:
    """``erf(x)`` for ``y = |x| < 1/2``."""
    z = xp.where(y < 0.5, x, xp.zeros_like(x))
    return z * _rational(coefficients.ERF_SMALL, z * z)


def _tail(xp: Any, y: Any) -> Any:
    """``erfc(y)`` for ``y >= 1/2``; beyond 30 it is zero in every dtype."""
    y = xp.where(y > 30.0, 30.0 * xp.ones_like(y), y)
    return _exp_of_square(xp, y, -1.0) * _scaled_tail(xp, y)


def erf(xp: Any, x: Any) -> Any:
    """The error function."""
    _need_real("erf", x, xp)
    y = xp.abs(x)
    tail = 1.0 - _tail(xp, _filled(xp, ~(y < 0.5), y, 1.0))
    return xp.where(y < 0.5, _small(xp, x, y), xp.where(x < 0, -tail, tail))


def erfc(xp: Any, x: Any) -> Any:
    """``1 - erf(x)``, accurate where it is small."""
    _need_real("erfc", x, xp)
    y = xp.abs(x)
    tail = _tail(xp, _filled(xp, ~(y < 0.5), y, 1.0))
    return xp.where(y < 0.5, 1.0 - _small(xp, x, y), xp.where(x < 0, 2.0 - tail, tail))


def erfcx(xp: Any, x: Any) -> Any:
    """``exp(x * x) erfc(x)``; infinite from about -26.6 in float64, -9.4 in float32."""
    _need_real("erfcx", x, xp)
    y = xp.abs(x)
    tail = _scaled_tail(xp, _filled(xp, ~(y < 0.5), y, 1.0))
    low = math.sqrt(math.log(float(xp.finfo(x.dtype).max) / 2.0))
    lost = x < -low
    grown = _exp_of_square(xp, xp.where(lost | (x > 0.5), xp.zeros_like(x), y), 1.0)
    result = xp.where(x < 0, 2.0 * grown - tail, tail)
    result = xp.where(y < 0.5, grown * (1.0 - _small(xp, x, y)), result)
    return _filled(xp, ~lost, result, xp.inf)


# --- gamma ------------------------------------------------------------------------------------------


def _positive_gammaln(xp: Any, x: Any) -> Any:
    """``log(gamma(x))`` for ``x > 0``.

    From 8 on Stirling's series; below, ``gamma(1 + s) = s gamma(s)`` leads to an interval where the two zeros,
    at 1 and 2, are factors of their own.
    """
    inner = _filled(xp, x < 8.0, x, 1.0)
    product, shift = xp.ones_like(x), xp.zeros_like(x)
    for k in range(1, 6):
        here = inner >= k + 2.0
        product = product * xp.where(here, inner - k, xp.ones_like(x))
        shift = xp.where(here, k * xp.ones_like(x), shift)
    below = inner < 1.0
    u = xp.where(below, inner, inner - 1.0 - shift)
    logarithm = xp.log(xp.where(below, inner, product))
    near = u * (u - 1.0) * _rational(coefficients.GAMMALN, u)
    near = xp.where(below, near - logarithm, near + logarithm)
    return xp.where(x < 8.0, near, _stirling(xp, x))


def _stirling(xp: Any, x: Any) -> Any:
    """``(x - 1/2) (log(x) - 1) + (log(2 pi) - 1) / 2 + 1 / (12 x) - …`` for ``x >= 8``."""
    x = xp.where(x < 8.0, 8.0 * xp.ones_like(x), x)
    largest = float(xp.finfo(x.dtype).max)
    lost = x > largest / math.log(largest)
    x = _filled(xp, ~lost, x, 8.0)
    z = 1.0 / x
    series = tuple(b / (2 * k * (2 * k - 1)) for k, b in enumerate(BERNOULLI, 1))
    rest = z * _polynomial(series, z * z) + (HALF_LOG_2_PI - 0.5)
    return _filled(xp, ~lost, (x - 0.5) * (xp.log(x) - 1.0) + rest, xp.inf)


def _to_pole(xp: Any, x: Any) -> Any:
    """The distance of ``x`` to the nearest integer, exact also where it is tiny."""
    y = xp.abs(x)
    below = y - xp.floor(y)
    return xp.minimum(below, 1.0 - below)


def gammaln(xp: Any, x: Any) -> Any:
    """The logarithm of the absolute value of the gamma function; infinite at the integers up to 0."""
    _need_real("gammaln", x, xp)
    finite = xp.isfinite(x)
    x0 = _filled(xp, finite, x, 1.0)
    y = xp.abs(x0)
    pole = (x0 <= 0) & (x0 == xp.floor(x0))
    y = _filled(xp, ~pole, y, 1.0)
    positive = _positive_gammaln(xp, y)
    inside = _filled(xp, ~pole & (x0 < 0), x0, -0.5)
    sine = xp.sin(math.pi * _to_pole(xp, inside))
    reflected = LOG_PI - xp.log(y) - xp.log(sine) - positive
    result = xp.where(x0 < 0, reflected, positive)
    result = _filled(xp, ~pole, result, xp.inf)
    return xp.where(finite, result, xp.abs(x))


# --- the derivatives of gammaln -----------------------------------------------------------------------


def _positive_digamma(xp: Any, x: Any) -> Any:
    """``digamma(x)`` for ``x > 0``: by ``digamma(x) + 1 / x`` to its zero between 1 and 2; a series from 10 on."""
    inner = _filled(xp, x < 10.0, x, 1.5)
    zero, one = xp.zeros_like(x), xp.ones_like(x)
    total, shift = xp.where(inner < 1.0, -1.0 / inner, zero), xp.where(inner < 1.0, zero, one)
    for k in range(1, 9):
        here = inner >= k + 1.0
        total = total + xp.where(here, 1.0 / xp.where(here, inner - k, one), zero)
        shift = shift + xp.where(here, one, zero)
    u = inner - shift
    first, second, third = coefficients.ROOT
    near = total + (u - (first - 1.0) - second - third) * _rational(coefficients.DIGAMMA, u)
    far = _filled(xp, ~(x < 10.0), x, 10.0)
    z = 1.0 / far
    series = tuple(b / (2 * k) for k, b in enumerate(BERNOULLI, 1))
    return xp.where(x < 10.0, near, xp.log(far) - 0.5 * z - z * z * _polynomial(series, z * z))


def _cotangent(xp: Any, x: Any, least: float) -> Any:
    """``cot(pi x)``, with ``x`` moved away from the poles by ``least``."""
    y = xp.abs(x)
    below = y - xp.floor(y)
    side = xp.where(below > 0.5, below - 1.0, below)
    side = _filled(xp, xp.abs(side) > least, side, least)
    return xp.sign(x) * xp.cos(math.pi * side) / xp.sin(math.pi * side)


def digamma(xp: Any, x: Any) -> Any:
    """The derivative of :func:`gammaln`; infinite at 0, with the opposite sign; NaN at -1, -2, … as in SciPy."""
    _need_real("digamma", x, xp)
    least = 4.0 / float(xp.finfo(x.dtype).max)
    y = xp.abs(x)
    at_zero = y < least
    pole = (x < 0) & (x == xp.floor(x)) & ~at_zero
    y = _filled(xp, ~(pole | at_zero), y, 1.0)
    positive = _positive_digamma(xp, y)
    negative = (x < 0) & ~pole & ~at_zero
    inside = _filled(xp, negative, x, -0.25)
    # digamma(-y) = digamma(y) + 1 / y + pi cot(pi y)
    reflected = positive + 1.0 / y - math.pi * _cotangent(xp, inside, least)
    result = _filled(xp, ~pole, xp.where(negative, reflected, positive), xp.nan)
    infinite = xp.where(xp.signbit(x), xp.inf * xp.ones_like(x), -xp.inf * xp.ones_like(x))
    return xp.where(at_zero, infinite, result)


def digamma_derivative(xp: Any, x: Any, n: int) -> Any:
    """The ``n``-th derivative of digamma, ``n >= 1``: ``10 + n`` terms of its series and Euler-Maclaurin's rest.

    Infinite at 0, -1, -2, …  For negative ``x`` the derivatives of ``cot`` are polynomials in ``cot``.
    """
    _need_real("polygamma", x, xp)
    least = float(xp.finfo(x.dtype).max) ** (-1.0 / (n + 1)) * (4.0 + n)
    pole = ((x <= 0) & (x == xp.floor(x))) | (xp.abs(x) < least)
    negative = (x < 0) & ~pole
    inside = _filled(xp, ~pole, x, -0.5)
    y = xp.where(negative, 1.0 - inside, xp.abs(inside))
    sign = -1.0 if n % 2 == 0 else 1.0
    positive = sign * _zeta_series(y, n)
    cotangent = _cotangent(xp, _filled(xp, negative, x, -0.25), least)
    turned = math.pi ** (n + 1) * _polynomial(_cotangent_derivative(n), cotangent)
    result = xp.where(negative, -sign * positive - turned, positive)
    above = sign * math.inf * xp.ones_like(x)
    infinite = above if sign > 0 else xp.where((x < 0) & (x > -least), -above, above)
    return xp.where(pole, infinite, result)


def _zeta_series(y: Any, n: int) -> Any:
    """``n! zeta(n + 1, y)`` for ``y > 0``."""
    steps = 10 + n
    total = (1.0 / y) ** (n + 1)
    for k in range(1, steps):
        total = total + (1.0 / (y + float(k))) ** (n + 1)
    z = 1.0 / (y + float(steps))
    series = [
        b * math.comb(2 * k + n - 1, n - 1) / n for k, b in enumerate(BERNOULLI, 1)
    ]  # B_2k (2k + n - 1)! / ((2k)! n!)
    rest = 1.0 / n + z * (0.5 + z * _polynomial(tuple(series), z * z))
    return math.factorial(n) * (total + z**n * rest)


@functools.cache
def _cotangent_derivative(n: int) -> tuple[float, ...]:
    """The ``n``-th derivative of ``cot`` as a polynomial in ``cot``: ``P' -> -(1 + c^2) P'``."""
    c = [0, 1]
    for _ in range(n):
        slope = [k * a for k, a in enumerate(c)][1:]
        c = [-a - b for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return tuple(map(float, c))


FUNCTIONS = {f.__name__: f for f in (erf, erfc, erfcx, gammaln, digamma, digamma_derivative)}
