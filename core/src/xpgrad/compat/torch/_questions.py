"""PyTorch's questions about tensors."""

from __future__ import annotations

from typing import Any

from xpgrad.compat.torch import _factories
from xpgrad.compat.torch._dtypes import set_default_dtype
from xpgrad.compat.torch._tensor import Tensor

__all__ = [
    "clone", "detach", "is_complex", "is_floating_point", "is_tensor", "numel", "result_type",
    "set_default_tensor_type", "typename",
]  # fmt: skip


def is_tensor(obj: Any) -> bool:
    """Whether it is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Any) -> bool:
    """Whether the dtype is real floating."""
    return bool(input.dtype.is_floating_point)


def is_complex(input: Any) -> bool:
    """Whether the dtype is complex."""
    return bool(input.dtype.is_complex)


def numel(input: Any) -> int:
    """The number of elements."""
    return int(input.size)


def clone(input: Any, **_: Any) -> Any:
    """A copy that stays on the tape."""
    return input.clone()


def detach(input: Any) -> Any:
    """The same value off the tape."""
    return input.detach()


def set_default_tensor_type(t: Any) -> None:
    """The default dtype, by PyTorch's old names."""
    name = t.rsplit(".", 1)[-1] if isinstance(t, str) else t.__name__
    set_default_dtype(_factories.LEGACY[name].dtype)


def typename(obj: Any) -> str:
    """``'torch.FloatTensor'``."""
    return str(obj.type()) if is_tensor(obj) else type(obj).__name__


def result_type(tensor1: Any, tensor2: Any) -> Any:
    """The dtype of a sum of the two."""
    return (tensor1 + tensor2).dtype
