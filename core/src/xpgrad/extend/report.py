"""Plain data about what is installed: nothing but dictionaries, lists and text, ready for JSON."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Any

from xpgrad.errors import BackendError
from xpgrad.extend.manager import describe_exception
from xpgrad.extend.specs import XPGRAD_API

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xpgrad.extend.backend import Backend
    from xpgrad.extend.manager import Plugin
    from xpgrad.extend.specs import BackendSpec
    from xpgrad.extend.tables import Entry, Table, Tables


def describe(
    plugins: Iterable[Plugin],
    tables: Tables,
    running: Mapping[str, Backend | BackendError],
    kernel_faults: Iterable[tuple[str, str]],
) -> dict[str, object]:
    """The report of ``xpgrad doctor``; ``running`` has each backend, or why it cannot start."""
    return {
        "api": list(XPGRAD_API),
        "python": platform.python_version(),
        "plugins": [_plugin(each) for each in plugins],
        "backends": [
            _backend(entry, running[name]) for name, entry in tables.backends.winners.items()
        ],
        "operations": _providers(tables.ops),
        "optimizers": _providers(tables.optimizers),
        "components": {kind: _providers(table) for kind, table in tables.components.items()},
        "lost": [_loss(kind, loss) for kind, loss in tables.losses()],
        "kernels_left_out": [
            {"provenance": who, "reason": reason} for who, reason in kernel_faults
        ],
    }


def _plugin(plugin: Plugin) -> dict[str, str]:
    words = ("provenance", "distribution", "version", "target", "status", "cause")
    return {word: getattr(plugin, word) for word in words}


def _providers(table: Table[Any]) -> list[dict[str, str]]:
    found = [
        {"name": each.spec.name, "provenance": each.plugin.provenance}
        for each in table.winners.values()
    ]
    return sorted(found, key=lambda each: each["name"])


def _loss(kind: str, loss: Any) -> dict[str, str]:
    entry = loss.entry
    return {
        "kind": kind,
        "name": entry.spec.name,
        "provenance": entry.plugin.provenance,
        "reachable_as": loss.elsewhere,
        "reason": loss.reason,
    }


def _backend(entry: Entry[BackendSpec], running: Backend | BackendError) -> dict[str, object]:
    spec = entry.spec
    facts: dict[str, object] = {
        "name": spec.name,
        "provenance": entry.plugin.provenance,
        "kinds": list(spec.devices),
        "libraries": {name: _version(name) for name in spec.requires},
        "status": "ready",
        "version": "",
        "devices": [],
        "missing": "",
        "reason": "",
    }
    if isinstance(running, BackendError):
        return {**facts, "status": "cannot start", "missing": running.part, "reason": str(running)}
    try:
        running.kernels()  # the first use of the backend asks for them
        devices = [str(each) for each in running.devices()]
        return {**facts, "version": running.version(), "devices": devices}
    except Exception as error:  # noqa: BLE001 - a stranger's object, and doctor must go on
        return {**facts, "status": "faulty", "reason": describe_exception(error)}


def _version(module: str) -> str:
    """The version of a library that is already imported; empty where it does not say."""
    found = sys.modules.get(module.partition(".")[0])
    return str(getattr(found, "__version__", "")) if found is not None else ""
