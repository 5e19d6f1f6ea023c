"""From NumPy's names and arguments to the standard's."""

# ruff: noqa: ARG001, ARG005, N803 - the signatures are NumPy's

from __future__ import annotations

import inspect
import math
import operator
import sys
from typing import Any, Final, NamedTuple

import xpgrad as xp
from xpgrad.compat.numpy import (  # noqa: F401 - they enter their functions
    _choosing,
    _fourier,
    _linear_algebra,
    _lines,
    _polynomials,
    _reductions,
)
from xpgrad.compat.numpy._host import computed_by_numpy, stored
from xpgrad.compat.numpy._moving import MOVING, moved
from xpgrad.compat.numpy._table import COMPOSED
from xpgrad.compat.numpy._ufuncs import UFUNCS, array_ufunc

__all__ = ["FUNCTIONS", "UFUNCS", "array_function", "array_ufunc"]

FUNCTIONS: Final = {
    "concatenate": "concat", "amax": "max", "amin": "min", "cumsum": "cumulative_sum", "cumprod": "cumulative_prod",
    "transpose": "permute_dims", "product": "prod", "expand_dims": "expand_dims", "absolute": "abs",
}  # fmt: skip
PARAMETERS: Final = {"a": "x", "arr": "x", "m": "x", "ddof": "correction", "A": "repetitions", "reps": "repetitions",
                     "newshape": "shape", "a_min": "min", "a_max": "max", "kind": None, "order": None, "out": None,
                     "subok": None, "where": None, "initial": None, "mean": None}  # fmt: skip
PRODUCTS: Final = frozenset("cross matmul matrix_transpose outer tensordot vecdot".split())
"""Those of ``numpy.linalg`` that are the same as without it."""
STANDARD: Final = frozenset(("reshape", "ravel", "take"))
"""Functions that only move elements, and are the standard's but for some of NumPy's arguments."""
ORDERS: Final = ("F", "A", "K")
SELECTING: Final[dict[str, Any]] = {
    "sum": 0.0, "prod": 1.0, "max": -math.inf, "amax": -math.inf, "min": math.inf, "amin": math.inf, "mean": 0.0,
}  # fmt: skip
"""Reductions that take ``where=`` or ``initial=``, and what they read where the condition fails."""
OTHERWISE: Final = frozenset(("save",))
"""Functions whose name is another function's in xpgrad."""
METADATA: Final = frozenset(("shape", "ndim", "size", "iscomplexobj", "isrealobj", "result_type"))


