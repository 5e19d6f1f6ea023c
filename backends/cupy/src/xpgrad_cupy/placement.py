"""Every call runs on the device of its arrays.

CuPy computes on the *current* device of the thread, wherever the arrays are. On a machine with one
GPU the two are the same and nothing here is used but the copies.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import TYPE_CHECKING, Any

import cupy

from xpgrad.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def text(device: Any) -> str:
    """``cuda:0`` for a device of CuPy."""
    return f"cuda:{device.id}"


# --- moving -------------------------------------------------------------------------------------


def moved(x: Any, dtype: Any, device: Any, copy: bool | None) -> Any:
    """A CuPy array with a dtype, on a device; ``x`` itself where nothing changes and none asks."""
    home = x.device
    same_dtype = dtype is None or x.dtype == dtype
    if copy is False and not (same_dtype and device in (None, home)):
        message = f"{x.dtype} on {text(home)} cannot become {dtype or x.dtype} on {device} uncopied"
        raise ValueError(message)
    if device is not None and device != home:
        return moved(copied_to(x, device), dtype, None, None)
    if same_dtype and not copy:
        return x
    with home:
        return x.astype(x.dtype if dtype is None else dtype, copy=True)


def copied_to(x: Any, device: Any) -> Any:
    """A copy on another device, ordered after the work that makes ``x`` and before what reuses it.

    The current streams of two devices do not wait for each other, so events say who goes first.
    """
    home = x.device
    with home:
        x = cupy.ascontiguousarray(x)
        ready = cupy.cuda.get_current_stream().record()
    with cupy.cuda.Device(device.id):
        stream = cupy.cuda.get_current_stream()
        stream.wait_event(ready)
        result = x.copy()
        done = stream.record()
    with home:
        cupy.cuda.get_current_stream().wait_event(done)
    return result


def beside(key: Any, device: Any) -> Any:
    """An index whose arrays are on ``device``."""
    if isinstance(key, tuple):
        return tuple(beside(part, device) for part in key)
    if isinstance(key, cupy.ndarray) and key.device != device:
        return copied_to(key, device)
    return key


# --- running ------------------------------------------------------------------------------------


def devices_of(values: Any) -> Iterator[Any]:
    """The devices of the arrays among arguments, one level of sequences deep."""
    for value in values:
        if isinstance(value, (tuple, list)) and not hasattr(value, "device"):
            yield from (part.device for part in value if isinstance(part, cupy.ndarray))
        elif isinstance(found := getattr(value, "device", None), cupy.cuda.Device):
            yield found


def device_for(name: str, args: Any, options: dict[str, Any]) -> Any:
    """The device a call runs on: ``device=`` or its arrays'; None where it names none.

    Raises:
        DeviceError: Where its arrays are on two devices.
    """
    if options.get("device") is not None:
        return options["device"]
    first = None
    for device in devices_of((*args, *options.values())):
        first = device if first is None else first
        if device != first:
            message = (
                f"{name}: arrays on two devices, {text(first)} and {text(device)}; move one of "
                f"them with .to({text(first)!r})"
            )
            raise DeviceError(message)
    return first


def placed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, run on the device of its arrays."""

    @functools.wraps(function)
    def run(*args: Any, **options: Any) -> Any:
        device = device_for(name, args, options)
        if device is None:
            return function(*args, **options)
        with cupy.cuda.Device(device.id):  # a new one: threads may share the other
            return function(*args, **options)

    return run


def placed_with_key(function: Callable[..., Any], position: int) -> Callable[..., Any]:
    """``function`` with the index at ``position`` brought to the device of the first argument."""

    @functools.wraps(function)
    def run(*args: Any, **options: Any) -> Any:
        key = beside(args[position], args[0].device)
        return function(*args[:position], key, *args[position + 1 :], **options)

    return run


class PlacedNamespace:
    """A namespace whose functions run on the device of their arrays."""

    def __init__(self, library: ModuleType, asarray: Callable[..., Any]) -> None:
        self._library = library
        self.__name__ = library.__name__
        self.asarray = asarray

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__array_namespace_info__":
            raise AttributeError(name)
        found = getattr(self._library, name)
        if isinstance(found, ModuleType):
            found = PlacedNamespace(found, self.asarray)
        elif callable(found) and not isinstance(found, type):
            found = placed(name, found)
        setattr(self, name, found)
        return found

    def __repr__(self) -> str:
        return f"<{self.__name__}, on the device of the arrays>"
