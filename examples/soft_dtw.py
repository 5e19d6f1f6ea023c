"""Average time series that run at different speeds: a barycentre under soft dynamic time warping.

The dynamic programme fills a table in place, cell by cell, and is differentiable as it stands.  After Cuturi
and Blondel, Soft-DTW (ICML 2017).  Prints the mean distance before and after, and a sketch of the result.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xpgrad as xp

GAMMA = 0.1
LENGTH = 14


def soft_dtw(a: Any, b: Any) -> Any:
    """The soft-minimal cost of aligning two series."""
    cost = (a[:, None] - b[None, :]) ** 2
    table = xp.full((len(a) + 1, len(b) + 1), 1e6)
    table[0, 0] = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            ways = np.stack([table[i, j], table[i, j + 1], table[i + 1, j]])
            table[i + 1, j + 1] = cost[i, j] - GAMMA * xp.logsumexp(-ways / GAMMA)
    return table[-1, -1]


def main() -> None:
    """Descend from the pointwise mean to the barycentre."""
    rng = np.random.default_rng(0)
    time = np.linspace(0.0, 1.0, LENGTH)
    series = [np.exp(-((time - c) ** 2) / 0.01) for c in rng.uniform(0.3, 0.7, 3)]
    x = xp.tensor(np.mean(series, axis=0), requires_grad=True)
    losses = []
    for _ in range(25):
        loss = sum(soft_dtw(x, s) for s in series) / len(series)
        (slope,) = xp.autograd.grad(loss, x)
        losses.append(loss.item())
        with xp.no_grad():
            x -= 0.1 * slope
    print(f"mean soft-DTW: {losses[0]:.3f} -> {losses[-1]:.3f}")
    for value in x.detach().numpy():
        print("#" * int(40.0 * max(value, 0.0)))


if __name__ == "__main__":
    main()
