"""Sizes as PyTorch shows them: ``x.shape`` prints ``torch.Size([2, 3])``, ``x.size()`` is a call."""

from __future__ import annotations

from typing import Any

__all__ = ["CallableSize", "Size", "sizes"]


class Size(tuple[int, ...]):
    """The length of each axis: a tuple with ``numel()``."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements."""
        n = 1
        for extent in self:
            n *= extent
        return n

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return Size(found) if isinstance(key, slice) else found

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, tuple(other)))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Size, (tuple(self),))


class CallableSize(int):
    """``x.size``: called, PyTorch's sizes; as a number, the number of elements, as everywhere in xpgrad."""

    shape: Size

    def __new__(cls, shape: tuple[int, ...]) -> CallableSize:  # noqa: PYI034 - final
        sized = Size(shape)
        self = int.__new__(cls, sized.numel())
        self.shape = sized
        return self

    def __call__(self, dim: int | None = None) -> Any:
        """All sizes, or that of one axis."""
        if dim is None:
            return self.shape
        try:
            return self.shape[dim]
        except IndexError:
            n = len(self.shape)
            message = f"size({dim}): dimension out of range (expected to be in [{-n}, {n - 1}])"
            raise IndexError(message) from None

    def __reduce__(self) -> tuple[Any, ...]:
        return (int, (int(self),))


def sizes(args: tuple[Any, ...]) -> tuple[int, ...]:
    """``f(2, 3)``, ``f((2, 3))`` and ``f(torch.Size([2, 3]))`` mean the same."""
    if len(args) == 1 and not hasattr(args[0], "__index__"):
        args = tuple(args[0])
    for n in args:
        if type(n) is not int:
            return tuple(n.__index__() for n in args)
    return args
