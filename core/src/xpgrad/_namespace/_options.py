"""Options of operations in the library's terms: shapes, axes, indices, repeats."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from xpgrad._devices import namespace_of_array
from xpgrad._like import LevelArray, Like
from xpgrad._namespace._lift import enclosed, lift, raw_device, raw_dtype
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from xpgrad.extend.backend import ExtendedNamespace

__all__ = [
    "Plain", "as_slice", "by_last_axis", "deeper", "plain_axes", "plain_axis", "plain_key", "plain_like",
    "plain_repeats", "plain_repetitions", "plain_shape", "plain_shift",
]  # fmt: skip

Plain: Final = (int, tuple, NoneType)


def plain_shape(shape: Any) -> Any:
    """A shape as a tuple of Python integers."""
    if isinstance(shape, Tensor) or not hasattr(shape, "__iter__"):
        return _integer(shape)
    return tuple(_integer(n) for n in shape)


plain_axis = plain_shift = plain_repetitions = plain_shape


def _integer(n: Any) -> int:
    return n if type(n) is int else n.__index__()


def plain_axes(axes: Any) -> Any:
    """``axes`` of tensordot or permute_dims with tuples for lists."""
    return (
        tuple(a if isinstance(a, int) else plain_shape(a) for a in axes)
        if hasattr(axes, "__iter__")
        else _integer(axes)
    )


def by_last_axis(function: Any, x1: Any, x2: Any, axis: int) -> Any:
    """A product of vectors along ``axis`` of each array, counted from its front, on which libraries disagree."""
    least = min(x1.ndim, x2.ndim)
    if axis >= least:
        message = f"{function.__name__}: axis {axis} is out of range for arrays of {x1.ndim} and {x2.ndim} axes"
        raise ShapeError(message)
    if x1.ndim == x2.ndim:
        return function(x1, x2, axis=axis - least)
    from xpgrad._namespace._operations import operation  # noqa: PLC0415 - it makes its functions with these

    move = operation("moveaxis")
    out = function(move(x1, axis, -1), move(x2, axis, -1))
    return move(out, -1, axis) if out.ndim == max(x1.ndim, x2.ndim) else out


def as_slice(t: Any, x: Any, axis: int) -> Any:
    """A 0-d tensor as a slice of length one of ``x``; any other, and None, as it is."""
    if t is None or t.ndim:
        return t
    if not -x.ndim <= axis < x.ndim:
        message = f"diff: axis {axis} is out of range for {x.ndim} axes"
        raise ShapeError(message)
    from xpgrad._namespace._operations import operation  # noqa: PLC0415 - it makes its functions with these

    at = axis % x.ndim
    return operation("broadcast_to")(t, (*x.shape[:at], 1, *x.shape[at + 1 :]))


def plain_like(like: Like, xp: ExtendedNamespace) -> Like:
    """A tensor's shape, dtype and device in the library's terms."""
    if xp.level:
        return like
    return Like(like.shape, raw_dtype(xp, like.dtype), raw_device(xp, like.device))


def plain_repeats(repeats: Any, xp: ExtendedNamespace, beside: Any) -> Any:
    """``repeats`` as an integer or a raw array."""
    if isinstance(repeats, int):
        return repeats
    if isinstance(repeats, LevelArray):
        repeats = wrap(repeats, repeats.xp)
    return _index(list(repeats) if isinstance(repeats, tuple) else repeats, xp, beside)


def plain_key(key: Any, xp: ExtendedNamespace, beside: Any) -> Any:
    """An index with raw arrays, on the device of the raw array ``beside``, for tensors and lists."""
    if type(key) is int or type(key) is slice:
        return key
    if isinstance(key, tuple):
        for k in key:
            if k is not None and k is not Ellipsis and type(k) is not int and type(k) is not slice:
                return tuple(_part(k, xp, beside) for k in key)
        return key
    return _part(key, xp, beside)


def _part(k: Any, xp: Any, beside: Any) -> Any:
    return _level_index(k, xp) if xp.level else _index(k, xp, beside)


def deeper(key: Any, xp: ExtendedNamespace) -> Any:
    """The namespace of the deepest level that an index has a tensor of, if it is deeper than ``xp``; else None."""
    found = None
    for k in key if isinstance(key, tuple) else (key,):
        level = getattr(k, "_xp", None) or (k.xp if isinstance(k, LevelArray) else None)
        if level is not None and level.level > (found or xp).level:
            found = level
    return found


def _level_index(k: Any, xp: Any) -> Any:
    """A part of an index as the level ``xp`` holds it: arrays and lists as constants."""
    if isinstance(k, LevelArray):
        k = wrap(k, k.xp)
    if isinstance(k, slice):
        return _index(k, xp, None)
    if isinstance(k, list) or hasattr(k, "__array_namespace__") or hasattr(k, "shape"):
        return enclosed(k if isinstance(k, Tensor) else lift(k), xp)._cell.raw
    return k


def _index(k: Any, xp: ExtendedNamespace, beside: Any) -> Any:
    if isinstance(k, Tensor):
        if k.dtype.is_floating:
            message = f"an index must be made of integers or booleans, got {k.dtype}"
            raise DTypeError(message)
        if k._xp is xp:
            return k._cell.raw
        k = k._xp.backend.to_host(k._cell.raw)
    if isinstance(k, slice):
        return slice(*(None if s is None else _integer(s) for s in (k.start, k.stop, k.step)))
    if isinstance(k, list):
        dtype = None if k else xp.backend.dtype("int64")
        return xp.backend.asarray(k, dtype=dtype, device=xp.raw_device(beside))
    home = namespace_of_array(k) if hasattr(k, "shape") else xp
    if home is xp or home is None:
        return k
    if not k.shape:
        return home.backend.to_host(k).item()
    return xp.backend.asarray(k, device=xp.raw_device(beside))
