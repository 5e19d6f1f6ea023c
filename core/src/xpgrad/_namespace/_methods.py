"""The Tensor's methods: those on which NumPy and PyTorch agree.

``axis=`` and ``dim=``, ``keepdims=`` and ``keepdim=`` are the same.  Where the two libraries return
different things the keyword decides (``x.max(axis=1)``: values; ``x.max(dim=1)``: values and indices), or the
call asks for it.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

from xpgrad._dtypes import DType, dtype_of, name_of
from xpgrad._modes import is_grad_enabled
from xpgrad._namespace._interchange import array_namespace, dlpack, dlpack_device
from xpgrad._namespace._operations import operation
from xpgrad._namespace._printing import formatted, text
from xpgrad._namespace._transfer import move
from xpgrad._namespace.creation import asarray, full_like
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import ShapeError

__all__ = ["install_methods"]

MISSING: Final = object()


class Extremum(NamedTuple):
    """What ``x.max(dim=...)`` returns."""

    values: Any
    indices: Any


def _axis(name: str, axis: Any, dim: Any) -> Any:
    if dim is MISSING:
        return None if axis is MISSING else axis
    if axis is not MISSING:
        message = f"{name}: give axis= or dim=, not both"
        raise TypeError(message)
    return dim


def _reduction(name: str) -> Any:
    def method(self: Any, axis: Any = MISSING, *, dim: Any = MISSING, keepdims: bool = False, keepdim: bool = False,
               dtype: Any = None) -> Any:  # fmt: skip
        if dtype is not None:
            self = operation("astype")(self, dtype)
        return operation(name)(self, axis=_axis(name, axis, dim), keepdims=keepdims or keepdim)

    return method


def _argument_reduction(name: str) -> Any:
    def method(self: Any, axis: Any = MISSING, *, dim: Any = MISSING, keepdims: bool = False,
               keepdim: bool = False) -> Any:  # fmt: skip
        return operation(name)(self, axis=_axis(name, axis, dim), keepdims=keepdims or keepdim)

    return method


def _extremum(name: str) -> Any:
    def method(self: Any, *args: Any, axis: Any = MISSING, dim: Any = MISSING, keepdims: bool = False,
               keepdim: bool = False) -> Any:  # fmt: skip
        if args:
            message = (
                f"x.{name}({args[0]!r}) means values in NumPy and (values, indices) in PyTorch; write "
                f"x.{name}(axis={args[0]!r}) for values or x.{name}(dim={args[0]!r}) for both"
            )
            raise TypeError(message)
        if dim is MISSING:
            return operation(name)(
                self, axis=None if axis is MISSING else axis, keepdims=keepdims or keepdim
            )
        _axis(name, axis, dim)
        where = operation(f"arg{name}")(self, axis=dim, keepdims=True)
        values = operation("take_along_axis")(self, where, axis=dim)
        if not (keepdims or keepdim):
            values, where = operation("squeeze")(values, dim), operation("squeeze")(where, dim)
        return Extremum(values, where)

    return method


def _spread(name: str) -> Any:
    def method(
        self: Any, axis: Any = MISSING, *, dim: Any = MISSING, correction: Any = MISSING, unbiased: Any = MISSING,
        ddof: Any = MISSING, keepdims: bool = False, keepdim: bool = False,
    ) -> Any:  # fmt: skip
        given = [
            c
            for c in (correction, ddof, MISSING if unbiased is MISSING else int(unbiased))
            if c is not MISSING
        ]
        if len(given) != 1:
            message = f"x.{name}() divides by n in NumPy and by n - 1 in PyTorch; say correction=0 or correction=1"
            raise TypeError(message)
        return operation(name)(
            self, axis=_axis(name, axis, dim), correction=given[0], keepdims=keepdims or keepdim
        )

    return method


def _cumulative(name: str) -> Any:
    def method(self: Any, axis: Any = MISSING, *, dim: Any = MISSING) -> Any:
        return operation(name)(self, axis=_axis(name, axis, dim))

    return method


def _unary(name: str) -> Any:
    return lambda self: operation(name)(self)


# --- shape ------------------------------------------------------------------------------------------


def _sizes(args: tuple[Any, ...]) -> Any:
    return args[0] if len(args) == 1 and not isinstance(args[0], int) else args


def reshape(self: Any, *shape: Any) -> Any:
    """``x.reshape(2, 3)`` or ``x.reshape((2, 3))``."""
    return operation("reshape")(self, _sizes(shape))


def flatten(self: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """One axis in place of those from ``start_dim`` to ``end_dim``."""
    shape = self.shape or (1,)
    rank = len(shape)
    first, last = (a + rank if a < 0 else a for a in (start_dim, end_dim))
    if not 0 <= first <= last < rank:
        message = (
            f"flatten: expected axes of a tensor of shape {self.shape}, the first not after the last, got "
            f"start_dim={start_dim}, end_dim={end_dim}"
        )
        raise ShapeError(message)
    joined = math.prod(shape[first : last + 1])
    return operation("reshape")(self, (*shape[:first], joined, *shape[last + 1 :]))


def squeeze(self: Any, axis: Any = MISSING, *, dim: Any = MISSING) -> Any:
    """Without axes of length one (all of them, or those named)."""
    axes = _axis("squeeze", axis, dim)
    if axes is None:
        axes = tuple(i for i, n in enumerate(self.shape) if n == 1)
    return operation("squeeze")(self, axes)


def transpose(self: Any, *axes: Any) -> Any:
    """Swap all axes (no argument), or permute them (one per axis)."""
    axes = _sizes(axes) if axes else tuple(range(self.ndim))[::-1]
    if len(axes) == 2 and self.ndim != 2:
        message = (
            f"x.transpose({axes[0]}, {axes[1]}) swaps two axes in PyTorch and permutes in NumPy; write "
            f"x.swapaxes({axes[0]}, {axes[1]}) or x.permute(...)"
        )
        raise TypeError(message)
    # for a matrix both meanings agree unless the axes are named in order
    if len(axes) == 2 and set(axes) in ({0, 1}, {-1, -2}, {0, -1}, {-2, 1}):
        if axes[0] % 2:
            return operation("matrix_transpose")(self)
        message = (
            f"x.transpose({axes[0]}, {axes[1]}) swaps in PyTorch and does nothing in NumPy; write "
            "x.T or x.swapaxes"
        )
        raise TypeError(message)
    return operation("permute_dims")(self, tuple(axes))


def permute(self: Any, *dims: Any) -> Any:
    """The axes in another order."""
    return operation("permute_dims")(self, tuple(_sizes(dims)))


def swapaxes(self: Any, axis0: int, axis1: int) -> Any:
    """Two axes exchanged."""
    order = list(range(self.ndim))
    order[axis0], order[axis1] = order[axis1], order[axis0]
    return operation("permute_dims")(self, tuple(order))


def reversed_axes(self: Any) -> Any:
    """All axes reversed; for a matrix, its transpose."""
    if self.ndim == 2:
        return operation("matrix_transpose")(self)
    if self.ndim > 2:
        message = f".T of a tensor of {self.ndim} axes; write .mT for the last two, or permute_dims"
        raise ShapeError(message)
    return operation("permute_dims")(self, tuple(range(self.ndim))[::-1])


def diagonal(self: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, *, dim1: Any = MISSING,
             dim2: Any = MISSING) -> Any:  # fmt: skip
    """The diagonals of the planes of two axes, along the last axis of the result."""
    axes = (axis1 if dim1 is MISSING else dim1, axis2 if dim2 is MISSING else dim2)
    return operation("linalg.diagonal")(operation("moveaxis")(self, axes, (-2, -1)), offset=offset)


def trace(self: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of each diagonal."""
    return operation("sum")(diagonal(self, offset, axis1, axis2), axis=-1)


