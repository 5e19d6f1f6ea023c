"""SGD once more, on lists of Python floats: what the rule is checked against.

The signature is that of every optimizer's reference: the parameters as a list of floats, a function that gives
their gradients, the number of steps, and the options; it returns the parameters after each step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["sgd_reference"]

Numbers = list[float]


def sgd_reference(
    p: Numbers,
    gradient: Callable[[Numbers], Numbers],
    steps: int,
    *,
    lr: float = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> list[Numbers]:
    """The parameters after each of ``steps`` steps."""
    speed: Numbers = []
    trajectory = []
    for _ in range(steps):
        pairs = zip(gradient(p), p, strict=True)
        gradients = [(-g if maximize else g) + weight_decay * x for g, x in pairs]
        if not speed:
            speed = gradients
        else:
            speed = [
                momentum * b + (1 - dampening) * g for b, g in zip(speed, gradients, strict=True)
            ]
        change = speed if momentum else gradients
        if nesterov:
            change = [g + momentum * b for g, b in zip(gradients, speed, strict=True)]
        p = [x - lr * d for x, d in zip(p, change, strict=True)]
        trajectory.append(p)
    return trajectory
