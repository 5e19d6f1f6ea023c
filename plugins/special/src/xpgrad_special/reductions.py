"""Functions of whole axes that are not core's because SciPy's default is every axis."""

from __future__ import annotations

from typing import Any

from xpgrad.extend import general

Axis = int | tuple[int, ...] | None


def softmax(x: Any, /, axis: Axis = None, *, xp: Any) -> Any:
    """``exp(x) / sum(exp(x))`` over the axes, without overflow.

    Derivative: to any order.
    """
    raised = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return raised / xp.sum(raised, axis=axis, keepdims=True)


def log_softmax(x: Any, /, axis: Axis = None, *, xp: Any) -> Any:
    """The logarithm of ``softmax``, accurate where it is small.

    Derivative: to any order.
    """
    moved = x - xp.max(x, axis=axis, keepdims=True)
    return moved - xp.log(xp.sum(xp.exp(moved), axis=axis, keepdims=True))


def _softmax(g: Any, out: Any, axis: Axis, xp: Any) -> Any:
    weighted = g * out
    return weighted - out * xp.sum(weighted, axis=axis, keepdims=True)


SOFTMAX = general("special.softmax", x=_softmax)
LOG_SOFTMAX = general(
    "special.log_softmax",
    x=lambda g, out, axis, xp: g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True),
)
