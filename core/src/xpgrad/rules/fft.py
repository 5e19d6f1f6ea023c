"""Derivatives of Fourier transforms.  All are linear; those that give or take real arrays are only real-linear.

The matrix of a discrete Fourier transform is symmetric, so with unconjugated cotangents it is its own transpose; what
``n`` or ``s`` cuts off, its transpose fills up with zeros.  Of a spectrum that is stored by half, an element stands for
itself and for its conjugate, but for those of frequency 0 and of the highest one of an even length: so the transpose of
``irfft`` counts the others twice, and that of ``rfft``, which is an ``irfft``, by half.
"""

from __future__ import annotations

from typing import Any, Final

from xpgrad.rules._table import linear

OTHER: Final = {"backward": "forward", "forward": "backward", "ortho": "ortho"}
"""The norm with which the transform in the other direction has the same factor."""


def _resized(g: Any, shape: tuple[int, ...], xp: Any) -> Any:
    """Each axis cut off at the end or filled up with zeros: what a transform does first, and its transpose."""
    pairs = tuple(zip(g.shape, shape, strict=True))
    if any(have > want for have, want in pairs):
        g = xp.unpadded(g, tuple((0, max(have - want, 0)) for have, want in pairs), "constant")
    if any(have < want for have, want in pairs):
        g = xp.padded(g, tuple((0, max(want - have, 0)) for have, want in pairs), "constant")
    return g


def _pairs(g: Any, n: int, axis: int, xp: Any) -> Any:
    """1 for the elements of half a spectrum of ``n`` that stand for two, else 0: to be broadcast against it."""
    k = xp.arange(n // 2 + 1, device=xp.raw_device(g))
    pairs = (k > 0) if n % 2 else (k > 0) & (k < n // 2)
    return xp.cast(xp.reshape(pairs, (-1, *(1,) * (g.ndim - 1 - axis))), g.dtype)


def _doubled(g: Any, n: int, axis: int, xp: Any) -> Any:
    return g * (1.0 + _pairs(g, n, axis, xp))


def _halved(g: Any, n: int, axis: int, xp: Any) -> Any:
    return g * (1.0 - 0.5 * _pairs(g, n, axis, xp))


# --- from complex arrays to complex arrays ----------------------------------------------------------


def _fft(g: Any, shape_x: Any, axis: int, norm: str, xp: Any) -> Any:
    return _resized(xp.fft.fft(g, axis=axis, norm=norm), shape_x, xp)


def _ifft(g: Any, shape_x: Any, axis: int, norm: str, xp: Any) -> Any:
    return _resized(xp.fft.ifft(g, axis=axis, norm=norm), shape_x, xp)


def _fftn(g: Any, shape_x: Any, axes: Any, norm: str, xp: Any) -> Any:
    return _resized(xp.fft.fftn(g, axes=axes, norm=norm), shape_x, xp)


def _ifftn(g: Any, shape_x: Any, axes: Any, norm: str, xp: Any) -> Any:
    return _resized(xp.fft.ifftn(g, axes=axes, norm=norm), shape_x, xp)


linear("fft.fft", x=_fft)
linear("fft.ifft", x=_ifft)
linear("fft.fftn", x=_fftn)
linear("fft.ifftn", x=_ifftn)

# --- from real arrays to half a spectrum ------------------------------------------------------------


def _rfft(g: Any, shape_x: Any, n: Any, axis: int, norm: str, xp: Any) -> Any:
    n = shape_x[axis] if n is None else n
    half = xp.conj(_halved(g, n, axis, xp))
    return _resized(xp.fft.irfft(half, n=n, axis=axis, norm=OTHER[norm]), shape_x, xp)


def _ihfft(g: Any, shape_x: Any, n: Any, axis: int, norm: str, xp: Any) -> Any:
    n = shape_x[axis] if n is None else n
    half = _halved(g, n, axis, xp)
    return _resized(xp.fft.irfft(half, n=n, axis=axis, norm=norm), shape_x, xp)


def _rfftn(g: Any, shape_x: Any, s: Any, axes: Any, norm: str, xp: Any) -> Any:
    """Along all axes but the last of them, then along that: no library need agree on spectra of no real array."""
    *others, last = axes
    if others:
        g = xp.fft.fftn(g, axes=tuple(others), norm=norm)
    half = xp.conj(_halved(g, s[-1], last, xp))
    return _resized(xp.fft.irfft(half, n=s[-1], axis=last, norm=OTHER[norm]), shape_x, xp)


linear("fft.rfft", x=_rfft)
linear("fft.ihfft", x=_ihfft)
linear("fft.rfftn", x=_rfftn)

# --- from half a spectrum to real arrays ------------------------------------------------------------


def _irfft(g: Any, shape_x: Any, axis: int, norm: str, xp: Any) -> Any:
    half = xp.conj(xp.fft.rfft(g, axis=axis, norm=OTHER[norm]))
    return _resized(_doubled(half, g.shape[axis], axis, xp), shape_x, xp)


def _hfft(g: Any, shape_x: Any, axis: int, norm: str, xp: Any) -> Any:
    half = xp.fft.rfft(g, axis=axis, norm=norm)
    return _resized(_doubled(half, g.shape[axis], axis, xp), shape_x, xp)


def _irfftn(g: Any, shape_x: Any, s: Any, axes: Any, norm: str, xp: Any) -> Any:
    half = xp.conj(xp.fft.rfftn(g, axes=axes, norm=OTHER[norm]))
    return _resized(_doubled(half, s[-1], axes[-1], xp), shape_x, xp)


linear("fft.irfft", x=_irfft)
linear("fft.hfft", x=_hfft)
linear("fft.irfftn", x=_irfftn)
