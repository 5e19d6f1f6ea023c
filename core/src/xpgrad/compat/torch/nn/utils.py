"""``torch.nn.utils``: clipping gradients, and parameters as one vector."""

# ruff: noqa: ARG001 (PyTorch's signatures)
from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch._reductions import norm
from xpgrad.compat.torch._tensor import dress

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]


def _with_grad(parameters: Any) -> list[Any]:
    given = [parameters] if isinstance(parameters, CoreTensor) else list(parameters)
    return [p for p in given if p.grad is not None]


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: Any = None,
) -> Any:
    """Scale all gradients so that their norm, as one vector, is at most ``max_norm``; returns what it was."""
    tracked = _with_grad(parameters)
    if not tracked:
        return dress(xp.asarray(0.0, dtype=xp.float32))
    with xp.no_grad():
        total = norm(xp.stack([norm(p.grad, norm_type) for p in tracked]), norm_type)
        if error_if_nonfinite and not bool(xp.isfinite(total)):
            message = f"the norm of the gradients is {total.item()}, so they cannot be clipped"
            raise RuntimeError(message)
        scale = xp.clip(max_norm / (total + 1e-6), None, 1.0)
        for p in tracked:
            p.grad.copy_(p.grad * scale)
    return dress(total)


def clip_grad_value_(parameters: Any, clip_value: float, foreach: Any = None) -> None:
    """Clip every element of every gradient to ``[-clip_value, clip_value]``."""
    with xp.no_grad():
        for p in _with_grad(parameters):
            p.grad.copy_(xp.clip(p.grad, -clip_value, clip_value))


def parameters_to_vector(parameters: Any) -> Any:
    """All parameters in one axis."""
    return dress(xp.concat([xp.reshape(p, (-1,)) for p in parameters]))


def vector_to_parameters(vec: Any, parameters: Any) -> None:
    """Give the parameters the values of the vector."""
    start = 0
    for p in parameters:
        n = int(p.size)
        p.data = xp.reshape(vec[start : start + n], tuple(p.shape)).detach()
        start += n


__getattr__ = module_getattr("torch.nn.utils", globals())
