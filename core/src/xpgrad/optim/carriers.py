"""What a rule's arrays may be: raw arrays of any backend, or tensors; complex ones as pairs of real ones."""

from __future__ import annotations

from typing import Any

from xpgrad._devices import namespace_of_array
from xpgrad._namespace._operations import tensor_namespace
from xpgrad._tensor import Tensor
from xpgrad.errors import OptimizerError

__all__ = ["as_complex", "as_real", "namespace_for"]


def namespace_for(p: Any) -> Any:
    """The extended namespace for a raw array or a tensor."""
    if isinstance(p, Tensor):
        return tensor_namespace
    found = namespace_of_array(p)
    if found is None:
        message = f"a leaf of params must be an array or a tensor, got {type(p).__name__}"
        raise OptimizerError(message)
    return found


def as_real(x: Any, xp: Any) -> Any:
    """A complex array as real numbers with a last axis of length two (PyTorch's ``view_as_real``)."""
    return xp.stack([xp.real(x), xp.imag(x)], axis=-1)


def as_complex(pairs: Any, like: Any, xp: Any) -> Any:
    """The opposite of :func:`as_real`, in the dtype of ``like``."""
    real, imaginary = xp.astype(pairs[..., 0], like.dtype), xp.astype(pairs[..., 1], like.dtype)
    return real + 1j * imaginary
