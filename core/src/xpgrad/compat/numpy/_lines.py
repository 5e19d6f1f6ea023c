"""Sums, differences and filters along lines; products; order; answers without a derivative."""

# ruff: noqa: ARG005, N803 - the signatures are NumPy's

from __future__ import annotations

import operator
import sys
from typing import Any, Final

import xpgrad as xp
from xpgrad.compat.numpy._moving import Numbered
from xpgrad.compat.numpy._reductions import axes_of
from xpgrad.compat.numpy._table import COMPOSED, composed

__all__ = ["along"]

PADDING: Final = ("constant", "edge", "reflect", "symmetric", "wrap")


def along(x: Any, axis: int, start: Any, stop: Any) -> Any:
    return x[(slice(None),) * (axis % x.ndim) + (slice(start, stop),)]


def _triangle(name: str) -> Any:
    """Of a vector, as if each row of a square were it."""

    def triangle(m: Any, k: int = 0) -> Any:
        m = xp.asarray(m)
        return getattr(xp, name)(xp.broadcast_to(m, (m.size, m.size)) if m.ndim == 1 else m, k=k)

    return triangle


COMPOSED.update({"tril": _triangle("tril"), "triu": _triangle("triu")})


@composed
def flipud(m: Any) -> Any:
    return xp.flip(m, axis=0)


@composed
def fliplr(m: Any) -> Any:
    return xp.flip(m, axis=1)


@composed
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    first, second = (a % m.ndim for a in axes)
    quarters = operator.index(k) % 4
    if quarters % 2:
        m = m.swapaxes(first, second)
    turned = {1: (first,), 2: (first, second), 3: (second,)}.get(quarters)
    return xp.flip(m, axis=turned) if turned else m.clone()


def _split(name: str, default: int, least: int) -> Any:
    def parts(ary: Any, indices_or_sections: Any, axis: int = default) -> Any:
        np = sys.modules["numpy"]
        if ary.ndim < least:
            message = f"numpy.{name} needs arrays of {least} axes or more, got shape {ary.shape}"
            raise ValueError(message)
        axis = 0 if name == "hsplit" and ary.ndim == 1 else axis
        function = np.array_split if name == "array_split" else np.split
        places = function(np.arange(ary.shape[axis]), indices_or_sections)
        return [
            along(ary, axis, int(p[0]), int(p[-1]) + 1) if p.size else along(ary, axis, 0, 0)
            for p in places
        ]

    return parts


COMPOSED.update({
    "split": _split("split", 0, 1), "array_split": _split("array_split", 0, 1), "hsplit": _split("hsplit", 1, 1),
    "vsplit": _split("vsplit", 0, 2), "dsplit": _split("dsplit", 2, 3),
})  # fmt: skip


@composed
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = xp.asarray(y)
    if x is not None:
        x = xp.asarray(x)
        dx = xp.diff(x, axis=-1 if x.ndim == 1 else axis)
        if x.ndim == 1:
            at = axis % y.ndim
            dx = xp.reshape(dx, tuple(-1 if i == at else 1 for i in range(y.ndim)))
    return xp.sum(dx * (along(y, axis, 1, None) + along(y, axis, None, -1)) / 2.0, axis=axis)


@composed
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    ends = [None if e is None else xp.asarray(e).reshape(-1) for e in (to_begin, to_end)]
    parts = [ends[0], xp.diff(ary.reshape(-1)), ends[1]]
    return xp.concat([p for p in parts if p is not None])


@composed
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences of second order, at the ends one-sided ones of ``edge_order``; any spacings."""
    axes = axes_of(f, axis)
    given = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    if len(given) != len(axes):
        message = f"numpy.gradient: {len(axes)} axes take no spacing, one, or {len(axes)}, got {len(given)}"
        raise TypeError(message)
    results = [_slopes(f, at, h, edge_order) for at, h in zip(axes, given, strict=True)]
    return results[0] if len(results) == 1 else tuple(results)


def _slopes(f: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    """The formula of NumPy's documentation; ``spacing`` is a number, or the coordinates along the axis."""
    if f.shape[axis] < edge_order + 1:
        message = f"numpy.gradient with edge_order={edge_order} needs {edge_order + 1} elements along an axis"
        raise ValueError(message)
    y = xp.moveaxis(f, axis, -1)
    spacing = xp.asarray(spacing)
    steps = xp.diff(spacing) if spacing.ndim else xp.broadcast_to(spacing, (y.shape[-1] - 1,))
    rises = xp.diff(y, axis=-1) / steps
    h, k, left, right = steps[:-1], steps[1:], rises[..., :-1], rises[..., 1:]
    inner = (k * left + h * right) / (h + k)
    first, last = rises[..., :1], rises[..., -1:]
    if edge_order == 2:  # the parabola through three points, continued to the end
        bend = (right - left) / (h + k)
        first, last = first - h[:1] * bend[..., :1], last + k[-1:] * bend[..., -1:]
    return xp.moveaxis(xp.concat([first, inner, last], axis=-1), -1, axis)


