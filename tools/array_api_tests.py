"""Run the test suite of the Array API standard on xpgrad and on the libraries below it, and compare.

The suite is no package; clone it with its submodule and say where it is::

    git clone --recurse-submodules https://github.com/data-apis/array-api-tests ../array-api-tests
    python tools/array_api_tests.py ../array-api-tests --max-examples 20

For each backend the suite runs three times with the same settings: on the library itself, on
``xpgrad.namespace(backend)``, and there once more with every floating array tracked.  The exit status is 0 when
xpgrad fails nothing that the library passes, but for what :data:`LEAVES_THE_TAPE` lists with a reason.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import types
from collections import Counter
from pathlib import Path
from typing import Any, Final, NamedTuple

import xpgrad

LIBRARIES: Final = {"numpy": "array_api_compat.numpy", "array_api_strict": "array_api_strict"}
"""The module that is each backend's own namespace."""

LEAVES_THE_TAPE: Final = {
    "array_api_tests/test_dlpack.py::test_dunder_dlpack": "hands a tracked array to another library by __dlpack__, "
    "which raises and says detach()",
}
"""Tests that a tracked array must fail, each with the reason.  One that passes is reported, too."""

SAME_TESTS: Final = """
import random

from hypothesis.internal.conjecture import providers

# Hypothesis also draws the numbers that it finds in code outside of site-packages: here in the suite alone
providers.is_local_module_file = lambda path: "array_api_tests" in path


def pytest_make_parametrize_id(config, val, argname):
    if argname == "dtype" and not isinstance(val, str):
        return str(getattr(val, "__name__", val)).rpartition(".")[2]


def pytest_runtest_setup(item):
    random.seed(item.nodeid)  # strategy.example() shuffles by it, derandomized or not
"""
"""A pytest plugin: tests have the same names and draw the same numbers, whatever library they run on."""

MORE: Final = 50
"""A failure that the library does not share is looked for there again, with this many times the examples."""


# --- every floating array tracked -----------------------------------------------------------------------

CREATING: Final = frozenset(
    "arange asarray empty empty_like eye from_dlpack full full_like linspace ones ones_like zeros zeros_like".split()
)


def tracked(function: Any) -> Any:
    """A creation function whose floating results are recorded.

    They are computed from a leaf and no leaves themselves, because the suite's arrays are filled in place.
    """

    @functools.wraps(function)
    def made(*args: Any, **options: Any) -> Any:
        found = function(*args, **options)
        if not found.dtype.is_floating or found.requires_grad:
            return found
        return xpgrad.positive(found.detach().requires_grad_())

    return made


class TrackedNamespace(types.ModuleType):
    """A backend's namespace in which everything is recorded."""

    def __init__(self, backend: str) -> None:
        super().__init__(f"xpgrad.{backend}.tracked")
        self._inside = xpgrad.namespace(backend)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inside, name)
        return tracked(found) if name in CREATING else found


# --- one run --------------------------------------------------------------------------------------------


class Run(NamedTuple):
    """What the suite said of one namespace."""

    backend: str
    what: str
    """"library", "untracked" or "tracked"."""
    outcomes: dict[str, str]
    reasons: dict[str, str]
    """The last line of what each failure said."""
    seconds: float

    def having(self, *outcomes: str) -> set[str]:
        """The tests with one of these outcomes."""
        return {test for test, outcome in self.outcomes.items() if outcome in outcomes}

    @property
    def failed(self) -> set[str]:
        """Failures and errors."""
        return self.having("failed", "error")

    @property
    def counts(self) -> Counter[str]:
        """How many tests had each outcome."""
        return Counter(self.outcomes.values())


def module(backend: str, what: str) -> str:
    """What ARRAY_API_TESTS_MODULE must say."""
    if what == "library":
        return f"exec('import {LIBRARIES[backend]} as xp')"
    if what == "untracked":
        return f"exec('import xpgrad; xp = xpgrad.namespace(\"{backend}\")')"
    here = json.dumps(str(Path(__file__).resolve()))
    return f'exec(\'import runpy; xp = runpy.run_path({here})["TrackedNamespace"]("{backend}")\')'