def argsort(self: Any, axis: Any = -1, *, dim: Any = MISSING, **options: Any) -> Any:
    """The indices that sort along an axis; ``descending`` and ``stable`` as in ``xp.argsort``."""
    return operation("argsort")(self, axis=axis if dim is MISSING else dim, **options)


def repeat_interleave(self: Any, repeats: Any, axis: Any = None) -> Any:
    """Each element ``repeats`` times (NumPy's meaning; PyTorch calls it ``repeat_interleave``)."""
    return operation("repeat")(self, repeats, axis=axis)


# --- dtype, device ----------------------------------------------------------------------------------


def astype(self: Any, dtype: Any, *, copy: bool = True) -> Any:
    """In another dtype; differentiable between floating dtypes."""
    return operation("astype")(self, dtype, copy=copy)


def to(
    self: Any, *args: Any, device: Any = None, dtype: Any = None, copy: bool = False, non_blocking: bool = False,  # noqa: ARG001
    memory_format: Any = None,  # noqa: ARG001
) -> Any:  # fmt: skip
    """On another device or in another dtype (or like another tensor); differentiable, itself if nothing changes.

    ``non_blocking`` and ``memory_format`` are PyTorch's and change nothing here.
    """
    for arg in args:
        if isinstance(arg, Tensor):
            device, dtype = arg.device, arg.dtype
        elif isinstance(arg, bool):
            continue  # PyTorch's non_blocking
        elif _is_dtype(arg):
            dtype = arg
        else:
            device = arg
    wanted = self.dtype if dtype is None else dtype_of(dtype)
    narrower = wanted.itemsize < self.dtype.itemsize  # the other device may lack the wider dtype
    result = operation("astype")(self, wanted) if narrower else self
    result = result if device is None else move(result, device)
    if result.dtype != wanted:
        result = operation("astype")(result, wanted)
    return clone(result) if copy and result is self else result


def _is_dtype(arg: Any) -> bool:
    return isinstance(arg, (DType, type)) or (not isinstance(arg, (str, int)) and name_of(arg) is not None
                                              and not hasattr(arg, "index"))  # fmt: skip


def to_device(self: Any, device: Any, /, *, stream: Any = None) -> Any:
    """The standard's name of :func:`to`."""
    if stream is not None:
        message = "to_device(stream=...) is not supported; set the library's current stream instead"
        raise NotImplementedError(message)
    return to(self, device)


# --- in place ---------------------------------------------------------------------------------------


