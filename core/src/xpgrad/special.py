"""Special functions: those of core, and those of installed packages (``pip install xpgrad-special`` brings most)."""

from __future__ import annotations

from typing import Any

from xpgrad import _public


def __getattr__(name: str) -> Any:
    found = _public.load_from_chapter("special", name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return _public.chapter_names("special")
