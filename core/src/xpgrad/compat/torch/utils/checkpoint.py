"""``torch.utils.checkpoint``: compute again in backward instead of keeping."""

from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch.func import dressed

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(function: Any, *args: Any, **kwargs: Any) -> Any:
    """``function(*args)``, whose intermediate values are computed again in backward."""
    return dressed(xp.checkpoint(function, *args, **kwargs))


def checkpoint_sequential(functions: Any, segments: int, input: Any, **kwargs: Any) -> Any:
    """A sequence of modules in so many checkpointed parts."""
    kwargs.pop("use_reentrant", None)
    return dressed(xp.checkpoint_sequential(functions, segments, input, **kwargs))


__getattr__ = module_getattr("torch.utils.checkpoint", globals())
