"""Generated text to functions; tracebacks and ``source(name)`` show the text."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compiled", "source"]

_SOURCES: dict[str, str] = {}


def source(name: str) -> str:
    """The generated text of an operation (``name``) or of its backward (``name.backward``)."""
    return _SOURCES[name]


def compiled(name: str, lines: list[str], scope: dict[str, Any]) -> Callable[..., Any]:
    """The function that the lines define, with the names of ``scope`` as its globals."""
    text = "\n".join(lines) + "\n"
    file = f"<xpgrad {name}>"
    _SOURCES[name] = text
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope["__name__"] = "xpgrad"
    exec(compile(text, file, "exec"), scope)  # noqa: S102 - generated from our own tables
    function: Callable[..., Any] = scope[lines[0].split("(")[0].removeprefix("def ")]
    return function
