"""Derivatives of padding, of sliding windows, and of what windows have together."""

from __future__ import annotations

from typing import Any

from xpgrad.rules._table import general, linear

linear("padded", x=lambda g, widths, mode, xp: xp.unpadded(g, widths, mode))
linear("unpadded", x=lambda g, widths, mode, xp: xp.padded(g, widths, mode))
linear(
    "windows",
    x=lambda g, shape_x, axes, size, stride, dilation, xp: xp.unwindowed(
        g, shape_x, axes, size, stride, dilation
    ),
)
linear(
    "unwindowed",
    values=lambda g, axes, size, stride, dilation, xp: xp.windows(g, axes, size, stride, dilation),
)


def _window_sum(
    g: Any, shape_x: Any, axes: Any, size: Any, stride: Any, dilation: Any, xp: Any
) -> Any:
    """The same cotangent for all elements of a window."""
    every = xp.broadcast_to(g[(..., *(None,) * len(axes))], (*g.shape, *size))
    return xp.unwindowed(every, shape_x, axes, size, stride, dilation)


linear("window_sum", x=_window_sum)


def _window_max(
    g: Any, x: Any, out: Any, axes: Any, size: Any, stride: Any, dilation: Any, xp: Any
) -> Any:
    return xp.window_max_back(g, x, out, axes, size, stride, dilation)


def _window_max_back(
    g: Any, x1: Any, x2: Any, axes: Any, size: Any, stride: Any, dilation: Any, xp: Any
) -> Any:
    """The mean of g over the largest elements of each window."""
    within = tuple(range(-len(axes), 0))
    wide = (..., *(None,) * len(axes))
    hit = xp.astype(xp.windows(x1, axes, size, stride, dilation) == x2[wide], g.dtype)
    seen = xp.windows(g, axes, size, stride, dilation)
    count = xp.sum(hit, axis=within)
    return xp.sum(seen * hit, axis=within) / xp.where(count == 0, xp.ones_like(count), count)


general("window_max", x=_window_max)
linear("window_max_back", values=_window_max_back)
