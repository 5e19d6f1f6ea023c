"""Making tensors as PyTorch does: sizes as arguments, float32 unless said otherwise, no global changed."""

# ruff: noqa: ARG001 (PyTorch's signatures)
from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad._devices import Device, device_named
from xpgrad._dtypes import DType, dtype_of
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.compat.torch._dtypes import TYPE_NAMES, default, get_default_dtype
from xpgrad.compat.torch._size import sizes
from xpgrad.compat.torch._tensor import as_torch, dress
from xpgrad.compat.torch._views import laid

__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor",
    "ShortTensor", "arange", "as_tensor", "asarray", "device", "empty", "empty_like", "eye", "from_numpy", "full",
    "full_like", "linspace", "logspace", "ones", "ones_like", "scalar_tensor", "tensor", "zeros", "zeros_like",
]  # fmt: skip


def done(t: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A fresh tensor, dressed, moved and switched on."""
    if device is not None:
        t = t.to(device)
    if dtype is not None and t.dtype != dtype_of(dtype):
        t = xp.astype(t, dtype)
    t = dress(t)
    return t.requires_grad_() if requires_grad else t


class _DeviceMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Device)


class device(metaclass=_DeviceMeta):  # noqa: N801 - PyTorch's name
    """``device("cuda:0")``, ``device("cuda", 0)``: one of xpgrad's devices."""

    def __new__(cls, type: Any, index: int | None = None) -> Any:
        """The device of a text; an error that says what is missing if no backend serves it."""
        return device_named(type, index)


# --- from values ------------------------------------------------------------------------------------


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Any:
    """A new leaf with a copy of ``data``."""
    with default():
        return dress(xp.tensor(data, dtype=dtype, device=device, requires_grad=requires_grad))


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """A tensor on ``data``, sharing memory where it can; a tensor stays on the tape."""
    with default():
        return as_torch(xp.asarray(data, dtype=dtype, device=device))


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Any:
    """:func:`as_tensor` with a choice about copying."""
    with default():
        return as_torch(
            xp.asarray(obj, dtype=dtype, device=device, copy=copy, requires_grad=requires_grad)
        )


def from_numpy(ndarray: Any) -> Any:
    """A tensor on the memory of a NumPy array."""
    if isinstance(ndarray, (CoreTensor, list, int, float)):
        message = f"from_numpy() expected a NumPy array, got {type(ndarray).__name__}; torch.tensor() takes it"
        raise TypeError(message)
    return dress(xp.asarray(ndarray))


def scalar_tensor(
    s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """A 0-d tensor of the default dtype."""
    return tensor(s, dtype=dtype or get_default_dtype(), device=device, requires_grad=requires_grad)


def legacy(dtype: Any, args: tuple[Any, ...], device: Any = None) -> Any:
    """``FloatTensor([1, 2])`` has these values; ``FloatTensor(2, 3)`` is uninitialized memory of that shape."""
    if len(args) == 1 and not isinstance(args[0], int):
        return done(as_tensor(args[0], device=device), dtype)
    return empty(*(args or (0,)), dtype=dtype, device=device)


class _LegacyMeta(type):
    _dtype: DType

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, CoreTensor) and instance.dtype == cls._dtype

    def __call__(cls, *args: Any, device: Any = None) -> Any:
        return legacy(cls._dtype, args, device)

    @property
    def dtype(cls) -> DType:
        """The dtype that it makes."""
        return cls._dtype

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


LEGACY = {
    name: _LegacyMeta(
        name,
        (),
        {"_dtype": dtype_of(dtype), "__doc__": f"Makes {dtype} tensors; they are its instances."},
    )
    for dtype, name in TYPE_NAMES.items()
}
FloatTensor, DoubleTensor = LEGACY["FloatTensor"], LEGACY["DoubleTensor"]
HalfTensor, LongTensor, IntTensor = LEGACY["HalfTensor"], LEGACY["LongTensor"], LEGACY["IntTensor"]
ShortTensor, CharTensor = LEGACY["ShortTensor"], LEGACY["CharTensor"]
ByteTensor, BoolTensor = LEGACY["ByteTensor"], LEGACY["BoolTensor"]


# --- from nothing -----------------------------------------------------------------------------------


def _filled(name: str, fill: Any) -> Any:
    def factory(
        *size: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        out: Any = None,
        **ignored: Any,
    ) -> Any:
        if "size" in ignored:
            size = (ignored.pop("size"),)
        _only_layout(name, ignored)
        with default():
            result = dress(
                fill(sizes(size), dtype=dtype, device=device, requires_grad=requires_grad)
            )
        return result if out is None else out.copy_(result)

    factory.__name__ = factory.__qualname__ = name
    factory.__doc__ = f"``{name}(2, 3)`` or ``{name}((2, 3))``, of the default dtype unless ``dtype`` says otherwise."
    return factory


def _only_layout(name: str, options: dict[str, Any]) -> None:
    """Accept what says how memory is laid out; refuse the rest."""
    unknown = set(options) - {"pin_memory", "memory_format", "layout", "names"}
    if unknown:
        message = f"{name}() got an unexpected keyword argument {min(unknown)!r}"
        raise TypeError(message)


zeros = _filled("zeros", xp.zeros)
ones = _filled("ones", xp.ones)
empty = _filled("empty", xp.empty)


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    out: Any = None,
) -> Any:
    """``fill_value`` everywhere."""
    value = fill_value.item() if isinstance(fill_value, CoreTensor) else fill_value
    with default():
        result = xp.full(
            sizes((size,)), value, dtype=dtype, device=device, requires_grad=requires_grad
        )
    return dress(result)


def _alike(name: str) -> Any:
    make = getattr(xp, name)

    def factory(
        input: Any,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **ignored: Any,
    ) -> Any:
        _only_layout(name, ignored)
        made = make(as_torch(input), dtype=dtype, device=device, requires_grad=requires_grad)
        return laid(dress(made), input)

    factory.__name__ = factory.__qualname__ = name
    factory.__doc__ = f"``{name.removesuffix('_like')}`` of input's shape, dtype and device."
    return factory


zeros_like, ones_like, empty_like = _alike("zeros_like"), _alike("ones_like"), _alike("empty_like")


def full_like(
    input: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """``fill_value`` in input's shape, dtype and device."""
    x = as_torch(input)
    made = full(
        x.shape,
        fill_value,
        dtype=dtype or x.dtype,
        device=device or x.device,
        requires_grad=requires_grad,
    )
    return laid(made, x)


def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Evenly spaced numbers from ``start`` up to ``end`` without it; ``arange(n)`` counts from 0."""
    start, end = (0, start) if end is None else (start, end)
    with default():
        return dress(
            xp.arange(start, end, step, dtype=dtype, device=device, requires_grad=requires_grad)
        )


def range_(start: Any = 0, end: Any = None, step: Any = 1, **kwargs: Any) -> Any:
    """PyTorch's old ``range``: like :func:`arange`, with ``end``."""
    return arange(start, end + step, step, **{"dtype": get_default_dtype(), **kwargs})


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    out: Any = None,
) -> Any:
    """``steps`` evenly spaced numbers from ``start`` to ``end``."""
    with default():
        return dress(
            xp.linspace(start, end, steps, dtype=dtype, device=device, requires_grad=requires_grad)
        )


def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """``base`` to the power of evenly spaced exponents."""
    exponents = linspace(start, end, steps, dtype=xp.float64, device=device)
    return done(base**exponents, dtype or get_default_dtype(), None, requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The identity matrix."""
    with default():
        return dress(xp.eye(n, m, dtype=dtype, device=device, requires_grad=requires_grad))
