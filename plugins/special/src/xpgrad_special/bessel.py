"""Bessel functions.

Those of order 0 and 1 have derivatives in terms of each other, on every device that has them.  Those of real order have
half a sum or a difference of the neighbouring orders: exact, to any order.
"""

from __future__ import annotations

import math
from typing import Any, Final

from xpgrad.errors import MissingRuleError
from xpgrad.extend import elementwise
from xpgrad_special._tools import by_scipy, missing, near_zero, polynomial

_ORDER = "Pass the order as a number, or detach it."


def j0(x: Any, /, *, xp: Any) -> Any:
    """The Bessel function of the first kind of order 0.

    Derivative: to any order.
    """
    return by_scipy("j0", xp, x)


def j1(x: Any, /, *, xp: Any) -> Any:
    """The Bessel function of the first kind of order 1.

    Derivative: to any order.
    """
    return by_scipy("j1", xp, x)


def y0(x: Any, /, *, xp: Any) -> Any:
    """The Bessel function of the second kind of order 0.

    Derivative: to any order.
    """
    return by_scipy("y0", xp, x)


def y1(x: Any, /, *, xp: Any) -> Any:
    """The Bessel function of the second kind of order 1.

    Derivative: to any order.
    """
    return by_scipy("y1", xp, x)


def i0(x: Any, /, *, xp: Any) -> Any:
    """The modified Bessel function of the first kind of order 0.

    Derivative: to any order.
    """
    return by_scipy("i0", xp, x)


def i1(x: Any, /, *, xp: Any) -> Any:
    """The modified Bessel function of the first kind of order 1.

    Derivative: to any order.
    """
    return by_scipy("i1", xp, x)


def i0e(x: Any, /, *, xp: Any) -> Any:
    """``exp(-|x|) i0(x)``.

    Derivative: to any order; at the kink at 0, chosen: 0.
    """
    return by_scipy("i0e", xp, x)


def i1e(x: Any, /, *, xp: Any) -> Any:
    """``exp(-|x|) i1(x)``.

    Derivative: to any order; 1/2 at 0.
    """
    return by_scipy("i1e", xp, x)


def k0(x: Any, /, *, xp: Any) -> Any:
    """The modified Bessel function of the second kind of order 0.

    Derivative: to any order.
    """
    return by_scipy("k0", xp, x)


def k1(x: Any, /, *, xp: Any) -> Any:
    """The modified Bessel function of the second kind of order 1.

    Derivative: to any order.
    """
    return by_scipy("k1", xp, x)


def k0e(x: Any, /, *, xp: Any) -> Any:
    """``exp(x) k0(x)``.

    Derivative: to any order.
    """
    return by_scipy("k0e", xp, x)


def k1e(x: Any, /, *, xp: Any) -> Any:
    """``exp(x) k1(x)``.

    Derivative: to any order.
    """
    return by_scipy("k1e", xp, x)


def jv(v: Any, z: Any, /, *, xp: Any) -> Any:
    """The Bessel function of the first kind of real order ``v``.

    Derivative: by ``z`` to any order; none by ``v``.
    """
    return by_scipy("jv", xp, v, z)


def yv(v: Any, z: Any, /, *, xp: Any) -> Any:
    """The Bessel function of the second kind of real order ``v``.

    Derivative: by ``z`` to any order; none by ``v``.
    """
    return by_scipy("yv", xp, v, z)


def iv(v: Any, z: Any, /, *, xp: Any) -> Any:
    """The modified Bessel function of the first kind of real order ``v``.

    Derivative: by ``z`` to any order; none by ``v``.
    """
    return by_scipy("iv", xp, v, z)


def ive(v: Any, z: Any, /, *, xp: Any) -> Any:
    """``exp(-|z|) iv(v, z)``, for real ``z``.

    Derivative: by real ``z`` to any order, at the kink at 0 that of ``iv``; none by ``v``.
    """
    return by_scipy("ive", xp, v, z)


def kv(v: Any, z: Any, /, *, xp: Any) -> Any:
    """The modified Bessel function of the second kind of real order ``v``.

    Derivative: by ``z`` to any order; none by ``v``.
    """
    return by_scipy("kv", xp, v, z)


def kve(v: Any, z: Any, /, *, xp: Any) -> Any:
    """``exp(z) kv(v, z)``.

    Derivative: by ``z`` to any order; none by ``v``.
    """
    return by_scipy("kve", xp, v, z)


