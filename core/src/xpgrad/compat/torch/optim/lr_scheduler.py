"""``torch.optim.lr_scheduler``: xpgrad's schedules of the learning rate."""

from __future__ import annotations

from typing import Any

from xpgrad.compat.torch._missing import missing
from xpgrad.optim import lr_scheduler as core

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        found = globals()[name] = getattr(core, name)
    except AttributeError:
        raise missing(name, "torch.optim.lr_scheduler", dir(core)) from None
    return found


def __dir__() -> list[str]:
    return dir(core)
