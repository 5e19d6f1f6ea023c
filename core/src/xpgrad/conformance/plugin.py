"""The kit's pytest plugin: which backend is tested, core tests that may not be skipped, verdict and report.

The backend comes from ``--xpgrad-backend``, or from ``BACKEND = "name"`` in the module that imports the tests;
``--xpgrad-operations``, or ``OPERATIONS = "special.*"``, tests the operations of plugins instead of core's.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from xpgrad.conformance import KIT_VERSION
from xpgrad.conformance.samples import CASES, case_of, matching
from xpgrad.conformance.site import Site, rule_of
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CORE"]

CORE: Final = "xpgrad_core"
PROPERTY: Final = "xpgrad_conformance"
DTYPES: Final = ("float64", "complex128")


def pytest_addoption(parser: Any) -> None:
    """Which backend, which device, how much, and where the report goes."""
    group = parser.getgroup("xpgrad conformance")
    group.addoption(
        "--xpgrad-backend", default=None, help="the backend to test, by its registered name"
    )
    group.addoption(
        "--xpgrad-device", default=None, help="the device of that backend (default: its first)"
    )
    group.addoption(
        "--xpgrad-operations",
        default=None,
        help="test plugins' operations whose names fit, such as 'special.*'",
    )
    group.addoption("--xpgrad-thorough", action="store_true", help="every sample on every device")
    group.addoption("--xpgrad-json", default=None, help="write the report to this file")


def pytest_configure(config: Any) -> None:
    """Declare the marker of tests that a backend may not skip."""
    config.addinivalue_line("markers", f"{CORE}: required of every backend; a skip is a failure")
    if not config.pluginmanager.has_plugin("xpgrad-conformance-report"):
        config.pluginmanager.register(Report(config), "xpgrad-conformance-report")


def _backend(source: Any, config: Any) -> str:
    chosen: str = config.getoption("--xpgrad-backend") or getattr(source, "BACKEND", "numpy")
    return chosen


def _operations(metafunc: Any) -> list[str]:
    """The operations under test: core's, or those of plugins that fit a pattern."""
    pattern = metafunc.config.getoption("--xpgrad-operations") or getattr(
        metafunc.module, "OPERATIONS", None
    )
    return list(CASES) if pattern is None else matching(pattern)


def _marked(metafunc: Any, operation: str, *rest: str) -> Any:
    """A parameter, expected to fail where the operation's declaration says so, with its reason."""
    spec = None if operation in CASES else registry.ops()[operation]
    reason = spec and spec.known_failures.get(metafunc.function.__name__)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(operation, *rest, marks=marks, id="-".join((operation, *rest)))


OVER: Final[dict[str, Callable[[Any], bool]]] = {
    "step_operation": lambda c: c.step and c.real,
    "elementwise_operation": lambda c: rule_of(c.name).kind == "elementwise",
    "operation": lambda c: True,  # noqa: ARG005
}
"""The arguments of a test that run over the operations, and over which."""


def pytest_generate_tests(metafunc: Any) -> None:
    """One test per operation, dtype and device."""
    names = metafunc.fixturenames
    over = next((n for n in OVER if n in names), None)
    if over is not None:
        cases = [c for c in map(case_of, _operations(metafunc)) if OVER[over](c)]
        if "dtype" in names:
            pairs = [
                _marked(metafunc, c.name, d)
                for c in cases
                for d in DTYPES
                if (c.complex if d.startswith("c") else c.real)
            ]
            metafunc.parametrize((over, "dtype"), pairs or [(None, None)])
        else:
            metafunc.parametrize(over, [_marked(metafunc, c.name) for c in cases] or [None])
    if "other_device" in names:
        metafunc.parametrize(
            "other_device",
            _other_devices(_backend(metafunc.module, metafunc.config), metafunc.config),
        )


