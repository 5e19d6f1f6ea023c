"""Functions that optimizers are run on: value and gradient by formula, on Python floats.

No array library and no tape is needed to make a gradient, so nothing but the update rule can differ between two runs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import xpgrad

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PROBLEMS", "WAVY", "Problem", "flat_zero", "recorded", "wavy"]

Numbers = list[float]


class Problem(NamedTuple):
    """A function of a few numbers that live in parameters ``w``, ``b``, … of these shapes."""

    function: Callable[[Numbers], tuple[float, Numbers]]
    """The value and the gradient."""
    start: tuple[float, ...]
    shapes: Mapping[str, tuple[int, ...]]
    goal: float = 0.0
    """An optimizer converges if the value falls below this."""


CURVATURE: Final = (0.5, 1.0, 2.0, 0.25, 1.5, 0.75)


def wavy(x: Numbers) -> tuple[float, Numbers]:
    """Σ cᵢ xᵢ²/2 + sin xᵢ + 0.1 cos 3xᵢ: every number for itself, nowhere simple."""
    pairs = list(zip(CURVATURE, x, strict=True))
    value = sum(c * a * a / 2 + math.sin(a) + 0.1 * math.cos(3.0 * a) for c, a in pairs)
    return value, [c * a + math.cos(a) - 0.3 * math.sin(3.0 * a) for c, a in pairs]


def recorded(tensors: Mapping[str, Any]) -> Any:
    """:func:`wavy` on tensors, through the tape, with a product that ties the parameters together."""
    w, b = tensors["w"], tensors["b"]
    c = xpgrad.reshape(
        xpgrad.asarray(CURVATURE[:4], dtype=w.dtype, device=w.device), tuple(w.shape)
    )
    own = xpgrad.sum(c * w * w / 2 + xpgrad.sin(w))
    return own + xpgrad.sum(b * b * b * b) + xpgrad.sum(w) * xpgrad.sum(b)


def flat_zero(x: Numbers) -> tuple[float, Numbers]:
    """A constant: every gradient is zero."""
    return 1.0, [0.0] * len(x)


def quadratic(x: Numbers) -> tuple[float, Numbers]:
    """Σ cᵢ (xᵢ - 1)²/2 with curvatures from 1/4 to 2."""
    pairs = list(zip(CURVATURE, x, strict=True))
    return sum(c * (a - 1) ** 2 / 2 for c, a in pairs), [c * (a - 1) for c, a in pairs]


def rosenbrock(x: Numbers) -> tuple[float, Numbers]:
    """(1 - x)² + 100 (y - x²)²: a curved valley (Rosenbrock 1960)."""
    a, b = x
    off = b - a * a
    return (1 - a) ** 2 + 100 * off * off, [-2 * (1 - a) - 400 * a * off, 200 * off]


def beale(x: Numbers) -> tuple[float, Numbers]:
    """Σ (kᵢ - x + x yⁱ)² for k = 1.5, 2.25, 2.625: plains with a dip at (3, 1/2) (Beale 1958)."""
    a, b = x
    terms = [
        (k - a + a * b**i, b**i, i * b ** (i - 1)) for i, k in enumerate((1.5, 2.25, 2.625), 1)
    ]
    value = sum(t * t for t, _, _ in terms)
    return value, [
        sum(2 * t * (p - 1) for t, p, _ in terms),
        sum(2 * t * a * d for t, _, d in terms),
    ]


POINTS: Final = ((1.0, 2.0), (2.0, 0.5), (0.5, 1.5), (-1.0, -0.5), (-1.5, 0.5), (-0.5, -2.0))


def logistic(x: Numbers) -> tuple[float, Numbers]:
    """The mean of log(1 + exp(-margin)) of six points, three of each class, that a line divides."""
    value, gradient = 0.0, [0.0, 0.0, 0.0]
    for number, (u, v) in enumerate(POINTS):
        sign = 1.0 if number < 3 else -1.0
        margin = max(sign * (x[0] * u + x[1] * v + x[2]), -500.0)
        value += math.log1p(math.exp(-margin)) / len(POINTS)
        slope = -sign / (1.0 + math.exp(margin)) / len(POINTS) if margin < 500 else 0.0
        gradient = [g + slope * f for g, f in zip(gradient, (u, v, 1.0), strict=True)]
    return value, gradient


WAVY: Final = Problem(wavy, (1.5, -0.75, 0.25, -2.0, 0.5, -1.25), {"w": (2, 2), "b": (1, 2)})

PROBLEMS: Final = {
    "quadratic": Problem(quadratic, (3.0, -2.0, 0.0, 2.5, -1.0, 4.0), WAVY.shapes, 0.02),
    "rosenbrock": Problem(rosenbrock, (-1.2, 1.0), {"w": (2,)}, 4.0),
    "beale": Problem(beale, (1.0, 1.0), {"w": (2,)}, 0.1),
    "logistic": Problem(logistic, (0.0, 0.0, 0.0), {"w": (2,), "b": ()}, 0.1),
}
