"""What may be known of an array without keeping it alive."""

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
