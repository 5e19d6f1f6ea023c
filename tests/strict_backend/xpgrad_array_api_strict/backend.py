"""The backend object: array-api-strict's namespace, and the names of its devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import array_api_strict as strict
import numpy as np

from xpgrad.errors import DeviceError
from xpgrad.extend import Backend

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        return np.from_dlpack(strict.asarray(x, device=strict.Device("CPU_DEVICE"), copy=True))
