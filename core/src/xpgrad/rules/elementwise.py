"""Derivatives of the standard's elementwise functions.  One line is one function; ``g`` is the cotangent.

Cotangents are unconjugated, so a holomorphic function needs no ``conj``.  The chosen subgradients: ``abs``
at zero is 0; ties of ``maximum`` and ``minimum`` are shared in halves; ``sqrt`` at zero is infinite.
"""

from __future__ import annotations

from typing import Any

from xpgrad.rules._table import constant, elementwise, general, linear, multilinear

LN2 = 0.6931471805599453
LN10 = 2.302585092994046
SQRT_2_PI = 2.5066282746310002


def at(condition: Any, value: Any, xp: Any) -> Any:
    """``value`` where the condition holds, a hard zero elsewhere."""
    return xp.masked(value, condition)


# --- arithmetic -------------------------------------------------------------------------------------

linear("add", broadcast=True, x1=lambda g: g, x2=lambda g: g)
linear("subtract", broadcast=True, x1=lambda g: g, x2=lambda g: -g)
linear("negative", x=lambda g: -g)
linear("positive", x=lambda g: g)
multilinear("multiply", x1=lambda g, x2: g * x2, x2=lambda g, x1: g * x1)
elementwise("divide", x1=lambda g, x2: g / x2, x2=lambda g, x2, out: -g * out / x2)
elementwise("reciprocal", x=lambda g, out: -g * out * out)
elementwise("square", x=lambda g, x: 2.0 * g * x)
elementwise("sqrt", x=lambda g, out: 0.5 * g / out)


def _pow_base(g: Any, x1: Any, x2: Any, xp: Any) -> Any:
    # x2 - 1 at x2 = 0 would give 0 * inf for x1 = 0; the exponent there does not matter.
    exponent = xp.where(x2 == 0, xp.ones_like(x2), x2 - 1)
    return at(x2 != 0, g * x2 * xp.pow(x1, exponent), xp)


def _pow_exponent(g: Any, x1: Any, out: Any, xp: Any) -> Any:
    # 0 ** y is constant for y > 0; PyTorch and JAX choose 0 at x1 = 0 as well.
    safe = xp.where(x1 == 0, xp.ones_like(x1), x1)
    return at(x1 != 0, g * out * xp.log(safe), xp)


def _scalar_pow(g: Any, x: Any, exponent: float, xp: Any) -> Any:
    if exponent == 2:
        return 2.0 * g * x
    if exponent == 0:
        return xp.zeros_like(g)
    return g * (exponent * xp.scalar_pow(x, exponent - 1))


elementwise("pow", x1=_pow_base, x2=_pow_exponent)
elementwise("scalar_pow", x=_scalar_pow)  # x ** 2: the exponent is a Python number
elementwise("remainder", x1=lambda g: g, x2=lambda g, x1, x2, xp: -g * xp.floor(x1 / x2))
elementwise("hypot", x1=lambda g, x1, out, xp: g * _unit(x1, out, xp),
            x2=lambda g, x2, out, xp: g * _unit(x2, out, xp))  # fmt: skip
elementwise("atan2", x1=lambda g, x1, x2: g * x2 / (x1 * x1 + x2 * x2),
            x2=lambda g, x1, x2: -g * x1 / (x1 * x1 + x2 * x2))  # fmt: skip


def _unit(x: Any, norm: Any, xp: Any) -> Any:
    """``x / norm`` with 0 / 0 = 0."""
    return x / xp.where(norm == 0, xp.ones_like(norm), norm)


# --- exponentials and logarithms --------------------------------------------------------------------

elementwise("exp", x=lambda g, out: g * out)
elementwise("expm1", x=lambda g, out: g * (out + 1.0))
elementwise("log", x=lambda g, x: g / x)
elementwise("log1p", x=lambda g, x: g / (x + 1.0))
elementwise("log2", x=lambda g, x: g / (x * LN2))
elementwise("log10", x=lambda g, x: g / (x * LN10))


def _share(x: Any, out: Any, xp: Any) -> Any:
    """``exp(x - out)``, the share of one term in a sum of exponentials; 0 where the term is zero."""
    lost = x == -xp.inf
    return at(~lost, xp.exp(xp.where(lost, xp.zeros_like(out), x - out)), xp)


elementwise("logaddexp", x1=lambda g, x1, out, xp: g * _share(x1, out, xp),
            x2=lambda g, x2, out, xp: g * _share(x2, out, xp))  # fmt: skip

# --- trigonometric and hyperbolic -------------------------------------------------------------------

