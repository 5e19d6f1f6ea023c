"""A program and its lines: running it, and finding the line that an operation belongs to."""

from __future__ import annotations

import linecache
import re
import sys
import traceback
import types
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xpgrad import _engine
from xpgrad._graph import STACKS, Node, where
from xpgrad.autograd import detect_anomaly

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

__all__ = ["Place", "Program", "shown"]

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


class Program:
    """A script with its arguments; its own files are those in its folder."""

    def __init__(self, path: str, arguments: Sequence[str] = ()) -> None:
        self.path = path
        self.arguments = list(arguments)
        self.folder = Path(path).resolve().parent
        self._own: dict[str, bool] = {}

    def run(self) -> int:
        """Run it as ``__main__``; what it prints goes to standard error.  Its exit status, 0 or more.

        Raises:
            BaseException: what it raises.
        """
        code = compile(Path(self.path).read_bytes(), self.path, "exec", dont_inherit=True)
        module = types.ModuleType("__main__")
        module.__file__ = self.path
        sys.argv = [self.path, *self.arguments]
        sys.path.insert(0, str(self.folder))
        sys.modules["__main__"] = module
        try:
            # the stacks tell the program's lines also where a layer's code calls the operations
            with redirect_stdout(sys.stderr), detect_anomaly(check_nan=False):
                exec(code, vars(module))  # noqa: S102 - this is what the command is for
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        return 0

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
            path = Path(file)
            found = file == self.path or (
                path.is_file()
                and path.resolve().is_relative_to(self.folder)
                and not _INSTALLED & {*path.parts}
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
