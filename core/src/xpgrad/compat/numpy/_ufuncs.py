"""NumPy's universal functions, and their methods."""

from __future__ import annotations

import sys
from typing import Any, Final

import xpgrad as xp
from xpgrad._namespace._operations import operation
from xpgrad.compat.numpy._elementwise import UFUNCS_COMPOSED
from xpgrad.compat.numpy._host import computed_by_numpy, stored

__all__ = ["UFUNCS", "array_ufunc"]

UFUNCS: Final = {
    "absolute": "abs", "fabs": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh",
    "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh", "conjugate": "conj", "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift", "right_shift": "bitwise_right_shift", "power": "pow", "float_power": "pow",
    "true_divide": "divide", "rint": "round", "mod": "remainder",
    "bitwise_not": "bitwise_invert", "radians": "deg2rad", "degrees": "rad2deg",
}  # fmt: skip
REDUCTIONS: Final = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all",
                     "logical_or": "any", "logaddexp": "logsumexp"}  # fmt: skip
ACCUMULATIONS: Final = {"add": "cumulative_sum", "multiply": "cumulative_prod", "maximum": "cumulative_max",
                        "minimum": "cumulative_min"}  # fmt: skip


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:  # noqa: ARG001
    """NumPy's universal functions on tensors."""
    outputs = kwargs.pop("out", None)
    if outputs is not None:
        (out,) = outputs if len(outputs) == 1 else (None,)
        if not isinstance(out, xp.Tensor):
            message = (
                f"numpy.{ufunc.__name__}(..., out=array) cannot store a tensor in a NumPy array (so array += tensor "
                "cannot work either); write array = array + tensor, or detach() the tensor"
            )
            raise TypeError(message)
        where = kwargs.pop("where", True)
        return stored(out, getattr(ufunc, method)(*inputs, **kwargs), where)
    of_method: Any = _METHODS[method]
    return of_method(ufunc, *inputs, **kwargs)


def _call(ufunc: Any, *inputs: Any, dtype: Any = None, **kwargs: Any) -> Any:
    name = ufunc.__name__
    ours = UFUNCS.get(name, name)
    function = (
        UFUNCS_COMPOSED.get(name) or getattr(xp, ours, None) or getattr(xp.special, ours, None)
    )
    if function is None:
        numpys = hasattr(sys.modules["numpy"], name)
        home, hint = (
            ("numpy", "")
            if numpys
            else ("scipy.special", ", or install xpgrad-special, which has most")
        )
        return computed_by_numpy(f"{home}.{name}", ufunc, inputs, kwargs, hint)
    _refuse(kwargs, name)
    result = function(*inputs)
    return result if dtype is None else result.astype(dtype)


def _reduce(
    ufunc: Any, x: Any, axis: Any = 0, dtype: Any = None, *, keepdims: bool = False, **kwargs: Any
) -> Any:
    if ufunc.__name__ not in REDUCTIONS:
        return _by_numpy("reduce", ufunc, x, axis, keepdims=keepdims, **kwargs)
    _refuse(kwargs, ufunc.__name__)
    x = x if dtype is None else x.astype(dtype)
    return getattr(xp, REDUCTIONS[ufunc.__name__])(x, axis=axis, keepdims=bool(keepdims))


def _accumulate(ufunc: Any, x: Any, axis: int = 0, **kwargs: Any) -> Any:
    if ufunc.__name__ not in ACCUMULATIONS:
        return _by_numpy("accumulate", ufunc, x, axis, **kwargs)
    _refuse(kwargs, ufunc.__name__)
    return getattr(xp, ACCUMULATIONS[ufunc.__name__])(x, axis=axis)


def _outer(ufunc: Any, a: Any, b: Any, **kwargs: Any) -> Any:
    x, y = map(xp.asarray, (a, b))
    return ufunc(x.reshape(x.shape + (1,) * y.ndim), y, **kwargs)


def _at(ufunc: Any, a: Any, indices: Any, b: Any = None) -> None:
    """Duplicates accumulate."""
    sign = {"add": 1, "subtract": -1}.get(ufunc.__name__)
    if sign is None or not isinstance(a, xp.Tensor):
        message = (
            f"numpy.{ufunc.__name__}.at of a tensor is not supported; numpy.add.at and numpy.subtract.at of a tensor "
            "are, and xp.scatter_add"
        )
        raise TypeError(message)
    values = xp.broadcast_to(xp.asarray(b, dtype=a.dtype, device=a.device), a[indices].shape)
    a[...] = operation("add_at")(a, values if sign == 1 else -values, key=indices)


def _by_numpy(method: str, ufunc: Any, *args: Any, **kwargs: Any) -> Any:
    return computed_by_numpy(
        f"numpy.{ufunc.__name__}.{method}", getattr(ufunc, method), args, kwargs
    )


_METHODS: Final = {
    "__call__": _call, "reduce": _reduce, "accumulate": _accumulate, "outer": _outer, "at": _at,
    "reduceat": lambda ufunc, *args, **kwargs: _by_numpy("reduceat", ufunc, *args, **kwargs),
}  # fmt: skip


def _refuse(kwargs: dict[str, Any], name: str) -> None:
    given = {k: v for k, v in kwargs.items() if v is not None and not (k == "where" and v is True)}
    if given:
        message = f"numpy.{name} of a tensor does not take {', '.join(sorted(given))}"
        raise TypeError(message)