def run(suite: Path, backend: str, what: str, options: list[str], tests: list[str]) -> Run:
    """Run the suite, or some of its tests, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        (Path(folder) / "same_tests.py").write_text(SAME_TESTS, encoding="utf-8")
        command = [
            sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "--derandomize",
            "-p", "same_tests", "--disable-deadline", "--json-report", f"--json-report-file={report}",
            "--json-report-omit", "keywords", "streams", "log", "collectors", "warnings", *options,
        ]  # fmt: skip
        environment = os.environ | {
            "ARRAY_API_TESTS_MODULE": module(backend, what),
            "PYTHONPATH": os.pathsep.join([folder, *filter(None, [os.environ.get("PYTHONPATH")])]),
        }
        start = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [*command, *tests], cwd=suite, env=environment, check=False, capture_output=True, text=True
        )  # fmt: skip
        seconds = time.perf_counter() - start
        if done.returncode not in (0, 1) or not report.exists():
            sys.exit(
                f"the suite could not run on {what} {backend}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
            )
        found = json.loads(report.read_text(encoding="utf-8"))["tests"]
    reasons = {t["nodeid"]: reason(t) for t in found if t["outcome"] in ("failed", "error")}
    return Run(backend, what, {t["nodeid"]: t["outcome"] for t in found}, reasons, seconds)


def reason(test: dict[str, Any]) -> str:
    """One line about a failure."""
    for phase in ("setup", "call", "teardown"):
        crash = test.get(phase, {}).get("crash")
        if crash:
            return str(crash["message"]).strip().splitlines()[0][:200]
    return "no message"


# --- the comparison -------------------------------------------------------------------------------------


class Verdict(NamedTuple):
    """One run on xpgrad held against the library's."""

    run: Run
    own: set[str]
    """Failures that the library passes: what must be empty."""
    shared: set[str]
    """Failures in common."""
    rare: set[str]
    """Of these, the ones that the library shows with more examples only."""
    expected: set[str]
    """Failures in :data:`LEAVES_THE_TAPE`."""
    stale: set[str]
    """Entries of :data:`LEAVES_THE_TAPE` that passed."""
    unasked: set[str]
    """Tests that ran on the library and were skipped, or not found, on xpgrad."""
    fixed: set[str]
    """Failures of the library that xpgrad passes."""

    @property
    def good(self) -> bool:
        """Whether xpgrad does all that the library does."""
        return not (self.own or self.stale or self.unasked)


def compare(library: Run, ours: Run, again: Any) -> Verdict:
    """Hold a run on xpgrad against the library's; ``again(tests)`` runs some on the library with more examples."""
    listed = set(LEAVES_THE_TAPE) & ours.outcomes.keys() if ours.what == "tracked" else set()
    new = ours.failed - library.failed - listed
    rare = again(sorted(new)) & new if new else set()
    ran = library.having("passed", "failed", "error")
    return Verdict(
        ours, new - rare, (ours.failed & library.failed) | rare, rare, ours.failed & listed, listed - ours.failed,
        ran - ours.having("passed", "failed", "error"), library.failed - ours.failed,
    )  # fmt: skip


def compared(
    suite: Path, backend: str, kinds: list[str], options: list[str], examples: int
) -> list[Any]:
    """The library's run and a verdict on each run on xpgrad."""

    def on(what: str, n: int, tests: list[str]) -> Run:
        found = run(suite, backend, what, [f"--max-examples={n}", *options], tests)
        print(f"{backend}, {what}, {n} examples: {told(found)}", flush=True)
        return found

    library = on("library", examples, ["array_api_tests"])
    results: list[Any] = [library]
    for what in kinds:
        ours = on(what, examples, ["array_api_tests"])
        verdict = compare(library, ours, lambda tests: on("library", MORE * examples, tests).failed)
        print_verdict(verdict)
        results.append(verdict)
    return results


# --- what it says ---------------------------------------------------------------------------------------


def told(found: Run) -> str:
    """Numbers of one run."""
    counts = ", ".join(f"{n} {outcome}" for outcome, n in sorted(found.counts.items()))
    return f"{counts} in {found.seconds:.0f} s"


def print_verdict(verdict: Verdict) -> None:
    """What a person wants to know first."""
    for word, tests in (
        ("FAILS what the library passes", verdict.own),
        ("DOES NOT RUN what the library runs", verdict.unasked),
        ("PASSES, though listed as leaving the tape", verdict.stale),
    ):
        for test in sorted(tests):
            print(f"  {word}: {test}\n    {verdict.run.reasons.get(test, '')}")
    print(
        f"  {len(verdict.own)} failures of its own, {len(verdict.shared)} in common ({len(verdict.rare)} of them only "
        f"with {MORE} times the examples), {len(verdict.expected)} expected of tracked arrays, {len(verdict.fixed)} of "
        f"the library's do not occur",
        flush=True,
    )


