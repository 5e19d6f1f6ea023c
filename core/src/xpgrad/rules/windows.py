"""Derivatives of padding and of sliding windows: linear pairs, each the other's transpose."""

from __future__ import annotations

from xpgrad.rules._table import linear

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