J1_OVER: Final = tuple(
    (-1.0) ** k / (2.0 * 4.0**k * math.factorial(k) * math.factorial(k + 1)) for k in range(12)
)
"""``j1(x) / x`` in powers of ``x * x``."""
I1_OVER: Final = tuple(abs(c) for c in J1_OVER)
"""``i1(x) / x`` in powers of ``x * x``."""


def _j1_over(xp: Any, x: Any) -> Any:
    return near_zero(
        xp, x, 2.0, lambda v: polynomial(J1_OVER, v * v), lambda v: xp.special.j1(v) / v
    )


def _i1_over(xp: Any, x: Any) -> Any:
    return near_zero(
        xp, x, 2.0, lambda v: polynomial(I1_OVER, v * v), lambda v: xp.special.i1(v) / v
    )


def _i1e_over(xp: Any, x: Any) -> Any:
    return near_zero(
        xp, x, 2.0,
        lambda v: xp.exp(-xp.abs(v)) * polynomial(I1_OVER, v * v), lambda v: xp.special.i1e(v) / v,
    )  # fmt: skip


def _i1e_slope(g: Any, x: Any, out: Any, xp: Any) -> Any:
    return g * (xp.special.i0e(x) - _i1e_over(xp, x) - xp.sign(x) * out)


def _ive_by_z(g: Any, v: Any, z: Any, out: Any, xp: Any) -> Any:
    if xp.is_complex(z):
        message = (
            "special.ive has no derivative by a complex z: its factor exp(-|Re z|) is not holomorphic; "
            "write special.iv(v, z) * exp(-abs(real(z)))"
        )
        raise MissingRuleError(message)
    neighbours = 0.5 * (xp.special.ive(v - 1.0, z) + xp.special.ive(v + 1.0, z))
    return g * (neighbours - xp.sign(z) * out)


J0 = elementwise("special.j0", x=lambda g, x, xp: -g * xp.special.j1(x))
J1 = elementwise("special.j1", x=lambda g, x, xp: g * (xp.special.j0(x) - _j1_over(xp, x)))
Y0 = elementwise("special.y0", x=lambda g, x, xp: -g * xp.special.y1(x))
Y1 = elementwise("special.y1", x=lambda g, x, out, xp: g * (xp.special.y0(x) - out / x))
I0 = elementwise("special.i0", x=lambda g, x, xp: g * xp.special.i1(x))
I1 = elementwise("special.i1", x=lambda g, x, xp: g * (xp.special.i0(x) - _i1_over(xp, x)))
I0E = elementwise("special.i0e", x=lambda g, x, out, xp: g * (xp.special.i1e(x) - xp.sign(x) * out))
I1E = elementwise("special.i1e", x=_i1e_slope)
K0 = elementwise("special.k0", x=lambda g, x, xp: -g * xp.special.k1(x))
K1 = elementwise("special.k1", x=lambda g, x, out, xp: -g * (xp.special.k0(x) + out / x))
K0E = elementwise("special.k0e", x=lambda g, x, out, xp: g * (out - xp.special.k1e(x)))
K1E = elementwise("special.k1e",
                  x=lambda g, x, out, xp: g * (out - xp.special.k0e(x) - out / x))  # fmt: skip
JV = elementwise(
    "special.jv",
    v=missing("jv", "v", _ORDER),
    z=lambda g, v, z, xp: 0.5 * g * (xp.special.jv(v - 1.0, z) - xp.special.jv(v + 1.0, z)),
)
YV = elementwise(
    "special.yv",
    v=missing("yv", "v", _ORDER),
    z=lambda g, v, z, xp: 0.5 * g * (xp.special.yv(v - 1.0, z) - xp.special.yv(v + 1.0, z)),
)
IV = elementwise(
    "special.iv",
    v=missing("iv", "v", _ORDER),
    z=lambda g, v, z, xp: 0.5 * g * (xp.special.iv(v - 1.0, z) + xp.special.iv(v + 1.0, z)),
)
IVE = elementwise("special.ive", v=missing("ive", "v", _ORDER), z=_ive_by_z)
KV = elementwise(
    "special.kv",
    v=missing("kv", "v", _ORDER),
    z=lambda g, v, z, xp: -0.5 * g * (xp.special.kv(v - 1.0, z) + xp.special.kv(v + 1.0, z)),
)
KVE = elementwise(
    "special.kve",
    v=missing("kve", "v", _ORDER),
    z=lambda g, v, z, out, xp: g * (
        out - 0.5 * (xp.special.kve(v - 1.0, z) + xp.special.kve(v + 1.0, z))
    ),
)  # fmt: skip
