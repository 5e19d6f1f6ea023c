"""Fit the noise levels of a Kalman filter by maximum likelihood.

A particle moves at a nearly constant velocity and its position is measured with noise.  The filter is a plain
NumPy loop; ``scipy.optimize`` gets the exact gradient of its log-likelihood.  Prints the true and the fitted
standard deviations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize

import xpgrad as xp

STEP = 0.1
MOVE = np.array([[1.0, STEP], [0.0, 1.0]])
PUSH = np.array([0.5 * STEP**2, STEP])
TRUE = np.array([2.0, 0.3])  # of the acceleration, of the measurement


def simulate(n: int, rng: np.random.Generator) -> Any:
    """The measured positions of one run."""
    state, measured = np.zeros(2), np.empty(n)
    for i in range(n):
        state = MOVE @ state + PUSH * TRUE[0] * rng.normal()
        measured[i] = state[0] + TRUE[1] * rng.normal()
    return measured


def loss(log_sigma: Any, measured: Any) -> Any:
    """The negative log-likelihood of the measurements, per measurement."""
    acceleration, noise = np.exp(2.0 * log_sigma)
    mean, cov, total = np.zeros(2), np.eye(2), 0.0
    for y in measured:
        mean, cov = MOVE @ mean, MOVE @ cov @ MOVE.T + np.outer(PUSH, PUSH) * acceleration
        spread = cov[0, 0] + noise
        error = y - mean[0]
        total = total + 0.5 * (np.log(2.0 * np.pi * spread) + error**2 / spread)
        gain = cov[:, 0] / spread
        mean, cov = mean + gain * error, cov - np.outer(gain, cov[0])
    return total / len(measured)


def value_and_slope(log_sigma: Any, measured: Any) -> tuple[float, Any]:
    """What ``scipy.optimize`` asks for with ``jac=True``."""
    x = xp.tensor(log_sigma, requires_grad=True)
    value = loss(x, measured)
    value.backward()
    return value.item(), x.grad.numpy()


def main() -> None:
    """Simulate, fit, print."""
    measured = simulate(300, np.random.default_rng(1))
    found = minimize(value_and_slope, np.zeros(2), args=(measured,), jac=True, method="BFGS")
    for name, true, fitted in zip(
        ("acceleration", "measurement"), TRUE, np.exp(found.x), strict=True
    ):
        print(f"{name}: true {true:.3f}, fitted {fitted:.3f}")
    print(f"slope at the end: {np.abs(found.jac).max():.1e}")


if __name__ == "__main__":
    main()