elementwise("sin", x=lambda g, x, xp: g * xp.cos(x))
elementwise("cos", x=lambda g, x, xp: -g * xp.sin(x))
elementwise("tan", x=lambda g, out: g * (1.0 + out * out))
elementwise("asin", x=lambda g, x, xp: g / xp.sqrt(1.0 - x * x))
elementwise("acos", x=lambda g, x, xp: -g / xp.sqrt(1.0 - x * x))
elementwise("atan", x=lambda g, x: g / (1.0 + x * x))
elementwise("sinh", x=lambda g, x, xp: g * xp.cosh(x))
elementwise("cosh", x=lambda g, x, xp: g * xp.sinh(x))
elementwise("tanh", x=lambda g, out: g * (1.0 - out * out))
elementwise("asinh", x=lambda g, x, xp: g / xp.sqrt(x * x + 1.0))
# two roots, not one: the principal branch of acosh for complex input
elementwise("acosh", x=lambda g, x, xp: g / (xp.sqrt(x - 1.0) * xp.sqrt(x + 1.0)))
elementwise("atanh", x=lambda g, x: g / (1.0 - x * x))

# --- choosing ---------------------------------------------------------------------------------------


def _chosen(g: Any, mine: Any, other: Any, wins: Any, xp: Any) -> Any:
    tie = mine == other
    return at(wins | tie, xp.where(tie, 0.5 * g, g), xp)


elementwise("maximum", x1=lambda g, x1, x2, xp: _chosen(g, x1, x2, x1 > x2, xp),
            x2=lambda g, x1, x2, xp: _chosen(g, x2, x1, x2 > x1, xp))  # fmt: skip
elementwise("minimum", x1=lambda g, x1, x2, xp: _chosen(g, x1, x2, x1 < x2, xp),
            x2=lambda g, x1, x2, xp: _chosen(g, x2, x1, x2 < x1, xp))  # fmt: skip


def _inside(x: Any, low: Any, high: Any) -> Any:
    inside = x == x  # noqa: PLR0124 - true but for NaN
    if low is not None:
        inside = inside & (x >= low)
    return inside if high is None else inside & (x <= high)


general("clip", broadcast=True,
        x=lambda g, x, min, max, xp: at(_inside(x, min, max), g, xp),
        min=lambda g, x, min, max, xp: at((x < min) & (True if max is None else min <= max), g, xp),
        max=lambda g, x, min, max, xp: at((x > max) | (False if min is None else min > max), g, xp))  # fmt: skip
linear("where", broadcast=True, x1=lambda g, condition, xp: xp.masked(g, condition),
       x2=lambda g, condition, xp: xp.unmasked(g, condition))  # fmt: skip
general("copysign", broadcast=True,
        x1=lambda g, x1, x2, xp: g * xp.sign(x1) * xp.copysign(xp.ones_like(g), x2),
        x2=lambda g, xp: xp.zeros_like(g))  # fmt: skip

# --- complex parts: real-linear, not holomorphic ----------------------------------------------------


def _abs(g: Any, x: Any, out: Any, xp: Any) -> Any:
    if not xp.is_complex(x):
        return g * xp.sign(x)
    return g * xp.conj(x) / xp.where(out == 0, xp.ones_like(out), out)


general("abs", x=_abs)


def _sign(g: Any, x: Any, xp: Any) -> Any:
    if not xp.is_complex(x):
        return xp.zeros_like(g)
    # f = x / |x|: f_x = 1 / 2|x|, f_conj(x) = -x^2 / 2|x|^3; the cotangent is g f_x + conj(g f_conj(x))
    size = xp.abs(x)
    safe = xp.where(size == 0, xp.ones_like(size), size)
    return at(size != 0, (g - xp.conj(g * (x / safe) ** 2)) / (2.0 * safe), xp)


def _imag(g: Any, like_x: Any, xp: Any) -> Any:
    g = xp.cast(g, like_x.dtype)
    return g * -1j if xp.is_complex(g) else xp.zeros_like(g)


general("sign", x=_sign)
linear("real", x=lambda g: g)
linear("imag", x=_imag)
linear("conj", x=lambda g, xp: xp.conj(g))

# --- piecewise constant, or not real ----------------------------------------------------------------

for _name in ("ceil", "floor", "round", "trunc", "floor_divide", "step"):
    constant(_name, "piecewise constant: the derivative is zero wherever it exists")
for _name in ("equal", "greater", "greater_equal", "isfinite", "isinf", "isnan", "less", "less_equal",
              "logical_and", "logical_not", "logical_or", "logical_xor", "not_equal", "signbit"):  # fmt: skip
    constant(_name, "the result is boolean")
for _name in ("bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
              "bitwise_xor"):  # fmt: skip
    constant(_name, "defined on integers and booleans only")
constant("nextafter", "a step of the floating-point grid, not a function of the real line")

# --- beyond the standard ----------------------------------------------------------------------------

elementwise("relu", x=lambda g, out, xp: g * xp.step(out))
elementwise("sigmoid", x=lambda g, out: g * out * (1.0 - out))
elementwise("softplus", x=lambda g, x, xp: g * xp.sigmoid(x))
elementwise("exp2", x=lambda g, out: g * out * LN2)
elementwise("cbrt", x=lambda g, out: g / (3.0 * out * out))
elementwise("sinc", x=lambda g, x, xp: g * xp.sinc_derivative(x, 1))
elementwise("normal_quantile", x=lambda g, out, xp: g * SQRT_2_PI * xp.exp(0.5 * out * out))
elementwise("sinc_derivative", x=lambda g, x, n, xp: g * xp.sinc_derivative(x, n + 1))
