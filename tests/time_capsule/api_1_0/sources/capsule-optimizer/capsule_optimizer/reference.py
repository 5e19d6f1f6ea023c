"""The same rules on lists of Python floats."""

import math


def drift(p, gradient, steps, *, lr=1e-2, momentum=0.9, damp=0.5, weight_decay=0.0, maximize=False):
    mean, square, trajectory = [0.0] * len(p), [damp] * len(p), []
    for step in range(1, steps + 1):
        gradients, p = [-g if maximize else g for g in gradient(p)], list(p)
        for i, g in enumerate(gradients):
            mean[i] = momentum * mean[i] + g
            square[i] = (1 - damp) * square[i] + damp * g**2
            bold = 1.0 if mean[i] * g > 0 else damp
            p[i] -= lr * (
                bold * mean[i] / (math.sqrt(square[i]) + 1.0 / step) + weight_decay * p[i]
            )
        trajectory.append(p)
    return trajectory


def balanced(p, gradient, steps, *, lr=1e-2, maximize=False):
    last, trajectory = [0.0] * len(p), []
    for _ in range(steps):
        gradients = [-g if maximize else g for g in gradient(p)]
        total = 1.0 + sum(map(abs, gradients))
        last = [0.5 * m + g / total for m, g in zip(last, gradients, strict=True)]
        p = [x - lr * m for x, m in zip(p, last, strict=True)]
        trajectory.append(p)
    return trajectory
