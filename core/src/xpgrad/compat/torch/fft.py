"""``torch.fft``: xpgrad's Fourier transforms under PyTorch's signatures."""

from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad.compat.torch._dtypes import default, floating
from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch._table import called_as_torch as called
from xpgrad.compat.torch._table import named
from xpgrad.compat.torch._tensor import dress

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "irfft",
    "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip


def _line(name: str) -> Any:
    def f(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
        return getattr(xp.fft, name)(floating(input), n=n, axis=dim, norm=norm or "backward")

    f.__doc__ = f"``xpgrad.fft.{name}`` along ``dim``."
    return called(named(f, name))


def _block(name: str, of: str, axes: Any) -> Any:
    def f(input: Any, s: Any = None, dim: Any = axes, norm: str | None = None) -> Any:
        sizes = None if s is None else tuple(s)
        if dim is None and sizes is not None:
            dim = tuple(range(-len(sizes), 0))
        along = (dim,) if isinstance(dim, int) else dim if dim is None else tuple(dim)
        return getattr(xp.fft, of)(floating(input), s=sizes, axes=along, norm=norm or "backward")

    f.__doc__ = f"``xpgrad.fft.{of}`` along the axes ``dim``."
    return called(named(f, name))


fft, ifft, rfft, irfft = _line("fft"), _line("ifft"), _line("rfft"), _line("irfft")
hfft, ihfft = _line("hfft"), _line("ihfft")
fftn, ifftn = _block("fftn", "fftn", None), _block("ifftn", "ifftn", None)
rfftn, irfftn = _block("rfftn", "rfftn", None), _block("irfftn", "irfftn", None)
fft2, ifft2 = _block("fft2", "fftn", (-2, -1)), _block("ifft2", "ifftn", (-2, -1))
rfft2, irfft2 = _block("rfft2", "rfftn", (-2, -1)), _block("irfft2", "irfftn", (-2, -1))


def _shift(name: str) -> Any:
    def f(input: Any, dim: Any = None) -> Any:
        axes = tuple(dim) if isinstance(dim, (list, tuple)) else dim
        return getattr(xp.fft, name)(input, axes=axes)

    f.__doc__ = f"``xpgrad.fft.{name}`` along ``dim`` (all axes)."
    return called(named(f, name))


fftshift, ifftshift = _shift("fftshift"), _shift("ifftshift")


def _frequencies(name: str) -> Any:
    def f(
        n: int,
        d: float = 1.0,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        with default():
            made = dress(getattr(xp.fft, name)(n, d=d, dtype=dtype, device=device))
        return made.requires_grad_() if requires_grad else made

    f.__doc__ = f"``xpgrad.fft.{name}``, of the default dtype."
    return named(f, name)


fftfreq, rfftfreq = _frequencies("fftfreq"), _frequencies("rfftfreq")

__getattr__ = module_getattr("torch.fft", globals())
