"""Adam and AdamW once more, from the papers, on lists of Python floats: what the rules are checked against."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Numbers = list[float]


def adam(
    p: Numbers,
    gradient: Callable[[Numbers], Numbers],
    steps: int,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    maximize: bool = False,
) -> list[Numbers]:
    """The parameters after each of ``steps`` steps (arXiv:1412.6980, algorithm 1)."""
    m, v, top = ([0.0] * len(p) for _ in range(3))
    trajectory = []
    for t in range(1, steps + 1):
        gradients = gradient(p)
        p = list(p)
        for i, g in enumerate(gradients):
            g = (-g if maximize else g) + weight_decay * p[i]
            m[i] = betas[0] * m[i] + (1 - betas[0]) * g
            v[i] = betas[1] * v[i] + (1 - betas[1]) * g**2
            top[i] = max(top[i], v[i])
            m_hat = m[i] / (1 - betas[0] ** t)
            v_hat = (top[i] if amsgrad else v[i]) / (1 - betas[1] ** t)
            p[i] -= lr * m_hat / (math.sqrt(v_hat) + eps)
        trajectory.append(p)
    return trajectory


def adamw(
    p: Numbers,
    gradient: Callable[[Numbers], Numbers],
    steps: int,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
    amsgrad: bool = False,
    maximize: bool = False,
) -> list[Numbers]:
    """The parameters after each of ``steps`` steps (arXiv:1711.05101, algorithm 2)."""
    m, v, top = ([0.0] * len(p) for _ in range(3))
    trajectory = []
    for t in range(1, steps + 1):
        gradients = gradient(p)
        p = list(p)
        for i, g in enumerate(gradients):
            g = -g if maximize else g
            m[i] = betas[0] * m[i] + (1 - betas[0]) * g
            v[i] = betas[1] * v[i] + (1 - betas[1]) * g**2
            top[i] = max(top[i], v[i])
            m_hat = m[i] / (1 - betas[0] ** t)
            v_hat = (top[i] if amsgrad else v[i]) / (1 - betas[1] ** t)
            p[i] -= lr * (m_hat / (math.sqrt(v_hat) + eps) + weight_decay * p[i])
        trajectory.append(p)
    return trajectory
