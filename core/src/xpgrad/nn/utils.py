"""What is done to the gradients or values of many parameters at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import xpgrad as xp
from xpgrad._tensor import Tensor
from xpgrad.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]


def _graded(parameters: Iterable[Tensor] | Tensor) -> list[Any]:
    given = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p for p in given if p.grad is not None]


@xp.no_grad()
def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Any:
    """Scale all gradients together so that their norm is at most ``max_norm``.

    Args:
        parameters: those without a gradient do not count.
        max_norm: the bound.
        norm_type: the p of the norm; ``inf`` for the largest absolute value.
        error_if_nonfinite: raise where the norm is not finite, instead of scaling by it.

    Returns:
        The norm before, a 0-d tensor.

    Raises:
        RuntimeError: see ``error_if_nonfinite``.

    Example:
        >>> import xpgrad as xp
        >>> p = xp.nn.Parameter(xp.asarray([1.0, 1.0]))
        >>> (p * xp.asarray([3.0, 4.0])).sum().backward()
        >>> round(xp.nn.utils.clip_grad_norm_([p], 1.0).item(), 6), p.grad.shape
        (5.0, (2,))
    """
    graded = _graded(parameters)
    if not graded:
        return xp.asarray(0.0)
    total = _norm([p.grad for p in graded], float(norm_type))
    if error_if_nonfinite and not math.isfinite(total.item()):
        message = (
            f"the gradients have the norm {total.item()}; with error_if_nonfinite=False they would be "
            "scaled by it"
        )
        raise RuntimeError(message)
    factor = xp.clip(max_norm / (total + 1e-6), None, 1.0)
    for p in graded:
        p.grad = xp.astype(p.grad * factor.to(p.grad.device), p.grad.dtype)
    return total


def _norm(gradients: list[Any], p: float) -> Any:
    """The p-norm of all elements, on the device of the first."""
    device = gradients[0].device
    sizes = [xp.abs(g) for g in gradients]
    if p == math.inf:
        return xp.max(xp.stack([xp.max(s).to(device) for s in sizes]))
    return xp.sum(xp.stack([xp.sum(s**p).to(device) for s in sizes])) ** (1.0 / p)


@xp.no_grad()
def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """Clip every element of every gradient to ``[-clip_value, clip_value]``."""
    for p in _graded(parameters):
        p.grad = xp.clip(p.grad, -clip_value, clip_value)


def parameters_to_vector(parameters: Iterable[Tensor]) -> Any:
    """All values, one after the other, as a recorded vector.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.utils.parameters_to_vector([xp.ones((2, 2)), xp.zeros(1)]).shape
        (5,)
    """
    return xp.concat([xp.reshape(p, (-1,)) for p in parameters])


@xp.no_grad()
def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write the values of ``vec`` back into the parameters, in order.

    Raises:
        ShapeError: if it has another number of elements than the parameters together.
    """
    given: list[Any] = list(parameters)
    total = sum(p.size for p in given)
    if vec.shape != (total,):
        message = f"vector_to_parameters: the parameters have {total} elements, the vector has shape {vec.shape}"
        raise ShapeError(message)
    start, rest = 0, xp.asarray(vec).detach()
    for p in given:
        p.copy_(xp.reshape(rest[start : start + p.size], p.shape))
        start += p.size
