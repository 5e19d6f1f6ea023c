"""The array: a shape, a dtype and a device; the values come late and stay where they are."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad_fake_device.device import Device


class Buffer:
    """Memory of a device: has a value when the queue has come that far."""

    __slots__ = ("value",)


class FakeArray:
    """An array of which a program knows all but the values.

    The queue refers to buffers, so that an array lives as long as the program holds it.
    """

    __slots__ = ("__weakref__", "buffer", "device", "dtype", "shape")
    __array_ufunc__ = None  # NumPy's functions and operators leave it alone
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, shape: tuple[int, ...], dtype: Any, device: Device) -> None:
        self.shape = shape
        self.dtype = dtype
        self.device = device
        self.buffer = Buffer()

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def T(self) -> FakeArray:
        return launched(np.transpose, self)

    @property
    def mT(self) -> FakeArray:
        return launched(np.matrix_transpose, self)

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        from xpgrad_fake_device.namespace import NAMESPACE

        return NAMESPACE

    def __len__(self) -> int:
        if not self.shape:
            message = "a 0-d array has no length"
            raise TypeError(message)
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<{self.dtype} {self.shape} on {self.device}>"

    def __getitem__(self, key: Any) -> Any:
        masks = any(isinstance(k, FakeArray) and k.dtype == bool for k in _parts(key))
        return (waited if masks else launched)(_read, self, key)

    def __setitem__(self, key: Any, values: Any) -> None:
        device_of(self, key, values)
        given = buffers((self, key, values))
        self.device.launch(lambda: operator.setitem(*_values(given)))


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _read(x: Any, key: Any) -> Any:
    return np.asarray(x)[key]


# --- what a device gives away only on request ---------------------------------------------------------------


def _refusing(how: str) -> Callable[..., Any]:
    def refuse(self: FakeArray, *_: Any, **__: Any) -> Any:
        return self.device.refuse(how)

    return refuse


for _name in "array bool float int index complex iter contains dlpack dlpack_device".split():
    setattr(FakeArray, f"__{_name}__", _refusing(f"__{_name}__"))
for _name in ("tolist", "item"):
    setattr(FakeArray, _name, _refusing(f"{_name}()"))


# --- work that runs late ------------------------------------------------------------------------------------


def mapped(function: Callable[[Any], Any], x: Any) -> Any:
    """A function applied to everything in nested tuples, lists and dictionaries."""
    if isinstance(x, (tuple, list)):
        return type(x)(mapped(function, each) for each in x)
    if isinstance(x, dict):
        return {k: mapped(function, v) for k, v in x.items()}
    return function(x)


def buffers(x: Any) -> Any:
    """Buffers in the place of arrays: what the queue remembers of arguments."""
    return mapped(lambda each: each.buffer if isinstance(each, FakeArray) else each, x)


def _values(x: Any) -> Any:
    """What buffers hold when the queue has come this far."""
    return mapped(lambda each: each.value if isinstance(each, Buffer) else each, x)


def stand_in(x: Any) -> Any:
    """For an array, another of the same shape and dtype: a function tells by them what it will give."""
    if not isinstance(x, FakeArray):
        return x
    one = np.zeros((), x.dtype) if x.dtype.kind in "iub" else np.ones((), x.dtype)
    square = x.ndim >= 2 and x.shape[-1] == x.shape[-2]
    return np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype) if square else one, x.shape)


def device_of(*args: Any) -> Device:
    """The one device of all arrays; host arrays and those of other devices are refused."""
    found: list[Device] = []
    for x in args:
        if isinstance(x, (tuple, list)):
            found += [device_of(*x)] if any(map(_holds_array, x)) else []
        elif isinstance(x, FakeArray):
            found.append(x.device)
        elif isinstance(x, (np.ndarray, np.generic)):
            message = f"a host array ({type(x).__name__}, {x.dtype}) among arrays of a device"
            raise TypeError(message)
    if any(d is not found[0] for d in found):
        message = f"arrays of two devices: {', '.join(map(str, dict.fromkeys(found)))}"
        raise ValueError(message)
    return found[0]


def _holds_array(x: Any) -> bool:
    return isinstance(x, (FakeArray, np.ndarray, np.generic)) or (
        isinstance(x, (tuple, list)) and any(map(_holds_array, x))
    )


def launched(function: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
    """The result's arrays, without values; the function goes into the queue."""
    device = device_of(*args, *options.values())
    with np.errstate(all="ignore"):
        foreseen = function(*mapped(stand_in, args), **mapped(stand_in, options))
    return later(function, foreseen, device, *args, **options)


def later(
    function: Callable[..., Any], foreseen: Any, device: Device, *args: Any, **options: Any
) -> Any:
    """Arrays like ``foreseen`` on a device, which get their values when the queue comes to the function."""
    result, arrays = dressed(foreseen, device)
    targets = buffers(arrays)
    given, named = buffers(args), buffers(options)

    def work() -> None:
        with np.errstate(all="ignore"):
            found = function(*_values(given), **_values(named))
        for target, got in zip(targets, _flat(found), strict=True):
            target.value = np.asarray(got)

    device.launch(work)
    return result


def waited(function: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
    """The result of a function whose shapes follow from values: the host has to wait for them."""
    device = device_of(*args, *options.values())
    device.synchronize()
    found = function(*_values(buffers(args)), **_values(buffers(options)))
    return later(lambda: found, found, device)


def dressed(found: Any, device: Device) -> tuple[Any, list[FakeArray]]:
    """Arrays in the place of NumPy's, in the same structure; and a list of them."""
    arrays = [FakeArray(np.shape(x), np.asarray(x).dtype, device) for x in _flat(found)]
    if not isinstance(found, (tuple, list)):
        return arrays[0], arrays
    return (type(found)(*arrays) if hasattr(found, "_fields") else type(found)(arrays)), arrays


def _flat(found: Any) -> list[Any]:
    return list(found) if isinstance(found, (tuple, list)) else [found]


def copied(obj: Any, dtype: Any, device: Device) -> FakeArray:
    """A host array's values on the device; read late, as a copy from page-locked memory is."""
    host = np.asarray(obj)
    device.counters.to_device += 1
    foreseen = np.broadcast_to(np.zeros((), dtype or host.dtype), host.shape)
    return later(lambda: np.array(host, foreseen.dtype), foreseen, device)


def moved(x: FakeArray, device: Device) -> FakeArray:
    """An array of one device on another."""
    x.device.synchronize()
    return copied(x.buffer.value, None, device)


def _operator(name: str) -> Callable[..., Any]:
    plain = name.removeprefix("r") if name[1:] in _BINARY else name
    function = getattr(operator, plain, None) or getattr(operator, f"{plain}_")

    def forward(self: FakeArray, *other: Any) -> Any:
        return launched(function, self, *other)

    def reflected(self: FakeArray, other: Any) -> Any:
        return launched(function, other, self)

    return forward if plain == name else reflected


_BINARY = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
_REFLECTED = [f"r{name}" for name in _BINARY]
for _name in (*_BINARY, *_REFLECTED, *"neg pos abs invert lt le gt ge eq ne".split()):
    setattr(FakeArray, f"__{_name}__", _operator(_name))
