"""The sensitivities of a call option by Monte Carlo, against the formulas of Black and Scholes.

One simulation and one backward pass give delta, vega and rho.  Prints each beside the exact value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm

import xpgrad as xp

STRIKE, YEARS = 105.0, 1.0
SPOT, VOLATILITY, RATE = 100.0, 0.2, 0.03


def price(spot: Any, volatility: Any, rate: Any, z: Any) -> Any:
    """The discounted mean payoff over the normal draws ``z``."""
    growth = (rate - 0.5 * volatility**2) * YEARS + volatility * np.sqrt(YEARS) * z
    final = spot * np.exp(growth)
    return np.exp(-rate * YEARS) * np.mean(np.maximum(final - STRIKE, 0.0))


def exact() -> dict[str, float]:
    """Black and Scholes."""
    root = VOLATILITY * np.sqrt(YEARS)
    d1 = (np.log(SPOT / STRIKE) + RATE * YEARS) / root + 0.5 * root
    bond = STRIKE * np.exp(-RATE * YEARS)
    return {
        "price": SPOT * norm.cdf(d1) - bond * norm.cdf(d1 - root),
        "delta": norm.cdf(d1),
        "vega": SPOT * norm.pdf(d1) * np.sqrt(YEARS),
        "rho": bond * YEARS * norm.cdf(d1 - root),
    }


def main() -> None:
    """Simulate with antithetic draws, differentiate, compare."""
    z = np.random.default_rng(0).normal(size=500_000)
    z = np.concatenate([z, -z])
    inputs = [xp.tensor(v, requires_grad=True) for v in (SPOT, VOLATILITY, RATE)]
    value = price(*inputs, z)
    slopes = xp.autograd.grad(value, inputs)
    found = [value.item(), *(s.item() for s in slopes)]
    for (name, true), estimate in zip(exact().items(), found, strict=True):
        print(f"{name:>5}: {estimate:8.4f}   exact {true:8.4f}")


if __name__ == "__main__":
    main()
