"""The backend object: array-api-strict's namespace, and the names of its devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import array_api_strict as strict
import numpy as np

from xpgrad.errors import DeviceError
from xpgrad.extend import Backend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

HOST: Final = strict.Device("CPU_DEVICE")
NO_INT64: Final = strict.Device("no_x64")


def through_host(name: str) -> Callable[..., Any]:
    """A function that array-api-strict 2.6 computes with int64 also on a device that has none."""
    function = getattr(strict, name)

    def kernel(x: Any, /, *args: Any, **options: Any) -> Any:
        if x.device != NO_INT64:
            return function(x, *args, **options)
        result = function(_moved(x, HOST), *(_moved(a, HOST) for a in args), **options)
        return (
            tuple(_moved(r, NO_INT64) for r in result)
            if isinstance(result, tuple)
            else _moved(result, NO_INT64)
        )

    return kernel


def _moved(x: Any, device: Any) -> Any:
    if not hasattr(x, "dtype"):
        return x
    narrow = device == NO_INT64 and x.dtype == strict.int64
    return strict.asarray(strict.astype(x, strict.int32) if narrow else x, device=device)


class StrictBackend(Backend):
    """Arrays of array-api-strict; its devices beside ``cpu`` stand in for accelerators."""

    name = "array_api_strict"
    xp = strict

    def __init__(self) -> None:
        info = strict.__array_namespace_info__()
        names = {d: repr(d).split("'")[1] for d in info.devices()}
        self._texts = {d: "cpu" if n == "CPU_DEVICE" else n for d, n in names.items()}
        self._raw = {text: d for d, text in self._texts.items()}

    def devices(self) -> Sequence[str]:
        return tuple(self._raw)

    def raw_device(self, kind: str, index: int | None) -> Any:
        if kind not in self._raw or index not in (None, 0):
            message = f"array_api_strict has the devices {', '.join(self._raw)}, and no {kind!r}"
            raise DeviceError(message)
        return self._raw[kind]

    def device_of(self, x: Any) -> str:
        return self._texts[x.device]

    def to_host(self, x: Any) -> Any:
        return np.from_dlpack(strict.asarray(x, device=HOST, copy=True))

    def defaults(self, device: Any) -> tuple[str, str]:
        found = strict.__array_namespace_info__().default_dtypes(device=device)
        return tuple(str(found[kind]).rpartition(".")[2] for kind in ("real floating", "integral"))

    def kernels(self) -> Mapping[str, Callable[..., Any]]:
        return {
            name: through_host(name)
            for name in ("argmax", "argmin", "argsort", "nonzero", "repeat", "searchsorted")
        }
