"""What all distributions share: parameters that may be tensors, and what follows from them."""

from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad import _random
from xpgrad._namespace import _lift
from xpgrad._tensor import Tensor
from xpgrad.errors import ShapeError

__all__ = ["Drawing", "not_negative", "to_host"]

LEAST = 2.0**-54
"""Stands for a uniform number that is 0, where its logarithm is taken."""


class Drawing:
    """The shape, dtype and device of what is to be drawn, from what was asked for and from the parameters."""

    def __init__(self, name: str, shape: Any, dtype: Any, device: Any, *parameters: Any) -> None:
        self.name = name
        self.parameters = tuple(
            p if type(p) in _lift.SCALARS else xp.asarray(p) for p in parameters
        )
        tensors = [p for p in self.parameters if isinstance(p, Tensor)]
        beside = tensors[0].device if device is None and tensors else device
        self.place = _random.place_of(beside)
        floating = [t for t in tensors if t.dtype.is_floating]
        if dtype is None and floating:
            dtype = xp.result_type(*floating)
        self.dtype = _random.dtype_or(dtype, _lift.default_floating, self.place)
        shapes = [t.shape for t in tensors]
        own = xp.broadcast_shapes(*shapes)
        self.shape = own if shape is None else _random.sizes_of(name, (), shape)
        if not _fits(own, self.shape):
            message = f"random.{name}: the parameters' common shape {own} does not broadcast to {self.shape}"
            raise ShapeError(message)

    def uniform(self, generator: Any) -> Any:
        """A tensor of numbers in [0, 1)."""
        return self.tensor(lambda n: _random.uniform(generator, n, self.dtype, self.place))

    def tensor(self, make: Any) -> Any:
        """A tensor of the numbers ``make(shape)``."""
        return _random.drawn(make, self.shape, self.dtype, self.place)

    def positive_uniform(self, generator: Any) -> Any:
        """A tensor of numbers in (0, 1)."""
        return xp.maximum(self.uniform(generator), LEAST)

    def finished(self, out: Any, requires_grad: bool) -> Any:
        """The result in the dtype asked for; a leaf that requires grad where nothing before it does."""
        out = out if out.dtype == self.dtype else xp.astype(out, self.dtype)
        return out if out.requires_grad else _random.leaf(out, requires_grad)


def _fits(own: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether ``own`` broadcasts to ``shape``."""
    tail = shape[len(shape) - len(own) :]
    return len(own) <= len(shape) and all(n in (1, m) for n, m in zip(own, tail, strict=True))


def not_negative(name: str, parameter: str, value: Any) -> None:
    if not isinstance(value, Tensor) and value < 0:
        message = f"random.{name}: {parameter} must be at least 0, got {value}"
        raise ValueError(message)


def to_host(t: Any) -> Any:
    """The values of a tensor as a host array."""
    detached = t.detach()
    return detached._xp.backend.to_host(detached._cell.raw)
