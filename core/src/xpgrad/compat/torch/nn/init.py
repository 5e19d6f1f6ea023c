"""``torch.nn.init``: xpgrad's functions of these names."""

from __future__ import annotations

from typing import Any

from xpgrad.compat.torch._missing import missing
from xpgrad.nn import init as core

__all__: list[str] = []

OLD = ("constant", "eye", "kaiming_normal", "kaiming_uniform", "normal", "orthogonal", "uniform", "xavier_normal",
       "xavier_uniform")  # fmt: skip
"""Names from before the underscore, which still work in PyTorch."""


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    wanted = f"{name}_" if name in OLD else name
    if wanted not in core.__all__:
        raise missing(name, "torch.nn.init", core.__all__)
    found = globals()[name] = getattr(core, wanted)
    return found


def __dir__() -> list[str]:
    return sorted(core.__all__)
