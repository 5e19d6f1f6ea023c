"""Derivatives of convolution.

A convolution, its transpose by the array and its transpose by the kernel are the three ways to read one trilinear
form of array, kernel and result, so each is differentiated by the other two.
"""

from __future__ import annotations

from typing import Any

from xpgrad.rules._table import multilinear


def _by_array(
    g: Any, weight: Any, shape_x: Any, padding: Any, stride: Any, dilation: Any, groups: int, xp: Any
) -> Any:  # fmt: skip
    return xp.unconvolved(g, weight, shape_x[2:], padding, stride, dilation, groups)


def _by_kernel(
    g: Any, x: Any, shape_weight: Any, padding: Any, stride: Any, dilation: Any, groups: int, xp: Any
) -> Any:  # fmt: skip
    return xp.convolved_kernel(g, x, shape_weight[2:], padding, stride, dilation, groups)


multilinear("convolved", broadcast=False, x=_by_array, weight=_by_kernel)


def _array_by_kernel(
    g: Any, values: Any, shape_weight: Any, padding: Any, stride: Any, dilation: Any, groups: int, xp: Any
) -> Any:  # fmt: skip
    return xp.convolved_kernel(values, g, shape_weight[2:], padding, stride, dilation, groups)


multilinear(
    "unconvolved",
    broadcast=False,
    values=lambda g, weight, padding, stride, dilation, groups, xp: xp.convolved(
        g, weight, padding, stride, dilation, groups
    ),
    weight=_array_by_kernel,
)


def _kernel_by_array(
    g: Any, values: Any, shape_x: Any, padding: Any, stride: Any, dilation: Any, groups: int, xp: Any
) -> Any:  # fmt: skip
    return xp.unconvolved(values, g, shape_x[2:], padding, stride, dilation, groups)


multilinear(
    "convolved_kernel",
    broadcast=False,
    values=lambda g, x, padding, stride, dilation, groups, xp: xp.convolved(
        x, g, padding, stride, dilation, groups
    ),
    x=_kernel_by_array,
)
