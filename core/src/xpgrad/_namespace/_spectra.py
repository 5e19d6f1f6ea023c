"""Options of Fourier transforms: checked, and told in full, so that every library is asked the same."""

from __future__ import annotations

import operator
from typing import Any, Final

from xpgrad.errors import ShapeError

__all__ = ["transform_axes", "transform_axis"]

NORMS: Final = ("backward", "ortho", "forward")


def transform_axis(name: str, x: Any, n: Any, axis: Any, norm: Any) -> tuple[int | None, int]:
    """The length and the axis of a transform along one axis."""
    (axis,) = _checked(name, x.shape, (axis,), norm)
    if n is not None:
        n = operator.index(n)
    _check_length(name, x.shape[axis] if n is None else n)
    return n, axis


def transform_axes(
    name: str, x: Any, s: Any, axes: Any, norm: Any
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The lengths and the axes of a transform along several axes; without axes the last ones, or all."""
    shape = x.shape
    if axes is None:
        axes = range(-len(shape), 0) if s is None else range(-len(s), 0)
    axes = _checked(name, shape, axes, norm)
    halved = name in ("fft.rfftn", "fft.irfftn")
    if halved and not axes:
        message = f"{name} needs at least one axis, got axes=()"
        raise ShapeError(message)
    whole = [shape[a] for a in axes]
    if s is None:
        s = (*whole[:-1], 2 * (whole[-1] - 1)) if name == "fft.irfftn" else whole
    elif len(s) != len(axes):
        message = f"{name}: {len(s)} lengths s={tuple(s)} for {len(axes)} axes {axes}"
        raise ShapeError(message)
    lengths = tuple(m if n == -1 else operator.index(n) for n, m in zip(s, whole, strict=True))
    for length in lengths:
        _check_length(name, length)
    return lengths, axes


def _checked(name: str, shape: tuple[int, ...], axes: Any, norm: Any) -> tuple[int, ...]:
    """The axes, non-negative."""
    if norm not in NORMS:
        message = f"{name}: norm must be one of {', '.join(map(repr, NORMS))}, got {norm!r}"
        raise ValueError(message)
    rank = len(shape)
    given = tuple(operator.index(a) for a in axes)
    for a in given:
        if not -rank <= a < rank:
            message = f"{name}: axis {a} is out of range for shape {shape}"
            raise ShapeError(message)
    found = tuple(a % rank for a in given)
    if len(set(found)) < len(found):
        message = f"{name}: axes {given} name an axis twice"
        raise ShapeError(message)
    return found


def _check_length(name: str, n: int) -> None:
    if n < 1:
        message = f"{name} needs at least one element along each axis that it transforms, got {n}"
        raise ShapeError(message)
