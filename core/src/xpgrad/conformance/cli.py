"""``xpgrad conformance backend|operation|layer|optimizer NAME`` or ``all``; the exit code is the verdict."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xpgrad._signatures import SIGNATURES
from xpgrad.conformance.names import named, unfuzzed, unwritable
from xpgrad.conformance.samples import CASES, matching
from xpgrad.conformance.site import Site
from xpgrad.errors import XpgradError
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

KINDS: Final = {"backend": "backend", "operation": "operation", "op": "operation", "layer": "layer",
                "optimizer": "optimizer", "all": "all"}  # fmt: skip
NOT_TESTED: Final = (2, 5)
"""Exit statuses of what cannot be tested here, and of what pytest's own options left no test of."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xpgrad conformance",
        usage="xpgrad conformance KIND NAME [options] [pytest's options]\n       xpgrad conformance all [options] "
        "[pytest's options]",
        description="Does it conform? Every other option is pytest's, and comes after the kind and the name: -k, -x, "
        "-v, -n 2, --durations …; but for those of its cache (--lf, --ff), which is off: --only repeats one test.",
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument(
        "kind", metavar="KIND",
        help="what to test: backend, operation (or op), layer (also a loss) or optimizer; all: everything that is "
        "installed",
    )  # fmt: skip
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME",
        help="its registered name, as `xpgrad doctor` shows it; a pattern such as 'special.*'; several with commas",
    )  # fmt: skip
    parser.add_argument("--backend", help="on which to test what is no backend (default: numpy)")
    parser.add_argument(
        "--device", help="the backend's device (default: its first); with all, of --backend"
    )
    parser.add_argument(
        "--fuzz", type=int, metavar="N",
        help="N random cases for each elementwise operation, of a backend or a plugin (needs hypothesis)",
    )  # fmt: skip
    parser.add_argument("--thorough", action="store_true", help="every sample on every device")
    parser.add_argument(
        "--formulas", action="store_true",
        help="hold the rules against finite differences on this backend too (they are, on NumPy)",
    )  # fmt: skip
    parser.add_argument(
        "--only", metavar="TEST", help="the one test of this name, as a failure prints it; not with all"
    )  # fmt: skip
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE")
    parser.add_argument("--html", metavar="FILE", help="write the report as a page to FILE")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the kit; 0 says that what was tested conforms."""
    options, rest = _parsed(list(sys.argv[1:] if argv is None else argv))
    try:
        import pytest  # noqa: PLC0415 - an extra: a command says what is missing
    except ModuleNotFoundError as error:
        print(f"the conformance kit needs {error.name}: pip install 'xpgrad-core[conformance]'")
        return 2
    unfit = _contradiction(options) or unwritable(options.json, options.html)
    unfit = unfit or unfuzzed(options.fuzz) or _unfit(options)
    if unfit is not None:
        print(unfit)
        return 2
    # what lies in the folder, such as a random.py, is not on the path of the processes that are started from here
    os.environ["PYTHONSAFEPATH"] = "1"
    if options.kind == "all":
        return _everything(options, rest)
    test = Path(__file__).parent / f"test_{options.kind}.py"
    return int(pytest.main([*_pytest_options(options), *rest, str(test)]))


def _parsed(words: list[str]) -> tuple[Any, list[str]]:
    """Our options and pytest's; where one of pytest's stands first, its value is not taken for the kind."""
    parser = _parser()
    options, rest = parser.parse_known_args(words)
    if options.kind not in KINDS:
        at = next((n for n, word in enumerate(words) if word in KINDS), None)
        if at is None:
            parser.error(f"there is no kind {options.kind!r}; expected one of {', '.join(KINDS)}")
        options, rest = parser.parse_known_args(
            [*words[at : at + 2], *words[:at], *words[at + 2 :]]
        )
    options.kind = KINDS[options.kind]
    return options, rest


def _contradiction(options: Any) -> str | None:
    """What was asked for that means nothing together; None where it does."""
    kind, name = options.kind, options.name
    if kind == "all" and name:
        return f"xpgrad conformance all tests everything; for {name!r} alone: xpgrad conformance KIND {name}"
    if kind == "all" and options.only:
        return "--only is the one test of one run; xpgrad conformance all is many: give -k, or a kind and a name"
    if kind == "backend" and options.backend not in (None, name):
        return (
            f"--backend says on which backend to test what is none; this tests the backend {name!r}"
        )
    if kind in ("layer", "optimizer") and options.fuzz:
        return f"--fuzz makes random cases for operations, and {kind} {name!r} has none"
    options.backend = name if kind == "backend" else options.backend or "numpy"
    return None


def _pytest_options(options: Any) -> list[str]:
    """What pytest is told: nothing of the folder it runs in, and all of ours."""
    kind, backend = options.kind, options.backend
    found = ["-c", os.devnull, f"--rootdir={Path(__file__).parent}", "-p", "no:cacheprovider",
             "-p", "xpgrad.conformance.plugin", "-q", f"--xpgrad-backend={backend}"]  # fmt: skip
    if kind != "backend":
        found.append(f"--xpgrad-{'operations' if kind == 'operation' else kind}={options.name}")
    for name in ("device", "only", "fuzz"):
        value = getattr(options, name)
        found += [f"--xpgrad-{name}={value}"] if value else []
    for name in ("json", "html"):
        value = getattr(options, name)
        found += [f"--xpgrad-{name}={Path(value).absolute()}"] if value else []
    return found + [f"--xpgrad-{n}" for n in ("thorough", "formulas") if getattr(options, n)]


def _unfit(options: Any) -> str | None:
    """Why there is nothing to test; None where there is."""
    from xpgrad.conformance.learning.cases import layer_cases, optimizer_cases  # noqa: PLC0415 - these need pytest

    kind, name, backend = options.kind, options.name, options.backend
    if kind != "all" and not name:
        return (
            f"xpgrad conformance {kind}: which {kind}? Its name stands right after the kind; `xpgrad doctor` lists "
            "what is installed"
        )
    find: Any = {"operation": matching, "layer": layer_cases, "optimizer": optimizer_cases}.get(
        kind
    )
    what = f"backend {backend!r}"
    try:
        Site.of(backend, options.device)
        what = f"{kind} {name!r}"
        if find is not None:
            find(name)
    except (XpgradError, AttributeError, LookupError) as error:
        own = _of_core(name) if kind == "operation" else []
        if own:
            return (
                f"{what} cannot be tested: {', '.join(own)}: of core itself, tested on each backend: "
                f"xpgrad conformance backend {backend} -k {shlex.quote(' or '.join(own))}"
            )
        return f"{what} cannot be tested: {error}"
    return None


def _of_core(name: str) -> list[str]:
    """The operations of core that were named, not those that a pattern means."""
    return [n for n in named(name, "NAME") if n in CASES or n in SIGNATURES]


# --- everything -------------------------------------------------------------------------------------------


def _installed() -> list[tuple[str, str]]:
    """Kind and name of all that can be tested here."""
    found = [("backend", name) for name in registry.backend_specs()]
    tried = [n for n, spec in registry.ops().items() if spec.rule or spec.samples]
    patterns = {n.partition(".")[0] + ".*" if "." in n else n for n in tried}
    found += [("operation", p) for p in sorted(patterns)]
    found += [("layer", n) for kind in ("layer", "loss") for n in registry.component_names(kind)]
    return found + [("optimizer", n) for n in registry.optimizer_names()]


def _everything(options: Any, rest: list[str]) -> int:
    """Test all that is installed, each in a process of its own; one report of all."""
    reports: list[Any] = []
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind, name in _installed():
            print(f"{kind} {name!r}: ", end="", flush=True)  # one takes up to minutes
            file, start = Path(folder) / f"{len(reports)}.json", time.perf_counter()
            command = [sys.executable, "-P", "-m", "xpgrad", "conformance", kind, name, "--json", str(file),
                       *_forwarded(options, kind, name), *rest]  # fmt: skip
            done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - ourselves
            if file.exists():
                reports.append(json.loads(file.read_text(encoding="utf-8")))
                print(f"{reports[-1]['verdict']} ({time.perf_counter() - start:.0f} s)", flush=True)
            else:
                reason = (
                    done.stdout.strip() or done.stderr.strip() or "it said nothing"
                ).splitlines()[-1]
                print(f"not tested: {reason}", flush=True)
            if done.returncode not in (0, *NOT_TESTED):
                print(done.stdout, done.stderr, sep="", end="")
                worst = 1
    _write(options, reports)
    if not reports:
        print("nothing was tested, so there is no verdict")
    return worst if reports else 2


def _forwarded(options: Any, kind: str, name: str) -> list[str]:
    """The options of all that mean something for one of them."""
    found = [f"--{n}" for n in ("thorough", "formulas") if getattr(options, n)]
    found += (
        ["--fuzz", str(options.fuzz)] if options.fuzz and kind in ("backend", "operation") else []
    )
    found += ["--backend", options.backend] if kind != "backend" else []
    here = kind != "backend" or name == options.backend
    return found + (["--device", options.device] if options.device and here else [])


def _write(options: Any, reports: list[Any]) -> None:
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=1) + "\n", encoding="utf-8")
    if options.html:
        from xpgrad.conformance.page import page_of  # noqa: PLC0415 - only where asked

        Path(options.html).write_text(page_of(reports), encoding="utf-8")
