"""Functions that only move elements: NumPy moves the elements' numbers, and one ``take`` follows them.

The numbers start at 1; number 0 is a zero, which is what these functions fill with.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any, Final

import xpgrad as xp

__all__ = ["MOVING", "is_array", "moved"]

MOVING: Final[dict[str, tuple[str, ...]]] = {
    "append": ("arr", "values"), "block": ("arrays",), "choose": ("choices",), "column_stack": ("tup",),
    "compress": ("a",), "delete": ("arr",), "diag": ("v",), "diagflat": ("v",), "diagonal": ("a",),
    "dstack": ("tup",), "extract": ("arr",), "insert": ("arr", "values"), "ravel": ("a",), "reshape": ("a",),
    "resize": ("a",), "rollaxis": ("a",), "take": ("a",),
}  # fmt: skip
"""For each function, the parameters that hold the elements."""


class Numbered:
    """The elements of all tensors in one line, and arrays of their numbers in the tensors' shapes."""

    def __init__(self) -> None:
        self.numpy = sys.modules["numpy"]
        self.parts: list[Any] = []
        self.count = 1

    def numbers(self, value: Any) -> Any:
        """Numbers in the place of elements; sequences keep their structure."""
        if isinstance(value, (list, tuple)) and any(is_array(v) for v in value):
            return [self.numbers(v) for v in value]
        if isinstance(value, list) and any(isinstance(v, list) for v in value):
            return [self.numbers(v) for v in value]
        part = xp.asarray(value)
        start, self.count = self.count, self.count + part.size
        self.parts.append(part)
        return self.numpy.arange(start, self.count).reshape(part.shape)

    def elements(self, numbers: Any) -> Any:
        """The elements that stand where their numbers stand."""
        dtype = xp.result_type(*(p.dtype for p in self.parts))
        device = next(
            (p.device for p in self.parts if p.backend.name != "numpy"), self.parts[0].device
        )
        parts = [xp.asarray(p, dtype=dtype, device=device).reshape(-1) for p in self.parts]
        line = xp.concat([xp.zeros(1, dtype=dtype, device=device), *parts])

        def follow(n: Any) -> Any:
            return xp.take(line, xp.asarray(n.reshape(-1), device=device)).reshape(n.shape)

        if isinstance(numbers, (list, tuple)):
            return type(numbers)(map(follow, numbers))
        return follow(numbers)


def is_array(value: Any) -> bool:
    return hasattr(value, "__array_namespace__") or (
        isinstance(value, (list, tuple)) and any(map(is_array, value))
    )


def moved(function: Any, args: Any, kwargs: Any) -> Any:
    """The result of a NumPy function of :data:`MOVING`."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    numbered = Numbered()
    for name, value in bound.arguments.items():
        if name in MOVING[function.__name__]:
            bound.arguments[name] = numbered.numbers(value)
        elif isinstance(value, xp.Tensor):
            bound.arguments[name] = value.detach().numpy()
    return numbered.elements(function(*bound.args, **bound.kwargs))
