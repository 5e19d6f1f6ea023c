"""``Variable``: PyTorch's face from before 0.4; making one gives a Tensor."""

from __future__ import annotations

from typing import Any

from xpgrad._namespace.creation import asarray
from xpgrad._tensor import Tensor

__all__ = ["Variable"]


class _IsTensor(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_IsTensor):
    """``Variable(t, requires_grad=True)`` is a tensor on the value of ``t``; every tensor is an instance."""

    def __new__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:  # noqa: ARG004
        tensor = asarray(data).detach()
        return tensor.requires_grad_() if requires_grad else tensor
