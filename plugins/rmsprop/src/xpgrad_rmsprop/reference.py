"""RMSprop once more, from the lecture, on lists of Python floats: what the rule is checked against."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Numbers = list[float]


def rmsprop(
    p: Numbers,
    gradient: Callable[[Numbers], Numbers],
    steps: int,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> list[Numbers]:
    """The parameters after each of ``steps`` steps (Tieleman and Hinton 2012; centred: arXiv:1308.0850)."""
    square, mean, speed = ([0.0] * len(p) for _ in range(3))
    trajectory = []
    for _ in range(steps):
        gradients = gradient(p)
        p = list(p)
        for i, g in enumerate(gradients):
            g = (-g if maximize else g) + weight_decay * p[i]
            square[i] = alpha * square[i] + (1 - alpha) * g**2
            mean[i] = alpha * mean[i] + (1 - alpha) * g
            variance = square[i] - mean[i] ** 2 if centered else square[i]
            speed[i] = momentum * speed[i] + g / (math.sqrt(max(variance, 0.0)) + eps)
            p[i] -= lr * speed[i]
        trajectory.append(p)
    return trajectory
