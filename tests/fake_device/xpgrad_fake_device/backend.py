"""The backend object: what a library for a real device would say, and the portable ways for everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xpgrad.errors import DeviceError
from xpgrad.extend import Backend
from xpgrad_fake_device.device import DEVICES, Device
from xpgrad_fake_device.namespace import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpgrad_fake_device.array import FakeArray

TEXTS = tuple(map(str, DEVICES))


class FakeBackend(Backend):
    """Arrays of devices that pretend; no kernels, so that the portable functions are tried on a device."""

    name = "fake"
    xp = NAMESPACE

    def devices(self) -> Sequence[str]:
        return TEXTS

    def raw_device(self, kind: str, index: int | None) -> Device:
        text = f"{kind}:{index or 0}"
        if text not in TEXTS:
            message = f"backend 'fake' has no device {text!r}; it has {', '.join(TEXTS)}"
            raise DeviceError(message)
        return DEVICES[index or 0]

    def device_of(self, x: Any) -> str:
        return str(x.device)

    def dtypes(self) -> Mapping[str, Any]:
        return {name: np.dtype(each) for name, each in super().dtypes().items()}

    def taken_in(self, x: Any) -> Any:
        return x

    def to_host(self, x: FakeArray) -> Any:
        """A copy, after the work before it."""
        x.device.synchronize()
        x.device.counters.to_host += 1
        return np.array(x.buffer.value)

    def synchronize(self, device: str | None = None) -> None:
        for each in DEVICES:
            if device in (None, str(each), f"fake:{each}"):
                each.synchronize()

    def version(self) -> str:
        return "1"
