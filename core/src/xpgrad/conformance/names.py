"""How what is under test is named: a name, a pattern, several of them; and what is said of a name that nobody has."""

from __future__ import annotations

import difflib
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from xpgrad.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["each", "known", "named", "stop", "told", "unfuzzed", "unwritable"]

SHOWN: Final = 12
"""So many installed names are shown in an error."""


def named(value: Any, what: str) -> tuple[str, ...]:
    """The names that a constant of an author's module or an option holds: a text, with commas, or a tuple or list.

    Raises:
        PluginError: where it holds something else, or nothing.
    """
    parts = value if isinstance(value, (tuple, list)) else (value,)
    if all(isinstance(part, str) for part in parts):
        found = tuple(n.strip() for part in parts for n in part.split(",") if n.strip())
        if found:
            return found
    message = (
        f"{what} = {value!r}: expected a name, a pattern such as 'special.*', or several in a tuple"
    )
    raise PluginError(message)


def told(value: Any) -> str:
    """The same as one text, for a report and a command line."""
    return ", ".join(value) if isinstance(value, (tuple, list)) else str(value)


def known(word: str, name: str, installed: Iterable[str]) -> str:
    """What is said of a name that nobody has: what comes near it, or what there is."""
    names = sorted(installed)
    by_fold = {n.casefold(): n for n in names}
    near = difflib.get_close_matches(name.casefold(), by_fold, 1)
    if near:
        hint = f"did you mean {by_fold[near[0]]!r}?"
    elif names:
        more = ", …" if len(names) > SHOWN else ""
        hint = f"installed: {', '.join(names[:SHOWN])}{more}"
    else:
        hint = f"no {word} is installed: is the package, with its entry point, installed here?"
    return f"no installed {word} is called {name!r}; {hint} (`xpgrad doctor` lists them)"


def each(
    value: Any, what: str, word: str, choose: Callable[[str], list[str]], installed: Iterable[str]
) -> list[str]:
    """All that the names of a value mean, once each.

    Raises:
        PluginError: where one of them means nothing.
    """
    found: dict[str, None] = {}
    for name in named(value, what):
        meant = choose(name)
        if not meant:
            raise PluginError(known(word, name, installed))
        found |= dict.fromkeys(meant)
    return list(found)


def unwritable(*files: str | None) -> str | None:
    """Why a report cannot be written to one of these files, asked before the run; None where all can be."""
    for file in filter(None, files):
        folder = Path(file).absolute().parent
        if not folder.is_dir():
            return f"no report can be written to {file}: there is no folder {folder}"
        if Path(file).is_dir() or not os.access(folder, os.W_OK):
            return f"no report can be written to {file}: it is a folder, or its folder is read-only"
    return None


def unfuzzed(number: int | None) -> str | None:
    """Why no random cases can be drawn, where they were asked for."""
    if not number or importlib.util.find_spec("hypothesis") is not None:
        return None
    return '--fuzz needs hypothesis: pip install "xpgrad-core[fuzz]"'


def stop(message: str) -> NoReturn:
    """End a module's collection with one sentence, where nothing of it can be tested."""
    import pytest  # noqa: PLC0415 - an extra

    pytest.fail(message, pytrace=False)
