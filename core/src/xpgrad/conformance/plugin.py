"""The kit's pytest plugin: what is tested, what may be skipped, and which failures are known.

What is tested comes from options, or from constants of the module that imports the tests: ``BACKEND = "name"``,
``OPERATIONS = "special.*"``, ``OPTIMIZER = "lion"``, ``LAYER = "highway"``; of all but the first also several, as a
tuple.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from xpgrad._support import matches
from xpgrad.conformance.levels import CORE_LEVELS, excuse, level_of, name_of
from xpgrad.conformance.names import stop, told, unfuzzed, unwritable
from xpgrad.conformance.reporting import Reporter
from xpgrad.conformance.samples import CASES, case_of, matching
from xpgrad.conformance.site import Site, rule_of
from xpgrad.errors import PluginError, XpgradError
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["OVER"]

DTYPES: Final = ("float64", "complex128")
REPORTER: Final = "xpgrad-conformance-report"


def pytest_addoption(parser: Any) -> None:
    """Which backend, which device, how much, and where the report goes."""
    group = parser.getgroup("xpgrad conformance")
    for name, text in (
        ("backend", "the backend to test, or on which to test, by its registered name"),
        ("device", "the device of that backend (default: its first)"),
        ("operations", "test plugins' operations whose names fit, such as 'special.*'"),
        ("optimizer", "the optimizer to test, by its registered name"),
        ("layer", "the layer to test, by its registered name"),
        ("only", "run the one test of this name"),
        ("json", "write the report to this file"),
        ("html", "write the report as a page to this file"),
    ):
        group.addoption(f"--xpgrad-{name}", default=None, help=text)
    group.addoption(
        "--xpgrad-fuzz", type=int, default=0, help="so many random cases for each operation"
    )
    group.addoption("--xpgrad-thorough", action="store_true", help="every sample on every device")
    group.addoption(
        "--xpgrad-formulas", action="store_true",
        help="check the rules against finite differences on this backend too (they are checked on NumPy)",
    )  # fmt: skip


def pytest_configure(config: Any) -> None:
    """Report on what runs; refuse at once what could only fail at the end."""
    unfit = unwritable(config.getoption("--xpgrad-json"), config.getoption("--xpgrad-html"))
    unfit = unfit or unfuzzed(config.getoption("--xpgrad-fuzz"))
    if unfit is not None:
        raise pytest.UsageError(unfit)
    if not config.pluginmanager.has_plugin(REPORTER):
        config.pluginmanager.register(Reporter(config), REPORTER)


def chosen(config: Any, source: Any, what: str) -> Any:
    """What is under test: an option, or a constant of the author's module."""
    option = config.getoption(f"--xpgrad-{what}")
    return option or getattr(source, what.upper(), None)


def _backend(source: Any, config: Any) -> str:
    found = chosen(config, source, "backend")
    return "numpy" if found is None else found


# --- what is tested ---------------------------------------------------------------------------------------


def _operations(metafunc: Any) -> list[str]:
    """The operations under test: core's, or those of plugins that were named."""
    names = chosen(metafunc.config, metafunc.module, "operations")
    if names is not None:
        try:
            return matching(names)
        except PluginError as error:
            stop(str(error))
    if metafunc.function.__module__ == "xpgrad.conformance.test_operation":
        message = (
            f"{metafunc.module.__name__} has the tests of operations and does not say of which; set "
            "OPERATIONS = 'name' there, or a pattern such as 'special.*', or a tuple of names"
        )
        stop(message)
    return list(CASES)


def _need_backend(metafunc: Any) -> None:
    """Stop, once and in a sentence, where the backend under test is not there or does not start."""
    name = _backend(metafunc.module, metafunc.config)
    device = metafunc.config.getoption("--xpgrad-device")
    if not isinstance(name, str):
        message = f"BACKEND = {name!r}: expected the name of one backend"
        stop(message)
    try:
        Site.of(name, device)
    except XpgradError as error:
        where = f"{name}:{device}" if device else name
        message = f"backend {where!r} cannot be tested: {error}"
        stop(message)


def _with_formulas(metafunc: Any) -> bool:
    """Whether rules are held against finite differences: on NumPy, for a plugin's operations, or if asked."""
    config, module = metafunc.config, metafunc.module
    return bool(
        config.getoption("--xpgrad-formulas")
        or _backend(module, config) == "numpy"
        or chosen(config, module, "operations")
    )


OVER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "step_operation": lambda c, m: c.step and c.real and _with_formulas(m),
    "elementwise_operation": lambda c, m: (
        rule_of(c.name).kind == "elementwise" and _with_formulas(m)
    ),
    "fuzzed_operation": lambda c, m: (
        rule_of(c.name).kind == "elementwise" and bool(m.config.getoption("--xpgrad-fuzz"))
    ),
    "formula_operation": lambda c, m: _with_formulas(m),  # noqa: ARG005
    "operation": lambda c, m: True,  # noqa: ARG005
}
"""The arguments of a test that run over the operations, and over which."""


