"""A Parameter: the tensor that a module counts as its own and an optimizer changes."""

from __future__ import annotations

from typing import Any

from xpgrad._namespace.creation import asarray, empty
from xpgrad._tensor import Tensor
from xpgrad.errors import DTypeError

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A leaf tensor that registers itself when it is assigned to an attribute of a module.

    Args:
        data: a tensor, whose value is shared (not its graph), or what :func:`xpgrad.asarray`
            accepts.
        requires_grad: whether it is trained.

    What is computed from a parameter is a plain tensor.

    Raises:
        DTypeError: if it is to require grad and is not floating.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.Parameter(xp.asarray([1.0, 2.0]))
        Parameter containing:
        tensor([1., 2.], requires_grad=True)
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        """Share the cell of ``data``."""
        source = empty((0,)) if data is None else asarray(data)
        if requires_grad and not source.dtype.is_floating:
            message = (
                f"a Parameter that requires grad must be floating, got {source.dtype}; convert it (xp.astype(x, "
                "xp.float64)), pass requires_grad=False, or use register_buffer"
            )
            raise DTypeError(message)
        parameter: Any = object.__new__(cls)
        parameter._cell = source._cell
        parameter._xp = source._xp
        parameter._node = None
        return parameter.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
