"""xpgrad: every array of the Python Array API standard, differentiable to any order.

``import xpgrad as xp`` imports no array library and no plugin; names are loaded when they are first used.
"""

from __future__ import annotations

from typing import Any

from xpgrad import _public

__version__ = "0.1.0"
__array_api_version__ = "2025.12"


def __getattr__(name: str) -> Any:
    value = _public.load(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*_public.names(), "__version__", "__array_api_version__"})
