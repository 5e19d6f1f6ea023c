"""The three ways in which a view is made of a whole tensor: another shape, repeated axes, another order of axes."""

from __future__ import annotations

import math
from typing import Any

import xpgrad as xp
from xpgrad.compat.torch import _strides
from xpgrad.compat.torch._views import strides, with_base

__all__ = ["expanded", "permuted", "reshaped", "viewed"]


def viewed(x: Any, shape: tuple[int, ...], steps: Any) -> Any:
    """The elements in another shape, on the same memory: ``steps`` says how they lie in it."""
    return with_base(
        x,
        lambda v: xp.reshape(v, shape),
        lambda base, v: xp.reshape(v, tuple(base.shape)),
        steps,
    )


def reshaped(x: Any, shape: tuple[int, ...], must: bool = False) -> Any:
    """The elements in another shape: on the same memory where strides allow it, else (unless ``must``) copied."""
    kept = x.__dict__
    if "_view" in kept or "_strides" in kept:
        value = xp.reshape(x, shape)
        shape = tuple(value.shape)
        if _strides.reshaped(tuple(x.shape), strides(x), shape) is None:
            if not must:
                return value
            message = (
                f"view size {shape} is not compatible with the tensor's size {tuple(x.shape)} and stride {strides(x)} "
                "(at least one dimension spans across two contiguous subspaces); use .reshape(...) instead"
            )
            raise RuntimeError(message)
    return viewed(x, shape, lambda old, steps: _strides.reshaped(old, steps, _whole(old, shape)))


def _whole(old: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """``shape`` with the length that -1 stands for."""
    if -1 not in shape:
        return shape
    known, total = -math.prod(shape), math.prod(old)
    return tuple((total // known if known else 0) if n == -1 else n for n in shape)


def expanded(x: Any, shape: tuple[int, ...]) -> Any:
    """Axes of length one (and new ones) repeated, on the same memory."""

    def undo(base: Any, v: Any) -> Any:
        old = tuple(base.shape)
        new = v.ndim - len(old)
        once = [
            slice(0, 1) if n != m else slice(None) for n, m in zip(old, v.shape[new:], strict=True)
        ]
        return v[(*(0,) * new, *once)]

    return with_base(
        x,
        lambda v: xp.broadcast_to(v, shape),
        undo,
        lambda old, steps: _strides.expanded(old, steps, shape),
        repeats=True,
    )


def permuted(x: Any, order: tuple[int, ...]) -> Any:
    """The axes in another order, counted from 0."""

    def undo(_: Any, v: Any) -> Any:
        return xp.permute_dims(v, tuple(order.index(i) for i in range(len(order))))

    return with_base(
        x,
        lambda v: xp.permute_dims(v, order),
        undo,
        lambda _, steps: tuple(steps[i] for i in order),
    )
