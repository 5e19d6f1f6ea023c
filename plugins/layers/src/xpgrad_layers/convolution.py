"""Convolutions and their transposes in one, two and three dimensions."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import xpgrad as xp
from xpgrad.nn import Module, Parameter, init

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def each(name: str, value: Any, d: int) -> tuple[int, ...]:
    """A number, or one for each dimension, as one for each."""
    found = (value,) * d if isinstance(value, int) else tuple(value)
    if len(found) != d:
        message = f"{name} must be an integer or {d} of them, got {value!r}"
        raise ValueError(message)
    return found


class Convolution(Module):
    """What all convolutions share; an abstract class.

    Weight and bias start uniform within ``1 / sqrt(weight.shape[1] * places in the kernel)``, as in PyTorch.
    """

    dimensions: ClassVar[int]
    transposed: ClassVar[bool] = False

    def _set_up(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any, output_padding: Any,
        dilation: Any, groups: int, bias: bool, padding_mode: str, device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        if groups < 1 or in_channels % groups or out_channels % groups:
            message = f"groups {groups} must divide in_channels {in_channels} and out_channels {out_channels}"
            raise ValueError(message)
        if padding_mode not in (("zeros",) if self.transposed else MODES):
            message = f"padding_mode of {type(self).__name__} cannot be {padding_mode!r}"
            raise ValueError(message)
        if isinstance(padding, str) and (self.transposed or padding not in ("same", "valid")):
            message = (
                f"padding must be integers, or 'same' or 'valid' (no transposes), got {padding!r}"
            )
            raise ValueError(message)
        d = self.dimensions
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = (
            each("kernel_size", kernel_size, d),
            each("stride", stride, d),
        )
        self.padding = padding if isinstance(padding, str) else each("padding", padding, d)
        self.dilation = each("dilation", dilation, d)
        self.output_padding = each("output_padding", output_padding, d)
        self.padding_mode = padding_mode
        first, second = (
            (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        )
        shape = (first, second // groups, *self.kernel_size)
        self.weight = Parameter(xp.empty(shape, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(xp.empty((out_channels,), device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the initial values again."""
        fan = math.prod(self.weight.shape[1:])
        if fan:  # a = sqrt(5) makes the bound 1 / sqrt(fan)
            init.kaiming_uniform_(self.weight, a=math.sqrt(5.0))
        if self.bias is not None and fan:
            init.uniform_(self.bias, -1.0 / math.sqrt(fan), 1.0 / math.sqrt(fan))

    def extra_repr(self) -> str:
        d = self.dimensions
        parts = [f"{self.in_channels}, {self.out_channels}", f"kernel_size={self.kernel_size}"]
        parts.append(f"stride={self.stride}")
        for name, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, name)
            if value != (usual,) * d:
                parts.append(f"{name}={value}")
        parts += [f"groups={self.groups}"] * (self.groups != 1)
        parts += ["bias=False"] * (self.bias is None)
        parts += [f"padding_mode={self.padding_mode}"] * (self.padding_mode != "zeros")
        return ", ".join(parts)


