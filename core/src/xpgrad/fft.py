"""Fourier transforms: the standard's extension ``fft``, on every backend, to any order."""

from __future__ import annotations

from typing import Any

from xpgrad import _public


def __getattr__(name: str) -> Any:
    found = _public.load_from_chapter("fft", name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return _public.chapter_names("fft")
