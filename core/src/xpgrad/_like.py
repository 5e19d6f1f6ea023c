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

    __slots__ = ("xp",)
    xp: Any
    shape: tuple[int, ...]
    dtype: Any
    device: Any

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)
