"""The levels of the kit, and what a backend may say that it lacks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CORE_LEVELS",
    "ESSENTIAL",
    "EXCUSES",
    "LEVELS",
    "at_level",
    "excuse",
    "level_of",
    "name_of",
]

LEVELS: Final[tuple[str, ...]] = (
    "the standard's functions at the backend's own dtypes",
    "first order",
    "second order",
    "forward mode and vmap",
    "in-place statements, indexing, duplicates",
    "layers and optimizers",
    "devices, transfers, random numbers, determinism, memory",
)
"""Titles; a level's number is its place."""

CORE_LEVELS: Final = (0, 1)
"""What no backend may leave out; the other levels are capabilities that it may declare to lack, with a reason."""

ESSENTIAL: Final = frozenset(
    "add subtract multiply divide negative exp log sqrt tanh matmul sum reshape permute_dims broadcast_to where "
    "getitem setitem concat scatter_add".split()
)
"""Operations that no backend may declare to lack."""


def at_level(level: int) -> Callable[[Any], Any]:
    """Decorate a test whose level is not the one of its module."""

    def mark(test: Any) -> Any:
        test.level = level
        return test

    return mark


def level_of(test: Callable[..., Any]) -> int:
    """A test's level: its own, or the constant ``LEVEL`` of the module that defines it."""
    found = getattr(test, "level", None)
    return getattr(sys.modules[test.__module__], "LEVEL", 0) if found is None else int(found)


EXCUSES: Final[set[str]] = set()
"""Reasons for which the kit itself skipped: of these, also a test of a core level may be skipped."""


def excuse(reason: str) -> str:
    """Note a reason of the kit's own."""
    EXCUSES.add(reason)
    return reason


def name_of(level: int) -> str:
    """How a level is called in declarations and reports: ``"L3"``."""
    return f"L{level}"
