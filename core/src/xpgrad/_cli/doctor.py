"""``xpgrad doctor``: who provides what, what was left out, and why.

It works with every plugin broken. What is broken does not change its exit status: it reports.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from xpgrad import __version__
from xpgrad.conformance.last import last_results
from xpgrad.extend import registry
from xpgrad.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Report = Mapping[str, Any]

CORE = "xpgrad-core:core"


def main(*, as_json: bool) -> int:
    """Print the report; always 0."""
    report = collect()
    print(json.dumps(report, indent=2) if as_json else "\n".join(render(report)))
    return 0


def collect() -> dict[str, Any]:
    """The registry's report with the version and core's own operations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a library says while it starts is not the report
        report: dict[str, Any] = {"xpgrad": __version__, **registry.report()}
    own = [{"name": name, "provenance": CORE} for name in sorted(RULES)]
    report["operations"] = [*own, *report["operations"]]
    report["conformance"] = last_results()
    return report


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
        empty="none yet: `xpgrad conformance all`",
    )
    yield from _section("Plugins", _plugins(report["plugins"]))
    yield from _section("Left out", _left_out(report), empty="nothing")


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
        by_provider.setdefault(row["provenance"], []).append(row["name"])
    for provider, names in sorted(by_provider.items()):
        yield f"{', '.join(names)}  from {provider}"


def _runs(rows: Iterable[Report]) -> Iterator[str]:
    for row in rows:
        where = f" on {row['device']}" if row["device"] else ""
        levels = " ".join(f"{n['level']} {n['verdict']}" for n in row["levels"])
        yield f"{row['kind']} {row['name']}{where}  {row['verdict']} ({levels})"
        yield f"  {row['date'][:10]}, xpgrad {row['xpgrad']}, {row['library']}".removesuffix(", ")


def _plugins(rows: Iterable[Report]) -> Iterator[str]:
    for row in rows:
        version = f" {row['version']}" if row["version"] else ""
        yield f"{row['status']:<12}  {row['provenance']}{version} ({row['target']})"


def _left_out(report: Report) -> Iterator[str]:
    for row in report["plugins"]:
        if row["status"] != "loaded":
            yield f"plugin {row['provenance']}, {row['status']}: {row['cause']}"
    for row in report["lost"]:
        where = f"; reachable as '{row['reachable_as']}'" if row["reachable_as"] else ""
        yield f"{row['kind']} {row['name']!r} of {row['provenance']}: {row['reason']}{where}"
    for row in report["kernels_left_out"]:
        yield f"kernels of {row['provenance']}: {row['reason']}"
    for row in report["backends"]:
        if row["status"] != "ready":
            yield f"backend {row['name']!r} of {row['provenance']}: see above"
