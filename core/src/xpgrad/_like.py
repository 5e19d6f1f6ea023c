"""What may be known of an array without keeping it alive; and the value of a level, which is no array."""

from __future__ import annotations

from typing import Any, NamedTuple


class Like(NamedTuple):
    """Shape, dtype and device of an array, in the terms of whatever carries the computation."""

    shape: tuple[int, ...]
    dtype: Any
    device: Any

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        n = 1
        for extent in self.shape:
            n *= extent
        return n


class LevelArray:
    """What a tensor holds inside a transform: a record with tensors of the level below.

    ``jvp`` puts a value and its tangent there, ``vmap`` a value with one axis more than it shows.  It has an
    array's shape, dtype and device, in xpgrad's own terms; ``xp`` is the namespace of its level.
    """

    __slots__ = ("inner", "xp")
    inner: Any
    """The tensor of the level below that has this value; or, for a batch, all of them."""
    xp: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        shape: tuple[int, ...] = self.inner.shape
        return shape

    @property
    def dtype(self) -> Any:
        """The dtype, an xpgrad one."""
        return self.inner.dtype

    @property
    def device(self) -> Any:
        """The device, an xpgrad one."""
        return self.inner.device

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __bool__(self) -> bool:
        message = "a value of a transform has no truth value of its own; ask the tensors inside"
        raise TypeError(message)