def _other_devices(backend: str, config: Any) -> list[str | None]:
    try:
        site = Site.of(backend, config.getoption("--xpgrad-device"))
    except Exception:  # noqa: BLE001 - test_the_backend_starts tells
        return [None]
    return [d for d in site.xp.backend.devices() if d != site.device.text] or [None]


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Without other devices, or operations of a kind, there is nothing to test on them."""
    items[:] = [
        i
        for i in items
        if not hasattr(i, "callspec")
        or all(i.callspec.params.get(n, "") is not None for n in (*OVER, "other_device"))
    ]


@pytest.fixture(scope="module")
def site(request: Any) -> Site:
    """The backend under test on the device under test."""
    config = request.config
    return Site.of(_backend(request.module, config), config.getoption("--xpgrad-device"))


@pytest.fixture(scope="session")
def thorough(request: Any) -> bool:
    """Whether every sample runs on every device."""
    return bool(request.config.getoption("--xpgrad-thorough"))


class Report:
    """Collects outcomes; turns skipped core tests into failures; writes the summary, the JSON, the verdict."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.outcomes: dict[str, tuple[str, float]] = {}
        self.skips: list[tuple[str, str]] = []
        self.core_ran = False
        self.backend = ""
        self.deselected = 0

    @property
    def kit_ran(self) -> bool:
        """Whether a test of the kit ran."""
        return bool(self.outcomes)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        """A core test that was skipped has failed."""
        report = yield
        if getattr(item.obj, "__module__", "").startswith("xpgrad.conformance"):
            core = item.get_closest_marker(CORE) is not None
            report.user_properties.append((PROPERTY, (_backend(item.module, self.config), core)))
            if report.skipped and core and not hasattr(report, "wasxfail"):
                report.outcome = "failed"
                report.longrepr = f"a core test may not be skipped: {report.longrepr[-1]}"
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note an outcome (where tests are distributed, this process only hears of them)."""
        ours = dict(report.user_properties).get(PROPERTY)
        if ours is None or (report.when != "call" and report.passed):
            return
        self.backend, core = ours
        self.core_ran |= core and report.when == "call"
        outcome, seconds = self.outcomes.get(report.nodeid, ("", 0.0))
        worst = "failed" if "failed" in (outcome, report.outcome) else report.outcome
        self.outcomes[report.nodeid] = (worst, seconds + report.duration)
        if report.skipped:
            known = getattr(report, "wasxfail", None)
            reason = str(report.longrepr[-1]).removeprefix("Skipped: ") if known is None else known
            self.skips.append((report.nodeid, reason))

    def pytest_deselected(self, items: Any) -> None:
        """A part of the kit is no verdict on the whole."""
        self.deselected += len(items)

    @property
    def verdict(self) -> str:
        """What the run says of the backend."""
        if any(outcome == "failed" for outcome, _ in self.outcomes.values()):
            return "DOES NOT CONFORM"
        if self.deselected:
            return (
                f"PASSED WHAT RAN; {self.deselected} tests were deselected, so there is no verdict"
            )
        return "CONFORMS" if self.core_ran else "DOES NOT CONFORM: no core test ran"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
        """The exit status is the verdict: where no core test ran, a run that passed is no success."""
        if self.config.option.collectonly or not self.kit_ran:
            return
        if exitstatus == pytest.ExitCode.OK and self.verdict.startswith("DOES NOT"):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        file = self.config.getoption("--xpgrad-json")
        if file:
            Path(file).write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "schema": 1, "kit": KIT_VERSION, "backend": self.backend,
            "device": self.config.getoption("--xpgrad-device"),
            "verdict": self.verdict,
            "areas": {a: dict(c) for a, c in self.areas().items()},
            "skips": [{"test": t, "reason": r} for t, r in self.skips],
            "tests": [{"test": t, "outcome": o, "seconds": round(s, 4)} for t, (o, s) in self.outcomes.items()],
        }  # fmt: skip

    def areas(self) -> dict[str, Counter[str]]:
        """Outcomes by test function."""
        found: dict[str, Counter[str]] = {}
        for test, (outcome, _) in self.outcomes.items():
            area = test.partition("::")[2].partition("[")[0]
            found.setdefault(area, Counter())[outcome] += 1
        return found

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table, every reason for a skip, the verdict."""
        if not self.kit_ran:
            return
        write = terminalreporter.write_line
        terminalreporter.section(f"conformance of backend {self.backend!r}")
        write(f"{'passed':>7} {'failed':>7} {'skipped':>7}")
        for area, c in self.areas().items():
            write(
                f"{c['passed']:>7} {c['failed']:>7} {c['skipped']:>7}  {area.removeprefix('test_').replace('_', ' ')}"
            )
        for reason, n in Counter(r for _, r in self.skips).most_common():
            write(f"skipped {n}: {reason}")
        write(f"backend {self.backend!r}: {self.verdict}")