def pytest_generate_tests(metafunc: Any) -> None:
    """One test per operation, dtype and device."""
    names = metafunc.fixturenames
    if "site" in names and _is_ours_function(metafunc.function):
        _need_backend(metafunc)
    over = next((n for n in OVER if n in names), None)
    if over is not None:
        cases = [c for c in map(case_of, _operations(metafunc)) if OVER[over](c, metafunc)]
        if "dtype" in names:
            pairs: list[Any] = [
                pytest.param(c.name, d, id=f"{c.name}-{d}")
                for c in cases
                for d in DTYPES
                if (c.complex if d.startswith("c") else c.real)
            ]
            metafunc.parametrize((over, "dtype"), pairs or [(None, None)])
        else:
            one: list[Any] = [c.name for c in cases]
            metafunc.parametrize(over, one or [None])
    if "other_device" in names:
        metafunc.parametrize("other_device", _other_devices(metafunc.module, metafunc.config))


def _other_devices(module: Any, config: Any) -> list[str | None]:
    try:
        site = Site.of(_backend(module, config), config.getoption("--xpgrad-device"))
    except Exception:  # noqa: BLE001 - test_the_backend_starts tells
        return [None]
    return [d for d in site.xp.backend.devices() if d != site.device.text] or [None]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Drop what there is nothing of, mark what is known to fail or declared to be lacking."""
    items[:] = [i for i in items if _means_something(i)]
    reporter = config.pluginmanager.get_plugin(REPORTER)
    for item in filter(_is_ours, items):
        for pattern, reason in _known(item, config):
            reporter.found.add(pattern)
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
        why = _lacking(item, config)
        if why is not None:
            item.add_marker(pytest.mark.skip(reason=excuse(why)))
    only = config.getoption("--xpgrad-only")
    reporter.asked = sorted({i.name for i in items if _is_ours(i)})
    if only is not None:
        config.hook.pytest_deselected(items=[i for i in items if i.name != only])
        items[:] = [i for i in items if i.name == only]


def _means_something(item: Any) -> bool:
    """Not one of no operation, or of no other device."""
    if not hasattr(item, "callspec"):
        return True
    return all(item.callspec.params.get(n, "") is not None for n in (*OVER, "other_device"))


def _is_ours_function(function: Any) -> bool:
    return getattr(function, "__module__", "").startswith("xpgrad.conformance")


def _is_ours(item: Any) -> bool:
    return _is_ours_function(getattr(item, "obj", None))


def operation_of(item: Any) -> str | None:
    """The operation or function that a test is about."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    found = next((params[n] for n in (*OVER, "function") if n in params), None)
    return found if isinstance(found, str) else None


def subject(item: Any, config: Any) -> tuple[str, str]:
    """Kind and name of what a test is a test of."""
    for kind in ("optimizer", "layer"):
        params = getattr(getattr(item, "callspec", None), "params", {})
        if f"{kind}_case" in params:
            return kind, told(chosen(config, item.module, kind) or "*")
    names = chosen(config, item.module, "operations")
    if names is not None:
        return "operation", told(names)
    return "backend", _backend(item.module, config)


def _known(item: Any, config: Any) -> Iterator[tuple[str, str]]:
    """The declared known failures that mean a test: pattern and reason."""
    kind, name = subject(item, config)
    operation = operation_of(item)
    if kind == "backend":
        spec: Any = registry.backend_specs().get(name)
    else:
        spec = registry.ops().get(operation or "") if kind == "operation" else None
    for pattern, reason in getattr(spec, "known_failures", {}).items():
        if matches(pattern, item.name):
            yield pattern, reason


def _lacking(item: Any, config: Any) -> str | None:
    """Why the backend's declaration excuses a test."""
    try:
        site = Site.of(_backend(item.module, config), config.getoption("--xpgrad-device"))
    except Exception:  # noqa: BLE001 - test_the_backend_starts tells
        return None
    level = level_of(item.obj)
    if level not in CORE_LEVELS and name_of(level) in site.lacks:
        return f"{site.xp.backend.name} lacks {name_of(level)}: {site.lacks[name_of(level)]}"
    operation = operation_of(item)
    return None if operation is None else site.why_not(operation)


# --- what tests are given ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(request: Any) -> Site:
    """The backend under test on the device under test."""
    config = request.config
    return Site.of(_backend(request.module, config), config.getoption("--xpgrad-device"))


@pytest.fixture(scope="session")
def fuzz(request: Any) -> int:
    """How many random cases each operation is run on."""
    return int(request.config.getoption("--xpgrad-fuzz"))


@pytest.fixture(scope="session")
def thorough(request: Any) -> bool:
    """Whether every sample runs on every device."""
    return bool(request.config.getoption("--xpgrad-thorough"))
