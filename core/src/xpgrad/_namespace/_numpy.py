"""NumPy's own calls record: ``np.sin(t)``, ``np.sum(t, axis=0)``, ``array * t``.

NumPy asks through ``__array_ufunc__`` and ``__array_function__``; this module translates names and
arguments.  NumPy is loaded when these are called, and is only reached through what it passes in.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

from xpgrad import _public
from xpgrad._tensor import Tensor

__all__ = ["install_numpy_protocols"]

UFUNCS: Final = {
    "absolute": "abs", "fabs": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh",
    "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh", "conjugate": "conj", "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift", "right_shift": "bitwise_right_shift", "power": "pow", "float_power": "pow",
    "true_divide": "divide", "rint": "round", "mod": "remainder", "fmax": "maximum", "fmin": "minimum",
    "bitwise_not": "bitwise_invert",
}  # fmt: skip
REDUCTIONS: Final = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all",
                     "logical_or": "any"}  # fmt: skip
FUNCTIONS: Final = {
    "concatenate": "concat", "amax": "max", "amin": "min", "cumsum": "cumulative_sum", "cumprod": "cumulative_prod",
    "transpose": "permute_dims", "product": "prod", "expand_dims": "expand_dims", "absolute": "abs", "round": "round",
    "around": "round",
}  # fmt: skip
PARAMETERS: Final = {"a": "x", "arr": "x", "m": "x", "ddof": "correction", "A": "repetitions", "reps": "repetitions",
                     "newshape": "shape", "a_min": "min", "a_max": "max", "kind": None, "order": None, "out": None,
                     "subok": None, "where": None, "initial": None, "mean": None}  # fmt: skip
METADATA: Final = frozenset(("shape", "ndim", "size", "iscomplexobj", "isrealobj", "result_type"))


def _public_function(name: str) -> Any:
    try:
        return _public.load(name)
    except AttributeError:
        message = (
            f"numpy.{name} of a tensor is not supported; call detach() first, or compose it from "
            "functions of xpgrad"
        )
        raise TypeError(message) from None


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:  # noqa: ARG001
    """NumPy's universal functions on tensors."""
    if kwargs.get("out") is not None:
        message = (
            f"numpy.{ufunc.__name__}(..., out=array) cannot store a tensor in a NumPy array (so array += tensor cannot "
            "work either); write array = array + tensor, or detach() the tensor"
        )
        raise TypeError(message)
    kwargs.pop("out", None)
    if method == "__call__":
        function = _public_function(UFUNCS.get(ufunc.__name__, ufunc.__name__))
        dtype = kwargs.pop("dtype", None)
        _refuse(kwargs, ufunc.__name__)
        result = function(*inputs)
        return result if dtype is None else result.astype(dtype)
    if method == "reduce" and ufunc.__name__ in REDUCTIONS:
        axis = kwargs.pop("axis", inputs[1] if len(inputs) > 1 else 0)
        keepdims = bool(kwargs.pop("keepdims", False))
        kwargs.pop("dtype", None)
        _refuse(kwargs, ufunc.__name__)
        return _public_function(REDUCTIONS[ufunc.__name__])(inputs[0], axis=axis, keepdims=keepdims)
    message = f"numpy.{ufunc.__name__}.{method} of a tensor is not supported"
    raise TypeError(message)


def _refuse(kwargs: dict[str, Any], name: str) -> None:
    given = {k: v for k, v in kwargs.items() if v is not None and not (k == "where" and v is True)}
    if given:
        message = f"numpy.{name} of a tensor does not take {', '.join(sorted(given))}"
        raise TypeError(message)


