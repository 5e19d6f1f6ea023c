"""Functions that answer questions about dtypes and shapes, and those that return several arrays."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from xpgrad._devices import get_default_device, namespace_of_backend
from xpgrad._dtypes import (
    STANDARD,
    DType,
    complex_of,
    dtype_named,
    dtype_of,
    holds,
    real_of,
)
from xpgrad._namespace._lift import default_floating, default_integer, lift, lift_many, raw_device
from xpgrad._namespace._operations import operation
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import DTypeError, ShapeError

__all__ = [
    "__array_namespace_info__", "broadcast_arrays", "broadcast_shapes", "can_cast", "finfo", "iinfo", "isdtype",
    "nonzero", "result_type", "unique_all", "unique_counts", "unique_inverse", "unique_values", "unstack",
]  # fmt: skip

# --- dtypes -----------------------------------------------------------------------------------------

_GROUPS: Final = {
    "integral": ("signed integer", "unsigned integer"),
    "numeric": ("signed integer", "unsigned integer", "real floating", "complex floating"),
}
_KINDS: Final = ("bool", "signed integer", "unsigned integer", "real floating", "complex floating")


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether ``dtype`` is of ``kind``: a dtype, a kind's name, or a tuple of them."""
    found = dtype_of(dtype)
    if isinstance(kind, tuple):
        return any(isdtype(found, k) for k in kind)
    if isinstance(kind, str) and (kind in _GROUPS or kind in _KINDS):
        return found.kind in _GROUPS.get(kind, (kind,))
    return found == dtype_of(kind)


def _dtype(x: Any) -> DType:
    return (
        x.dtype
        if isinstance(x, Tensor)
        else dtype_of(getattr(x, "dtype", x) if not isinstance(x, type) else x)
    )


def result_type(*arrays_and_dtypes: Any) -> DType:
    """The dtype of an operation on these; an integer with a floating one gives the floating one.

    Python numbers count by kind only; beside nothing but numbers they take the defaults.
    """
    if not arrays_and_dtypes:
        message = "result_type needs at least one array, dtype or number"
        raise ValueError(message)
    dtypes = [_dtype(a) for a in arrays_and_dtypes if type(a) not in (bool, int, float, complex)]
    numbers = [type(a) for a in arrays_and_dtypes if type(a) in (bool, int, float, complex)]
    result = dtypes[0] if dtypes else None
    for d in dtypes[1:]:
        assert result is not None
        result = _promoted(result, d)
    for number in numbers:
        result = _with_number(result, number)
    assert result is not None
    return result


def _with_number(dtype: DType | None, number: type) -> DType:
    xp = namespace_of_backend(get_default_device().backend)
    if dtype is not None and holds(dtype, number):
        return dtype
    if number is complex:
        return complex_of(
            dtype if dtype is not None and dtype.is_floating else default_floating(xp)
        )
    return (
        default_floating(xp)
        if number is float
        else dtype_named("int64" if number is int else "bool")
    )


def _promoted(a: DType, b: DType) -> DType:
    if a == b:
        return a
    if a.kind == b.kind:
        return a if a.itemsize >= b.itemsize else b
    if a.is_floating and b.is_floating:
        real, cplx = (a, b) if b.is_complex else (b, a)
        return dtype_named("complex128") if real.itemsize > cplx.itemsize // 2 else cplx
    if a.is_floating or b.is_floating:
        return a if a.is_floating else b
    if "bool" in (a.kind, b.kind):
        return b if a.kind == "bool" else a
    signed, unsigned = (a, b) if a.kind == "signed integer" else (b, a)
    if signed.itemsize > unsigned.itemsize:
        return signed
    wider = {1: "int16", 2: "int32", 4: "int64"}.get(unsigned.itemsize)
    if wider is None:
        message = f"{a} and {b} have no common dtype; convert one of them with xp.astype"
        raise DTypeError(message)
    return dtype_named(wider)


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether promotion can turn ``from_`` (a dtype or an array) into the dtype ``to``."""
    target = dtype_of(to)
    try:
        return _promoted(_dtype(from_), target) == target
    except DTypeError:
        return False


class FInfo(NamedTuple):
    """Limits of a floating dtype."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


class IInfo(NamedTuple):
    """Limits of an integer dtype."""

    bits: int
    max: int
    min: int
    dtype: DType


def _raw_info(name: str, type_: Any) -> tuple[Any, DType]:
    dtype = _dtype(type_)
    place = type_.device if isinstance(type_, Tensor) else get_default_device()
    xp = namespace_of_backend(place.backend)
    return getattr(xp, name)(xp.backend.dtype(dtype.name)), dtype


def finfo(type: Any, /) -> FInfo:
    """Machine limits of a floating dtype (or of a tensor's)."""
    raw, dtype = _raw_info("finfo", type)
    real = real_of(dtype) if dtype.is_complex else dtype
    return FInfo(
        int(raw.bits),
        float(raw.eps),
        float(raw.max),
        float(raw.min),
        float(raw.smallest_normal),
        real,
    )


