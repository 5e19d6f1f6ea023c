"""``torch.optim``: xpgrad's optimizers, those of installed packages included."""

from __future__ import annotations

from typing import Any

from xpgrad import optim as core
from xpgrad.compat.torch._missing import missing
from xpgrad.compat.torch.optim import lr_scheduler as lr_scheduler

__all__ = ["lr_scheduler"]


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        found = getattr(core, name)
    except AttributeError:
        raise missing(name, "torch.optim", dir(core)) from None
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *dir(core)})
