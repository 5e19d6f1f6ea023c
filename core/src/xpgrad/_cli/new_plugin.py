"""``xpgrad new-plugin KIND NAME``: a package that installs, is found and runs its conformance kit at once."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import keyword
import re
import shlex
import sys
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xpgrad import _public, nn, optim
from xpgrad.errors import XpgradError
from xpgrad.extend import registry
from xpgrad.extend.backend import host
from xpgrad.extend.messages import how_to_install
from xpgrad.extend.specs import DEVICE_KINDS
from xpgrad.extend.tables import FIRST_PARTY

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
    "optimizer": "It is gradient descent with momentum. Of its kit the tests against a reference fail, until you write "
    "what only you can: the reference trajectory from the paper.",
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
    parser.add_argument(
        "kind",
        choices=[*KINDS, "op"],
        help="what the package will bring; op is short for operation",
    )
    parser.add_argument(
        "name", help="its name, such as lion; the package is then xpgrad-lion, the class Lion"
    )
    parser.add_argument("--into", default=".", metavar="FOLDER", help="where (default: here)")
    options = parser.parse_args(argv)
    kind = {"op": "operation"}.get(options.kind, options.kind)
    try:
        folder = write(kind, options.name, Path(options.into))
    except (UnfitError, OSError) as error:
        print(f"xpgrad new-plugin: {error}", file=sys.stderr)
        return 2
    print("\n".join(next_steps(kind, options.name, folder)))
    return 0


def write(kind: str, name: str, into: Path) -> Path:
    """The folder of the new package, ``into/xpgrad-name``.

    Raises:
        UnfitError: if the name cannot be used, is taken, or the folder exists.
        OSError: if nothing can be written there.
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
    parts, snake, camel = _spellings(name)
    if keyword.iskeyword(snake) or keyword.iskeyword(camel) or snake == "xpgrad":
        message = f"{name!r} is a word of Python or xpgrad's own name; choose another"
        raise UnfitError(message)
    called, distribution = called_by_users(kind, name), "xpgrad-" + "-".join(parts)
    _check_free(kind, called)
    _check_installable(distribution, f"xpgrad_{snake}")
    found = {
        "class": camel,
        "dependencies": ", ".join(f'"{need}"' for need in NEEDS.get(kind, CORE)),
        "distribution": distribution,
        "entry": snake,
        "kind": kind,
        "module": f"xpgrad_{snake}",
        "name": called,
        "year": str(dt.datetime.now(tz=dt.UTC).year),
    }
    return found | {"description": _PLACE.sub(lambda m: found[m[1]], KINDS[kind])}


def _spellings(name: str) -> tuple[list[str], str, str]:
    """The words of a name; joined as a module is called, and as a class is."""
    parts = [p.lower() for p in _HUMP.split(name)]
    if parts[0] == "xpgrad" and len(parts) > 1:
        parts = parts[1:]
    camel = name if name[0].isupper() and name.isalnum() else "".join(p.capitalize() for p in parts)
    return parts, "_".join(parts), camel


def called_by_users(kind: str, name: str) -> str:
    """Backends and functions are in lower case, classes are not."""
    _, snake, camel = _spellings(name)
    return snake if kind in ("backend", "operation") else camel


def _taken(kind: str) -> Sequence[str]:
    """The names that a new plugin of this kind would lose to."""
    if kind == "backend":
        return [*registry.backend_specs(), *DEVICE_KINDS]
    if kind == "operation":
        return [*_public.names(), *registry.ops()]
    if kind == "optimizer":
        return registry.optimizer_names()
    return [n for kind in nn.KINDS for n in registry.component_names(kind)]


_OWN: Final = {
    "backend": ("Backend",),
    "operation": ("elementwise",),  # which the new package imports
    "layer": tuple(vars(nn)),
    "optimizer": tuple(vars(optim)),
}
"""Names of xpgrad itself that would hide the new one, or that its package needs for something else."""


def _check_free(kind: str, name: str) -> None:
    if name in _OWN[kind]:
        message = f"{name!r} is xpgrad's own name; choose another"
        raise UnfitError(message)
    if kind == "operation":
        _check_not_numpys(name)
    command = how_to_install(kind, name) or (
        how_to_install("loss", name) if kind == "layer" else ""
    )
    try:
        taken = _taken(kind)
    except XpgradError:  # a broken plugin must not keep anybody from writing a better one
        taken = ()
    if name.casefold() in {t.casefold() for t in taken}:
        message = (
            f"the {kind} {name!r} exists already (`xpgrad doctor` shows whose); choose another name"
        )
        raise UnfitError(message)
    if command:
        message = f"the {kind} {name!r} exists already ({command}); choose another name"
        raise UnfitError(message)


def _check_not_numpys(name: str) -> None:
    try:
        taken = hasattr(host().xp, name)
    except XpgradError as error:
        message = (
            "a new operation is held against NumPy's names, and the NumPy backend cannot start: "
            f"{error}"
        )
        raise UnfitError(message) from error
    if taken:
        message = f"NumPy has a {name!r}, which would be called in its place; choose another name"
        raise UnfitError(message)


def _check_installable(distribution: str, module: str) -> None:
    """A package that would replace another when it is installed is refused."""
    if distribution in FIRST_PARTY:
        message = f"{distribution} is a package of xpgrad itself, which yours would replace; choose another name"
        raise UnfitError(message)
    try:
        version = metadata.version(distribution)
    except metadata.PackageNotFoundError:
        if importlib.util.find_spec(module) is None:
            return
        message = f"a module {module} is installed already; choose another name"
    else:
        message = (
            f"{distribution} {version} is installed, which yours would replace; choose another name"
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


def next_steps(kind: str, name: str, folder: Path) -> Iterator[str]:
    """What the author does now."""
    words: Any = {p.name: p for p in (folder / "src").iterdir()}
    module = next(iter(words))
    shown = shlex.quote(str(folder))
    yield f"wrote {folder}: {sum(1 for f in folder.rglob('*') if f.is_file())} files"
    called = called_by_users(kind, name)
    if called != name:
        yield f"Users call the {kind} {called!r}, the package {folder.name}."
    yield THINK[kind]
    yield ""
    yield "Next:"
    yield f"  cd {shown}"
    yield '  pip install -e ".[test]"'
    yield "  pytest                 # the conformance kit"
    yield f"  $EDITOR src/{module}   # what to change is marked TODO"
