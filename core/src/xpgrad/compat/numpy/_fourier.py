"""``numpy.fft`` on tensors: NumPy's parameters, where no norm means "backward"."""

# ruff: noqa: ARG001 - the parameters are NumPy's

from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad.compat.numpy._table import composed_as

__all__: list[str] = []


def _along_an_axis(name: str) -> Any:
    function = getattr(xp.fft, name)

    def transform(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
        return function(a, n=n, axis=axis, norm="backward" if norm is None else norm)

    return transform


def _along_axes(name: str, default: Any) -> Any:
    function = getattr(xp.fft, name)

    def transform(
        a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: None = None
    ) -> Any:
        return function(a, s=s, axes=axes, norm="backward" if norm is None else norm)

    return transform


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    composed_as(f"fft.{_name}")(_along_an_axis(_name))
for _name in ("fft", "ifft", "rfft", "irfft"):
    composed_as(f"fft.{_name}n")(_along_axes(f"{_name}n", None))
    composed_as(f"fft.{_name}2")(_along_axes(f"{_name}n", (-2, -1)))
