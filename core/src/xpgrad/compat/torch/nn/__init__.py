"""``torch.nn``: xpgrad's modules, whose parameters and buffers have PyTorch's methods and default to float32."""

# ruff: noqa: ARG001 (PyTorch's signatures)
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, ClassVar, Final

import xpgrad.nn as core
from xpgrad.compat.torch import _dtypes
from xpgrad.compat.torch._factories import empty
from xpgrad.compat.torch._missing import missing
from xpgrad.compat.torch._tensor import Tensor, dress

if TYPE_CHECKING:
    from xpgrad._tensor import Tensor as CoreTensor

__all__ = ["Buffer", "Module", "Parameter"]

SUBMODULES: Final = ("functional", "init", "parameter", "utils")


class Parameter(core.Parameter, Tensor):
    """A leaf tensor that a module counts as its own and an optimizer changes."""

    __slots__ = ()
    _stands_for: ClassVar[type] = core.Parameter

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        """Share the value of ``data``."""
        return super().__new__(cls, empty(0) if data is None else data, requires_grad)


def Buffer(data: Any, *, persistent: bool = True) -> Any:  # noqa: N802 - PyTorch's name
    """The value of ``data``; register it with ``register_buffer``."""
    return data.detach()


class Module(core.Module):
    """Base class of everything that has parameters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        with _dtypes.default():
            super().__init__(*args, **kwargs)

    def register_parameter(self, name: str, param: core.Parameter | None) -> None:
        """Add a parameter by name; from now on it has PyTorch's methods."""
        if type(param) is core.Parameter:
            param.__class__ = Parameter
        super().register_parameter(name, param)

    def register_buffer(
        self, name: str, tensor: CoreTensor | None, persistent: bool = True
    ) -> None:
        """Add a tensor that moves and is saved with the module but is not trained."""
        super().register_buffer(name, dress(tensor), persistent)

    def half(self) -> Any:
        """All floating parameters and buffers in float16."""
        return self.to(_dtypes.DTYPES["float16"])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients: to None, or (with False) to zeros."""
        super().zero_grad(set_to_none)


def ported(cls: type[core.Module]) -> type[Module]:
    """A module class of xpgrad as one of PyTorch's."""
    return type(cls.__name__, (Module, cls), {"__module__": __name__, "__doc__": cls.__doc__})


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name in SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    try:
        found = getattr(core, name)
    except AttributeError:
        own = importlib.import_module(f"{__name__}._modules")
        if name not in own.__all__:
            raise missing(name, "torch.nn", __dir__()) from None
        found = getattr(own, name)
    if isinstance(found, type) and issubclass(found, core.Module) and not issubclass(found, Module):
        found = ported(found)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    own = importlib.import_module(f"{__name__}._modules")
    return sorted({*__all__, *SUBMODULES, *own.__all__, *dir(core)})
