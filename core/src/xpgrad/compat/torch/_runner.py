"""Runs a script that says ``import torch`` unchanged: for the script's own modules, and for nothing else.

The script's modules (its file and those below its directory) get a table of built-in names of their own, whose
``__import__`` answers ``torch`` with :mod:`xpgrad.compat.torch`.  A library that imports the real torch in the same
process gets the real one: neither ``builtins`` nor ``sys.modules["torch"]`` is touched.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.machinery
import importlib.util
import sys
import types
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xpgrad._dtypes import DType
from xpgrad.errors import MissingName

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec

__all__ = ["main", "run"]

COMPAT: Final = "xpgrad.compat.torch"
USAGE: Final = "usage: python -m xpgrad.compat.torch script.py [arguments]"


def import_for_script(
    name: str,
    globals: Any = None,
    locals: Any = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> Any:
    """What an ``import`` statement of the script calls."""
    if level or name.split(".", 1)[0] != "torch":
        return builtins.__import__(name, globals, locals, fromlist or (), level)
    root, module = importlib.import_module(COMPAT), _submodule(name)
    if not fromlist:
        return root
    for wanted in fromlist:
        if wanted != "*":
            _require(module, name, wanted)
    return module


def _submodule(name: str) -> Any:
    """``torch.nn.functional``: a module, or what stands for one as an attribute."""
    found: Any = importlib.import_module(COMPAT)
    path = "torch"
    for part in name.split(".")[1:]:
        try:
            found = getattr(found, part, None) or importlib.import_module(
                f"{found.__name__}.{part}"
            )
        except ModuleNotFoundError as error:
            message = (
                f"{path}.{part} is not in {COMPAT}; write what it does with xpgrad's functions"
            )
            raise ModuleNotFoundError(message, name=name) from error
        path = f"{path}.{part}"
    return found


def _require(module: Any, path: str, name: str) -> None:
    try:
        getattr(module, name)
    except MissingName as error:
        try:
            _submodule(f"{path}.{name}")
        except ImportError:
            raise ImportError(str(error), name=path) from error


BUILTINS: Final[dict[str, Any]] = {**vars(builtins), "__import__": import_for_script}


class ScriptLoader(importlib.machinery.SourceFileLoader):
    """Loads a module of the script with the script's table of built-in names."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the module's code."""
        vars(module)["__builtins__"] = BUILTINS
        super().exec_module(module)


class ScriptFinder:
    """Finds modules below the script's directory; leaves all others to the finders after it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The spec of one of the script's modules, or None."""
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not importlib.machinery.SourceFileLoader:
            return None
        file = Path(spec.loader.path).resolve()
        if not file.is_relative_to(self.directory) or {"site-packages", "dist-packages"} & {
            *file.parts
        }:
            return None
        spec.loader = ScriptLoader(spec.loader.name, spec.loader.path)
        return spec


def run(script: str | Path, arguments: Sequence[str] = ()) -> dict[str, Any]:
    """Run the script as ``__main__`` with ``sys.argv`` and ``sys.path`` as Python sets them; returns its names."""
    file = Path(script)
    directory = file.resolve().parent
    code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
    module = types.ModuleType("__main__")
    vars(module).update({"__file__": str(file), "__builtins__": BUILTINS, "__cached__": None})
    sys.argv = [str(file), *arguments]
    sys.path[0] = str(directory)
    sys.modules["__main__"] = module
    sys.meta_path.insert(0, ScriptFinder(directory))
    exec(code, vars(module))  # noqa: S102 - this is what the command is for
    return vars(module)


def _dtype_text(dtype: DType) -> str:
    return f"torch.{dtype.name}"


def main(arguments: Sequence[str]) -> int:
    """The command; a script's own errors are shown with the script's own lines.

    PyTorch computes 1 / 0 and log(0) without a word, so what a library warns of in xpgrad's code is not shown; and
    dtypes, which are xpgrad's own objects, are printed in this process as the script knows them: ``torch.float32``.
    """
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stderr.write(USAGE + "\n")
        return 0 if arguments else 2
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="<?xpgrad")
    if not Path(arguments[0]).is_file():
        sys.stderr.write(f"{USAGE}\nthere is no file {arguments[0]!r}\n")
        return 2
    DType.__repr__ = _dtype_text  # type: ignore[method-assign]
    try:
        run(arguments[0], arguments[1:])
    except Exception as error:  # noqa: BLE001 - shown as Python shows an uncaught one
        trace = error.__traceback__
        own = str(Path(__file__))
        while trace is not None and trace.tb_frame.f_code.co_filename == own:
            trace = trace.tb_next
        error.__traceback__ = trace or error.__traceback__
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0
