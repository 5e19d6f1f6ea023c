"""Write the signatures of the Array API standard that a test holds xpgrad's against.

The standard publishes its functions as stubs, ``src/array_api_stubs/_2025_12`` in a clone of its repository
(https://github.com/data-apis/array-api)::

    python tools/standard_signatures.py ../array-api/src/array_api_stubs/_2025_12

Only names, kinds and defaults of parameters are taken, from the syntax tree: nothing of the stubs is imported.
"""

from __future__ import annotations

import argparse
import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITTEN = Path(__file__).parents[1] / "core/tests/standard/data/signatures.json"
EXTENSIONS = ("linalg", "fft")
Parameter = tuple[str, str, str | None]
"""Name, kind as :mod:`inspect` writes it, and the text of the default."""


def parameters(function: ast.FunctionDef) -> Iterator[Parameter]:
    """The parameters of one stub, in order."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    absent: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults))
    defaults = [*absent, *given.defaults]
    for place, (each, default) in enumerate(zip(positional, defaults, strict=True)):
        first = place < len(given.posonlyargs)
        yield each.arg, "positional-only" if first else "positional or keyword", text(default)
    if given.vararg:
        yield given.vararg.arg, "variadic positional", None
    for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield each.arg, "keyword-only", text(default)


def text(default: ast.expr | None) -> str | None:
    """A default as Python prints its value."""
    return None if default is None else repr(ast.literal_eval(default))


def listed(tree: ast.Module) -> set[str]:
    """The names in ``__all__``."""
    for each in tree.body:
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "__all__":
            return set(ast.literal_eval(each.value))
    return set()


def functions(tree: ast.Module) -> Iterator[tuple[str, list[Parameter]]]:
    """The public functions of one file of stubs; ``__all__`` of linalg forgets some."""
    public = listed(tree)
    for each in tree.body:
        if isinstance(each, ast.FunctionDef) and (each.name in public or each.name[0] != "_"):
            yield each.name, list(parameters(each))


def array_object(tree: ast.Module) -> dict[str, list[Parameter] | None]:
    """Methods of the array object; None for an attribute."""
    (found,) = (each for each in tree.body if isinstance(each, ast.ClassDef))
    return {
        each.name: None if each.decorator_list else list(parameters(each))
        for each in found.body
        if isinstance(each, ast.FunctionDef) and each.name != "__init__"
    }


def signatures(stubs: Path) -> dict[str, object]:
    """Everything that the test needs to know of a folder of stubs."""
    trees = {path.stem: ast.parse(path.read_text("utf-8")) for path in sorted(stubs.glob("*.py"))}
    array = array_object(trees.pop("array_object"))
    info = dict(functions(trees.pop("info")))
    del trees["data_types"]  # its one function is a method of dtype objects
    found = {"__array_namespace_info__": info.pop("__array_namespace_info__")}
    for stem, tree in trees.items():
        before = f"{stem}." if stem in EXTENSIONS else ""
        found |= {before + name: given for name, given in functions(tree)}
    version = stubs.resolve().name.strip("_").replace("_", ".")
    return {"version": version, "functions": found, "array": array, "info": info}


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("stubs", type=Path, help="a folder of stubs of one version of the standard")
    found = signatures(parser.parse_args().stubs)
    lines = []
    for part, given in found.items():
        if isinstance(given, dict):
            rows = ",\n".join(f"  {json.dumps(n)}: {json.dumps(given[n])}" for n in sorted(given))
            lines.append(f"{json.dumps(part)}: {{\n{rows}\n}}")
        else:
            lines.append(f"{json.dumps(part)}: {json.dumps(given)}")
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
