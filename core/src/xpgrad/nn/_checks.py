"""What functions check of their arguments, in one place."""

from __future__ import annotations

import warnings
from typing import Any, Final

from xpgrad.errors import ShapeError

__all__ = ["REDUCTIONS", "check_indices", "check_reduction", "chosen_axis", "each", "span"]

REDUCTIONS: Final = ("none", "mean", "sum")


def check_reduction(name: str, reduction: str) -> None:
    """One of PyTorch's three words."""
    if reduction not in REDUCTIONS:
        message = f"{name}: reduction must be 'none', 'mean' or 'sum', got {reduction!r}"
        raise ValueError(message)


def chosen_axis(name: str, dim: int | None, axis: int | None, x: Any) -> int:
    """The axis that ``dim=`` or ``axis=`` names; else PyTorch's old choice, with its warning."""
    if axis is not None:
        if dim is not None:
            message = f"{name}: give dim= or axis=, not both"
            raise TypeError(message)
        return axis
    if dim is not None:
        return dim
    message = f"{name}: choosing the axis from the number of axes is deprecated; say dim="
    warnings.warn(message, UserWarning, stacklevel=3)
    return 0 if x.ndim in (0, 1, 3) else 1


def span(index: Any) -> tuple[int, int]:
    """The smallest and the largest integer (0, -1 if there is none), in one transfer."""
    if not index.size:
        return 0, -1
    while index._xp.level:  # inside vmap: those of the whole batch
        index = index._cell.raw.inner
    host = index._xp.backend.to_host(index._cell.raw)
    return int(host.min()), int(host.max())


def check_indices(index: Any, n: int) -> bool:
    """Whether all are at least 0 and less than ``n``."""
    low, high = span(index)
    return low >= 0 and high < n


def each(name: str, option: str, value: Any, d: int, least: int) -> tuple[int, ...]:
    """A number, or one for each of ``d`` dimensions, as one for each."""
    try:
        one = hasattr(value, "__index__")
        found = (value.__index__(),) * d if one else tuple(v.__index__() for v in value)
    except (AttributeError, TypeError):
        found = ()
    found = found * d if len(found) == 1 else found
    if len(found) != d or min(found) < least:
        many = f"an integer of at least {least}" + (f", or {d} of them" if d > 1 else "")
        message = f"{name}: {option} must be {many}, got {value!r}"
        raise ShapeError(message)
    return found