@composed
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """One-dimensional, by windows of the longer over the shorter."""
    a, v = xp.asarray(a), xp.asarray(v)
    if v.size > a.size:
        a, v = v, a
    n, m = a.size, v.size
    zeros = xp.zeros(m - 1, dtype=a.dtype, device=a.device)
    np = sys.modules["numpy"]
    windows = np.arange(n + m - 1)[:, None] + np.arange(m)[None, :]
    start, size = {"full": (0, n + m - 1), "same": ((m - 1) // 2, n), "valid": (m - 1, n - m + 1)}[
        mode
    ]
    return xp.matmul(xp.concat([zeros, a, zeros])[windows[start : start + size]], xp.flip(v))


@composed
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = xp.asarray(a), xp.asarray(v)
    if v.size > a.size:
        swapped = xp.flip(correlate(v, a, mode))
        return xp.conj(swapped) if swapped.dtype.is_complex else swapped
    return convolve(a, xp.flip(xp.conj(v) if v.dtype.is_complex else v), mode)


@composed
def interp(
    x: Any, xp_: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """NumPy's arrays go to the tensor's device."""
    tensors = [xp.asarray(v) for v in (x, xp_, fp)]
    device = next((t.device for t in tensors if t.backend.name != "numpy"), tensors[0].device)
    x, grid, values = (xp.asarray(t, device=device) for t in tensors)
    return xp.interp(x, grid, values, left, right, period)


@composed
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    n = len(x) if N is None else N
    powers = range(n) if increasing else range(n - 1, -1, -1)
    return xp.stack([x**k if k else xp.ones_like(x) for k in powers], axis=1)


@composed
def vdot(a: Any, b: Any, /) -> Any:
    return xp.vecdot(xp.asarray(a).reshape(-1), xp.asarray(b).reshape(-1))


@composed
def inner(a: Any, b: Any, /) -> Any:
    a, b = xp.asarray(a), xp.asarray(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return xp.tensordot(a, b, axes=((a.ndim - 1,), (b.ndim - 1,)))


@composed
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = xp.moveaxis(xp.asarray(a), axisa, -1), xp.moveaxis(xp.asarray(b), axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        message = (
            f"numpy.cross of a tensor takes vectors of three numbers, got {a.shape} and {b.shape}"
        )
        raise ValueError(message)
    result = xp.roll(a, -1, axis=-1) * xp.roll(b, -2, axis=-1)
    result = result - xp.roll(a, -2, axis=-1) * xp.roll(b, -1, axis=-1)
    return xp.moveaxis(result, -1, axisc)


@composed
def einsum(*operands: Any, optimize: Any = False, **kwargs: Any) -> Any:
    if kwargs.keys() - {"order", "casting"} or kwargs.get("order", "K") != "K":
        message = f"numpy.einsum of a tensor does not take {', '.join(sorted(kwargs))}"
        raise TypeError(message)
    return xp.einsum(*operands, optimize=optimize)


@composed
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    if mode not in PADDING or kwargs.pop("reflect_type", "even") != "even":
        message = f"numpy.pad of a tensor takes the modes {', '.join(PADDING)}, not {mode!r}"
        raise TypeError(message)
    return xp.pad(array, pad_width, mode, **kwargs)


COMPOSED["lib.stride_tricks.sliding_window_view"] = (
    lambda x, window_shape, axis=None, *, subok=False, writeable=False: xp.sliding_window_view(
        x, window_shape, axis
    )
)


COMPOSED["kron"] = xp.kron


def _at_least(rank: int) -> Any:
    def raised(*arys: Any) -> Any:
        numpy_s = getattr(sys.modules["numpy"], f"atleast_{rank}d")
        empty = sys.modules["numpy"].empty
        results = [xp.reshape(t, numpy_s(empty(t.shape)).shape) for t in map(xp.asarray, arys)]
        return results[0] if len(results) == 1 else tuple(results)

    return raised


COMPOSED.update({f"atleast_{rank}d": _at_least(rank) for rank in (1, 2, 3)})


@composed
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False
) -> Any:
    if return_index or return_inverse or return_counts:
        message = "numpy.unique of a tensor gives the values only; use xp.unique_all"
        raise TypeError(message)
    _, first = sys.modules["numpy"].unique(ar.detach().numpy(), return_index=True)
    return ar.reshape(-1)[first]


@composed
def partition(a: Any, kth: Any, axis: Any = -1) -> Any:
    """Sorted, which is partitioned everywhere."""
    order = sys.modules["numpy"].argpartition(a.detach().numpy(), kth, axis)
    order = xp.asarray(order, device=a.device)
    return (
        xp.take(a.reshape(-1), order) if axis is None else xp.take_along_axis(a, order, axis=axis)
    )


@composed
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    tensors = [xp.asarray(x).reshape(-1) for x in xi]
    numbered = Numbered()
    grids = sys.modules["numpy"].meshgrid(
        *map(numbered.numbers, tensors), copy=copy, sparse=sparse, indexing=indexing
    )
    return numbered.elements(tuple(grids))


def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """For increasing bins."""
    return xp.searchsorted(xp.asarray(bins), x, side="left" if right else "right")


COMPOSED.update({
    "broadcast_arrays": xp.broadcast_arrays,
    "searchsorted": lambda a, v, side="left", sorter=None: xp.searchsorted(a, v, side=side, sorter=sorter),
    "isin": lambda element, test_elements, assume_unique=False, invert=False, *, kind=None:
        xp.isin(element, test_elements, invert=invert),
    "digitize": digitize,
    "flatnonzero": lambda a: xp.nonzero(a.reshape(-1))[0],
    "argwhere": lambda a: xp.stack(xp.nonzero(a), axis=-1),
})  # fmt: skip
