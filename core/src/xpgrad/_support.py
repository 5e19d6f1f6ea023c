"""What is differentiable where, asked beforehand; and a check on arrays that change behind the tape."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from xpgrad._devices import get_default_device, namespace_of_backend
from xpgrad._namespace._operation import describe
from xpgrad.errors import BackendError, GraphError
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpgrad._tensor import Tensor
    from xpgrad.extend.backend import ExtendedNamespace

__all__ = ["debug_aliasing", "is_operation", "lacks", "matches", "supports", "why_not"]

DYNAMIC: Final = "data-dependent shapes"
"""The capability of results whose shape follows from values: nonzero, masks."""

COMPOSED: Final[dict[str, str]] = {
    "angle": "atan2", "broadcast_arrays": "broadcast_to", "conv": "convolved", "conv_transpose": "unconvolved",
    "deg2rad": "multiply", "einsum": "contract", "fmax": "where", "fmin": "where", "interp": "getitem searchsorted",
    "kron": "multiply reshape", "logaddexp2": "logaddexp", "median": "order_statistics", "meshgrid": "broadcast_to",
    "nan_to_num": "where", "nanmean": "sum where", "nanmedian": "order_statistics", "nanprod": "prod where",
    "nanquantile": "order_statistics", "nanstd": "sum sqrt", "nansum": "sum where", "nanvar": "sum where",
    "pad": "padded", "quantile": "order_statistics", "rad2deg": "multiply", "sliding_window_view": "windows",
    "topk": "take_along_axis argsort", "unstack": "getitem", "fft.fftshift": "roll", "fft.ifftshift": "roll",
    "linalg.matmul": "matmul", "linalg.matrix_norm": "linalg.svdvals linalg.vector_norm sum",
    "linalg.matrix_power": "matmul linalg.inv", "linalg.matrix_transpose": "matrix_transpose",
    "linalg.tensordot": "tensordot", "linalg.trace": "linalg.diagonal sum", "linalg.vecdot": "vecdot",
}  # fmt: skip
"""Differentiable functions that are no operations of their own: the operations that decide what they can do."""

_TESTS: Final = {
    1: "test_forward_and_gradient_agree_with_numpy",
    2: "test_second_order_agrees_with_numpy",
}
"""The tests of the conformance kit that stand for an order."""


def lacks(backend: str) -> Mapping[str, str]:
    """What a backend declares to lack, with reasons."""
    spec = registry.backend_specs().get(backend)
    return {} if spec is None else spec.lacks


def matches(pattern: str, test: str) -> bool:
    """Whether a pattern of known failures means a test; ``*`` stands for any text, brackets for themselves."""
    text = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(text, test) is not None or pattern == test.partition("[")[0]


def why_not(xp: ExtendedNamespace, operation: str, *, static: bool = True) -> str | None:
    """Why an operation cannot run on a backend: what it declares, or that nobody provides it; None where it can."""
    declared = _declared(xp.backend.name, operation, static=static)
    if declared is not None:
        return declared
    if is_operation(operation) and xp.provider(operation) == "nobody":
        chapter = operation.partition(".")[0]
        whole = chapter != operation and not hasattr(xp.backend.xp, chapter)
        missed = chapter if whole else operation
        return f"{xp.backend.name} has no {missed}, and core has no portable default for it"
    return None


def _declared(backend: str, operation: str, *, static: bool = True) -> str | None:
    missing = lacks(backend)
    for name in (operation, operation.partition(".")[0], *([] if static else [DYNAMIC])):
        if name in missing:
            return f"{backend} lacks {name}: {missing[name]}"
    return None


def _is_differentiable(name: str) -> bool:
    return describe(name).rule is not None


def is_operation(name: str) -> bool:
    """Whether a name is an operation of its own, not composed of others."""
    try:
        describe(name)
    except KeyError:
        return False
    return True


def _fails(backend: str, operation: str, order: int) -> bool:
    """Whether a backend declares that an operation's derivatives of an order are known to fail."""
    spec = registry.backend_specs().get(backend)
    known = () if spec is None else spec.known_failures
    tests = [f"{_TESTS[n]}[{operation}]" for n in _TESTS if n <= order]
    return any(matches(pattern, test) for pattern in known for test in tests)


def supports(operation: str, *, backend: str | None = None, order: int = 1) -> bool:
    """Whether an operation runs on a backend (order 0) and can be differentiated ``order`` times.

    The answer is what the backend's conformance run verified: what it declares to lack, and which failures it knows;
    it need not be able to start here.

    Args:
        operation: a name of the namespace, such as ``"matmul"`` or ``"linalg.svd"``.
        backend: default: the default device's backend.
        order: 0 for running it, 1 for gradients, 2 and more for derivatives of derivatives.

    >>> import xpgrad as xp
    >>> xp.supports("matmul", order=2), xp.supports("argsort")
    (True, False)
    """
    if operation in COMPOSED:
        parts = COMPOSED[operation].split()
        return all(
            supports(p, backend=backend, order=order if _is_differentiable(p) else 0) for p in parts
        )
    try:
        described = describe(operation)
    except KeyError:
        return order == 0 and callable(getattr(import_module("xpgrad"), operation, None))
    name = backend or get_default_device().backend
    if _reason(name, operation) is not None:
        return False
    if order == 0:
        return True
    if described.rule is None or _fails(name, operation, order):
        return False
    # a rule is written against the namespace, so what has a first order has every order
    return order == 1 or "L2" not in lacks(name)


def _reason(backend: str, operation: str) -> str | None:
    """:func:`why_not`; of a backend that is installed and cannot start here, what it declares."""
    try:
        return why_not(namespace_of_backend(backend), operation)
    except BackendError:
        if backend not in registry.backend_specs():
            raise
        return _declared(backend, operation)


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
