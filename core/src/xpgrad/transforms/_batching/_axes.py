"""Operations that speak of axes and shapes: the batch is one axis more in front, and never one of theirs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from xpgrad._namespace._operations import operation
from xpgrad.errors import MissingRuleError, ShapeError
from xpgrad.transforms._batching._records import (
    Batched,
    axes_of,
    axis_of,
    padded,
    reshaped,
    whole,
)

if TYPE_CHECKING:
    from xpgrad.transforms._batching._records import Arguments
    from xpgrad.transforms._level import Invocation

__all__ = ["ALONG", "BY_HAND", "SHAPES", "along", "reduction", "stack_of_matrices"]

ALONG = frozenset(
    "cumulative_sum cumulative_prod softmax log_softmax sort argsort flip cumulative_max cumulative_min".split()
)
"""Operations that work along an axis and give a result of the same axes."""
ONE_AXIS = frozenset(("argmax", "argmin"))
"""Reductions that take one axis, or all elements in flat order."""


def reduction(invoke: Invocation, arguments: Arguments) -> Any:
    """An operation with ``axis`` and ``keepdims``: None stands for all axes but the batch."""
    x, axis = arguments["x"], arguments.get("axis")
    keepdims = arguments.get("keepdims", False)
    if x.ndim == 0:
        if axis is not None and axis != ():
            axes_of(invoke, axis, 1)
        return invoke(
            arguments | {"x": reshaped(x.inner, (*x.inner.shape, 1)), "axis": 1, "keepdims": False}
        )
    if axis is not None:
        return invoke(arguments | {"x": x.inner, "axis": axes_of(invoke, axis, x.ndim)})
    if invoke.operation.name not in ONE_AXIS:
        return invoke(arguments | {"x": x.inner, "axis": tuple(range(1, x.ndim + 1))})
    out = invoke(arguments | {"x": _flat(x), "axis": 1, "keepdims": False})
    return reshaped(out, (out.shape[0], *(1,) * x.ndim)) if keepdims else out


def _flat(x: Batched) -> Any:
    return reshaped(x.inner, (x.inner.shape[0], math.prod(x.shape)))


def along(invoke: Invocation, arguments: Arguments) -> Any:
    """An operation along an axis of one array, whose result has the same axes."""
    x, axis = arguments["x"], arguments.get("axis")
    if x.ndim == 0:
        if axis is not None:
            axis_of(invoke, axis, 1)
        out = invoke(arguments | {"x": reshaped(x.inner, (*x.inner.shape, 1)), "axis": 1})
        return (
            out if invoke.operation.name.startswith("cumulative") else reshaped(out, x.inner.shape)
        )
    if axis is None:
        axis = tuple(range(x.ndim)) if invoke.operation.name == "flip" else _only(invoke, x)
    return invoke(arguments | {"x": x.inner, "axis": axes_of(invoke, axis, x.ndim)})


def _only(invoke: Invocation, x: Batched) -> int:
    if x.ndim != 1:
        message = (
            f"{invoke.operation.name}: axis=None needs an array of one axis, got shape {x.shape}"
        )
        raise ShapeError(message)
    return 0


def stack_of_matrices(invoke: Invocation, arguments: Arguments) -> Any:
    """An operation on the last two axes of one array."""
    x = arguments["x"]
    if x.ndim < 2:
        message = f"{invoke.operation.name} needs a matrix or a stack of them, got shape {x.shape}"
        raise ShapeError(message)
    return invoke(arguments | {"x": x.inner})


# --- shapes -----------------------------------------------------------------------------------------


def _reshape(invoke: Invocation, arguments: Arguments) -> Any:
    x, shape = arguments["x"], arguments["shape"]
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if -1 in shape:
        known = -math.prod(shape)
        rest = math.prod(x.shape) // known if known else 0
        shape = tuple(rest if n == -1 else n for n in shape)
    if math.prod(shape) != math.prod(x.shape):
        message = (
            f"reshape: an array of shape {x.shape} has not the elements of {arguments['shape']}"
        )
        raise ShapeError(message)
    return invoke(arguments | {"x": x.inner, "shape": (x.inner.shape[0], *shape)})


def _broadcast_to(invoke: Invocation, arguments: Arguments) -> Any:
    x, shape = arguments["x"], arguments["shape"]
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return invoke({"x": padded(x, len(shape)), "shape": (x.inner.shape[0], *shape)})


def _permute_dims(invoke: Invocation, arguments: Arguments) -> Any:
    x, axes = arguments["x"], arguments["axes"]
    return invoke({"x": x.inner, "axes": (0, *axes_of(invoke, tuple(axes), x.ndim))})


def _moveaxis(invoke: Invocation, arguments: Arguments) -> Any:
    x = arguments["x"]
    places = {n: axes_of(invoke, arguments[n], x.ndim) for n in ("source", "destination")}
    return invoke({"x": x.inner} | places)


def _expand_dims(invoke: Invocation, arguments: Arguments) -> Any:
    x, axis = arguments["x"], arguments["axis"]
    added = len(axis) if isinstance(axis, tuple) else 1
    return invoke({"x": x.inner, "axis": axes_of(invoke, axis, x.ndim + added)})


def _squeeze(invoke: Invocation, arguments: Arguments) -> Any:
    x = arguments["x"]
    return invoke({"x": x.inner, "axis": axes_of(invoke, arguments["axis"], x.ndim)})


def _roll(invoke: Invocation, arguments: Arguments) -> Any:
    x, axis = arguments["x"], arguments.get("axis")
    if axis is not None:
        return invoke(arguments | {"x": x.inner, "axis": axes_of(invoke, axis, x.ndim)})
    return reshaped(invoke(arguments | {"x": _flat(x), "axis": 1}), x.inner.shape)


def _tile(invoke: Invocation, arguments: Arguments) -> Any:
    x, times = arguments["x"], arguments["repetitions"]
    times = (times,) if isinstance(times, int) else tuple(times)
    missing = x.ndim - len(times)
    return invoke({"x": padded(x, len(times)), "repetitions": (1, *(1,) * missing, *times)})


def _repeat(invoke: Invocation, arguments: Arguments) -> Any:
    x, repeats, axis = arguments["x"], arguments["repeats"], arguments.get("axis")
    if isinstance(repeats, Batched):
        if repeats.batched:
            message = (
                "repeat inside vmap: numbers of repeats that differ between the elements of the batch would give "
                "results of different shapes; pass them with in_dims=None, or loop in Python"
            )
            raise MissingRuleError(message)
        repeats = repeats.inner
    t, axis = (_flat(x), 1) if axis is None else (x.inner, axis_of(invoke, axis, x.ndim))
    return invoke({"x": t, "repeats": repeats, "axis": axis})


def _concat(invoke: Invocation, arguments: Arguments) -> Any:
    arrays, axis = arguments["arrays"], arguments.get("axis", 0)
    tensors = [whole(x) for x in arrays]
    if axis is None:
        tensors = [reshaped(t, (t.shape[0], math.prod(t.shape[1:]))) for t in tensors]
        return invoke({"arrays": tensors, "axis": 1})
    return invoke({"arrays": tensors, "axis": axis_of(invoke, axis, arrays[0].ndim)})


def _stack(invoke: Invocation, arguments: Arguments) -> Any:
    arrays, axis = arguments["arrays"], arguments.get("axis", 0)
    place = axis_of(invoke, axis, arrays[0].ndim + 1)
    return invoke({"arrays": [whole(x) for x in arrays], "axis": place})


def _diff(invoke: Invocation, arguments: Arguments) -> Any:
    arrays = invoke.arrays(arguments)
    axis = axis_of(invoke, arguments.get("axis", -1), arguments["x"].ndim)
    return invoke(arguments | {n: whole(x) for n, x in arrays.items()} | {"axis": axis})


# --- Fourier transforms ------------------------------------------------------------------------------


def _one_transform(invoke: Invocation, arguments: Arguments) -> Any:
    x = arguments["x"]
    axis = axis_of(invoke, arguments.get("axis", -1), x.ndim)
    return invoke(arguments | {"x": x.inner, "axis": axis})


def _transform(invoke: Invocation, arguments: Arguments) -> Any:
    """Along several axes: by default all, or the last ones for which there are sizes."""
    x, axes, sizes = arguments["x"], arguments.get("axes"), arguments.get("s")
    if axes is None:
        axes = tuple(range(-x.ndim if sizes is None else -len(sizes), 0))
    return invoke(arguments | {"x": x.inner, "axes": axes_of(invoke, axes, x.ndim)})


# --- searching --------------------------------------------------------------------------------------


def _isin(invoke: Invocation, arguments: Arguments) -> Any:
    x1, x2 = arguments["x1"], arguments["x2"]
    if not x2.batched:
        return invoke(arguments | {"x1": x1.inner, "x2": x2.inner})
    flat = reshaped(_flat(x2), (x2.inner.shape[0], *(1,) * x1.ndim, math.prod(x2.shape)))
    each = operation("expand_dims")(x1.inner, -1)
    found = operation("any")(each == flat, axis=-1)
    return operation("logical_not")(found) if arguments.get("invert") else found


def _searchsorted(invoke: Invocation, arguments: Arguments) -> Any:
    """Where only the values are batched, one call; else by sorting both together, stably."""
    x1, x2, sorter = arguments["x1"], arguments["x2"], arguments.get("sorter")
    if not x1.batched and (sorter is None or not sorter.batched):
        given = {"x1": x1.inner, "x2": x2.inner, "sorter": None if sorter is None else sorter.inner}
        return invoke(arguments | given)
    line = whole(x1)
    if sorter is not None:
        line = operation("take_along_axis")(line, whole(sorter), axis=1)
    values = whole(x2)
    flat = reshaped(values, (values.shape[0], math.prod(values.shape[1:])))
    n, m = line.shape[1], flat.shape[1]
    # of equal ones, those that stand first stay first
    first = arguments.get("side", "left") == "right"
    order = operation("argsort")(
        operation("concat")([line, flat] if first else [flat, line], axis=1), axis=1
    )
    of_line = order < n if first else order >= m
    before = operation("cumulative_sum")(operation("astype")(of_line, order.dtype), axis=1)
    place = operation("argsort")(order, axis=1)
    place = place[:, n:] if first else place[:, :m]
    return reshaped(operation("take_along_axis")(before, place, axis=1), values.shape)


SHAPES = {
    "reshape": _reshape, "broadcast_to": _broadcast_to, "permute_dims": _permute_dims, "moveaxis": _moveaxis,
    "expand_dims": _expand_dims, "squeeze": _squeeze, "roll": _roll, "tile": _tile, "repeat": _repeat,
    "concat": _concat, "stack": _stack, "diff": _diff,
    **{f"fft.{n}": _one_transform for n in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{f"fft.{n}": _transform for n in ("fftn", "ifftn", "rfftn", "irfftn")},
}  # fmt: skip
BY_HAND = {"isin": _isin, "searchsorted": _searchsorted}
