"""Compute the coefficients of xpgrad's special functions; needs mpmath.

``python tools/fit_special.py`` writes ``core/src/xpgrad/extend/portable/_coefficients.py``.

Each table is the rational function that equals the named function at the Chebyshev points of an interval,
found by a linear system in 60 digits; ``error`` is the largest relative error on a dense grid, before the
coefficients are rounded.  Such a function is within a small factor of the best one.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mpmath as mp

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = Path(__file__).parents[1] / "core/src/xpgrad/extend/portable/_coefficients.py"
TINY = mp.mpf(10) ** -25
mp.mp.dps = 60
ROOT = mp.findroot(mp.digamma, 1.46)


def erfcx(x: Any) -> Any:
    """``exp(x * x) erfc(x)``."""
    return mp.exp(x * x) * mp.erfc(x)


def gammaln_near(u: Any) -> Any:
    """``gammaln(1 + u)`` without its zeros at ``u = 0`` and ``u = 1``."""
    if abs(u) < TINY:
        return mp.euler
    if abs(u - 1) < TINY:
        return 1 - mp.euler
    return mp.loggamma(1 + u) / (u * (u - 1))


def digamma_near(u: Any) -> Any:
    """``digamma(1 + u)`` without its zero."""
    x = 1 + u
    return mp.polygamma(1, ROOT) if abs(x - ROOT) < TINY else mp.digamma(x) / (x - ROOT)


def interpolated(f: Callable[[Any], Any], low: Any, high: Any, n: int, m: int) -> Any:
    """Coefficients of a numerator of degree ``n`` and a denominator ``1 + …`` of degree ``m``."""
    count = n + m + 1
    matrix, right = mp.matrix(count, count), mp.matrix(count, 1)
    for i in range(count):
        x = (low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * count))
        right[i] = f(x)
        for j in range(n + 1):
            matrix[i, j] = x**j
        for j in range(1, m + 1):
            matrix[i, n + j] = -right[i] * x**j
    solved = mp.lu_solve(matrix, right)
    return list(solved[: n + 1]), [mp.mpf(1), *solved[n + 1 :]]


def error(f: Callable[[Any], Any], low: Any, high: Any, fraction: Any) -> Any:
    """The largest relative error on a grid."""
    above, below = (c[::-1] for c in fraction)
    grid = (low + (high - low) * mp.mpf(i) / 600 for i in range(1, 600))
    return max(abs(mp.polyval(above, x) / mp.polyval(below, x) / f(x) - 1) for x in grid)


TABLES = {
    "ERF_SMALL": (
        "erf(x) / x, in x * x, for x * x below 1/4",
        lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z), TINY, 0.25, 4, 4,
    ),
    "ERFCX_MIDDLE": ("exp(x * x) erfc(x), for x from 1/2 to 4", erfcx, 0.5, 4, 8, 9),
    "ERFCX_LARGE": (
        "x exp(x * x) erfc(x), in 1 / (x * x), for x above 4",
        lambda z: erfcx(1 / mp.sqrt(z)) / mp.sqrt(z), TINY, 0.0625, 6, 6,
    ),
    "GAMMALN": ("gammaln(1 + u) / (u (u - 1)), for u from 0 to 2", gammaln_near, 0, 2, 8, 8),
    "DIGAMMA": ("digamma(1 + u) / (1 + u - ROOT), for u from 0 to 1", digamma_near, 0, 1, 6, 6),
}  # fmt: skip


def table(name: str, text: str, f: Any, low: Any, high: Any, n: int, m: int) -> str:
    """One table as Python."""
    low, high = mp.mpf(low), mp.mpf(high)
    fraction = interpolated(f, low, high, n, m)
    found = mp.nstr(error(f, low, high, fraction), 2)
    rows = ["(" + ", ".join(repr(float(c)) for c in part) + ")," for part in fraction]
    return (
        f"{name}: Final = (\n    # {text}: relative error {found}\n    "
        + "\n    ".join(rows)
        + "\n)\n"
    )


def main() -> None:
    """Write the module."""
    high = struct.unpack("f", struct.pack("f", ROOT))[0]
    middle = float(ROOT - high)
    parts = [
        '"""Numerators and denominators, lowest power first.  Written by ``tools/fit_special.py``; do not edit."""\n',
        "# fmt: off\n# ruff: noqa: E501\n\nfrom __future__ import annotations\n\nfrom typing import Final\n",
        *(table(name, *row) for name, row in TABLES.items()),
        "# the zero of digamma; the first part is exact in single precision, the first two in double",
        f"ROOT: Final = ({high!r}, {middle!r}, {float(ROOT - high - middle)!r})\n",
    ]
    HOME.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
