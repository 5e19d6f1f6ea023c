"""What is differentiable where, asked beforehand; and a check on arrays that change behind the tape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad._devices import get_default_device, namespace_of_backend
from xpgrad._namespace._operation import describe
from xpgrad.errors import GraphError

if TYPE_CHECKING:
    from xpgrad._tensor import Tensor

__all__ = ["debug_aliasing", "supports"]


def supports(operation: str, *, backend: str | None = None, order: int = 1) -> bool:
    """Whether an operation runs on a backend (order 0) and can be differentiated ``order`` times.

    Args:
        operation: a name of the namespace, such as ``"matmul"``.
        backend: default: the default device's backend.
        order: 0 for running it, 1 for gradients, 2 and more for derivatives of derivatives.

    >>> import xpgrad as xp
    >>> xp.supports("matmul", order=2), xp.supports("argsort")
    (True, False)
    """
    try:
        described = describe(operation)
    except KeyError:
        return False
    xp = namespace_of_backend(backend or get_default_device().backend)
    try:
        getattr(xp, operation)
    except (NotImplementedError, AttributeError):
        return False
    if order == 0:
        return True
    # a rule is written against the namespace, so what has a first order has every order
    return described.rule is not None


class debug_aliasing:  # noqa: N801 - used as a statement
    """``with debug_aliasing(x, y):`` raise GraphError at the end if a shared array changed behind the tape.

    ``asarray`` shares memory with the array it is given; writing to that array changes the tensor's value
    without the tape's knowledge.  The block compares a copy taken at its start with the array at its end;
    values that in-place statements on the tensor replaced are not compared.

    >>> import numpy as np
    >>> import xpgrad as xp
    >>> array = np.ones(2)
    >>> with xp.debug_aliasing(xp.asarray(array)):
    ...     array[0] = 5.0
    Traceback (most recent call last):
    xpgrad.errors.GraphError: the array shared by tensor 0 (shape (2,)) changed behind the tape; ...
    """

    __slots__ = ("_copies", "_tensors")

    def __init__(self, *tensors: Tensor) -> None:
        self._tensors: Final = tensors
        self._copies: list[tuple[Any, Any]] = []

    def __enter__(self) -> None:
        self._copies = [
            (t._cell.raw, t._xp.backend.to_host(t._cell.raw).copy()) for t in self._tensors
        ]

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is not None:
            return
        for number, (t, (raw, before)) in enumerate(zip(self._tensors, self._copies, strict=True)):
            after = t._xp.backend.to_host(raw)
            same = (after == before) | ((after != after) & (before != before))  # noqa: PLR0124 - NaN
            if t._cell.raw is raw and not same.all():
                message = (
                    f"the array shared by tensor {number} (shape {t.shape}) changed behind the tape; give the "
                    "tensor a copy: xp.tensor(array) instead of xp.asarray(array)"
                )
                raise GraphError(message)
