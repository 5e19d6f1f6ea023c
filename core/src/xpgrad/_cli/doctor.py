"""``xpgrad doctor``: who provides what, what was left out, and why.

It works with every plugin broken, and loads all that plugins declare, so that what cannot be loaded is not called
provided.  Its exit status is 0, except where ``XPGRAD_STRICT_PLUGINS`` makes what was left out an error.
"""

from __future__ import annotations

import json
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from xpgrad import __version__
from xpgrad._namespace._operation import describe
from xpgrad.conformance.last import last_results
from xpgrad.errors import PluginError
from xpgrad.extend import registry
from xpgrad.extend.manager import describe_exception
from xpgrad.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Report = Mapping[str, Any]

CORE = "xpgrad-core:core"
FAILED: Final = "failed"
"""The status of what is declared and cannot be loaded."""


def main(*, as_json: bool) -> int:
    """Print the report; 0, or 1 in strict mode where something was left out."""
    with _tolerant() as strict:
        report = collect()
    print(json.dumps(report, indent=2) if as_json else "\n".join(render(report)))
    if not strict or not report["broken"]:
        return 0
    print(
        f"xpgrad doctor: XPGRAD_STRICT_PLUGINS is set, and {len(report['broken'])} of what plugins "
        "declare was left out",
        file=sys.stderr,
    )
    return 1


@contextmanager
def _tolerant() -> Iterator[bool]:
    """Strict mode off, so that everything can be looked at; whether it was on."""
    state = registry._load()
    strict, state.strict = state.strict, False
    try:
        yield strict
    finally:
        state.strict = strict


def collect() -> dict[str, Any]:
    """The registry's report with the version, core's own operations, what can be loaded and what was tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a library says while it starts is not the report
        report: dict[str, Any] = {"xpgrad": __version__, **registry.report()}
        for kind, rows in _declared(report):
            for row in rows:
                row |= _loaded(kind, row["name"])
        report["conformance"] = last_results()
    own = [{"name": n, "provenance": CORE, "status": "ready", "reason": ""} for n in sorted(RULES)]
    report["operations"] = [*own, *report["operations"]]
    report["broken"] = [line for broken, line in _left_out(report) if broken]
    return report


def _declared(report: Report) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What plugins declare by the name of a target, with the word for what it is."""
    yield "operation", report["operations"]
    yield "optimizer", report["optimizers"]
    yield from report["components"].items()


def _loaded(kind: str, name: str) -> dict[str, str]:
    """Whether what was declared is there, as a user would get it."""
    try:
        if kind == "operation":
            describe(name)
        else:
            found = (
                registry.optimizer(name) if kind == "optimizer" else registry.component(kind, name)
            )
            if not callable(found):
                message = f"{kind} {name!r} is {found!r}; expected a class or a function"
                raise PluginError(message)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a stranger's code, and doctor must go on
        return {"status": FAILED, "reason": describe_exception(error)}
    return {"status": "ready", "reason": ""}


def render(report: Report) -> Iterator[str]:
    """The report as lines of plain text."""
    api = ".".join(str(part) for part in report["api"])
    yield f"xpgrad {report['xpgrad']}, plugin interface {api}, Python {report['python']}"
    yield from _section("Backends", _backends(report["backends"]))
    yield from _section("Operations", _operations(report["operations"]))
    yield from _section("Optimizers", _grouped(report["optimizers"]))
    for kind, rows in report["components"].items():
        if rows:
            yield from _section(_plural(kind), _grouped(rows))
    yield from _section(
        "Last conformance runs",
        _runs(report["conformance"]),
        empty="none of what is installed here: `xpgrad conformance all`",
    )
    yield from _section("Plugins", _plugins(report["plugins"]))
    yield from _section("Left out", (line for _, line in _left_out(report)), empty="nothing")


def _plural(kind: str) -> str:
    return kind.capitalize() + ("es" if kind.endswith("s") else "s")


def _section(title: str, lines: Iterable[str], *, empty: str = "none") -> Iterator[str]:
    yield ""
    yield title
    found = list(lines)
    yield from (f"  {line}" for line in found or [empty])


def _backends(rows: Iterable[Report]) -> Iterator[str]:
    for row in rows:
        yield f"{row['name']}  from {row['provenance']}, for {', '.join(row['kinds'])}"
        if row["status"] == "ready":
            yield f"  version {row['version']}, devices: {', '.join(row['devices']) or 'none'}"
        else:
            yield f"  {row['status']}: {row['reason']}"


def _operations(rows: Iterable[Report]) -> Iterator[str]:
    own = [row for row in rows if row["provenance"] == CORE]
    yield f"{len(own)} differentiable ones from {CORE} (`--json` names them)"
    yield from _grouped([row for row in rows if row["provenance"] != CORE])


def _grouped(rows: Iterable[Report]) -> Iterator[str]:
    by_provider: dict[str, list[str]] = {}
    for row in rows:
        if row["status"] != FAILED:
            by_provider.setdefault(row["provenance"], []).append(row["name"])
    for provider, names in sorted(by_provider.items()):
        yield f"{', '.join(names)}  from {provider}"


def _runs(rows: Iterable[Report]) -> Iterator[str]:
    for row in rows:
        place = ":".join(filter(None, (row["backend"], row["device"])))
        where = f" on {place}" if place not in ("", "numpy") else ""
        levels = " ".join(f"{n['level']} {n['verdict']}" for n in row["levels"])
        outdated = f"OUTDATED ({row['outdated']}): " if row["outdated"] else ""
        yield f"{row['kind']} {row['name']}{where}  {outdated}{row['verdict']} ({levels})"
        versions = {f"{n.partition(':')[0]} {v}".strip() for n, v in row["tested"].items()}
        told = [row["date"][:10], f"xpgrad {row['xpgrad']}", *sorted(versions), row["library"]]
        yield f"  {', '.join(filter(None, told))}"


def _plugins(rows: Iterable[Report]) -> Iterator[str]:
    for row in rows:
        version = f" {row['version']}" if row["version"] else ""
        yield f"{row['status']:<12}  {row['provenance']}{version} ({row['target']})"


def _left_out(report: Report) -> Iterator[tuple[bool, str]]:
    """What is not there and why, and whether strict mode refuses it: it does not where a library is absent."""
    for row in report["plugins"]:
        if row["status"] != "loaded":
            line = f"plugin {row['provenance']}, {row['status']}: {row['cause']}"
            yield row["status"] != "disabled", line
    for row in report["lost"]:
        where = f"; reachable as '{row['reachable_as']}'" if row["reachable_as"] else ""
        yield True, f"{row['kind']} {row['name']!r} of {row['provenance']}: {row['reason']}{where}"
    for row in report["kernels_left_out"]:
        yield True, f"kernels of {row['provenance']}: {row['reason']}"
    for row in report["backends"]:
        if row["status"] != "ready":
            broken = row["status"] == "faulty" or row["missing"] == "plugin"
            yield broken, f"backend {row['name']!r} of {row['provenance']}: see above"
    yield from ((True, line) for line in _unloaded(report))


def _unloaded(report: Report) -> Iterator[str]:
    for kind, rows in _declared(report):
        for row in rows:
            if row["status"] == FAILED:
                yield f"{kind} {row['name']!r} of {row['provenance']}, failed: {row['reason']}"