def iinfo(type: Any, /) -> IInfo:
    """Machine limits of an integer dtype (or of a tensor's)."""
    raw, dtype = _raw_info("iinfo", type)
    return IInfo(int(raw.bits), int(raw.max), int(raw.min), dtype)


# --- shapes -----------------------------------------------------------------------------------------


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that all ``shapes`` broadcast to."""
    rank = max(map(len, shapes), default=0)
    result = []
    for sizes in zip(*((1,) * (rank - len(s)) + tuple(s) for s in shapes), strict=True):
        extents = {n for n in sizes if n != 1} or {1}
        if len(extents) > 1:
            message = f"shapes {', '.join(map(str, shapes))} do not broadcast"
            raise ShapeError(message)
        result.append(extents.pop())
    return tuple(result)


def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """All arrays in the shape they broadcast to; differentiable."""
    tensors = lift_many("broadcast_arrays", *arrays)
    shape = broadcast_shapes(*(t.shape for t in tensors))
    return tuple(operation("broadcast_to")(t, shape) for t in tensors)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices of ``x`` along ``axis``; differentiable."""
    t = lift(x)
    before = (slice(None),) * (axis % t.ndim)
    return tuple(t[(*before, i)] for i in range(t.shape[axis]))


# --- several arrays, no derivative ------------------------------------------------------------------


class UniqueAll(NamedTuple):
    """What ``unique_all`` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What ``unique_counts`` returns."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What ``unique_inverse`` returns."""

    values: Any
    inverse_indices: Any


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """For each axis, the indices of the elements that are not zero."""
    t = lift(x)
    return tuple(wrap(r, t._xp) for r in t._xp.nonzero(t._cell.raw))


def _unique(name: str, kind: Any, x: Any) -> Any:
    t = lift(x)
    return kind(*(wrap(r, t._xp) for r in getattr(t._xp, name)(t._cell.raw)))


def unique_all(x: Any, /) -> UniqueAll:
    """Distinct values with their first indices, the inverse and the counts."""
    result: UniqueAll = _unique("unique_all", UniqueAll, x)
    return result


def unique_counts(x: Any, /) -> UniqueCounts:
    """Distinct values and how often each occurs."""
    result: UniqueCounts = _unique("unique_counts", UniqueCounts, x)
    return result


def unique_inverse(x: Any, /) -> UniqueInverse:
    """Distinct values and, for each element, the index of its value."""
    result: UniqueInverse = _unique("unique_inverse", UniqueInverse, x)
    return result


def unique_values(x: Any, /) -> Any:
    """Distinct values."""
    t = lift(x)
    return wrap(t._xp.unique_values(t._cell.raw), t._xp)


# --- the namespace about itself ---------------------------------------------------------------------


class NamespaceInfo:
    """What the standard's ``__array_namespace_info__`` returns, in xpgrad's dtypes and devices."""

    __slots__ = ("_backend",)

    def __init__(self, backend: str | None = None) -> None:
        self._backend = backend

    def _xp(self) -> Any:
        return namespace_of_backend(self._backend or get_default_device().backend)

    def capabilities(self) -> dict[str, Any]:
        """Boolean indexing, data-dependent shapes, the largest number of axes."""
        return dict(self._xp().backend.xp.__array_namespace_info__().capabilities())

    def default_device(self) -> Any:
        """The device of what is made from nothing."""
        from xpgrad._devices import Device, parse  # noqa: PLC0415 - small

        if self._backend is None:
            return get_default_device()
        _, kind, index = parse(self._xp().backend.devices()[0])
        return Device(self._backend, kind, index)

    def devices(self) -> tuple[Any, ...]:
        """The devices of this namespace."""
        from xpgrad._devices import Device, parse  # noqa: PLC0415 - small

        xp = self._xp()
        return tuple(Device(xp.backend.name, *parse(d)[1:]) for d in xp.backend.devices())

    def default_dtypes(self, *, device: Any = None) -> dict[str, DType]:
        """The dtypes of what is made from Python numbers."""
        xp = self._xp()
        where = raw_device(xp, self.default_device() if device is None else device)
        real, integer = default_floating(xp, where), default_integer(xp, where)
        return {
            "real floating": real,
            "complex floating": complex_of(real),
            "integral": integer,
            "indexing": integer,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, DType]:
        """The standard's dtypes that this backend has on a device, by name."""
        xp = self._xp()
        where = raw_device(xp, self.default_device() if device is None else device)
        have = xp.backend.xp.__array_namespace_info__().dtypes(device=where)
        found = {n: dtype_named(n) for n in STANDARD if n in have}
        return found if kind is None else {n: d for n, d in found.items() if isdtype(d, kind)}


def __array_namespace_info__() -> NamespaceInfo:  # noqa: N807 - the standard's name
    """The standard's inspection object for the default device's backend."""
    return NamespaceInfo()
