"""Other frameworks' names and meanings over xpgrad's functions: no mathematics of their own."""

from __future__ import annotations

import importlib
from typing import Any

_FACES = ("numpy", "torch")


def __getattr__(name: str) -> Any:
    if name in _FACES:
        return importlib.import_module(f"xpgrad.compat.{name}")
    message = f"module 'xpgrad.compat' has no attribute {name!r}; it has {', '.join(_FACES)}"
    raise AttributeError(message, name=name)


def __dir__() -> list[str]:
    return sorted(_FACES)
