"""Derivatives of Fourier transforms: all of them linear, those that make or take real arrays only real-linear.

The matrix of a discrete Fourier transform is symmetric, so with unconjugated cotangents a transform is its own
transpose, but for what its ``n`` or ``s`` cuts off or fills up, and for the half of a spectrum that is not stored.
"""

from __future__ import annotations

from typing import Any

from xpgrad.rules._table import linear


def _axes(axes: Any, s: Any, ndim: int) -> tuple[int, ...]:
    """The transformed axes, non-negative."""
    if axes is None:
        axes = range(ndim) if s is None else range(ndim - len(s), ndim)
    return tuple(a % ndim for a in axes)


def _resized(g: Any, sizes: dict[int, int], xp: Any) -> Any:
    """Cut each axis to its size, or fill it up with zeros: what a transform does to its input, and its transpose."""
    for axis, size in sizes.items():
        have = g.shape[axis]
        if have > size:
            g = xp.getitem(g, (slice(None),) * axis + (slice(0, size), Ellipsis))
        elif have < size:
            shape = (*g.shape[:axis], size - have, *g.shape[axis + 1 :])
            g = xp.concat([g, xp.zeros(shape, dtype=g.dtype, device=g.device)], axis=axis)
    return g


def _complex(g: Any, xp: Any) -> Any:
    return g if xp.is_complex(g) else g + 0j * g


def _lengths(like: Any, axes: tuple[int, ...]) -> dict[int, int]:
    return {a: like.shape[a] for a in axes}


def _one(inverse: bool) -> Any:
    """The transpose of a transform along one axis."""

    def rule(g: Any, like_x: Any, axis: int, norm: str, xp: Any) -> Any:
        function = xp.fft.ifft if inverse else xp.fft.fft
        at = axis % len(like_x.shape)
        return _resized(function(_complex(g, xp), axis=at, norm=norm), _lengths(like_x, (at,)), xp)

    return rule


def _several(inverse: bool) -> Any:
    """The transpose of a transform along several axes."""

    def rule(g: Any, like_x: Any, s: Any, axes: Any, norm: str, xp: Any) -> Any:
        function = xp.fft.ifftn if inverse else xp.fft.fftn
        at = _axes(axes, s, len(like_x.shape))
        return _resized(function(_complex(g, xp), axes=at, norm=norm), _lengths(like_x, at), xp)

    return rule


linear("fft.fft", x=_one(False))
linear("fft.ifft", x=_one(True))
linear("fft.fftn", x=_several(False))
linear("fft.ifftn", x=_several(True))

# --- from real arrays: half of the spectrum is stored -----------------------------------------------


def _from_real(inverse: bool) -> Any:
    """Σ g_k W_kj over the stored half; the engine takes the real part."""

    def rule(g: Any, like_x: Any, n: Any, axis: int, norm: str, xp: Any) -> Any:
        at = axis % len(like_x.shape)
        length = like_x.shape[at] if n is None else n
        full = _resized(g, {at: length}, xp)
        function = xp.fft.ifft if inverse else xp.fft.fft
        return _resized(function(full, axis=at, norm=norm), _lengths(like_x, (at,)), xp)

    return rule


def _from_real_several(g: Any, like_x: Any, s: Any, axes: Any, norm: str, xp: Any) -> Any:
    at = _axes(axes, s, len(like_x.shape))
    last = like_x.shape[at[-1]] if s is None else s[-1]
    full = _resized(g, {at[-1]: last}, xp)
    return _resized(xp.fft.fftn(full, axes=at, norm=norm), _lengths(like_x, at), xp)


linear("fft.rfft", x=_from_real(False))
linear("fft.ihfft", x=_from_real(True))
linear("fft.rfftn", x=_from_real_several)

# --- to real arrays: what is stored once counts twice -----------------------------------------------


def _counted(spectrum: Any, axis: int, length: int, xp: Any) -> Any:
    """The stored half of a spectrum, twice but for the ends that have no mirror image."""
    half = length // 2 + 1
    stored = _resized(spectrum, {axis: half}, xp)
    k = xp.arange(half, device=spectrum.device)
    once = (k == 0) | (k * 2 == length)
    shape = (half, *(1,) * (spectrum.ndim - 1 - axis))
    once = xp.broadcast_to(xp.reshape(once, shape), stored.shape)
    return xp.where(once, stored, 2.0 * stored)


def _to_real(inverse: bool) -> Any:
    def rule(g: Any, like_x: Any, axis: int, norm: str, xp: Any) -> Any:
        at = axis % len(like_x.shape)
        function = xp.fft.ifft if inverse else xp.fft.fft
        spectrum = function(_complex(g, xp), axis=at, norm=norm)
        return _resized(_counted(spectrum, at, g.shape[at], xp), _lengths(like_x, (at,)), xp)

    return rule


def _to_real_several(g: Any, like_x: Any, s: Any, axes: Any, norm: str, xp: Any) -> Any:
    at = _axes(axes, s, len(like_x.shape))
    spectrum = xp.fft.ifftn(_complex(g, xp), axes=at, norm=norm)
    counted = _counted(spectrum, at[-1], g.shape[at[-1]], xp)
    return _resized(counted, _lengths(like_x, at), xp)


linear("fft.irfft", x=_to_real(True))
linear("fft.hfft", x=_to_real(False))
linear("fft.irfftn", x=_to_real_several)

# --- moving frequencies -----------------------------------------------------------------------------

linear("fft.fftshift", x=lambda g, axes, xp: xp.fft.ifftshift(g, axes=axes))
linear("fft.ifftshift", x=lambda g, axes, xp: xp.fft.fftshift(g, axes=axes))