def versions(suite: Path) -> str:
    """Everything whose version matters."""
    names = ("numpy", "array-api-strict", "array-api-compat", "hypothesis", "pytest")
    parts = [f"Python {platform.python_version()}"]
    parts += [f"{n} {importlib.metadata.version(n)}" for n in names]
    for name, where in (("array-api-tests", suite), ("its submodule array-api", suite / "array-api"),
                        ("xpgrad", Path(__file__).parent)):  # fmt: skip
        done = subprocess.run(  # noqa: S603 - the same
            ["git", "-C", str(where), "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - whichever git there is
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        parts.append(f"{name} @{done.stdout.strip() or 'unknown'}")
    return ", ".join(parts)


def summary(results: list[Any], suite: Path, examples: int, options: list[str]) -> str:
    """The comparison as a page of Markdown."""
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    lines = [
        "# The test suite of the Array API standard", "",
        f"{today}; {versions(suite)}.  {examples} examples per test, derandomized"
        + (f"; options `{' '.join(options)}`" if options else "") + ".",
        "", "| namespace | passed | failed | skipped | seconds | fails, and the library passes |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for each in results:
        ran = each if isinstance(each, Run) else each.run
        own = "" if isinstance(each, Run) else str(len(each.own))
        name = f"xpgrad over {ran.backend}, {ran.what}"
        name = LIBRARIES[ran.backend] if isinstance(each, Run) else name
        c = ran.counts
        lines.append(
            f"| {name} | {c['passed']} | {c['failed'] + c['error']} | {c['skipped']} | {ran.seconds:.0f} | {own} |"
        )
    for verdict in (r for r in results if isinstance(r, Verdict)):
        lines += ["", f"## xpgrad over {verdict.run.backend}, {verdict.run.what}", ""]
        lines += section("Fails, and the library passes", verdict.own, verdict.run.reasons)
        lines += section("Not run, and the library runs", verdict.unasked, {})
        lines += section(
            "Fails as it must, because the array is tracked", verdict.expected, LEAVES_THE_TAPE
        )
        lines += section("Listed as such, and passes", verdict.stale, LEAVES_THE_TAPE)
        rare = f", {len(verdict.rare)} of them there only with {MORE} times the examples"
        lines += section(f"Fails like the library{rare}", verdict.shared, {})
        lines += section("The library fails, and xpgrad passes", verdict.fixed, {})
    return "\n".join(lines) + "\n"


def section(title: str, tests: set[str], reasons: dict[str, str]) -> list[str]:
    """A count and a list."""
    listed = [
        f"* `{t.removeprefix('array_api_tests/')}`" + (f": {reasons[t]}" if t in reasons else "")
        for t in sorted(tests)
    ]
    return [f"{title}: {len(tests)}", "", *listed, *([""] if listed else [])]


def as_json(results: list[Any]) -> list[dict[str, Any]]:
    """The comparison as plain data."""
    found = []
    for each in results:
        ran = each if isinstance(each, Run) else each.run
        row: dict[str, Any] = ran._asdict()
        if isinstance(each, Verdict):
            row |= {k: sorted(v) for k, v in each._asdict().items() if k != "run"}
        found.append(row)
    return found


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "path", type=Path, help="a clone of data-apis/array-api-tests with its submodule"
    )
    parser.add_argument("--backend", choices=LIBRARIES, action="append", help="default: every one")
    parser.add_argument(
        "--tracked", action="store_true", help="only with every floating array tracked"
    )
    parser.add_argument("--untracked", action="store_true", help="only untracked")
    parser.add_argument("--max-examples", type=int, default=20, metavar="N")
    parser.add_argument("--processes", type=int, default=0, metavar="N", help="pytest-xdist's -n")
    parser.add_argument(
        "--disable-extension", nargs="+", default=[], metavar="EXT", help="linalg, fft"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write a page of Markdown")
    given = parser.parse_args()  # fmt: skip
    kinds = [k for k in ("untracked", "tracked") if getattr(given, k)] or ["untracked", "tracked"]
    shown = [f"--disable-extension={e}" for e in given.disable_extension]
    options = [*shown, *([f"-n{given.processes}"] if given.processes else [])]
    results: list[Any] = []
    for backend in given.backend or LIBRARIES:
        results += compared(given.path, backend, kinds, options, given.max_examples)
    if given.summary:
        given.summary.parent.mkdir(parents=True, exist_ok=True)
        text = summary(results, given.path, given.max_examples, shown)
        given.summary.write_text(text, encoding="utf-8")
    if given.json:
        given.json.write_text(json.dumps(as_json(results), indent=1) + "\n", encoding="utf-8")
    good = all(r.good for r in results if isinstance(r, Verdict))
    print(
        "xpgrad does all that the library does" if good else "xpgrad fails what the library passes"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
