"""What an operation does before and after its one library call: lift, promote, explain.

These are the slow ways round of the generated functions; tensors of one namespace and one dtype never
come here.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from xpgrad import _dtypes
from xpgrad._devices import device_named, namespace_of_array
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import DeviceError, DTypeError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._dtypes import DType
    from xpgrad.extend.backend import ExtendedNamespace

__all__ = [
    "SCALARS", "all_floating", "clip_bounds", "edge_fix", "edge_sums", "enclosed", "explain", "lift", "lift_all",
    "lift_many", "lift_sequence", "operator_fallback", "promote", "raw_device", "raw_dtype", "raw_of", "scalar",
    "to_complex", "to_floating", "to_real", "wrong_ranks",
]  # fmt: skip

SCALARS: Final = frozenset((bool, int, float, complex))


# --- dtypes -----------------------------------------------------------------------------------------


def neutral(xp: ExtendedNamespace, raw_dtype: Any) -> DType:
    """xpgrad's dtype for a library's."""
    try:
        found: DType = xp.dtype_names[raw_dtype]
    except KeyError:
        found = xp.dtype_names[raw_dtype] = _dtypes.dtype_of(raw_dtype)
    return found


def default_floating(xp: ExtendedNamespace, device: Any = None) -> DType:
    """The floating dtype of what is made from Python numbers on a device of this backend."""
    return _dtypes.get_default_dtype() or _dtypes.dtype_named(xp.backend.defaults(device)[0])


def default_integer(xp: ExtendedNamespace, device: Any = None) -> DType:
    """The integer dtype of what is made from Python numbers on a device of this backend."""
    return _dtypes.dtype_named(xp.backend.defaults(device)[1])


def raw_dtype(xp: ExtendedNamespace, dtype: Any) -> Any:
    """A library's dtype for anything that names one."""
    return xp.backend.dtype(_dtypes.dtype_of(dtype).name)


def raw_device(xp: ExtendedNamespace, device: Any) -> Any:
    """A library's device for anything that names one."""
    found = device_named(device)
    if xp.level:
        return found
    if found.backend != xp.backend.name:
        message = (
            f"device {device!r} belongs to backend {found.backend!r}, not to {xp.backend.name!r}"
        )
        raise DeviceError(message)
    return xp.backend.raw_device(found.type, found.index)


def to_floating(xp: ExtendedNamespace, a: Any) -> Any:
    """Integers and booleans in the default floating dtype."""
    if xp.is_floating(a):
        return a
    return xp.astype(a, raw_dtype(xp, default_floating(xp, xp.raw_device(a))))


def all_floating(xp: ExtendedNamespace, *arrays: Any) -> tuple[Any, ...]:
    """Integers and booleans in the dtype of the first floating array, or in the default one; None stays."""
    first = next((a for a in arrays if a is not None and xp.is_floating(a)), None)
    if first is None:
        return tuple(None if a is None else to_floating(xp, a) for a in arrays)
    have = neutral(xp, first.dtype)
    dtype = raw_dtype(xp, _dtypes.real_of(have)) if have.is_complex else first.dtype
    return tuple(a if a is None or xp.is_floating(a) else xp.astype(a, dtype) for a in arrays)


def to_complex(xp: ExtendedNamespace, a: Any) -> Any:
    """A real array in the complex dtype of its size; integers in the default one."""
    a = to_floating(xp, a)
    return xp.astype(a, raw_dtype(xp, _dtypes.complex_of(neutral(xp, a.dtype))))


def to_real(xp: ExtendedNamespace, a: Any, name: str) -> Any:
    """Integers in the default floating dtype; complex arrays are refused."""
    if xp.is_complex(a):
        message = (
            f"{name} transforms real arrays, got {neutral(xp, a.dtype)}; give its real part, or call "
            "a transform of complex arrays"
        )
        raise DTypeError(message)
    return to_floating(xp, a)


def promote(xp: ExtendedNamespace, a: Any, b: Any, floating: bool) -> tuple[Any, Any]:
    """Decide mixed kinds the same way on every backend; leave equal kinds to the library.

    An integer (or boolean) with a floating array takes the floating dtype; with ``floating`` set, two
    integers take the default dtype.
    """
    da, db = neutral(xp, a.dtype), neutral(xp, b.dtype)
    if da.is_floating and not db.is_floating:
        return a, xp.astype(b, a.dtype)
    if db.is_floating and not da.is_floating:
        return xp.astype(a, b.dtype), b
    if not da.is_floating:
        if floating:
            return to_floating(xp, a), to_floating(xp, b)
        if da.kind == "bool" != db.kind:
            return xp.astype(a, b.dtype), b
        if db.kind == "bool" != da.kind:
            return a, xp.astype(b, a.dtype)
    return a, b


