"""The table of NumPy's functions that are composed of the standard's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F")

__all__ = ["COMPOSED", "composed", "composed_as"]

COMPOSED: Final[dict[str, Any]] = {}
"""Functions by NumPy's name, with NumPy's parameters."""


def composed(function: Any) -> Any:
    """Enter a function under its own name."""
    COMPOSED[function.__name__.rstrip("_")] = function
    return function


def composed_as(name: str) -> Callable[[F], F]:
    """Enter a function of one of NumPy's submodules, as ``linalg.norm``."""

    def enter(function: F) -> F:
        COMPOSED[name] = function
        return function

    return enter
