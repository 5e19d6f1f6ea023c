"""Derivatives of the special functions that core has; ``digamma_derivative`` closes the chain."""

from __future__ import annotations

from xpgrad.rules._table import elementwise

TWO_OVER_SQRT_PI = 1.1283791670955126

elementwise("erf", x=lambda g, x, xp: g * TWO_OVER_SQRT_PI * xp.exp(-x * x))
elementwise("erfc", x=lambda g, x, xp: -g * TWO_OVER_SQRT_PI * xp.exp(-x * x))
elementwise("gammaln", x=lambda g, x, xp: g * xp.digamma(x))
elementwise("digamma", x=lambda g, x, xp: g * xp.digamma_derivative(x, 1))
elementwise("digamma_derivative", x=lambda g, x, n, xp: g * xp.digamma_derivative(x, n + 1))
