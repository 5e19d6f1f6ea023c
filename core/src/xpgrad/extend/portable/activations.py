"""Functions of learning and statistics that the standard lacks."""

from __future__ import annotations

from typing import Any


def linear(xp: Any, x: Any, weight: Any, bias: Any) -> Any:
    """``x @ weight.mT + bias``."""
    return xp.matmul(x, xp.matrix_transpose(weight)) + bias


def scalar_pow(xp: Any, x: Any, exponent: float) -> Any:  # noqa: ARG001 - one signature for all
    """``x`` to the power of a Python number."""
    return x**exponent


def relu(xp: Any, x: Any) -> Any:
    """The positive part."""
    return xp.maximum(x, xp.zeros_like(x))


def sigmoid(xp: Any, x: Any) -> Any:
    """``1 / (1 + exp(-x))`` without overflow: half of ``1 + tanh(x / 2)``."""
    return 0.5 * (xp.tanh(0.5 * x) + 1.0)


def softplus(xp: Any, x: Any) -> Any:
    """``log(1 + exp(x))`` without overflow."""
    return xp.logaddexp(x, xp.zeros_like(x))


def logsumexp(xp: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """``log(sum(exp(x)))`` without overflow; minus infinity for a slice of minus infinities."""
    top = xp.max(x, axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
    total = xp.sum(xp.exp(x - top), axis=axis, keepdims=True)
    result = xp.log(total) + top
    if keepdims:
        return result
    axes = tuple(range(x.ndim)) if axis is None else axis
    return xp.squeeze(result, axis=axes) if x.ndim else result


def softmax(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """``exp(x) / sum(exp(x))`` along ``axis`` without overflow."""
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def log_softmax(xp: Any, x: Any, *, axis: int = -1) -> Any:
    """``log(softmax(x))`` without overflow."""
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


FUNCTIONS = {
    f.__name__: f
    for f in (linear, scalar_pow, relu, sigmoid, softplus, logsumexp, softmax, log_softmax)
}
