"""A program and its lines: running it, and finding the line that an operation belongs to."""

from __future__ import annotations

import linecache
import re
import sys
import traceback
import types
from contextlib import redirect_stdout
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xpgrad import _engine
from xpgrad._graph import STACKS, Node, where
from xpgrad.autograd import detect_anomaly

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

__all__ = ["Place", "Program", "shown", "words_of"]

_FRAME: Final = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+)', re.MULTILINE)
_INSTALLED: Final = frozenset(("site-packages", "dist-packages"))


class Place(NamedTuple):
    """A line of a program, and what xpgrad was doing for it."""

    file: str
    line: int
    backward_of: str = ""
    """The operation that was being differentiated; empty in the forward pass."""
    called_at: int = 0
    """The line that asked for the derivative."""

    @property
    def text(self) -> str:
        """The source of the line."""
        return linecache.getline(self.file, self.line).strip()

    def __str__(self) -> str:
        return f"{shown(self.file)}:{self.line}"


def shown(file: str) -> str:
    """A path as short as it can be from here."""
    path = Path(file)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return file


def words_of(
    argv: Sequence[str], *, before: int = 0, valued: Sequence[str] = ()
) -> tuple[list[str], list[str], bool]:
    """Our words, the program's after ``--``, and whether ``-m`` names the program as python's does.

    Args:
        argv: what was written.
        before: how many words stand before the program's name.
        valued: our options that take a value.
    """
    words, after = list(argv), []
    if "--" in words:
        words, after = words[: words.index("--")], words[words.index("--") + 1 :]
    at = seen = 0
    while at < len(words):
        word = words[at]
        if seen == before and re.match("-m($|[^-])", word):
            name = [word[2:]] if word[2:] else words[at + 1 : at + 2]
            return [*words[:at], *name, *words[at + 1 + (not word[2:]) :]], after, True
        if not word.startswith("-"):
            seen += 1
            if seen > before:
                break
        at += 1 + (word in valued)
    return words, after, False


class Program:
    """A script or a module with its arguments; its own files are those in its folder.

    Raises:
        FileNotFoundError: if there is no such file or module.
    """

    def __init__(self, name: str, arguments: Sequence[str] = (), *, module: bool = False) -> None:
        self.path = name
        """The file; of a module its name, until it has been found, for which its packages must run."""
        self.arguments = list(arguments)
        self.module = name if module else ""
        self.folder = _folder_of_module(name) if module else Path(name).resolve().parent
        self._own: dict[str, bool] = {}
        if not module and not Path(name).is_file():
            message = f"there is no file {name!r}" + (
                f"; for a module: -m {name}" if re.fullmatch(r"\w+(\.\w+)*", name) else ""
            )
            raise FileNotFoundError(message)

    def run(self) -> int:
        """Run it as ``__main__``; what it prints goes to standard error.  Its exit status, 0 or more.

        Raises:
            BaseException: what it raises.
        """
        sys.path.insert(0, str(Path.cwd() if self.module else self.folder))
        try:
            # the stacks tell the program's lines also where a layer's code calls the operations
            with redirect_stdout(sys.stderr), detect_anomaly(check_nan=False):
                code, module = self._module() if self.module else self._script()
                sys.argv = [self.path, *self.arguments]
                sys.modules["__main__"] = module
                exec(code, vars(module))  # noqa: S102 - this is what the command is for
        except SystemExit as end:
            if isinstance(end.code, int) or end.code is None:
                return end.code or 0
            print(end.code, file=sys.stderr)
            return 1
        return 0

    def _script(self) -> tuple[types.CodeType, types.ModuleType]:
        module = types.ModuleType("__main__")
        module.__file__ = self.path
        return compile(Path(self.path).read_bytes(), self.path, "exec", dont_inherit=True), module

    def _module(self) -> tuple[types.CodeType, types.ModuleType]:
        """As ``python -m`` does: of a package its ``__main__``, and relative imports work."""
        spec = find_spec(self.module)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = find_spec(f"{self.module}.__main__")
        loader: Any = None if spec is None else spec.loader
        code = loader.get_code(loader.name) if hasattr(loader, "get_code") else None
        if spec is None or code is None or spec.origin is None:
            message = f"no module {self.module}, or it is a package that cannot be executed"
            raise ImportError(message, name=self.module)
        module = types.ModuleType("__main__")
        module.__file__ = self.path = code.co_filename
        module.__spec__, module.__loader__, module.__package__ = spec, loader, spec.parent
        return code, module

    def show(self, error: BaseException) -> None:
        """Print the program's own error as Python does, from its first line on."""
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != self.path:
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace or error.__traceback__)

    def owns(self, file: str, module: str = "") -> bool:
        """Whether a file is the program's, and not that of an installed package or of a plugin."""
        found = self._own.get(file)
        if found is None:
            path = Path(file).resolve()
            found = file == self.path or (
                path.is_file()
                and path.is_relative_to(self.folder)
                and not _INSTALLED & {*path.relative_to(self.folder).parts}
                and not module.partition(".")[0].startswith("xpgrad")
            )
            self._own[file] = found
        return found

    def owns_frame(self, frame: FrameType) -> bool:
        """Whether a frame runs the program's code."""
        return self.owns(frame.f_code.co_filename, frame.f_globals.get("__name__") or "")

    def here(self) -> Place:
        """The place that the running operation belongs to: in a backward pass, where its forward one was called."""
        node: Node | None = None
        outside: FrameType | None = None
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code is _engine.run.__code__ and node is None:
                node = frame.f_locals["node"]
            elif self.owns_frame(frame):
                break
            elif outside is None and not _is_xpgrad(frame):
                outside = frame
            frame = frame.f_back
        frame = frame or outside
        line = 0 if frame is None else frame.f_lineno
        if node is None:
            return Place("<unknown>" if frame is None else frame.f_code.co_filename, line)
        return self._recorded(node, line)

    def _recorded(self, node: Node, line: int) -> Place:
        stack: Any = STACKS.get(node, "")
        found = [m for m in _FRAME.finditer(stack) if self.owns(m["file"])]
        if found:
            return Place(found[-1]["file"], int(found[-1]["line"]), node.op, line)
        file, at, _ = where(node)
        return Place(file, at, node.op, line)


def _is_xpgrad(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__") or ""
    return name.partition(".")[0].startswith("xpgrad") or frame.f_code.co_filename.startswith("<")


def _folder_of_module(name: str) -> Path:
    """Where a module's outermost package lies, or the package itself if it lies among installed ones."""
    top = name.partition(".")[0]
    spec = PathFinder.find_spec(top, [str(Path.cwd()), *sys.path]) or find_spec(top)
    if spec is None:
        message = f"there is no module {top!r} here, and none is installed"
        raise FileNotFoundError(message)
    inside = list(spec.submodule_search_locations or ())
    place = Path(inside[0] if inside else spec.origin or "").resolve()
    return place if inside and place.parent.name in _INSTALLED else place.parent