def clip_bounds(xp: ExtendedNamespace, a: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """The bounds in the array's dtype."""
    return (
        None if low is None else xp.cast(low, a.dtype),
        None if high is None else xp.cast(high, a.dtype),
    )


CONSTANTS_KEPT: Final = 4096


def scalar(xp: ExtendedNamespace, value: complex, like: Any) -> Any:
    """A Python number as a 0-d array beside the raw array ``like``; remembered, because loops repeat them."""
    if xp.many_devices:
        return _scalar(xp, value, like)
    kind = value.__class__
    # a text tells complex(-1.0, 0.0) from complex(-1.0, -0.0), which are equal
    key = (repr(value) if kind is complex else value, kind, like.dtype, like.__class__)
    try:
        if value:  # 0.0 and -0.0 are one key
            return xp.constants[key]
    except KeyError:
        pass
    found = _scalar(xp, value, like)
    if len(xp.constants) >= CONSTANTS_KEPT:
        xp.constants.clear()
    xp.constants[key] = found
    return found


def _scalar(xp: ExtendedNamespace, value: complex, like: Any) -> Any:
    have = neutral(xp, like.dtype)
    kind = type(value)
    if _dtypes.holds(have, kind):
        dtype = like.dtype
    elif kind is complex:
        base = have if have.is_floating else default_floating(xp, xp.raw_device(like))
        dtype = raw_dtype(xp, _dtypes.complex_of(base))
    elif kind is float:
        dtype = raw_dtype(xp, default_floating(xp, xp.raw_device(like)))
    else:
        dtype = raw_dtype(xp, default_integer(xp, xp.raw_device(like)))
    return xp.backend.scalar(value, dtype, like)


# --- lifting ----------------------------------------------------------------------------------------


def lift(x: Any) -> Any:
    """A tensor for anything that is one array, number or nested sequence."""
    from xpgrad._namespace.creation import asarray  # noqa: PLC0415 - it lifts in its turn

    return asarray(x)


def lift_many(name: str, *args: Any) -> tuple[Any, ...]:
    """Tensors of one namespace for all arguments; Python numbers take the others' dtype, None stays."""
    arrays = [
        a if a is None or type(a) in SCALARS or isinstance(a, Tensor) else _array(name, a)
        for a in args
    ]
    tensors = [a for a in arrays if isinstance(a, Tensor)]
    if not tensors:
        arrays[0] = lift(arrays[0])
        tensors = [arrays[0]]
    xp = _one_namespace(name, tensors)
    beside = next(t._cell.raw for t in tensors if t._xp is xp)
    arrays = [
        _beside(a, xp, beside) if isinstance(a, Tensor) and a._xp is not xp else a for a in arrays
    ]
    if name == "where" and type(arrays[0]) in SCALARS:
        arrays[0] = _host_scalar(lift(bool(arrays[0])), xp, beside)
    roles = arrays if name != "where" else arrays[1:]  # a condition decides no dtype
    model = next((a for a in roles if isinstance(a, Tensor)), None)
    like = (_host_scalar(lift(roles[0]), xp, beside) if model is None else model)._cell.raw
    return tuple(wrap(scalar(xp, a, like), xp) if type(a) in SCALARS else a for a in arrays)


def lift_all(name: str, *args: Any) -> tuple[Any, ...]:
    """:func:`lift_many` where no argument may be left out."""
    if any(a is None for a in args):
        message = f"{name}: expected a tensor, an array or a number, got NoneType"
        raise TypeError(message)
    return lift_many(name, *args)


def lift_sequence(name: str, arrays: Any) -> tuple[Any, ...]:
    """Tensors of one namespace for a sequence of arrays."""
    if isinstance(arrays, Tensor):
        arrays = [arrays[i] for i in range(len(arrays))]
    if not arrays:
        message = f"{name} needs at least one array"
        raise ShapeError(message)
    return lift_all(name, *arrays)


def _array(name: str, x: Any) -> Any:
    try:
        return lift(x)
    except (TypeError, ValueError) as error:
        message = f"{name}: expected a tensor, an array or a number, got {type(x).__name__}"
        raise TypeError(message) from error


def _one_namespace(name: str, tensors: list[Any]) -> Any:
    """The namespace that all share; 0-d host arrays do not count, NumPy's least of all."""
    first = tensors[0]._xp
    if all(t._xp is first for t in tensors):
        return first
    top = max((t._xp for t in tensors), key=_level)
    if top.level:
        return top
    big = [t for t in tensors if not _is_host_scalar(t)]
    big = big or [t for t in tensors if t.backend.name != "numpy"] or tensors
    first = big[0]._xp
    for t in big:
        if t._xp is not first:
            message = (
                f"{name}: tensors on two devices, {device_text(big[0])} and {device_text(t)}; move one of them "
                f"with .to('{big[0].backend.name}:{big[0].device}')"
            )
            raise DeviceError(message)
    return first


def device_text(t: Any) -> str:
    """``cuda:0 (cupy)``."""
    return f"{t.device} ({t.backend.name})"


_level: Final = attrgetter("level")


def enclosed(t: Any, xp: Any) -> Any:
    """A tensor of a lower level as a constant of the level ``xp``; its node, if any, stays inside."""
    return t if t._xp is xp else wrap(xp.enclose(t), xp, None, t._result)


def _beside(t: Any, xp: Any, like: Any) -> Any:
    return enclosed(t, xp) if xp.level else _host_scalar(t, xp, like)


def _is_host_scalar(t: Any) -> bool:
    return bool(t.ndim == 0 and t._node is None and t.device.type == "cpu")


def _host_scalar(t: Any, xp: ExtendedNamespace, like: Any) -> Any:
    dtype = xp.backend.dtype(t.dtype.name)
    return wrap(xp.backend.asarray(t.item(), dtype=dtype, device=xp.raw_device(like)), xp)


def operator_fallback(function: Callable[..., Any], x1: Any, x2: Any, other: Any) -> Any:
    """An operator whose other side is neither a tensor of the same namespace nor a Python number."""
    if isinstance(other, (Tensor, list, tuple)) or namespace_of_array(other) is not None:
        return function(x1, x2)
    return NotImplemented


def raw_of(x: Any) -> Any:
    """The raw array of a tensor; None for a Python number."""
    return x._cell.raw if isinstance(x, Tensor) else None


# --- after the call ---------------------------------------------------------------------------------


def edge_fix(raws: tuple[Any, ...], out: Any, xp: ExtendedNamespace, broadcast: bool) -> Any:
    """For each input, what its cotangent must be summed and cast to; None if nothing for any."""
    shape, dtype = out.shape, out.dtype
    specs: list[Any] = []
    some = False
    for raw in raws:
        spec = None
        if raw is not None:
            to_shape = raw.shape if broadcast and raw.shape != shape else None
            to_dtype = None if raw.dtype == dtype else raw.dtype
            if to_shape is not None or to_dtype is not None:
                real = to_dtype is not None and xp.is_complex(out) and not xp.is_complex(raw)
                spec = (to_shape, to_dtype, real)
                some = True
        specs.append(spec)
    return tuple(specs) if some else None


def edge_sums(raws: tuple[Any, ...], out: Any, xp: ExtendedNamespace) -> Any:
    """:func:`edge_fix` where a cotangent may be of another shape than ``out``: every one is summed to its input's."""
    specs = edge_fix(raws, out, xp, False) or (None,) * len(raws)
    return tuple(
        None if raw is None else (raw.shape, *(spec or (None, None, False))[1:])
        for raw, spec in zip(raws, specs, strict=True)
    )


def explain(
    error: Exception, name: str, args: tuple[Any, ...], *, broadcast: bool = True
) -> Exception:
    """The library's error in the user's terms: shapes, dtypes and devices of what was given."""
    if isinstance(error, NotImplementedError):
        return error
    tensors = [a for a in args if isinstance(a, Tensor)]
    places = {str(t.device) for t in tensors}
    if len(places) > 1:
        message = f"{name}: tensors on two devices, {' and '.join(sorted(places))}; move one of them with .to(...)"
        return _caused(DeviceError(message), error)
    shown = " and ".join(
        f"{a.shape} {a.dtype}" if isinstance(a, Tensor) else repr(a) for a in args if a is not None
    )
    shapes = [t.shape for t in tensors]
    if broadcast and len(shapes) > 1 and name not in _NOT_BROADCASTING and not _broadcast(shapes):
        message = (
            f"{name}: shapes {' and '.join(map(str, shapes))} do not broadcast; from the right, each pair of sizes "
            "must be equal or one of them 1"
        )
        return _caused(ShapeError(message), error)
    if name == "matmul":
        message = f"matmul: cannot multiply {shown}; the last size of the first must be the second's last but one"
        return _caused(ShapeError(message), error)
    error.add_note(f"in {name} of {shown}")
    return error


def wrong_ranks(name: str, expected: str, *tensors: Any) -> ShapeError:
    """What to raise for arrays of too few or too many axes."""
    shapes = " and ".join(str(t.shape) for t in tensors)
    return ShapeError(f"{name} needs {expected}, got shape{'s' * (len(tensors) > 1)} {shapes}")


_NOT_BROADCASTING: Final = frozenset(
    "matmul tensordot vecdot take take_along_axis setitem concat stack searchsorted isin diff scatter_add "
    "put_along_axis_add contract convolved unconvolved convolved_kernel".split()
)


def _caused(new: Exception, old: Exception) -> Exception:
    new.__cause__ = old
    return new


def _broadcast(shapes: list[tuple[int, ...]]) -> bool:
    for sizes in zip(
        *([1] * (max(map(len, shapes)) - len(s)) + list(s) for s in shapes), strict=True
    ):
        if len({n for n in sizes if n != 1}) > 1:
            return False
    return True
