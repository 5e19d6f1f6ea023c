"""The affine map."""

from __future__ import annotations

import math
from typing import Any

import xpgrad as xp
from xpgrad.nn import Module, Parameter, functional, init


class Linear(Module):
    """``x @ weight.T + bias``.

    Args:
        in_features: size of the input's last axis.
        out_features: size of the result's last axis.
        bias: whether to add one.
        device: where the parameters live; default: the default device.
        dtype: of the parameters; default: the default dtype.

    Shapes: ``(..., in_features)`` to ``(..., out_features)``; ``weight`` is ``(out_features,
    in_features)``.

    Both parameters start uniform within ``1 / sqrt(in_features)``, as in PyTorch.

    Raises:
        xpgrad.errors.ShapeError: from the call, if the input has another number of features.

    Example:
        >>> import xpgrad as xp
        >>> layer = xp.nn.Linear(3, 2)
        >>> layer
        Linear(in_features=3, out_features=2, bias=True)
        >>> layer(xp.ones((5, 3))).shape
        (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(xp.empty((out_features, in_features), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(xp.empty((out_features,), device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the initial values again."""
        # a = sqrt(5) makes the bound 1 / sqrt(fan_in)
        if self.in_features:
            init.kaiming_uniform_(self.weight, a=math.sqrt(5.0))
        if self.bias is not None:
            bound = 1.0 / math.sqrt(self.in_features) if self.in_features else 0.0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
