"""The table of NumPy's functions that are composed of the standard's."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["COMPOSED", "composed"]

COMPOSED: Final[dict[str, Any]] = {}
"""Functions by NumPy's name, with NumPy's parameters."""


def composed(function: Any) -> Any:
    """Enter a function under its own name."""
    COMPOSED[function.__name__.rstrip("_")] = function
    return function
