"""NumPy's own calls record: ``np.sin(t)``, ``np.sum(t, axis=0)``, ``array * t``.

The translation is loaded by the first such call, and these two step aside.
"""

from __future__ import annotations

import importlib
from typing import Any

from xpgrad._tensor import Tensor

__all__ = ["install_numpy_protocols"]


def _load() -> Any:
    face = importlib.import_module("xpgrad.compat.numpy")
    Tensor.__array_ufunc__ = face.array_ufunc  # type: ignore[method-assign]
    Tensor.__array_function__ = face.array_function  # type: ignore[method-assign]
    return face


def first_array_ufunc(self: Any, *args: Any, **kwargs: Any) -> Any:
    """NumPy's universal functions on tensors."""
    return _load().array_ufunc(self, *args, **kwargs)


def first_array_function(self: Any, *args: Any) -> Any:
    """NumPy's other functions on tensors."""
    return _load().array_function(self, *args)


def install_numpy_protocols() -> None:
    """Let NumPy's functions find the tensor."""
    Tensor.__array_ufunc__ = first_array_ufunc  # type: ignore[method-assign]
    Tensor.__array_function__ = first_array_function  # type: ignore[method-assign]
