"""Functions without parameters, as modules."""

from __future__ import annotations

from typing import Any

from xpgrad.nn import Module, functional


class ReLU(Module):
    """The positive part, of the input's shape and dtype.

    Args:
        inplace: give the input itself the new value.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.ReLU()(xp.asarray([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return functional.relu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """``1 / (1 + exp(-x))``, of the input's shape, without overflow.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.Sigmoid()(xp.asarray([0.0]))
        tensor([0.5])
    """

    def forward(self, input: Any) -> Any:
        return functional.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent, of the input's shape.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.Tanh()(xp.asarray([0.0]))
        tensor([0.])
    """

    def forward(self, input: Any) -> Any:
        return functional.tanh(input)


class _AlongAxis(Module):
    """What Softmax and LogSoftmax share: an axis, called ``dim`` or ``axis``."""

    dim: int | None

    def __init__(self, dim: int | None = None, *, axis: int | None = None) -> None:
        super().__init__()
        if dim is not None and axis is not None:
            message = f"{type(self).__name__}: give dim= or axis=, not both"
            raise TypeError(message)
        self.dim = axis if dim is None else dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongAxis):
    """``exp(x) / sum(exp(x))`` along one axis, of the input's shape, without overflow.

    Args:
        dim: the axis; without it PyTorch's old choice is made, with a warning.
        axis: the same.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.Softmax(dim=-1)(xp.zeros((1, 2)))
        tensor([[0.5, 0.5]])
    """

    def forward(self, input: Any) -> Any:
        return functional.softmax(input, self.dim)


class LogSoftmax(_AlongAxis):
    """The logarithm of `Softmax`, accurate where that is tiny; the same arguments.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.LogSoftmax(dim=0)(xp.zeros(1))
        tensor([0.])
    """

    def forward(self, input: Any) -> Any:
        return functional.log_softmax(input, self.dim)
