"""Making tensors: from arrays, numbers and nothing.  The standard's creation functions with ``requires_grad``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad import _dtypes
from xpgrad._devices import (
    device_named,
    get_default_device,
    namespace_of_array,
    namespace_of_backend,
)
from xpgrad._namespace import _lift
from xpgrad._namespace._operations import operation
from xpgrad._namespace._options import plain_shape
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import DTypeError

if TYPE_CHECKING:
    from xpgrad._devices import Device
    from xpgrad._dtypes import DType

__all__ = [
    "arange", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full", "full_like", "linspace", "meshgrid",
    "ones", "ones_like", "tensor", "zeros", "zeros_like",
]  # fmt: skip


def _place(device: Any) -> tuple[Any, Any]:
    """The extended namespace and the library's device for ``device`` (default: the default device)."""
    found: Device = get_default_device() if device is None else device_named(device)
    xp = namespace_of_backend(found.backend)
    return xp, xp.backend.raw_device(found.type, found.index)


def _finish(raw: Any, xp: Any, requires_grad: bool) -> Any:
    result = wrap(raw, xp)
    return result.requires_grad_() if requires_grad else result


# --- from something ---------------------------------------------------------------------------------


def asarray(
    obj: Any,
    /,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor from an array of any library, a number, a nested sequence or a tensor; shares memory if it can.

    The library of the array that comes in decides the backend; ``device=`` moves it.  An array keeps its
    dtype; Python floats get the default dtype.  A tensor stays on the tape.

    >>> import xpgrad as xp
    >>> xp.asarray([1.0, 2.0]).dtype
    xpgrad.float64
    """
    if isinstance(obj, Tensor):
        result = _from_tensor(obj, dtype, device, copy)
    else:
        result = _from_other(obj, dtype, device, copy)
    return result.requires_grad_() if requires_grad else result


def _from_tensor(t: Any, dtype: Any, device: Any, copy: bool | None) -> Any:
    changes = dtype is not None and t.dtype != _dtypes.dtype_of(dtype)
    if copy is False and (changes or (device is not None and t.device != device_named(device))):
        wanted = dtype if changes else repr(device)
        message = f"asarray: {t.dtype} on {t.device!r} cannot become {wanted} without a copy; leave copy=False out"
        raise ValueError(message)
    if changes or device is not None:
        t = t.to(device=device, dtype=dtype)
    return t.clone() if copy and not changes else t


def _from_other(obj: Any, dtype: Any, device: Any, copy: bool | None) -> Any:
    xp = namespace_of_array(obj)
    if xp is not None:
        result = wrap(xp.backend.asarray(obj, copy=copy) if copy else xp.backend.taken_in(obj), xp)
        return _from_tensor(result, dtype, device, False if copy is False else None)
    if copy is False:
        message = f"asarray: a {type(obj).__name__} has no memory to share; leave copy=False out"
        raise ValueError(message)
    if type(obj) not in _lift.SCALARS and _holds_tensors(obj):
        return _from_tensor(_stack(obj), dtype, device, None)
    xp, raw_device = _place(device)
    if dtype is None:
        dtype = _inferred(obj, xp, raw_device)
    raw = xp.backend.asarray(obj, dtype=_lift.raw_dtype(xp, dtype), device=raw_device)
    return wrap(raw, xp)


def _inferred(obj: Any, xp: Any, device: Any) -> DType:
    """The dtype the standard gives to Python numbers: bool, default integer, default floating or complex."""
    kinds = set(_kinds(obj)) or {float}
    if complex in kinds:
        return _dtypes.complex_of(_lift.default_floating(xp, device))
    if float in kinds:
        return _lift.default_floating(xp, device)
    return _lift.default_integer(xp, device) if int in kinds else _dtypes.bool_


def _kinds(obj: Any) -> Any:
    if isinstance(obj, (list, tuple)):
        for item in obj:
            yield from _kinds(item)
    elif isinstance(obj, (bool, int, float, complex)):
        yield next(k for k in (bool, int, float, complex) if isinstance(obj, k))
    elif hasattr(obj, "dtype"):
        kind = _dtypes.dtype_of(obj.dtype).kind
        yield {"bool": bool, "complex floating": complex, "real floating": float}.get(kind, int)
    elif hasattr(obj, "__iter__") and not isinstance(obj, (str, bytes)):
        yield from _kinds(list(obj))
    elif hasattr(obj, "__float__"):
        yield float
    else:
        message = f"cannot make a tensor of {type(obj).__name__}; expected numbers, arrays or sequences of them"
        raise TypeError(message)


def _holds_tensors(obj: Any) -> bool:
    return isinstance(obj, (list, tuple)) and any(
        isinstance(o, Tensor) or _holds_tensors(o) for o in obj
    )


def _stack(obj: Any) -> Any:
    return operation("stack")(
        [_stack(o) if isinstance(o, (list, tuple)) else asarray(o) for o in obj]
    )


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A new leaf with a copy of ``data``.

    Args:
        data: numbers, nested sequences, an array of any library, or a tensor (its value is copied).
        dtype: default: an array's own dtype, or the default dtype for Python floats.
        device: default: where ``data`` is, or the default device.
        requires_grad: whether to record what is computed from it.

    >>> import xpgrad as xp
    >>> x = xp.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """
    if isinstance(data, Tensor):
        data = data.detach()
    elif _holds_tensors(data):
        data = _stack(data).detach()
    result = asarray(data, dtype=dtype, device=device)
    copied = wrap(result._xp.backend.asarray(result._cell.raw, copy=True), result._xp)
    return copied.requires_grad_() if requires_grad else copied


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """A tensor on the memory of any object with ``__dlpack__``."""
    if isinstance(x, Tensor):
        return asarray(x, device=device, copy=copy)
    if not hasattr(x, "__dlpack__"):
        message = (
            f"from_dlpack takes an array with __dlpack__, got {type(x).__name__}; use asarray(...)"
        )
        raise TypeError(message)
    xp = namespace_of_array(x)
    if xp is None:
        xp, _ = _place(None)
        return asarray(wrap(xp.from_dlpack(x), xp), device=device, copy=copy)
    return asarray(wrap(xp.backend.taken_in(x), xp), device=device, copy=copy)


# --- from nothing -----------------------------------------------------------------------------------


def _filled(name: str, shape: Any, dtype: Any, device: Any, requires_grad: bool) -> Any:
    xp, raw_device = _place(device)
    raw_dtype = _lift.raw_dtype(
        xp, _lift.default_floating(xp, raw_device) if dtype is None else dtype
    )
    raw = getattr(xp, name)(_shape(shape), dtype=raw_dtype, device=raw_device)
    return _finish(raw, xp, requires_grad)


def _shape(shape: Any) -> Any:
    return shape if isinstance(shape, int) else plain_shape(shape)


def zeros(shape: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Zeros of ``shape`` (an integer or a tuple)."""
    return _filled("zeros", shape, dtype, device, requires_grad)


def ones(shape: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones of ``shape`` (an integer or a tuple)."""
    return _filled("ones", shape, dtype, device, requires_grad)


def empty(shape: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Uninitialized memory of ``shape`` (an integer or a tuple)."""
    return _filled("empty", shape, dtype, device, requires_grad)


def full(
    shape: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``fill_value`` everywhere; a tensor as the value stays on the tape."""
    if isinstance(fill_value, Tensor):
        value = asarray(fill_value, dtype=dtype, device=device)
        sizes = (shape,) if isinstance(shape, int) else _shape(shape)
        result = operation("broadcast_to")(value, sizes)
        if not requires_grad or result.requires_grad:
            return result
        return result.clone().requires_grad_()  # a leaf has memory of its own
    xp, raw_device = _place(device)
    dtype = _inferred(fill_value, xp, raw_device) if dtype is None else dtype
    raw = xp.full(_shape(shape), fill_value, dtype=_lift.raw_dtype(xp, dtype), device=raw_device)
    return _finish(raw, xp, requires_grad)


def _like(name: str, x: Any, dtype: Any, device: Any, requires_grad: bool) -> Any:
    t = x if isinstance(x, Tensor) else asarray(x)
    if device is not None and device_named(device) != t.device:
        result = _filled(name.removesuffix("_like"), t.shape, dtype or t.dtype, device, False)
    else:
        xp, raw = t._xp, t._cell.raw
        kwargs = {} if dtype is None else {"dtype": _lift.raw_dtype(xp, dtype)}
        result = wrap(getattr(xp, name)(raw, **kwargs), xp, None, t._result)
    return result.requires_grad_() if requires_grad else result


def zeros_like(
    x: Any, /, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Zeros of x's shape, dtype and device."""
    return _like("zeros_like", x, dtype, device, requires_grad)


def ones_like(
    x: Any, /, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Ones of x's shape, dtype and device."""
    return _like("ones_like", x, dtype, device, requires_grad)


def empty_like(
    x: Any, /, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Uninitialized memory of x's shape, dtype and device."""
    return _like("empty_like", x, dtype, device, requires_grad)


def full_like(
    x: Any,
    /,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``fill_value`` in x's shape, dtype and device; a tensor as the value stays on the tape."""
    t = x if isinstance(x, Tensor) else asarray(x)
    return full(
        t.shape,
        fill_value,
        dtype=dtype or t.dtype,
        device=device or t.device,
        requires_grad=requires_grad,
    )


def _recorded(*numbers: Any) -> bool:
    """Whether the numbers carry derivatives, or are those of a running transform."""
    return any(isinstance(n, Tensor) and (n.requires_grad or n._xp.level) for n in numbers)


def arange(
    start: Any,
    /,
    stop: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Evenly spaced numbers from ``start`` up to ``stop`` without it; ``arange(n)`` counts from 0; differentiable."""
    if _recorded(start, stop, step):
        start, stop = (0, start) if stop is None else (start, stop)
        size = arange(*(s.item() if isinstance(s, Tensor) else s for s in (start, stop, step)))
        line = start + step * arange(float(size.size), dtype=dtype, device=device)
        line = line if dtype is None else line.astype(dtype)
        return line.requires_grad_() if requires_grad else line
    start, stop, step = (s.item() if isinstance(s, Tensor) else s for s in (start, stop, step))
    xp, raw_device = _place(device)
    if dtype is None:
        dtype = _inferred([s for s in (start, stop, step) if s is not None], xp, raw_device)
    raw = xp.arange(start, stop, step, dtype=_lift.raw_dtype(xp, dtype), device=raw_device)
    return _finish(raw, xp, requires_grad)


def linspace(
    start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """``num`` evenly spaced numbers from ``start`` to ``stop``; differentiable."""
    if _recorded(start, stop):
        share = linspace(0.0, 1.0, num, device=device, endpoint=endpoint)
        line = start * (1.0 - share) + stop * share
        line = line if dtype is None else line.astype(dtype)
        return line.requires_grad_() if requires_grad else line
    start, stop = (s.item() if isinstance(s, Tensor) else s for s in (start, stop))
    xp, raw_device = _place(device)
    if dtype is None:
        dtype = _inferred([start, stop, 1.0], xp, raw_device)
    raw = xp.linspace(
        start, stop, num, dtype=_lift.raw_dtype(xp, dtype), device=raw_device, endpoint=endpoint
    )
    return _finish(raw, xp, requires_grad)


def eye(
    n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Ones on the k-th diagonal, zeros elsewhere."""
    xp, raw_device = _place(device)
    raw_dtype = _lift.raw_dtype(
        xp, _lift.default_floating(xp, raw_device) if dtype is None else dtype
    )
    return _finish(
        xp.eye(n_rows, n_cols, k=k, dtype=raw_dtype, device=raw_device), xp, requires_grad
    )


def meshgrid(*arrays: Any, indexing: str = "xy") -> tuple[Any, ...]:
    """Coordinate grids of one-dimensional tensors; differentiable."""
    if indexing not in ("xy", "ij"):
        message = f"meshgrid: indexing must be 'xy' or 'ij', got {indexing!r}"
        raise ValueError(message)
    tensors = _lift.lift_many("meshgrid", *arrays) if arrays else ()
    dtypes = {t.dtype for t in tensors}
    if len(dtypes) > 1:
        message = f"meshgrid: arrays must have one dtype, got {sorted(map(str, dtypes))}"
        raise DTypeError(message)
    sizes = [t.size for t in tensors]
    places = list(range(len(tensors)))
    if indexing == "xy" and len(tensors) > 1:
        places[0], places[1] = 1, 0
    shape = [0] * len(sizes)
    for i, place in enumerate(places):
        shape[place] = sizes[i]
    grids = []
    for i, t in enumerate(tensors):
        line = [1] * len(sizes)
        line[places[i]] = sizes[i]
        grids.append(operation("broadcast_to")(operation("reshape")(t, tuple(line)), tuple(shape)))
    return tuple(grids)
