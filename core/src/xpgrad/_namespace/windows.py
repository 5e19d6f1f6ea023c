"""``pad`` and ``sliding_window_view``: NumPy's ways to say it, checked and spelled out for the operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from xpgrad._namespace._lift import lift
from xpgrad._namespace._operations import operation
from xpgrad._tensor import Tensor
from xpgrad.errors import ShapeError

__all__ = ["pad", "sliding_window_view"]

MODES = ("constant", "edge", "reflect", "symmetric", "wrap")
Pairs = tuple[tuple[Any, Any], ...]


def pad(x: Any, /, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Any:
    """The array with more elements at both ends of its axes.

    Args:
        x: any shape and dtype.
        pad_width: how many; one number for all ends, a pair (before, after) for all axes, a pair for each axis, or a
            dictionary from axes to numbers or pairs, which leaves other axes as they are.
        mode: what they are: ``constant``; ``edge``, the last element; ``reflect``, the elements mirrored on the last
            one; ``symmetric``, mirrored behind the last one; ``wrap``, those of the other end.
        constant_values: for ``constant``: one number, a pair, or a pair for each axis.

    Derivative: to any order (linear).
    Raises: ShapeError for widths of another shape, negative ones, or an empty axis that has nothing to repeat;
        ValueError for another mode.

    >>> import xpgrad as xp
    >>> xp.pad(xp.asarray([1.0, 2.0, 3.0]), (2, 1), mode="reflect")
    tensor([3., 2., 1., 2., 3., 2.])
    """
    x = x if isinstance(x, Tensor) else lift(x)
    if mode not in MODES:
        message = f"pad: mode must be one of {', '.join(MODES)}, got {mode!r}"
        raise ValueError(message)
    widths = _widths(pad_width, x.shape)
    if mode == "constant":
        if type(constant_values) not in (int, float) or constant_values != 0:
            return _with_constants(x, widths, _pairs("constant_values", constant_values, x.shape))
    else:
        for axis, (n, width) in enumerate(zip(x.shape, widths, strict=True)):
            if n == 0 and width != (0, 0):
                message = (
                    f"pad: axis {axis} of shape {x.shape} is empty, so mode {mode!r} has nothing to repeat; use mode "
                    "'constant'"
                )
                raise ShapeError(message)
    return operation("padded")(x, widths, mode)


def _widths(pad_width: Any, shape: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    if isinstance(pad_width, Mapping):
        every: list[Any] = [(0, 0)] * len(shape)
        for axis, width in pad_width.items():
            if not -len(shape) <= axis < len(shape):
                message = f"pad: pad_width names axis {axis}, and the shape is {shape}"
                raise ShapeError(message)
            every[axis] = (width, width) if hasattr(width, "__index__") else tuple(width)
        pad_width = every
    pairs = _pairs("pad_width", pad_width, shape)
    try:
        widths = tuple((a.__index__(), b.__index__()) for a, b in pairs)
    except (AttributeError, TypeError):
        message = f"pad: pad_width must be made of integers, got {pad_width!r}"
        raise TypeError(message) from None
    if any(n < 0 for pair in widths for n in pair):
        message = f"pad: widths must be at least 0, got {pad_width!r}; to cut elements off, slice"
        raise ShapeError(message)
    return widths


def _pairs(name: str, given: Any, shape: tuple[int, ...]) -> Pairs:
    """A number, a pair, or a pair (or a single) for each axis, as a pair for each axis."""
    n = len(shape)
    parts = _listed(given)
    if not isinstance(parts, list):
        return ((parts, parts),) * n
    if not any(isinstance(p, list) for p in parts):
        if len(parts) in (1, 2):
            return ((parts[0], parts[-1]),) * n
    elif all(isinstance(p, list) and len(p) in (1, 2) for p in parts) and len(parts) in (1, n):
        found = tuple((p[0], p[-1]) for p in parts)
        return found * n if len(found) == 1 else found
    message = (
        f"pad: {name} must be a number, a pair (before, after) or {n} such pairs, one for each axis of shape {shape}; "
        f"got {given!r}"
    )
    raise ShapeError(message)


def _listed(given: Any) -> Any:
    """Nested sequences, and arrays of numbers that are no tensors, as lists."""
    if hasattr(given, "tolist") and not (isinstance(given, Tensor) and given.ndim == 0):
        given = given.tolist()
    return [_listed(g) for g in given] if isinstance(given, (list, tuple)) else given


def _with_constants(x: Any, widths: Pairs, constants: Pairs) -> Any:
    for axis, (ends, values) in enumerate(zip(widths, constants, strict=True)):
        before, after = (_filled(x, axis, *end) for end in zip(ends, values, strict=True))
        if any(ends):
            x = operation("concat")([before, x, after], axis=axis)
    return x


def _filled(x: Any, axis: int, count: int, value: Any) -> Any:
    """``value`` in the dtype of ``x``, ``count`` long on an axis."""
    from xpgrad._namespace.creation import asarray  # noqa: PLC0415 - it lifts in its turn

    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    whole = isinstance(value, Tensor)
    one = (
        operation("astype")(value, x.dtype)
        if whole
        else asarray(value, dtype=x.dtype, device=x.device)
    )
    return operation("broadcast_to")(one, shape)


# --- windows ----------------------------------------------------------------------------------------


def sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Any:
    """Every window of a shape, at every place where it fits.

    As all results, it is a value of its own: nothing that is written to ``x`` later shows in it.

    Args:
        x: any shape and dtype.
        window_shape: how long a window is; one number, or one for each axis it slides along.
        axis: the axes it slides along; None: all.

    Shapes: each axis has as many elements as there are windows; new last axes are within a window.
    Derivative: to any order (linear).
    Raises: ShapeError for a window that is longer than its axis, negative, or of another number of axes.

    >>> import xpgrad as xp
    >>> xp.sliding_window_view(xp.asarray([1.0, 2.0, 3.0, 4.0]), 2)
    tensor([[1., 2.],
            [2., 3.],
            [3., 4.]])
    """
    x = x if isinstance(x, Tensor) else lift(x)
    size = _numbers(window_shape)
    axes = tuple(range(x.ndim)) if axis is None else _numbers(axis)
    if len(size) != len(axes):
        many = "all the axes" if axis is None else f"axis={axis!r}"
        _refuse(x, window_shape, f"{many} of the array must have one size each")
    if any(not -x.ndim <= a < x.ndim for a in axes):
        _refuse(x, window_shape, f"the array has no axis {axis!r}")
    axes = tuple(a % x.ndim for a in axes)
    left = list(x.shape)
    for a, k in zip(axes, size, strict=True):
        left[a] -= k - 1
        if k < 0 or left[a] < (k > 0):
            _refuse(x, window_shape, f"it does not fit along axis {a}")
    if 0 in size:
        _refuse(x, window_shape, "an empty window has no place")
    ones = (1,) * len(axes)
    return operation("windows")(x, axes, size, ones, ones)


def _numbers(given: Any) -> tuple[int, ...]:
    if hasattr(given, "__index__") and not isinstance(given, (tuple, list)):
        return (given.__index__(),)
    return tuple(n.__index__() for n in given)


def _refuse(x: Any, window_shape: Any, why: str) -> NoReturn:
    message = (
        f"sliding_window_view: window_shape {window_shape!r} of an array of shape {x.shape}: {why}"
    )
    raise ShapeError(message)
