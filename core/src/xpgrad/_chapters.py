"""Chapters: names like ``linalg.solve``, and whatever carries operations showing them as attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CHAPTERS", "REPEATED", "Chapter", "split"]

CHAPTERS: Final = frozenset(("linalg", "fft", "special"))
"""The chapters that core has; plugins bring others with operations called ``chapter.name``."""

REPEATED: Final[dict[str, str]] = {
    **{f"linalg.{n}": n for n in ("matmul", "matrix_transpose", "tensordot", "vecdot")},
    **{f"special.{n}": n for n in ("erf", "erfc", "gammaln", "logsumexp", "softplus")},
}
"""Names of a chapter that are the same function as one outside."""


def split(name: str) -> tuple[str, str]:
    """``("linalg", "solve")`` for ``"linalg.solve"``; the chapter is empty where the name has none."""
    chapter, _, last = name.rpartition(".")
    return chapter, last


class Chapter:
    """The functions of one chapter of a namespace; ``look_up`` is asked once for each full name."""

    def __init__(
        self,
        name: str,
        look_up: Callable[[str], Any],
        names: Callable[[str], list[str]] | None = None,
    ) -> None:
        self._name = name
        self._look_up = look_up
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self._name}.{name}"
        found = self._look_up(REPEATED.get(full, full))
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        return sorted(vars(self)) if self._names is None else self._names(self._name)

    def __reduce__(self) -> tuple[Any, ...]:  # without what was looked up
        return (Chapter, (self._name, self._look_up, self._names))

    def __repr__(self) -> str:
        return f"<chapter {self._name!r}>"
