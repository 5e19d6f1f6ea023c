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


def argsort(x: Any, /, **options: Any) -> Any:
    """Through the host: array-api-strict 2.6 makes int64 positions also where there is no int64."""
    order = strict.argsort(strict.asarray(x, device=HOST), **options)
    index = strict.__array_namespace_info__().default_dtypes(device=x.device)["indexing"]
    return strict.asarray(strict.astype(order, index), device=x.device)


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

    def kernels(self) -> Mapping[str, Callable[..., Any]]:
        return {"argsort": argsort}
