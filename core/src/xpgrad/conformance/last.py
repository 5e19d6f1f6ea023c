"""The last result of each conformance run of what is installed here, kept for ``xpgrad doctor``.

A result belongs to the environment that it was run in, and to what its name meant there: ``adan``, ``Adan`` and
``xpgrad-adan:Adan`` are one.  A later run of the same, or of a pattern that means it too, takes its place.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xpgrad.errors import PluginError
from xpgrad.extend import registry
from xpgrad.extend.tables import exact, folded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpgrad.extend.tables import Entry

__all__ = ["folder", "last_results", "remember"]

KEPT: Final = (
    "kind", "name", "provider", "library", "device", "xpgrad", "date", "verdict", "conforms", "levels",
)  # fmt: skip


def folder() -> Path:
    """Where results are kept: ``$XPGRAD_CACHE``, else the user's cache."""
    own = os.environ.get("XPGRAD_CACHE")
    if own:
        return Path(own) / "conformance"
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(home) if home else Path.home() / ".cache") / "xpgrad" / "conformance"


def remember(report: dict[str, Any], backend: str | None = None) -> None:
    """Keep what a run said; where nothing can be written, nothing is kept.

    Args:
        report: the report.
        backend: on which it ran what is no backend (default: NumPy's).
    """
    kind, name = report["kind"], report["name"]
    tested = [e for n in _meant(kind, name) if (e := _entry(kind, n)) is not None]
    kept = {k: report[k] for k in KEPT} | {
        "environment": sys.prefix,
        "backend": "" if kind == "backend" else backend or "numpy",
        "tested": {e.qualified: e.plugin.version for e in tested},
    }
    if len(tested) == 1:
        kept["name"] = tested[0].spec.name
    key = json.dumps(
        [kept[k] for k in ("environment", "kind", "backend", "device")] + sorted(kept["tested"])
    )
    slug = re.sub(r"\W+", "-", f"{kind}-{kept['name']}").strip("-")[:60]
    file = folder() / f"{slug}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.json"
    try:
        folder().mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    except OSError:
        return


def _meant(kind: str, name: str) -> Iterable[str]:
    """What a name or a pattern means here."""
    if kind == "backend":
        return [name]
    # many modules, some of which need pytest; after a run only
    from xpgrad.conformance.learning import cases  # noqa: PLC0415
    from xpgrad.conformance.samples import matching  # noqa: PLC0415

    try:
        if kind == "operation":
            return matching(name)
        find: Any = cases.optimizer_cases if kind == "optimizer" else cases.layer_cases
        return dict.fromkeys(c.name for c in find(name))
    except PluginError:  # a pattern that means none but core's own
        return []


def _entry(kind: str, name: str) -> Entry[Any] | None:
    """Who provides something, by its name or as ``distribution:name``; strict mode does not hide it."""
    tables = dict(registry._load().tables.by_kind())
    key = exact if kind in ("backend", "operation") else folded
    kinds = ("layer", "loss") if kind == "layer" else (kind,)
    return next((e for k in kinds if (e := tables[k].find(name, key)) is not None), None)


# --- what is shown ----------------------------------------------------------------------------------------


def last_results() -> list[dict[str, Any]]:
    """The results of what is installed in this environment, in order of name.

    ``outdated`` says of each which version is another one now; it is empty where none is.
    """
    from xpgrad import __version__  # noqa: PLC0415 - a cycle

    found = [row for file in sorted(folder().glob("*.json")) if (row := _read(file)) is not None]
    found = [row for row in found if not any(_replaces(other, row) for other in found)]
    for row in found:
        now = {"xpgrad": __version__} if row["xpgrad"] != __version__ else {}
        for name, version in row["tested"].items():
            entry = _entry(row["kind"], name)
            if entry is not None and entry.plugin.version != version:
                now[entry.plugin.distribution] = entry.plugin.version
        told = [f"{what} is {version} now" for what, version in now.items()]
        row["outdated"] = "; ".join([*told, *_other_library(row)])
    return sorted(found, key=lambda row: (row["kind"], row["name"].casefold()))


def _read(file: Path) -> dict[str, Any] | None:
    """A result of this environment, all of which is still installed."""
    try:
        row = json.loads(file.read_text(encoding="utf-8"))
        here = row["environment"] == sys.prefix and row["tested"]
        if here and all(_entry(row["kind"], name) for name in row["tested"]):
            return {k: row[k] for k in (*KEPT, "backend", "tested")}
    except (OSError, ValueError, KeyError, TypeError):  # another version's
        pass
    return None


def _replaces(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Whether a later run tested all that this one did, in the same place."""
    same = all(new[k] == old[k] for k in ("kind", "backend", "device"))
    return same and bool(old["tested"].keys() <= new["tested"].keys() and new["date"] > old["date"])


def _other_library(row: dict[str, Any]) -> list[str]:
    """The library below a backend, where it is another version than the one that was tested."""
    running = registry.started_backends().get(row["name"]) if row["kind"] == "backend" else None
    if running is None or not row["library"]:
        return []
    now = f"{row['name']} {running.version()}"
    return [] if now == row["library"] else [f"the library is {now} now"]