def in_place(self: Any, name: str, value: Any) -> Any:
    """Give ``self`` the value of a recorded result: shape and dtype must be what they were."""
    raw = value._cell.raw
    if value.shape != self.shape:
        message = (
            f"in-place {name}: the result has shape {value.shape}, the tensor {self.shape}; write the "
            "statement out of place"
        )
        raise ShapeError(message)
    if value.dtype != self.dtype:
        if (
            value.dtype.is_floating > self.dtype.is_floating
            or value.dtype.is_complex > self.dtype.is_complex
            or self.dtype.kind == "bool"
        ):
            message = (
                f"in-place {name}: a result of {value.dtype} cannot be stored in {self.dtype}; write the "
                "statement out of place"
            )
            raise TypeError(message)
        value = operation("astype")(value, self.dtype)
        raw = value._cell.raw
    if is_grad_enabled():
        self._rebind(raw, value._node, value._xp)
    else:  # the value changes, the derivative stays
        if self._xp.level and value._xp is self._xp:
            raw = self._xp.revalued(self._cell.raw, raw)
        self._rebind(raw, self._node, value._xp)
    return self


def _in_place_operator(name: str, symbol: str) -> Any:
    def method(self: Any, other: Any, /) -> Any:
        self._check_in_place()
        value = getattr(self, f"__{name}__")(other)
        return value if value is NotImplemented else in_place(self, symbol, value)

    return method


def zero_(self: Any) -> Any:
    """Every element zero, in place."""
    return fill_(self, 0)


def fill_(self: Any, value: Any) -> Any:
    """Every element ``value``, in place."""
    self._check_in_place()
    return in_place(self, "fill_", full_like(self, value))


def copy_(self: Any, source: Any) -> Any:
    """The values of ``source`` (broadcast, cast), in place."""
    self._check_in_place()
    value = operation("astype")(asarray(source, device=self.device), self.dtype)
    return in_place(self, "copy_", operation("broadcast_to")(value, self.shape))


def clone(self: Any) -> Any:
    """A copy that stays on the tape."""
    if self._node is None:  # booleans too, which have no ``positive``
        return wrap(
            self._xp.backend.asarray(self._cell.raw, copy=True), self._xp, None, self._result
        )
    result = operation("positive")(self)
    if result._cell.raw is self._cell.raw:
        result._cell.raw = self._xp.backend.asarray(self._cell.raw, copy=True)
    return result


_IN_PLACE: Final = {"add": "+=", "sub": "-=", "mul": "*=", "truediv": "/=", "pow": "**=", "matmul": "@=",
                    "floordiv": "//=", "mod": "%=", "and": "&=", "or": "|=", "xor": "^=", "lshift": "<<=",
                    "rshift": ">>="}  # fmt: skip


def install_methods() -> None:
    """Put the methods on the Tensor."""
    methods: dict[str, Any] = {
        **{n: _reduction(n) for n in ("sum", "prod", "mean")},
        **{n: _argument_reduction(n) for n in ("argmax", "argmin", "all", "any", "count_nonzero")},
        **{n: _extremum(n) for n in ("max", "min")},
        **{n: _spread(n) for n in ("std", "var")},
        **{n: _unary(n) for n in ("abs", "exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "square", "sign", "floor",
                                  "ceil", "round", "relu", "sigmoid", "conj", "log2", "log10", "log1p", "expm1")},
        "cumsum": _cumulative("cumulative_sum"), "cumprod": _cumulative("cumulative_prod"),
        "reshape": reshape, "flatten": flatten, "ravel": lambda self: flatten(self), "copy": clone,
        "squeeze": squeeze, "transpose": transpose, "permute": permute, "swapaxes": swapaxes, "astype": astype,
        "diagonal": diagonal, "trace": trace, "argsort": argsort,
        "repeat_interleave": repeat_interleave, "to": to, "to_device": to_device, "zero_": zero_, "fill_": fill_,
        "copy_": copy_, "clone": clone, "__array_namespace__": array_namespace, "__dlpack__": dlpack,
        "__dlpack_device__": dlpack_device,
        "__repr__": text, "__format__": formatted,
        "clip": lambda self, min=None, max=None: operation("clip")(self, min, max),
        **{n: lambda self, other: operation("matmul")(self, other) for n in ("dot", "matmul")},
        "pow": lambda self, exponent: self**exponent,
        "__divmod__": lambda self, other: (self // other, self % other),
        "__rdivmod__": lambda self, other: (other // self, other % self),
        "cpu": lambda self: to(self, "cpu"), "numel": lambda self: self.size, "dim": lambda self: self.ndim,
    }  # fmt: skip
    for name, method in methods.items():
        method.__name__ = name
        setattr(Tensor, name, method)
    for name, symbol in _IN_PLACE.items():
        setattr(Tensor, f"__i{name}__", _in_place_operator(name, symbol))
    for name, function in {
        "T": reversed_axes,
        "mT": lambda self: operation("matrix_transpose")(self),
        "real": lambda self: operation("real")(self),
        "imag": lambda self: operation("imag")(self),
    }.items():
        setattr(Tensor, name, property(function))
