"""``torch.cuda``: whether a CUDA device is served, how many, and waiting for it."""

# ruff: noqa: ARG001 (PyTorch's signatures)
from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad._devices import device_named, devices
from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch._random import manual_seed
from xpgrad.errors import XpgradError

__all__ = [
    "current_device", "device_count", "empty_cache", "get_device_name", "is_available", "manual_seed",
    "manual_seed_all", "synchronize",
]  # fmt: skip


def _devices() -> list[Any]:
    try:
        device_named("cuda")
    except XpgradError:
        return []
    return [d for d in devices() if d.type == "cuda"]


def is_available() -> bool:
    """Whether some backend serves CUDA devices here."""
    return bool(_devices())


def device_count() -> int:
    """How many CUDA devices there are."""
    return len(_devices())


def current_device() -> int:
    """The index of the default CUDA device."""
    return device_named("cuda").index or 0


def get_device_name(device: Any = None) -> str:
    """The text of a CUDA device."""
    return str(device_named("cuda" if device is None else device))


def manual_seed_all(seed: int) -> None:
    """Seed the default generator, which draws for every device."""
    manual_seed(seed)


def empty_cache() -> None:
    """Nothing: the library frees what nobody holds."""


def synchronize(device: Any = None) -> None:
    """Wait for the device."""
    for found in _devices()[:1]:
        xp.zeros(1, device=found).backend.synchronize()


__getattr__ = module_getattr("torch.cuda", globals())
