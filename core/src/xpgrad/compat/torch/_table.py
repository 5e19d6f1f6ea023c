"""The tables of functions and methods: written once as a function of the namespace, used as both."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xpgrad.compat.torch import _views
from xpgrad.compat.torch._tensor import as_torch, settle

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "FUNCTIONS",
    "METHODS",
    "ValuesIndices",
    "alias",
    "both",
    "called_as_torch",
    "elementwise",
    "found_by",
    "function",
    "method",
    "named",
]

FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {}
"""What ``torch.name`` is."""
METHODS: Final[dict[str, Callable[..., Any]]] = {}
"""What ``x.name`` is, with ``x`` as the first argument."""

_KEYWORDS: Final = {
    "axis": "dim",
    "keepdims": "keepdim",
    "x": "input",
    "x1": "input",
    "x2": "other",
}


def named(made: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The callable under its public name."""
    made.__name__ = made.__qualname__ = name
    made.__module__ = "xpgrad.compat.torch"
    return made


def called_as_torch(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f`` with a tensor as its first argument, NumPy's keywords and ``out=``."""

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        out = None
        if kwargs:
            kwargs = {_KEYWORDS.get(k, k): v for k, v in kwargs.items()}
            out = kwargs.pop("out", None)
            if "input" in kwargs:
                args = (kwargs.pop("input"), *args)
        result = f(as_torch(args[0]), *args[1:], **kwargs) if args else f(**kwargs)
        return result if out is None else _into(out, result)

    return wrapped


def _into(out: Any, result: Any) -> Any:
    if isinstance(out, tuple):
        return tuple(settle(o, r, "out=") for o, r in zip(out, result, strict=True))
    return settle(out, result, "out=")


def both(f: Callable[..., Any]) -> Callable[..., Any]:
    """``torch.name(x, ...)`` and ``x.name(...)``."""
    wrapped = named(called_as_torch(f), f.__name__.removesuffix("_"))
    FUNCTIONS[wrapped.__name__] = METHODS[wrapped.__name__] = wrapped
    return wrapped


def elementwise(f: Callable[..., Any]) -> Callable[..., Any]:
    """As :func:`both`, for a function whose result lies in memory as its operands do."""

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = f(*args, **kwargs)
        return _views.laid(result, *args, *kwargs.values()) if hasattr(result, "_cell") else result

    return both(wrapped)


def function(f: Callable[..., Any]) -> Callable[..., Any]:
    """``torch.name(x, ...)`` only; the first argument may be a sequence."""
    FUNCTIONS[f.__name__.removesuffix("_")] = named(f, f.__name__.removesuffix("_"))
    return f


def method(f: Callable[..., Any]) -> Callable[..., Any]:
    """``x.name(...)`` only."""
    wrapped = named(called_as_torch(f), f.__name__.removesuffix("_"))
    METHODS[wrapped.__name__] = wrapped
    return wrapped


def alias(names: dict[str, str]) -> None:
    """Further names: ``{"multiply": "mul"}``."""
    for name, of in names.items():
        for table in (FUNCTIONS, METHODS):
            if of in table:
                table[name] = table[of]


class ValuesIndices(NamedTuple):
    """What functions that find elements return: the elements and where they were."""

    values: Any
    indices: Any


@functools.cache
def found_by(name: str) -> type[ValuesIndices]:
    """The class of what ``torch.name`` finds, which prints as PyTorch's does."""

    def shown(self: ValuesIndices) -> str:
        return f"torch.return_types.{name}(\nvalues={self.values!r},\nindices={self.indices!r})"

    return type(name, (ValuesIndices,), {"__slots__": (), "__repr__": shown})