def array_function(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:  # noqa: ARG001
    """NumPy's other functions on tensors: bound by NumPy's signature, called by the standard's."""
    name = function.__name__
    if name in METADATA:
        return _metadata(name, args)
    if name in SPECIAL:
        return SPECIAL[name](*args, **kwargs)
    target = _public_function(FUNCTIONS.get(name, name))
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
        return _public_function("result_type")(*args).dtype
    t = args[0]
    if name in ("iscomplexobj", "isrealobj"):
        return t.dtype.is_complex is (name == "iscomplexobj")
    value = getattr(t, name)
    return value if len(args) == 1 else t.shape[args[1]]


def _where(condition: Any, *values: Any) -> Any:
    return _public_function("where" if values else "nonzero")(condition, *values)


def _stack_at(axis: int) -> Any:
    def stacked(arrays: Any, **_: Any) -> Any:
        tensors = [_public_function("asarray")(a) for a in arrays]
        if all(t.ndim == 1 for t in tensors) and axis == 0:
            return _public_function("stack")(tensors)
        return _public_function("concat")(tensors, axis=0 if tensors[0].ndim == 1 else axis)

    return stacked


def _transpose(a: Any, axes: Any = None) -> Any:
    order = tuple(range(a.ndim))[::-1] if axes is None else tuple(axes)
    return _public_function("permute_dims")(a, order)


def _dot(a: Any, b: Any, out: Any = None) -> Any:  # noqa: ARG001 - NumPy's signature
    x, y = (_public_function("asarray")(v) for v in (a, b))
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    axis = 0 if y.ndim == 1 else y.ndim - 2
    return _public_function("tensordot")(x, y, axes=((x.ndim - 1,), (axis,)))


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    if isinstance(axes, (tuple, list)):  # NumPy takes single axes
        axes = tuple((n,) if isinstance(n, int) else tuple(n) for n in axes)
    return _public_function("tensordot")(a, b, axes=axes)


def _cumulative(name: str) -> Any:
    """Without an axis NumPy flattens."""

    def cumulated(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        if out is not None:
            message = f"numpy.{name} of a tensor does not take out="
            raise TypeError(message)
        x, axis = (a.reshape(-1), 0) if axis is None else (a, axis)
        return _public_function(FUNCTIONS[name])(x, axis=axis, dtype=dtype)

    return cumulated


def _nothing_removed(a: Any, axis: Any = None) -> Any:
    return a.squeeze() if axis is None else _public_function("squeeze")(a, axis)


SPECIAL: Final = {
    "where": _where, "vstack": _stack_at(0), "hstack": _stack_at(1), "transpose": _transpose, "dot": _dot,
    "tensordot": _tensordot, "cumsum": _cumulative("cumsum"), "cumprod": _cumulative("cumprod"),
    "squeeze": _nothing_removed, "ravel": lambda a, order="C": a.reshape(-1),  # noqa: ARG005
    "swapaxes": lambda a, axis1, axis2: a.swapaxes(axis1, axis2),
    "outer": lambda a, b, out=None: a.reshape(-1, 1) * _public_function("asarray")(b).reshape(1, -1),  # noqa: ARG005
    "copy": lambda a, **_: a.clone(), "astype": lambda x, dtype, **_: x.astype(dtype),
    "real": lambda val: val.real, "imag": lambda val: val.imag,
    "array_repr": lambda arr, *_, **__: repr(arr), "array_str": lambda a, *_, **__: str(a),
    "allclose": lambda a, b, **k: _host_call("allclose", a, b, **k),
    "array_equal": lambda a1, a2, **k: _host_call("array_equal", a1, a2, **k),
    "isclose": lambda a, b, **k: _host_call("isclose", a, b, **k),
}  # fmt: skip


def _host_call(name: str, *args: Any, **kwargs: Any) -> Any:
    """A comparison: no derivative is lost by leaving the tape."""
    import sys  # noqa: PLC0415 - NumPy called, so it is loaded

    hosts = [a.detach().numpy() if isinstance(a, Tensor) else a for a in args]
    return getattr(sys.modules["numpy"], name)(*hosts, **kwargs)


def install_numpy_protocols() -> None:
    """Let NumPy's functions find the tensor."""
    Tensor.__array_ufunc__ = array_ufunc  # type: ignore[method-assign]
    Tensor.__array_function__ = array_function  # type: ignore[method-assign]
