"""``xpgrad new-plugin KIND NAME``: a package that installs, is found and runs its conformance kit at once."""

from __future__ import annotations

import argparse
import datetime as dt
import keyword
import re
import shlex
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xpgrad import _public
from xpgrad.errors import XpgradError
from xpgrad.extend import registry
from xpgrad.extend.backend import host
from xpgrad.extend.specs import DEVICE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable

__all__ = ["KINDS", "main", "write"]

KINDS: Final = {
    "backend": "An array library as a backend of xpgrad",
    "operation": "The operation @name@ for xpgrad",
    "layer": "The layer @class@ for xpgrad",
    "optimizer": "The optimizer @class@ for xpgrad",
}
"""What can be made, and how its package describes itself."""

NEEDS: Final = {
    "backend": ("xpgrad-core>=0.1,<0.2", "xpgrad-numpy>=0.1,<0.2", "array-api-strict>=2.4", "numpy>=1.26"),
    "operation": ("xpgrad-core>=0.1,<0.2", "numpy>=1.26"),
}  # fmt: skip
CORE: Final = ("xpgrad-core>=0.1,<0.2",)
THINK: Final = {
    "backend": "It stands on array-api-strict, and conforms. Put your library in its place.",
    "operation": "It is x / (1 + |x|), and conforms. Put your function and its rule in its place.",
    "layer": "It is tanh(weight * x + bias), and conforms. Put your layer in its place.",
    "optimizer": "It is gradient descent with momentum. One test of its kit fails: the one that only you can write, "
    "the reference trajectory from the paper.",
}  # fmt: skip
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-_]")
_PLACE: Final = re.compile(
    r"@(class|dependencies|description|distribution|entry|kind|module|name|year)@"
)


class UnfitError(ValueError):
    """What was asked for cannot be made; the message says why."""


def main(argv: Sequence[str]) -> int:
    """Write the package; 2 if it cannot be."""
    parser = argparse.ArgumentParser(
        prog="xpgrad new-plugin",
        description="Write a package that installs, is found and runs its conformance kit at once.",
    )
    parser.add_argument("kind", choices=[*KINDS, "op"], help="what the package will bring")
    parser.add_argument("name", help="its name, such as lion; the package is then xpgrad-lion")
    parser.add_argument("--into", default=".", metavar="FOLDER", help="where (default: here)")
    options = parser.parse_args(argv)
    kind = {"op": "operation"}.get(options.kind, options.kind)
    try:
        folder = write(kind, options.name, Path(options.into))
    except UnfitError as error:
        print(f"xpgrad new-plugin: {error}", file=sys.stderr)
        return 2
    print("\n".join(next_steps(kind, folder)))
    return 0


def write(kind: str, name: str, into: Path) -> Path:
    """The folder of the new package, ``into/xpgrad-name``.

    Raises:
        UnfitError: if the name cannot be used, is taken, or the folder exists.
    """
    words = values(kind, name)
    folder = into / words["distribution"]
    if folder.exists():
        message = f"{folder} exists; choose another name, or another folder with --into"
        raise UnfitError(message)
    for path, text in files(kind):
        target = folder / "/".join(words["module"] if p == "module" else p for p in path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_PLACE.sub(lambda m: words[m[1]], text), encoding="utf-8")
    return folder


# --- names ------------------------------------------------------------------------------------------------


def values(kind: str, name: str) -> dict[str, str]:
    """What stands for each place of the templates."""
    if kind not in KINDS:
        message = f"there is no kind {kind!r}; expected one of {', '.join(KINDS)}"
        raise UnfitError(message)
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name; expected letters and digits, joined by - or _, such as 'lion' or 'my-lion'"
        raise UnfitError(message)
    parts = [p.lower() for p in _HUMP.split(name)]
    if parts[0] == "xpgrad" and len(parts) > 1:
        parts = parts[1:]
    snake = "_".join(parts)
    camel = name if name[0].isupper() and name.isalnum() else "".join(p.capitalize() for p in parts)
    if keyword.iskeyword(snake) or snake == "xpgrad":
        message = f"{name!r} is a word of Python or xpgrad's own name; choose another"
        raise UnfitError(message)
    called = snake if kind in ("backend", "operation") else camel
    _check_free(kind, called)
    found = {
        "class": camel,
        "dependencies": ", ".join(f'"{need}"' for need in NEEDS.get(kind, CORE)),
        "distribution": "xpgrad-" + "-".join(parts),
        "entry": snake,
        "kind": kind,
        "module": f"xpgrad_{snake}",
        "name": called,
        "year": str(dt.datetime.now(tz=dt.UTC).year),
    }
    return found | {"description": _PLACE.sub(lambda m: found[m[1]], KINDS[kind])}


def _taken(kind: str) -> Sequence[str]:
    """The names that a new plugin of this kind would lose to."""
    if kind == "backend":
        return [*registry.backend_specs(), *DEVICE_KINDS]
    if kind == "operation":
        return [*_public.names(), *registry.ops()]
    return registry.optimizer_names() if kind == "optimizer" else registry.component_names("layer")


def _check_free(kind: str, name: str) -> None:
    if kind == "operation" and hasattr(host().xp, name):
        message = f"NumPy has a {name!r}, which would be called in its place; choose another name"
        raise UnfitError(message)
    try:
        taken = _taken(kind)
    except XpgradError:  # a broken plugin must not keep anybody from writing a better one
        return
    if name.casefold() in {t.casefold() for t in taken}:
        message = (
            f"the {kind} {name!r} exists already (`xpgrad doctor` shows whose); choose another name"
        )
        raise UnfitError(message)


# --- templates --------------------------------------------------------------------------------------------


def files(kind: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Path and text of every file of a new package, with their places still open."""
    root = resources.files("xpgrad._cli").joinpath("templates")
    for part in ("common", kind):
        yield from _walk(root.joinpath(part), ())


def _walk(folder: Traversable, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for found in sorted(folder.iterdir(), key=lambda f: f.name):
        name = found.name.removesuffix(".txt")
        name = f".{name.removeprefix('dot-')}" if name.startswith("dot-") else name
        if found.is_dir():
            yield from _walk(found, (*path, name))
        else:
            yield (*path, name), found.read_text(encoding="utf-8")


def next_steps(kind: str, folder: Path) -> Iterator[str]:
    """What the author does now."""
    words: Any = {p.name: p for p in (folder / "src").iterdir()}
    module = next(iter(words))
    shown = shlex.quote(str(folder))
    yield f"wrote {folder}: {sum(1 for f in folder.rglob('*') if f.is_file())} files"
    yield THINK[kind]
    yield ""
    yield "Next:"
    yield f"  cd {shown}"
    yield '  pip install -e ".[test]"'
    yield "  pytest                 # the conformance kit"
    yield f"  $EDITOR src/{module}   # what to change is marked TODO"
