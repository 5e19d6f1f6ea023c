"""``xpgrad conformance backend|operation|layer|optimizer NAME`` or ``all``; the exit code is the verdict."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples import matching
from xpgrad.conformance.site import Site
from xpgrad.errors import XpgradError
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

KINDS: Final = {"backend": "backend", "operation": "operation", "op": "operation", "layer": "layer",
                "optimizer": "optimizer", "all": "all"}  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xpgrad conformance",
        description="Does it conform? Every other option is pytest's: -k, -x, -v, -n 2, --durations …",
        allow_abbrev=False,
    )
    parser.add_argument(
        "kind", choices=KINDS, help="what to test; all: everything that is installed"
    )
    parser.add_argument(
        "name", nargs="?", default="",
        help="its registered name, as `xpgrad doctor` shows it; a pattern such as 'special.*'; several with commas",
    )  # fmt: skip
    parser.add_argument("--backend", default="numpy", help="on which to test what is no backend")
    parser.add_argument("--device", help="the backend's device (default: its first)")
    parser.add_argument(
        "--fuzz",
        type=int,
        metavar="N",
        help="N random cases for each elementwise operation (needs hypothesis)",
    )
    parser.add_argument("--thorough", action="store_true", help="every sample on every device")
    parser.add_argument(
        "--formulas", action="store_true",
        help="hold the rules against finite differences on this backend too (they are, on NumPy)",
    )  # fmt: skip
    parser.add_argument(
        "--only", metavar="TEST", help="the one test of this name, as a failure prints it"
    )
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE")
    parser.add_argument("--html", metavar="FILE", help="write the report as a page to FILE")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the kit; 0 says that what was tested conforms."""
    options, rest = _parser().parse_known_args(argv)
    try:
        import pytest  # noqa: PLC0415 - an extra: a command says what is missing
    except ModuleNotFoundError as error:
        print(f"the conformance kit needs {error.name}: pip install 'xpgrad-core[conformance]'")
        return 2
    options.kind = KINDS[options.kind]
    if options.kind == "all":
        return _everything(options, rest)
    unfit = _unfit(options)
    if unfit is not None:
        print(unfit)
        return 2
    test = Path(__file__).parent / f"test_{options.kind}.py"
    return int(pytest.main([*_pytest_options(options), *rest, str(test)]))


def _pytest_options(options: Any) -> list[str]:
    """What pytest is told: nothing of the folder it runs in, and all of ours."""
    kind, backend = options.kind, options.name if options.kind == "backend" else options.backend
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

    kind, name = options.kind, options.name
    backend = name if kind == "backend" else options.backend
    if not name:
        return f"xpgrad conformance {kind}: which {kind}? `xpgrad doctor` lists what is installed"
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
        return f"{what} cannot be tested: {error}"
    return None


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
            command = [sys.executable, "-m", "xpgrad", "conformance", kind, name, "--json", str(file), *rest,
                       *(f"--{n}" for n in ("thorough", "formulas") if getattr(options, n))]  # fmt: skip
            done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - ourselves
            if file.exists():
                reports.append(json.loads(file.read_text(encoding="utf-8")))
                print(f"{reports[-1]['verdict']} ({time.perf_counter() - start:.0f} s)", flush=True)
            else:
                reason = done.stdout.strip() or done.stderr.strip()
                print(
                    f"not tested: {reason.splitlines()[-1] if reason else 'it said nothing'}",
                    flush=True,
                )
            if done.returncode == 1:
                print(done.stdout)
                worst = 1
    _write(options, reports)
    return worst


def _write(options: Any, reports: list[Any]) -> None:
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=1) + "\n", encoding="utf-8")
    if options.html:
        from xpgrad.conformance.page import page_of  # noqa: PLC0415 - only where asked

        Path(options.html).write_text(page_of(reports), encoding="utf-8")
