"""The largest and the mean of each window, in one, two and three dimensions."""

from __future__ import annotations

from typing import Any, ClassVar

from xpgrad.nn import Module, functional
from xpgrad_layers.convolution import each


class MaxPool(Module):
    """What all of them share; an abstract class."""

    dimensions: ClassVar[int]

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Any) -> Any:
        function = getattr(functional, f"max_pool{self.dimensions}d")
        return function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        return ", ".join(f"{name}={getattr(self, name)}" for name in names)


class MaxPool1d(MaxPool):
    """The largest element of each window of ``(batch, channels, length)``; :func:`xpgrad.nn.functional.max_pool1d`.

    Args:
        kernel_size: of a window.
        stride: from one window to the next; default: ``kernel_size``.
        padding: elements of minus infinity at both ends.
        dilation: from one element of a window to the next.
        return_indices: is not provided; True raises from the call.
        ceil_mode: whether a window may reach over the far end.
    """

    dimensions = 1


class MaxPool2d(MaxPool):
    """The largest element of each window of an image; the arguments of :class:`MaxPool1d`, in pairs or alone.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.MaxPool2d(2)(xp.ones((5, 3, 8, 6))).shape
        (5, 3, 4, 3)
    """

    dimensions = 2


class MaxPool3d(MaxPool):
    """The largest element of each window in three dimensions; the arguments of :class:`MaxPool1d`."""

    dimensions = 3


class AvgPool(Module):
    """What all of them share; an abstract class."""

    dimensions: ClassVar[int]

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Any) -> Any:
        function = getattr(functional, f"avg_pool{self.dimensions}d")
        return function(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
            self.divisor_override,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(AvgPool):
    """The mean of each window of ``(batch, channels, length)``; :func:`xpgrad.nn.functional.avg_pool1d`.

    Args:
        kernel_size: of a window.
        stride: from one window to the next; default: ``kernel_size``.
        padding: zeros at both ends.
        ceil_mode: whether a window may reach over the far end.
        count_include_pad: whether the zeros count.
    """

    dimensions = 1

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        stride = kernel_size if stride is None else stride
        one = (
            each(n, v, 1)
            for n, v in (("kernel_size", kernel_size), ("stride", stride), ("padding", padding))
        )
        super().__init__(*one, ceil_mode, count_include_pad)


class AvgPool2d(AvgPool):
    """The mean of each window of an image; the arguments of :class:`AvgPool1d`, in pairs or alone.

    ``divisor_override`` is divided by in place of how many elements a window has.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.AvgPool2d(2)(xp.ones((5, 3, 8, 6))).shape
        (5, 3, 4, 3)
    """

    dimensions = 2


class AvgPool3d(AvgPool):
    """The mean of each window in three dimensions; the arguments of :class:`AvgPool2d`."""

    dimensions = 3
