"""The record of a batch, and what rules do to records before they call an operation on what is inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad._like import LevelArray
from xpgrad._namespace._operations import operation
from xpgrad.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpgrad.transforms._level import Invocation

__all__ = [
    "Arguments", "Batched", "any_batched", "axes_of", "axis_of", "moved", "padded", "plain", "reshaped", "whole",
]  # fmt: skip

Arguments = dict[str, Any]


class Batched(LevelArray):
    """The values of all elements of a batch, along axis 0 of ``inner``; or one value that all of them share."""

    __slots__ = ("_shape", "batched")

    def __init__(self, xp: Any, inner: Any, batched: bool) -> None:
        self.xp = xp
        self.inner = inner
        self.batched = batched
        self._shape: tuple[int, ...] = inner.shape[1:] if batched else inner.shape

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one element's value."""
        return self._shape

    @property
    def ndim(self) -> int:
        """The number of its axes."""
        return len(self._shape)

    def __repr__(self) -> str:
        return f"Batched({self.inner!r}, batched={self.batched})"


# --- looking at arguments ---------------------------------------------------------------------------


def any_batched(values: Iterable[Any]) -> bool:
    """Whether a batched record is among the values, or in a tuple among them."""
    for x in values:
        if isinstance(x, Batched):
            if x.batched:
                return True
        elif type(x) in (tuple, list) and any_batched(x):
            return True
    return False


def plain(x: Any) -> Any:
    """An argument with what is inside in place of records, wherever they stand."""
    if isinstance(x, Batched):
        return x.inner
    if type(x) in (tuple, list):
        return type(x)(map(plain, x))
    return x


# --- bringing records into shape --------------------------------------------------------------------


def reshaped(t: Any, shape: tuple[int, ...]) -> Any:
    """The tensor in another shape."""
    return t if t.shape == shape else operation("reshape")(t, shape)


def moved(t: Any, source: int, destination: int) -> Any:
    """The tensor with one axis in another place."""
    return t if source == destination else operation("moveaxis")(t, source, destination)


def whole(x: Batched) -> Any:
    """The tensor inside with the batch along axis 0, also where all elements share one value."""
    if x.batched:
        return x.inner
    return operation("broadcast_to")(x.inner, (x.xp.size, *x.inner.shape))


def padded(x: Batched, rank: int) -> Any:
    """The tensor inside, ready to broadcast with records of ``rank`` axes."""
    missing = rank - x.ndim
    if not x.batched or missing <= 0:
        return x.inner
    size, *rest = x.inner.shape
    return operation("reshape")(x.inner, (size, *(1,) * missing, *rest))


# --- axes -------------------------------------------------------------------------------------------


def axis_of(invoke: Invocation, axis: int, ndim: int) -> int:
    """An axis of a value of ``ndim`` axes, as the axis of what is inside.

    Raises:
        ShapeError: if there is no such axis; of the tensor inside, it might be the batch.
    """
    if not -ndim <= axis < ndim:
        message = f"{invoke.operation.name}: axis {axis} is out of range for {ndim} axes"
        raise ShapeError(message)
    return axis % ndim + 1


def axes_of(invoke: Invocation, axes: Any, ndim: int) -> Any:
    """An axis or a tuple of axes, as those of what is inside."""
    if isinstance(axes, (tuple, list)):
        return tuple(axis_of(invoke, a, ndim) for a in axes)
    return axis_of(invoke, axes, ndim)
