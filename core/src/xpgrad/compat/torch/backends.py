"""``torch.backends``: switches that programs set and that change nothing here."""

from __future__ import annotations

from typing import Any

from xpgrad.compat.torch._missing import module_getattr

__all__ = ["cuda", "cudnn", "mkl", "mps"]


class Switches:
    """Attributes that may be set; what is asked is not available."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def is_available(self) -> bool:
        """No."""
        return False

    def is_built(self) -> bool:
        """No."""
        return False


cudnn = Switches(enabled=False, benchmark=False, deterministic=True)
mps = Switches()
mkl = Switches()
cuda = Switches(matmul=Switches(allow_tf32=False))

__getattr__ = module_getattr("torch.backends", globals())
