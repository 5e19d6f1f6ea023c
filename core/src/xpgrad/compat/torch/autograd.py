"""``torch.autograd``: xpgrad's, with results and the arguments of user code in PyTorch's class."""

# ruff: noqa: ARG004 (PyTorch's signatures)
from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from xpgrad import autograd as core
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.autograd import backward as backward
from xpgrad.autograd import detect_anomaly as detect_anomaly
from xpgrad.autograd import enable_grad as enable_grad
from xpgrad.autograd import gradcheck as gradcheck
from xpgrad.autograd import gradgradcheck as gradgradcheck
from xpgrad.autograd import inference_mode as inference_mode
from xpgrad.autograd import no_grad as no_grad
from xpgrad.autograd import set_detect_anomaly as set_detect_anomaly
from xpgrad.autograd import set_grad_enabled as set_grad_enabled
from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch._tensor import as_torch, dress

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Function", "Variable", "backward", "detect_anomaly", "enable_grad", "function", "grad", "gradcheck",
    "gradgradcheck", "inference_mode", "no_grad", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip


def grad(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """``xpgrad.autograd.grad``: the gradients of outputs with respect to inputs, as a tuple."""
    found: tuple[Any, ...] = dress(core.grad(*args, **kwargs))
    return found


class _IsTensor(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, CoreTensor)


class Variable(metaclass=_IsTensor):
    """``Variable(t, requires_grad=True)`` is a tensor on the value of ``t``; every tensor is an instance."""

    def __new__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
        """Share the value of ``data``."""
        tensor = as_torch(data).detach()
        return tensor.requires_grad_() if requires_grad else tensor


class Context(core.FunctionCtx):
    """What ``forward`` hands to ``backward``."""

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` kept."""
        found: tuple[Any, ...] = dress(core.FunctionCtx.saved_tensors.fget(self))  # type: ignore[attr-defined]
        return found

    saved_variables = saved_tensors


def _in_torch(f: Callable[..., Any]) -> staticmethod[..., Any]:
    """A user's static method, given PyTorch's context and tensors."""

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if args and type(args[0]) is core.FunctionCtx:
            args[0].__class__ = Context
        return f(*(as_torch(a) if type(a) is CoreTensor else a for a in args), **kwargs)

    return staticmethod(wrapped)


class Function(core.Function):
    """Base of a user-defined operation: static ``forward`` and ``backward``, called by ``apply``."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("forward", "backward", "setup_context", "vjp"):
            own = cls.__dict__.get(name)
            if isinstance(own, staticmethod):
                setattr(cls, name, _in_torch(own.__func__))

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run ``forward`` and record it."""
        return dress(super().apply(*args))


def __dir__() -> list[str]:
    return sorted({*__all__, "functional"})


class function:  # noqa: N801 - PyTorch's module of that name
    """``torch.autograd.function``."""

    Function = Function
    FunctionCtx = Context
    once_differentiable = staticmethod(core.once_differentiable)


_missing = module_getattr("torch.autograd", globals())


def __getattr__(name: str) -> Any:
    if name == "functional":
        from xpgrad.compat.torch import _functional  # noqa: PLC0415 - loads the transforms

        return _functional
    return _missing(name)
