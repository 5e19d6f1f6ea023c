"""NumPy's functions that choose: by an index, by a condition, line by line; and statements that change a tensor."""

from __future__ import annotations

import functools
import inspect
import math
import sys
from typing import Any, Final

import xpgrad as xp
from xpgrad.compat.numpy._moving import Numbered
from xpgrad.compat.numpy._table import COMPOSED, composed

__all__: list[str] = []


@composed
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Each function is called with the elements for which its condition holds."""
    x = xp.asarray(x)
    single = not isinstance(condlist, (list, tuple)) or (
        x.ndim and not hasattr(condlist[0], "__len__")
    )
    conditions = [xp.asarray(c, device=x.device) for c in ([condlist] if single else condlist)]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~functools.reduce(xp.logical_or, conditions))
    elif len(funclist) != len(conditions):
        n = len(conditions)
        message = (
            f"numpy.piecewise: {n} conditions need {n} or {n + 1} functions, got {len(funclist)}"
        )
        raise ValueError(message)
    result = xp.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        where = xp.broadcast_to(condition, x.shape)
        value = function(x[where], *args, **kw) if callable(function) else function
        if x.ndim or bool(where.item()):
            result[where] = value
    return result


@composed
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """The function is called once for each line; its results take the place of the lines."""
    arr = xp.asarray(arr)
    axis %= arr.ndim
    lines = xp.moveaxis(arr, axis, -1)
    around = lines.shape[:-1]
    lines = lines.reshape((math.prod(around), arr.shape[axis]))
    found = [xp.asarray(func1d(lines[i], *args, **kwargs)) for i in range(lines.shape[0])]
    if not found:
        message = "numpy.apply_along_axis: an array without lines gives the function nothing to be called with"
        raise ValueError(message)
    shape = found[0].shape
    result = xp.stack(found).reshape((*around, *shape))
    here = tuple(range(len(around), len(around) + len(shape)))
    return xp.moveaxis(result, here, tuple(axis + i for i in range(len(shape))))


@composed
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """The function is called for each axis in turn; axes that it removes are kept with length one."""
    result = xp.asarray(a)
    for axis in (axes,) if isinstance(axes, int) else axes:
        at = axis % result.ndim
        found = func(result, at)
        result = found if found.ndim == result.ndim else xp.expand_dims(found, axis=at)
    return result


@composed
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """Without zeros at the ends."""
    np = sys.modules["numpy"]
    host = np.argwhere(filt.detach().numpy())
    axes = (
        range(filt.ndim) if axis is None else [axis % filt.ndim] if isinstance(axis, int) else axis
    )
    cut = [slice(None)] * filt.ndim
    for at in axes:
        first = int(host[:, at].min()) if len(host) else filt.shape[at]
        last = int(host[:, at].max()) + 1 if len(host) else filt.shape[at]
        cut[at] = slice(
            first if "f" in trim.lower() else None, last if "b" in trim.lower() else None
        )
    return filt[tuple(cut)]


STATEMENTS: Final = {
    "copyto": ("dst", "src"), "fill_diagonal": ("a", "val"), "place": ("arr", "vals"), "put": ("a", "v"),
    "put_along_axis": ("arr", "values"), "putmask": ("a", "values"),
}  # fmt: skip
"""Functions that put values into an array: the parameters of the array and of the values."""


def _statement(name: str) -> Any:
    """NumPy puts the values' numbers among the array's numbers; the tensor follows."""
    target, values = STATEMENTS[name]

    def changed(*args: Any, **kwargs: Any) -> None:
        function = getattr(sys.modules["numpy"], name)
        bound = inspect.signature(function).bind(*args, **kwargs)
        changing = bound.arguments[target]
        if not isinstance(changing, xp.Tensor):
            message = f"numpy.{name} cannot store a tensor in a NumPy array; make the array a tensor first"
            raise TypeError(message)
        numbered = Numbered()
        for parameter, value in bound.arguments.items():
            if parameter in (target, values):
                bound.arguments[parameter] = numbered.numbers(value)
            elif isinstance(value, xp.Tensor):
                bound.arguments[parameter] = value.detach().numpy()
        function(*bound.args, **bound.kwargs)
        changing[...] = xp.astype(numbered.elements(bound.arguments[target]), changing.dtype)

    return changed


COMPOSED.update({name: _statement(name) for name in STATEMENTS})


def _indices(name: str) -> Any:
    """Indices that depend on the shape only."""

    def indices_from(arr: Any, *args: Any, **kwargs: Any) -> Any:
        np = sys.modules["numpy"]
        found = getattr(np, name)(np.empty(arr.shape), *args, **kwargs)
        return tuple(xp.asarray(i, device=arr.device) for i in found)

    return indices_from


COMPOSED.update(
    {n: _indices(n) for n in ("diag_indices_from", "tril_indices_from", "triu_indices_from")}
)