def array_function(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """NumPy's other functions on tensors: bound by NumPy's signature, called by the standard's."""
    name = function.__name__
    if name in METADATA:
        return _metadata(name, args)
    if function.__module__ != "numpy" and name not in PRODUCTS:
        name = f"{function.__module__.removeprefix('numpy.')}.{name}"
    out = kwargs.get("out")
    kwargs = {k: v for k, v in kwargs.items() if k != "out"}
    if isinstance(out, xp.Tensor):
        return stored(out, function(*args, **kwargs))
    if out is not None or (name in COMPOSED and kwargs.get("dtype") is not None):
        message = f"numpy.{name} of a tensor does not take out= of an array or, here, dtype="
        raise TypeError(message)
    return _translated(name, function, args, kwargs)


def _translated(name: str, function: Any, args: Any, kwargs: Any) -> Any:
    if name in MOVING and (name not in STANDARD or _beyond_the_standard(name, kwargs, args)):
        return moved(function, args, kwargs)
    if name in SELECTING and kwargs.keys() & {"where", "initial"}:
        return _selected(function, *args, **kwargs)
    if name in SPECIAL:
        return SPECIAL[name](*args, **kwargs)
    if name in COMPOSED:
        bound = _bound(function, args, kwargs)
        if bound.kwargs:
            _check_taken(name, bound.kwargs)
        return COMPOSED[name](*bound.args, **bound.kwargs)
    if name in OTHERWISE:
        return computed_by_numpy(f"numpy.{name}", function, args, kwargs)
    return _renamed(name, function, args, kwargs)


def _bound(function: Any, args: Any, kwargs: Any) -> Any:
    try:
        return inspect.signature(function).bind(*args, **kwargs)
    except ValueError:  # a function that does not tell its signature
        return Arguments(args, kwargs)


def _check_taken(name: str, keywords: Any) -> None:
    parameters = inspect.signature(COMPOSED[name]).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return
    if unknown := keywords.keys() - parameters.keys():
        message = (
            f"numpy.{name} of a tensor does not take {', '.join(f'{k}=' for k in sorted(unknown))}"
        )
        raise TypeError(message)


class Arguments(NamedTuple):
    """The arguments as they were given."""

    args: Any
    kwargs: Any


def _beyond_the_standard(name: str, kwargs: Any, args: Any) -> bool:
    if name == "take":
        return (len(args) < 3 and kwargs.get("axis") is None) or "mode" in kwargs
    return any(isinstance(a, str) and a in ORDERS for a in (*args, kwargs.get("order")))


def _renamed(name: str, function: Any, args: Any, kwargs: Any) -> Any:
    """A function of the standard, under its names for the parameters."""
    try:
        target = operator.attrgetter(FUNCTIONS.get(name, name))(xp)
    except AttributeError:
        return computed_by_numpy(f"numpy.{name}", function, args, kwargs)
    bound = inspect.signature(function).bind(*args, **kwargs)
    accepted = inspect.signature(target).parameters
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for parameter, value in bound.arguments.items():
        renamed = PARAMETERS.get(parameter, parameter)
        if renamed is None or renamed not in accepted:
            if not positional:
                positional.append(value)
                continue
            if value is None or type(value).__name__ == "_NoValueType":
                continue
            if parameter == "dtype":
                positional[0] = xp.asarray(positional[0]).astype(value)
                continue
            message = f"numpy.{name} of a tensor does not take {parameter}="
            raise TypeError(message)
        kind = accepted[renamed].kind
        if kind is inspect.Parameter.POSITIONAL_ONLY:
            positional.append(value)
        else:
            keywords[renamed] = value
    return target(*positional, **keywords)


def _metadata(name: str, args: Any) -> Any:
    if name == "result_type":
        return xp.result_type(*args).dtype
    t = args[0]
    if name in ("iscomplexobj", "isrealobj"):
        return t.dtype.is_complex is (name == "iscomplexobj")
    value = getattr(t, name)
    return value if len(args) == 1 else t.shape[args[1]]


def _selected(
    function: Any, a: Any, *args: Any, where: Any = True, initial: Any = None, **kwargs: Any
) -> Any:
    """A reduction of the chosen elements."""
    name = function.__name__
    where = xp.asarray(where, device=a.device)
    x = xp.where(where, a, SELECTING[name])
    result = function(x, *args, **kwargs)
    if name == "mean":
        return result / function(
            xp.broadcast_to(xp.asarray(where, dtype=x.dtype), x.shape), *args, **kwargs
        )
    if initial is None:
        return result
    join = {"sum": xp.add, "prod": xp.multiply, "max": xp.maximum, "amax": xp.maximum}.get(
        name, xp.minimum
    )
    return join(result, initial)


def _where(condition: Any, *values: Any) -> Any:
    return xp.where(condition, *values) if values else xp.nonzero(condition)


def _stack_at(axis: int) -> Any:
    def stacked(arrays: Any, **_: Any) -> Any:
        tensors = [COMPOSED[f"atleast_{2 - axis}d"](a) for a in arrays]
        return xp.concat(tensors, axis=0 if tensors[0].ndim == 1 else axis)

    return stacked


def _transpose(a: Any, axes: Any = None) -> Any:
    order = tuple(range(a.ndim))[::-1] if axes is None else tuple(axes)
    return xp.permute_dims(a, order)


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    x, y = (xp.asarray(v) for v in (a, b))
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    axis = 0 if y.ndim == 1 else y.ndim - 2
    return xp.tensordot(x, y, axes=((x.ndim - 1,), (axis,)))


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    if isinstance(axes, (tuple, list)):  # NumPy takes single axes
        axes = tuple((n,) if isinstance(n, int) else tuple(n) for n in axes)
    return xp.tensordot(a, b, axes=axes)


def _cumulative(name: str) -> Any:
    """Without an axis NumPy flattens."""

    def cumulated(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        if out is not None:
            message = f"numpy.{name} of a tensor does not take out="
            raise TypeError(message)
        x, axis = (a.reshape(-1), 0) if axis is None else (a, axis)
        return getattr(xp, FUNCTIONS[name])(x, axis=axis, dtype=dtype)

    return cumulated


def _nothing_removed(a: Any, axis: Any = None) -> Any:
    return a.squeeze() if axis is None else xp.squeeze(a, axis)


SPECIAL: Final = {
    "where": _where, "vstack": _stack_at(0), "hstack": _stack_at(1), "transpose": _transpose, "dot": _dot,
    "tensordot": _tensordot, "cumsum": _cumulative("cumsum"), "cumprod": _cumulative("cumprod"),
    "squeeze": _nothing_removed, "ravel": lambda a, order="C": a.reshape(-1),
    "tile": lambda A, reps: xp.tile(A, (reps,) if isinstance(reps, int) else tuple(reps)),
    "swapaxes": lambda a, axis1, axis2: a.swapaxes(axis1, axis2),
    "outer": lambda a, b, out=None: xp.asarray(a).reshape(-1, 1) * xp.asarray(b).reshape(1, -1),
    "copy": lambda a, **_: a.clone(), "astype": lambda x, dtype, **_: x.astype(dtype),
    "real": lambda val: val.real, "imag": lambda val: val.imag,
    "array_repr": lambda arr, *_, **__: repr(arr), "array_str": lambda a, *_, **__: str(a),
    "allclose": lambda a, b, **k: _host_call("allclose", a, b, **k),
    "array_equal": lambda a1, a2, **k: _host_call("array_equal", a1, a2, **k),
    "array_equiv": lambda a1, a2: _host_call("array_equiv", a1, a2),
    "array2string": lambda a, *args, **k: _host_call("array2string", a, *args, **k),
    "isclose": lambda a, b, **k: _host_call("isclose", a, b, **k),
}  # fmt: skip


def _host_call(name: str, *args: Any, **kwargs: Any) -> Any:
    """A comparison: no derivative is lost by leaving the tape."""
    hosts = [a.detach().numpy() if isinstance(a, xp.Tensor) else a for a in args]
    return getattr(sys.modules["numpy"], name)(*hosts, **kwargs)
