"""``torch.nn.functional``: xpgrad's functions of these names, on PyTorch's tensors."""

from __future__ import annotations

import functools
from typing import Any

from xpgrad.compat.torch import _table
from xpgrad.compat.torch._dtypes import default
from xpgrad.compat.torch._missing import missing
from xpgrad.compat.torch._tensor import Tensor, dress
from xpgrad.compat.torch.nn import _composed
from xpgrad.nn import functional as core

__all__: list[str] = []


def _ported(f: Any) -> Any:
    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with default():
            return dress(f(*args, **kwargs))

    return wrapped


def _home(name: str) -> Any:
    return core if name in core.__all__ else _composed if name in _composed.__all__ else None


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    found = _ported(getattr(_home(name), name)) if _home(name) else _table.FUNCTIONS.get(name)
    if found is None and name.endswith("_"):  # F.relu_(x) is x.relu_()
        found = getattr(Tensor, name, None)
    if found is None:
        raise missing(name, "torch.nn.functional", __dir__())
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*core.__all__, *_composed.__all__})