class Forward(Convolution):
    """Convolutions that are no transposes; an abstract class."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        self._set_up(in_channels, out_channels, kernel_size, stride, padding, 0, dilation, groups, bias, padding_mode,
                     device, dtype)  # fmt: skip

    def forward(self, input: Any) -> Any:
        padding = self.padding
        if self.padding_mode != "zeros" and padding != "valid":
            x = xp.pad(input, self._border(input.ndim), MODES[self.padding_mode])
            padding = 0
        else:
            x = input
        return xp.conv(
            x, self.weight, self.bias, stride=self.stride, padding=padding,
            dilation=self.dilation, groups=self.groups,
        )  # fmt: skip

    def _border(self, rank: int) -> list[tuple[int, int]]:
        if self.padding == "same":
            total = [e * (k - 1) for e, k in zip(self.dilation, self.kernel_size, strict=True)]
            border = [(n // 2, n - n // 2) for n in total]
        else:
            border = [(p, p) for p in self.padding]
        return [(0, 0)] * (rank - len(border)) + border


class Transposed(Convolution):
    """Transposes of convolutions; an abstract class."""

    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        self._set_up(in_channels, out_channels, kernel_size, stride, padding, output_padding, dilation, groups, bias,
                     padding_mode, device, dtype)  # fmt: skip

    def forward(self, input: Any, output_size: Any = None) -> Any:
        longer = self.output_padding if output_size is None else self._longer(input, output_size)
        return xp.conv_transpose(
            input, self.weight, self.bias, stride=self.stride, padding=self.padding, output_padding=longer,
            groups=self.groups, dilation=self.dilation,
        )  # fmt: skip

    def _longer(self, input: Any, output_size: Any) -> tuple[int, ...]:
        d = self.dimensions
        least = [
            (n - 1) * s - 2 * p + e * (k - 1) + 1
            for n, k, s, p, e in zip(
                input.shape[-d:],
                self.kernel_size,
                self.stride,
                self.padding,
                self.dilation,
                strict=True,
            )
        ]
        longer = tuple(n - m for n, m in zip(tuple(output_size)[-d:], least, strict=True))
        if not all(0 <= n < s for n, s in zip(longer, self.stride, strict=True)):
            most = [m + s - 1 for m, s in zip(least, self.stride, strict=True)]
            message = f"output_size {tuple(output_size)} must be from {least} to {most} for an input of {input.shape}"
            raise ValueError(message)
        return longer


class Conv1d(Forward):
    """A convolution over ``(batch, channels, length)``: :func:`xpgrad.conv` with parameters.

    Args:
        in_channels: of the input.
        out_channels: of the result.
        kernel_size: how long the kernel is.
        stride: from one window to the next.
        padding: zeros at both ends; or ``"same"``, ``"valid"``.
        dilation: from one element of a window to the next.
        groups: into how many groups the channels are divided.
        bias: whether to add one.
        padding_mode: ``zeros``, ``reflect``, ``replicate`` or ``circular``: what stands in the padding.
        device: where the parameters live; default: the default device.
        dtype: of the parameters; default: the default dtype.

    Shapes: ``weight`` is ``(out_channels, in_channels / groups, kernel_size)``.

    Raises:
        xpgrad.errors.ShapeError: from the call, if the input does not fit.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.Conv1d(2, 4, 3, padding=1)(xp.ones((5, 2, 7))).shape
        (5, 4, 7)
    """

    dimensions = 1


class Conv2d(Forward):
    """A convolution over ``(batch, channels, height, width)``; the arguments of :class:`Conv1d`, in pairs or alone.

    Example:
        >>> import xpgrad as xp
        >>> layer = xp.nn.Conv2d(3, 8, 3, stride=2)
        >>> layer
        Conv2d(3, 8, kernel_size=(3, 3), stride=(2, 2))
        >>> layer(xp.ones((5, 3, 9, 9))).shape
        (5, 8, 4, 4)
    """

    dimensions = 2


class Conv3d(Forward):
    """A convolution over ``(batch, channels, depth, height, width)``; the arguments of :class:`Conv1d`."""

    dimensions = 3


class ConvTranspose1d(Transposed):
    """The transpose of a convolution over ``(batch, channels, length)``: :func:`xpgrad.conv_transpose` with parameters.

    Args:
        in_channels: of the input.
        out_channels: of the result.
        kernel_size: how long the kernel is.
        stride: from one copy of the kernel to the next.
        padding: how much is cut off at both ends.
        output_padding: how much longer the result is at the far end.
        groups: into how many groups the channels are divided.
        bias: whether to add one.
        dilation: from one element of the kernel to the next.
        padding_mode: ``zeros``, nothing else.
        device: where the parameters live; default: the default device.
        dtype: of the parameters; default: the default dtype.

    Shapes: ``weight`` is ``(in_channels, out_channels / groups, kernel_size)``.  The call takes ``output_size``, from
    which ``output_padding`` follows.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.ConvTranspose1d(4, 2, 3, stride=2)(xp.ones((5, 4, 3)), output_size=(8,)).shape
        (5, 2, 8)
    """

    dimensions = 1


class ConvTranspose2d(Transposed):
    """The transpose of a convolution over images; the arguments of :class:`ConvTranspose1d`."""

    dimensions = 2


class ConvTranspose3d(Transposed):
    """The transpose of a convolution in three dimensions; the arguments of :class:`ConvTranspose1d`."""

    dimensions = 3
