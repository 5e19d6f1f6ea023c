"""Activations composed of other operations, with PyTorch's names and derivatives at zero."""

from __future__ import annotations

from typing import Any

import xpgrad as xp

__all__ = ["elu", "leaky_relu", "replaced", "silu"]


def replaced(input: Any, result: Any) -> Any:
    """Give ``input`` the recorded value of ``result``, and return it: ``inplace=True``."""
    input._check_in_place()
    input._rebind(result._cell.raw, result._node, result._xp)
    return input


def silu(input: Any, inplace: bool = False) -> Any:
    """``x * sigmoid(x)``, element by element (Hendrycks & Gimpel 2016; also called swish).

    ``inplace`` gives ``input`` itself the new value.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.functional.silu(xp.asarray([0.0, 100.0]))
        tensor([  0., 100.])
    """
    result = input * xp.sigmoid(input)
    return replaced(input, result) if inplace else result


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """``x`` where it is positive, else ``negative_slope * x``; the derivative at 0 is ``negative_slope``.

    ``inplace`` gives ``input`` itself the new value.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.functional.leaky_relu(xp.asarray([-1.0, 2.0]), 0.25)
        tensor([-0.25,  2.  ])
    """
    result = xp.where(input > 0, input, input * negative_slope)
    return replaced(input, result) if inplace else result


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)`` (Clevert et al. 2016); slope ``alpha`` at 0.

    ``inplace`` gives ``input`` itself the new value.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.functional.elu(xp.asarray([-1.0, 2.0]))
        tensor([-0.63212056,  2.        ])
    """
    positive = input > 0
    result = xp.where(positive, input, alpha * xp.expm1(xp.where(positive, 0.0, input)))
    return replaced(input, result) if inplace else result
