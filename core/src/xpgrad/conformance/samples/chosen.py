"""Derivatives at special points, where they were chosen: kinks, ties, zeros, infinities.

A difference of the function cannot see them, so they are written down.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

__all__ = ["CHOSEN", "Chosen"]

INF: Final = float("inf")
NAN: Final = float("nan")


class Chosen(NamedTuple):
    """An operation at points, complex where one of the numbers is, and the gradient of its sum by one of its inputs."""

    operation: str
    inputs: dict[str, list[Any] | None]
    by: str
    gradient: list[Any]
    second: dict[str, Any] | None = None
    """The gradient of the gradient's sum, by inputs and by the cotangent, ``g``."""
    options: dict[str, Any] | None = None


CHOSEN: Final = (
    Chosen("abs", {"x": [0.0, -0.0, 2.0]}, "x", [0.0, 0.0, 1.0]),
    Chosen("abs", {"x": [0j, 3j]}, "x", [0j, 1j]),
    Chosen("relu", {"x": [0.0, -1.0, 1.0]}, "x", [0.0, 0.0, 1.0]),
    Chosen("sign", {"x": [0.0, 3.0]}, "x", [0.0, 0.0]),
    Chosen("sign", {"x": [0j]}, "x", [0j], {"x": [0j], "g": [0j]}),
    Chosen("max", {"x": [1.0, 3.0, 3.0]}, "x", [0.0, 0.5, 0.5]),
    Chosen("min", {"x": [1.0, 1.0, 3.0]}, "x", [0.5, 0.5, 0.0]),
    Chosen("cumulative_max", {"x": [2.0, 1.0, 2.0, 3.0, 3.0]}, "x", [2.0, 0.0, 1.0, 1.0, 1.0]),
    Chosen("cumulative_min", {"x": [2.0, 3.0, 2.0, 1.0]}, "x", [2.0, 0.0, 1.0, 1.0]),
    Chosen("cumulative_max", {"x": [1.0, NAN, 3.0]}, "x", [1.0, 2.0, 0.0]),
    Chosen("nanmax", {"x": [NAN, -INF]}, "x", [0.0, 1.0]),
    Chosen("nanmax", {"x": [NAN, NAN]}, "x", [0.0, 0.0], {"x": [0.0, 0.0], "g": 0.0}),
    Chosen("nanmax", {"x": [NAN, 3.0, 1.0, 3.0]}, "x", [0.0, 0.5, 0.0, 0.5]),
    Chosen("nanmin", {"x": [NAN, 3.0, 1.0, 1.0]}, "x", [0.0, 0.0, 0.5, 0.5]),
    Chosen("cbrt", {"x": [0.0, 8.0]}, "x", [INF, 1.0 / 12.0]),
    Chosen("sinc", {"x": [0.0, 1.0]}, "x", [0.0, -1.0]),
    Chosen("std", {"x": [2.0, 2.0, 2.0]}, "x", [0.0, 0.0, 0.0]),
    Chosen("sqrt", {"x": [0.0, 4.0]}, "x", [INF, 0.25]),
    Chosen("sort", {"x": [1.0, 1.0, 0.0]}, "x", [1.0, 1.0, 1.0]),
    Chosen("prod", {"x": [0.0, 2.0, 3.0]}, "x", [6.0, 0.0, 0.0]),
    Chosen("logsumexp", {"x": [-INF, 0.0]}, "x", [0.0, 1.0]),
    Chosen("logsumexp", {"x": [80.0, 80.0]}, "x", [0.5, 0.5]),
    Chosen("softplus", {"x": [-90.0, 90.0]}, "x", [0.0, 1.0]),
    Chosen("maximum", {"x1": [1.0, 2.0], "x2": [1.0, 3.0]}, "x1", [0.5, 0.0]),
    Chosen("maximum", {"x1": [1.0, 2.0], "x2": [1.0, 3.0]}, "x2", [0.5, 1.0]),
    Chosen("minimum", {"x1": [1.0, 2.0], "x2": [1.0, 3.0]}, "x1", [0.5, 1.0]),
    Chosen("minimum", {"x1": [1.0, 2.0], "x2": [1.0, 3.0]}, "x2", [0.5, 0.0]),
    Chosen(
        "pow", {"x1": [0.0, 0.0, 0.0, 0.0], "x2": [0.0, 1.0, 2.0, 3.0]}, "x1", [0.0, 1.0, 0.0, 0.0]
    ),
    Chosen(
        "pow",
        {"x1": [0.0, 1.0], "x2": [2.0, 5.0]},
        "x2",
        [0.0, 0.0],
        {"x1": [0.0, 1.0], "x2": [0.0, 0.0], "g": [0.0, 0.0]},
    ),
    Chosen("pow", {"x1": [0.0], "x2": [-1.0]}, "x2", [0.0]),
    Chosen("hypot", {"x1": [0.0, -2.0], "x2": [0.0, 0.0]}, "x1", [0.0, -1.0]),
    Chosen("hypot", {"x1": [0.0, 0.0], "x2": [0.0, 3.0]}, "x2", [0.0, 1.0]),
    Chosen("linalg.vector_norm", {"x": [0.0, 0.0]}, "x", [0.0, 0.0]),
    Chosen(
        "linalg.vector_norm",
        {"x": [1.0, 0.0, -1.0]},
        "x",
        [2 ** (-2 / 3), 0.0, -(2 ** (-2 / 3))],
        options={"ord": 3},
    ),
    Chosen("logaddexp", {"x1": [-INF, 1.0, -INF], "x2": [0.0, -INF, -INF]}, "x1", [0.0, 1.0, 0.0]),
    Chosen("logaddexp", {"x1": [-INF, 1.0, -INF], "x2": [0.0, -INF, -INF]}, "x2", [1.0, 0.0, 0.0]),
    Chosen(
        "clip",
        {"x": [-2.0, -1.0, 1.0, 2.0], "min": [-1.0] * 4, "max": [1.0] * 4},
        "x",
        [0.0, 1.0, 1.0, 0.0],
    ),
    Chosen(
        "clip", {"x": [-2.0, -1.0, 0.0], "min": [-1.0] * 3, "max": None}, "min", [1.0, 0.0, 0.0]
    ),
    Chosen("clip", {"x": [0.0, 1.0, 2.0], "min": None, "max": [1.0] * 3}, "max", [0.0, 0.0, 1.0]),
    Chosen("clip", {"x": [-2.0, 2.0], "min": [1.0, 1.0], "max": [1.0, 1.0]}, "min", [1.0, 0.0]),
    Chosen("clip", {"x": [-2.0, 2.0], "min": [1.0, 1.0], "max": [1.0, 1.0]}, "max", [0.0, 1.0]),
)
