"""What the run of the kit found: outcomes by level and operation, the verdict, and where they are written."""

from __future__ import annotations

import datetime as dt
import difflib
import json
import platform
import shlex
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from xpgrad._dtypes import STANDARD
from xpgrad.conformance import KIT_VERSION
from xpgrad.conformance.levels import CORE_LEVELS, EXCUSES, LEVELS, level_of, name_of
from xpgrad.conformance.site import Site
from xpgrad.errors import PluginError, XpgradError
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Outcome", "Reporter"]

PROPERTY: Final = "xpgrad_conformance"
SLOWEST: Final = 10
UNHELD: Final = {"no reference: ": "values", "no reference of training: ": "training"}
"""How reasons begin for which a test was skipped that only a reference could decide, and what that is about."""


class Outcome(NamedTuple):
    """One test of the kit and how it ended."""

    name: str
    level: int
    operation: str | None
    outcome: str = ""
    """"passed", "failed", "skipped" or "known"."""
    seconds: float = 0.0
    reason: str = ""
    replay: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "test": self.name, "level": name_of(self.level), "operation": self.operation,
            "outcome": self.outcome, "seconds": round(self.seconds, 4), "reason": self.reason, "replay": self.replay,
        }  # fmt: skip


class Reporter:
    """Collects outcomes; turns skipped core tests into failures; writes the table, the JSON, the page, the verdict."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.tests: dict[str, Outcome] = {}
        self.found: set[str] = set()
        """Patterns of known failures that mean a test."""
        self.asked: list[str] = []
        """The names of all tests of the kit that there are to choose from."""
        self.kind, self.name = "backend", ""
        self.deselected = 0
        self.interrupted = False
        self._start = time.time()

    # --- what pytest tells --------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        """Say what a test is about; a core test that was skipped without a declared reason has failed."""
        from xpgrad.conformance.plugin import operation_of, subject  # noqa: PLC0415 - a cycle

        report = yield
        if not getattr(item.obj, "__module__", "").startswith("xpgrad.conformance"):
            return report
        level, (kind, name) = level_of(item.obj), subject(item, self.config)
        replay = replayed(kind, name, item, self.config)
        report.user_properties.append(
            (PROPERTY, (item.name, level, operation_of(item), kind, name, replay))
        )
        unknown = report.skipped and not hasattr(report, "wasxfail")
        reason = str(report.longrepr[-1]).removeprefix("Skipped: ") if unknown else ""
        if unknown and level in CORE_LEVELS and reason not in EXCUSES:
            report.outcome = "failed"
            report.longrepr = f"a core test may not be skipped: {report.longrepr[-1]}"
        if report.failed:
            report.sections.append(("this case alone", replay))
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note an outcome (where tests are distributed, this process only hears of them)."""
        ours = dict(report.user_properties).get(PROPERTY)
        if ours is None or (report.when != "call" and report.passed):
            return
        name, level, operation, self.kind, self.name, replay = ours
        before = self.tests.get(report.nodeid, Outcome(name, level, operation, replay=replay))
        known = getattr(report, "wasxfail", None)
        outcome = "known" if known is not None and report.skipped else report.outcome
        reason = known if known is not None else ""
        if report.skipped and known is None:
            reason = str(report.longrepr[-1]).removeprefix("Skipped: ")
        if report.failed:
            reason = str(report.longrepr)
        if before.outcome == "failed":
            outcome, reason = "failed", before.reason
        self.tests[report.nodeid] = before._replace(
            outcome=outcome, reason=reason, seconds=before.seconds + report.duration
        )

    def pytest_deselected(self, items: Any) -> None:
        """A part of the kit is no verdict on the whole."""
        self.deselected += len(items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Where pytest-xdist distributes the tests, only its workers know what they collected."""
        found, deselected = getattr(node, "workeroutput", {}).get(PROPERTY, ((), 0))
        self.found.update(found)
        self.deselected = max(self.deselected, deselected)

    # --- what follows from it -----------------------------------------------------------------------

    def having(self, outcome: str) -> list[Outcome]:
        """The tests that ended so."""
        return [t for t in self.tests.values() if t.outcome == outcome]

    def stale(self) -> list[str]:
        """Known failures that mean no test."""
        if self.deselected or self.interrupted or self.kind == "operation":
            return []
        try:
            spec = (
                registry.backend_specs().get(self.name)
                if self.kind == "backend"
                else registry.spec_of(self.kind, self.name)
            )
        except PluginError:  # a pattern of several, or a loss
            spec = None
        return sorted(set(spec.known_failures if spec else ()) - self.found)

    @property
    def verdict(self) -> str:
        """What the run says."""
        if self.having("failed"):
            return "DOES NOT CONFORM"
        if self.stale():
            return f"DOES NOT CONFORM: known failures that mean no test: {', '.join(self.stale())}"
        if self.interrupted:
            return f"PASSED WHAT RAN; it was interrupted after {len(self.tests)} tests, so there is no verdict"
        if self.deselected:
            plural = "tests were" if self.deselected > 1 else "test was"
            return f"PASSED WHAT RAN; {self.deselected} {plural} deselected, so there is no verdict"
        ran = {t.level for t in self.having("passed")}
        missing = [name_of(n) for n in CORE_LEVELS if n not in ran]
        if self.kind == "backend" and missing:
            return f"DOES NOT CONFORM: no test of {', '.join(missing)} ran"
        return (
            f"CONFORMS{self._unheld()}"
            if self.having("passed")
            else "DOES NOT CONFORM: no test ran"
        )

    def _unheld(self) -> str:
        """What nothing says is right, for want of a reference, in words that end the verdict."""
        told = []
        for begin, what in UNHELD.items():
            reasons = {t.reason for t in self.having("skipped") if t.reason.startswith(begin)}
            names = sorted({r.removeprefix(begin).split()[0] for r in reasons})
            whose = "its" if [n.casefold() for n in names] == [self.name.casefold()] else "the"
            of = "" if whose == "its" else f" of {', '.join(names)}"
            told += [f"{whose} {what}{of}"] if names else []
        return f", but for {' and '.join(told)}: no reference" if told else ""

    def levels(self) -> list[dict[str, Any]]:
        """For each level that has tests: its counts and its verdict."""
        return [
            {"level": name_of(n), "title": LEVELS[n], **_verdict([t for t in self.tests.values() if t.level == n])}
            for n in sorted({t.level for t in self.tests.values()})
        ]  # fmt: skip

    def operations(self) -> dict[str, dict[str, str]]:
        """For each operation, the verdict of each level."""
        found: dict[str, dict[str, list[Outcome]]] = {}
        for t in self.tests.values():
            if t.operation is not None:
                found.setdefault(t.operation, {}).setdefault(name_of(t.level), []).append(t)
        return {
            o: {level: _verdict(tests)["verdict"] for level, tests in sorted(found[o].items())}
            for o in sorted(found)
        }

    def missing_dtypes(self) -> list[str]:
        """The standard's dtypes that the backend, on the device under test, has not."""
        if self.kind != "backend":
            return []
        try:
            site = Site.of(self.name, self.config.getoption("--xpgrad-device"))
        except XpgradError:
            return []
        return [d for d in STANDARD if not site.has(d)]

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        from xpgrad import __version__  # noqa: PLC0415 - a cycle

        tests = list(self.tests.values())
        slowest = sorted(tests, key=lambda t: -t.seconds)[:SLOWEST]
        return {
            "schema": 2, "kit": KIT_VERSION, "kind": self.kind, "name": self.name, **_provider(self.kind, self.name),
            "device": self.config.getoption("--xpgrad-device"), "xpgrad": __version__,
            "python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}",
            "date": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
            "seconds": round(time.time() - self._start, 1),
            "verdict": self.verdict, "conforms": self.verdict.startswith("CONFORMS"),
            "levels": self.levels(), "lacks": dict(_lacks(self.kind, self.name)),
            "missing_dtypes": self.missing_dtypes(), "operations": self.operations(),
            "skips": [{"test": t.name, "reason": t.reason} for t in self.having("skipped")],
            "known": [{"test": t.name, "reason": t.reason} for t in self.having("known")],
            "slowest": [{"test": t.name, "seconds": round(t.seconds, 3)} for t in slowest],
            "tests": [t.as_json() for t in tests],
        }  # fmt: skip

    # --- what is written ----------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
        """The exit status is the verdict: where no core test ran, a run that passed is no success."""
        config = self.config
        if hasattr(config, "workerinput"):
            config.workeroutput[PROPERTY] = sorted(self.found), self.deselected
            return
        if config.option.collectonly or not self.tests:
            return
        self.interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        if exitstatus == pytest.ExitCode.OK and self.verdict.startswith("DOES NOT"):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        report = self.as_json()
        file, page = config.getoption("--xpgrad-json"), config.getoption("--xpgrad-html")
        if file:
            Path(file).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        if page:
            from xpgrad.conformance.page import page_of  # noqa: PLC0415 - only where asked

            Path(page).write_text(page_of([report]), encoding="utf-8")
        if not self.deselected and not self.interrupted:
            from xpgrad.conformance.last import remember  # noqa: PLC0415 - only at the end

            remember(report, config.getoption("--xpgrad-backend"))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table of levels, every reason for a skip, the verdict."""
        write = terminalreporter.write_line
        if not self.tests:
            if self.asked and self.deselected and not self.config.option.collectonly:
                write(self._nothing_chosen())
            return
        terminalreporter.section(f"conformance of {self.kind} {self.name!r}")
        write(f"     {'passed':>7} {'failed':>7} {'skipped':>7} {'known':>7}")
        for row in self.levels():
            counts = " ".join(f"{row[w]:>7}" for w in ("passed", "failed", "skipped", "known"))
            write(f"{row['level']:<4} {counts}  {row['title']}: {row['verdict']}")
        for word in ("skipped", "known"):
            for reason, n in Counter(t.reason for t in self.having(word)).most_common():
                write(f"{word} {n}: {reason}", bold=reason.startswith("no reference"))
        missing = self.missing_dtypes()
        if missing:
            device = self.config.getoption("--xpgrad-device")
            where = f"{self.name}:{device}" if device else self.name
            write(f"no {', '.join(missing)} on {where}")
        write(f"{self.kind} {self.name!r}: {self.verdict}")

    def _nothing_chosen(self) -> str:
        """Why nothing ran, though there are tests."""
        only, words = self.config.getoption("--xpgrad-only"), self.config.option.keyword
        near = difflib.get_close_matches(only or "", self.asked, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        how = f"--only {only!r}" if only else f"-k {words!r}" if words else "what was chosen"
        return f"nothing ran: {how} fits none of {len(self.asked)} tests{hint} (--collect-only lists them)"


def replayed(kind: str, name: str, item: Any, config: Any) -> str:
    """The command that runs one test alone."""
    words = [f"xpgrad conformance {kind} {shlex.quote(name)}"]
    for option in ("device", "fuzz", *([] if kind == "backend" else ["backend"])):
        value = config.getoption(f"--xpgrad-{option}")
        words += [f"--{option} {shlex.quote(str(value))}"] if value else []
    words += ["--formulas"] if config.getoption("--xpgrad-formulas") else []
    return " ".join([*words, "--only '" + item.name.replace("'", "'\"'\"'") + "'"])


def _verdict(tests: list[Outcome]) -> dict[str, Any]:
    """Counts of outcomes and a word for them all."""
    counts = Counter(t.outcome for t in tests)
    if counts["failed"]:
        word = "failed"
    elif counts["passed"]:
        word = "partial" if counts["skipped"] or counts["known"] else "passed"
    else:
        word = "known to fail" if counts["known"] else "skipped"
    return {"verdict": word, **{w: counts[w] for w in ("passed", "failed", "skipped", "known")}}


def _lacks(kind: str, name: str) -> Mapping[str, str]:
    spec = registry.backend_specs().get(name) if kind == "backend" else None
    return {} if spec is None else spec.lacks


def _provider(kind: str, name: str) -> dict[str, str]:
    """Which distribution provides what is tested, and the version of the library below."""
    if kind == "operation":
        return {"provider": "", "library": ""}
    try:
        provider = registry.provider_of(kind, name)
    except PluginError:  # a pattern of several
        provider = ""
    running = registry.started_backends().get(name) if kind == "backend" else None
    return {"provider": provider, "library": f"{name} {running.version()}" if running else ""}
