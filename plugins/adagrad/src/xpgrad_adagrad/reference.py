"""Adagrad once more, from the paper, on lists of Python floats: what the rule is checked against."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Numbers = list[float]


def adagrad(
    p: Numbers,
    gradient: Callable[[Numbers], Numbers],
    steps: int,
    *,
    lr: float = 1e-2,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float = 1e-10,
    maximize: bool = False,
) -> list[Numbers]:
    """The parameters after each of ``steps`` steps (Duchi, Hazan and Singer 2011, the diagonal form)."""
    total = [initial_accumulator_value] * len(p)
    trajectory = []
    for t in range(1, steps + 1):
        gradients = gradient(p)
        p = list(p)
        for i, g in enumerate(gradients):
            g = (-g if maximize else g) + weight_decay * p[i]
            total[i] += g**2
            p[i] -= lr / (1 + (t - 1) * lr_decay) * g / (math.sqrt(total[i]) + eps)
        trajectory.append(p)
    return trajectory
