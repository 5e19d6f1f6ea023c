"""``xpgrad lint SCRIPT``: replays a program on array-api-strict and names every line that is not portable.

The program runs on NumPy, and with it, operation by operation, on array-api-strict, which does what the standard says
and no more.  What that refuses is told, and NumPy's result stands in, so that one run tells everything.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xpgrad._cli.replay.advice import CODES, Advice, advice
from xpgrad._cli.replay.pair import Call, install
from xpgrad._cli.replay.program import Place, Program, shown, words_of
from xpgrad._cli.replay.written import Watch
from xpgrad._devices import namespace_of_array, namespace_of_backend
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["main"]

STRICT: Final = "array_api_strict"
USAGE: Final = (
    "xpgrad lint (SCRIPT | -m MODULE) [the program's arguments] [options] [-- more arguments]"
)
NOTHING: Final = "no operation of xpgrad was seen"
Key = tuple[str, int, str, str]


class Finding(NamedTuple):
    """A line that is not portable."""

    file: str
    line: int
    code: str
    operation: str
    message: str
    instead: str
    backward_of: str = ""

    def __str__(self) -> str:
        where = f" (in the backward of {self.backward_of})" if self.backward_of else ""
        instead = f"; instead: {self.instead}" if self.instead else ""
        return f"{shown(self.file)}:{self.line}: {self.code}: {self.message}{where}{instead}"


class Linter:
    """Collects what is not portable."""

    def __init__(self, program: Program, ignored: Sequence[str] = ()) -> None:
        self.program = program
        self.ignored = frozenset(ignored)
        self.operations = 0
        self.found: dict[Key, Finding] = {}

    def follow(self, call: Call, found: Any) -> Any:
        """The strict array of a result; where array-api-strict refuses, that is told, and NumPy's is taken."""
        self.operations += 1
        try:
            return call.run(1)
        except Exception as error:  # noqa: BLE001 - the refusal is what is looked for
            self._refused(call, error)
            return call.pairs.mirrored(found)

    def _refused(self, call: Call, error: Exception) -> None:
        place = self.program.here()
        if not place.backward_of and any(k[:2] == place[:2] for k in self.found):
            return  # told as it is written
        told = advice(error, call.name)
        if isinstance(error, NotImplementedError):
            why = f"{call.name} exists on NumPy only: {error}"
            told = Advice("one-backend", why, "functions that xp has on every backend")
        self.note(told, call.name, place)

    def tell(self, told: Advice, operation: str) -> Callable[[], object]:
        """Note what the program's running line does; what comes back takes it back."""
        return self.note(told, operation, self.program.here())

    def note(self, told: Advice, operation: str, place: Place) -> Callable[[], object]:
        """Remember a finding, once for each line and kind; what comes back forgets it, if it was new."""
        key = (place.file, place.line, told.code, told.why)
        if told.code in self.ignored or key in self.found:
            return lambda: None
        self.found[key] = Finding(
            place.file, place.line, told.code, operation, told.why, told.instead, place.backward_of
        )
        return lambda: self.found.pop(key, None)

    @property
    def judged(self) -> bool:
        """Whether there was anything to judge."""
        return bool(self.operations or self.found)

    @property
    def findings(self) -> list[Finding]:
        """In order of lines."""
        return sorted(self.found.values(), key=lambda f: (f.file, f.line))


def strict_namespace() -> Any:
    """The extended namespace of array-api-strict: that of its backend if installed, else the generic one."""
    if STRICT in registry.backend_specs():
        return namespace_of_backend(STRICT)
    return namespace_of_array(import_module(STRICT).asarray(0.0))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xpgrad lint", usage=USAGE, allow_abbrev=False,
        description="Replay a program on array-api-strict and name every line that is not portable. Exit status: 0 if "
        "every line that ran is portable, 1 if not, 2 if the program failed or ran no operation of xpgrad.",
    )  # fmt: skip
    parser.add_argument(
        "script", metavar="SCRIPT | -m MODULE",
        help="the program, as python takes it; what it prints goes to standard error. Its arguments come after it; "
        "those that are called like the options below come after --",
    )  # fmt: skip
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="CODE", choices=sorted(CODES),
        help="do not tell findings of this kind, such as short-index (one that there is not is answered with all there "
        "are); may be repeated",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    return parser


def main(argv: Sequence[str]) -> int:
    """Replay the program: 0 if every line is portable, 1 if not, 2 if the program fails or uses no xpgrad."""
    words, after, module = words_of(argv, valued=("--ignore",))
    options, rest = _parser().parse_known_args(words)
    try:
        program = Program(options.script, [*rest, *after], module=module)
        strict = strict_namespace()
    except FileNotFoundError as error:
        return _complain(str(error))
    except ModuleNotFoundError as error:
        return _complain(f"lint replays on {STRICT}; {error}: pip install array-api-strict")
    linter = Linter(program, options.ignore)
    install(namespace_of_backend("numpy"), strict, linter)
    Watch(program, strict.backend, linter.tell).install()
    failed = ""
    try:
        status = program.run()
        failed = f"the program ended with status {status}" if status else ""
    except Exception as error:  # noqa: BLE001 - the program's own, shown as Python shows it
        program.show(error)
        failed = f"the program failed: {type(error).__name__}: {error}"
    if options.json:
        print(json.dumps(record(linter, failed), indent=1))
    else:
        print("\n".join(render(linter, failed)))
    return 2 if failed or not linter.judged else 1 if linter.found else 0


def _complain(text: str) -> int:
    print(f"xpgrad lint: {text}", file=sys.stderr)
    return 2


def render(linter: Linter, failed: str) -> Iterator[str]:
    """The findings as lines of text; the last one is the verdict, or says why there is none."""
    yield from map(str, linter.findings)
    script, lines = shown(linter.program.path), {f[:2] for f in linter.findings}
    if not linter.judged:
        why = f"{failed}; before that {NOTHING}" if failed else NOTHING
        yield f"{script}: nothing was judged: {why}"
        return
    replayed = f"{linter.operations} operations replayed on {STRICT}"
    if failed:
        yield f"{script}: {failed}; what comes after was not seen"
        replayed += ", up to where the program failed"
    what = f"{len(lines)} line{'' if len(lines) == 1 else 's'} not portable"
    if not lines:
        what = "judged in part, no verdict" if failed else "portable"
    yield f"{script}: {what}; {replayed}"


def record(linter: Linter, failed: str) -> dict[str, Any]:
    """The findings as data."""
    return {
        "script": linter.program.path,
        "portable": linter.judged and not linter.found and not failed,
        "judged": linter.judged and not failed,
        "failed": failed or ("" if linter.judged else NOTHING),
        "operations": linter.operations,
        "findings": [f._asdict() for f in linter.findings],
    }
