"""``torch.utils``: data loading and checkpoints."""

from typing import Any

from xpgrad.compat.torch._missing import missing
from xpgrad.compat.torch.utils import data as data

__all__ = ["data"]


def __getattr__(name: str) -> Any:
    if name == "checkpoint":
        import importlib  # noqa: PLC0415 - small

        return importlib.import_module(f"{__name__}.checkpoint")
    if name.startswith("__"):
        raise AttributeError(name)
    raise missing(name, "torch.utils", globals())
