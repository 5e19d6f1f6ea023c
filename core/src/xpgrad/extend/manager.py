"""Loading plugins, each one alone, so that one plugin's failure is never another's.

A plugin goes through: allowed? (before anything is imported) → import → ``XPGRAD_API`` → pluggy →
known hook names → specs. Whatever goes wrong on the way is kept in its `Plugin` record.
"""

from __future__ import annotations

import difflib
import re
import sys
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING, cast

import pluggy

from xpgrad.errors import PluginError, XpgradError
from xpgrad.extend import hookspecs
from xpgrad.extend.specs import XPGRAD_API, BackendSpec, ComponentSpec, OpSpec, OptimizerSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Spec = BackendSpec | OpSpec | OptimizerSpec | ComponentSpec

DECLARING_HOOKS: Mapping[str, type] = {
    "xpgrad_backends": BackendSpec,
    "xpgrad_ops": OpSpec,
    "xpgrad_optimizers": OptimizerSpec,
    "xpgrad_components": ComponentSpec,
}
KERNEL_HOOK = "xpgrad_kernels"
LOCAL = "local"
"""Stands for the distribution of a plugin that was registered by a call, not installed."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """What is known about one plugin: where it comes from, how it fared, what it declares."""

    distribution: str
    entry_point: str
    version: str
    target: str
    status: str = "found"
    cause: str = ""
    module: object = None
    specs: tuple[Spec, ...] = ()

    @property
    def provenance(self) -> str:
        """The plugin's name everywhere: ``distribution:entrypoint``."""
        return f"{self.distribution}:{self.entry_point}"

    @property
    def usable(self) -> bool:
        """Whether what it declares is in use."""
        return self.status == "loaded"

    @property
    def broken(self) -> bool:
        """Whether it was left out although nobody asked for that."""
        return self.status in {"failed", "incompatible"}

    def __str__(self) -> str:
        version = f" {self.version}" if self.version else ""
        return f"plugin '{self.provenance}' ({self.distribution}{version}, {self.target})"


class _IncompatibleError(PluginError):
    """The plugin was written for another interface."""


def new_manager() -> pluggy.PluginManager:
    """A pluggy manager that knows the five hooks and no plugin."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


# --- finding -------------------------------------------------------------------------------------


def normalize(distribution: str) -> str:
    """A distribution's name as packaging compares it: ``My_Dist`` is ``my-dist``."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def version_of(distribution: str) -> str:
    """The installed version of a distribution; empty where it runs from a bare source folder."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _distribution_of(entry: metadata.EntryPoint) -> tuple[str, str]:
    try:
        found = entry.dist
        if found is None:
            return "unknown", ""
        return normalize(found.metadata["Name"] or "unknown"), found.version or ""
    except Exception:  # noqa: BLE001 - metadata of a stranger, and only its label
        return "unknown", ""


def _entries() -> Iterator[metadata.EntryPoint | Plugin]:
    """Entry points of the group; a distribution whose list is unreadable fails alone."""
    try:
        yield from metadata.entry_points(group=hookspecs.PROJECT)
    except Exception:  # noqa: BLE001 - any distribution on the path can raise anything here
        yield from _entries_one_by_one()


def _entries_one_by_one() -> Iterator[metadata.EntryPoint | Plugin]:
    seen: set[str] = set()
    for each in metadata.distributions():
        name, version = "unknown", ""
        try:
            name, version = normalize(each.metadata["Name"] or "unknown"), each.version or ""
            if name in seen:
                continue
            seen.add(name)
            yield from each.entry_points.select(group=hookspecs.PROJECT)
        except Exception as error:  # noqa: BLE001 - same
            text = each.read_text("entry_points.txt") or ""
            if f"[{hookspecs.PROJECT}]" in text:
                cause = f"entry_points.txt cannot be read: {describe_exception(error)}"
                yield Plugin(name, "?", version, "entry_points.txt", "failed", cause)


def discover() -> list[tuple[Plugin, Callable[[], object] | None]]:
    """Every installed plugin with what loads it (None: that failed already), in a fixed order."""
    found: list[tuple[Plugin, Callable[[], object] | None]] = []
    for entry in _entries():
        if isinstance(entry, Plugin):
            found.append((entry, None))
        else:
            distribution, version = _distribution_of(entry)
            found.append((Plugin(distribution, entry.name, version, entry.value), entry.load))
    return sorted(found, key=lambda each: each[0].provenance)


# --- allowing ------------------------------------------------------------------------------------


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _named_in(plugin: Plugin, words: list[str]) -> bool:
    names = {plugin.entry_point, plugin.distribution, plugin.provenance}
    return any(word == "*" or word in names or normalize(word) in names for word in words)


def why_not_allowed(plugin: Plugin, environment: Mapping[str, str]) -> str:
    """Which environment variable leaves this plugin out; empty where none does."""
    denied = environment.get("XPGRAD_DISABLE_PLUGINS", "")
    if _named_in(plugin, _words(denied)):
        return f"XPGRAD_DISABLE_PLUGINS={denied}"
    allowed = environment.get("XPGRAD_PLUGINS", "")
    if _words(allowed) and not _named_in(plugin, _words(allowed)):
        return f"not named in XPGRAD_PLUGINS={allowed}"
    return ""


# --- loading -------------------------------------------------------------------------------------


def load_one(
    manager: pluggy.PluginManager, plugin: Plugin, load: Callable[[], object] | None
) -> Plugin:
    """Take one plugin the whole way; the record that comes back says how far it came."""
    if load is None:
        return plugin
    module: object = None
    try:
        module = load()
        _check_api(module)
        manager.register(module, name=plugin.provenance)
        _check_hooks(manager, module)
        specs = tuple(_collect(manager, module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit and panics of extensions included
        if module is not None and manager.get_name(module) == plugin.provenance:
            manager.unregister(module)
        status = "incompatible" if isinstance(error, _IncompatibleError) else "failed"
        return replace(plugin, status=status, cause=describe_exception(error))
    return replace(plugin, status="loaded", module=module, specs=specs)


def describe_exception(error: BaseException) -> str:
    """One line of at most 400 characters: the type and the message; ours without the type."""
    text = " ".join(str(error).split())
    text = text if len(text) <= 400 else f"{text[:399]}…"
    if isinstance(error, XpgradError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _check_api(module: object) -> None:
    api = getattr(module, "XPGRAD_API", None)
    if api is None:
        home = sys.modules.get(getattr(module, "__module__", None) or "")
        api = getattr(home, "XPGRAD_API", None)
    major, minor = XPGRAD_API
    if (
        not isinstance(api, tuple)
        or len(api) != 2
        or not all(isinstance(part, int) for part in api)
    ):
        msg = f"XPGRAD_API is {api!r}; expected a pair like XPGRAD_API = ({major}, {minor})"
        raise _IncompatibleError(msg)
    if api[0] != major or api[1] > minor:
        msg = (
            f"it was written for plugin interface {api[0]}.{api[1]}, this xpgrad-core has "
            f"{major}.{minor}; install matching versions of both"
        )
        raise _IncompatibleError(msg)


def _check_hooks(manager: pluggy.PluginManager, module: object) -> None:
    known = [*DECLARING_HOOKS, KERNEL_HOOK]
    callers = manager.get_hookcallers(module) or []
    implemented = {caller.name for caller in callers}
    for caller in callers:
        for impl in caller.get_hookimpls():
            if impl.plugin is module:
                _check_hook(caller.name, impl, known)
    for name in known:
        if name not in implemented and callable(getattr(module, name, None)):
            msg = f"function {name!r} is not marked; write @hookimpl above it"
            raise PluginError(msg)
    if not implemented:
        msg = f"it implements no hook; the hooks are {', '.join(known)}"
        raise PluginError(msg)


def _check_hook(name: str, impl: pluggy.HookImpl, known: list[str]) -> None:
    if name not in known and not impl.optionalhook:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        msg = f"unknown hook {name!r}{hint} (the hooks are {', '.join(known)})"
        raise PluginError(msg)
    if impl.hookwrapper or getattr(impl, "wrapper", False):
        msg = f"hook {name!r} is a wrapper; hooks of xpgrad only return declarations"
        raise PluginError(msg)


def call_hook(
    manager: pluggy.PluginManager, module: object, hook: str, **arguments: object
) -> list[object]:
    """The answers of one plugin to one hook."""
    return [
        impl.function(*(arguments[name] for name in impl.argnames))
        for impl in getattr(manager.hook, hook).get_hookimpls()
        if impl.plugin is module
    ]


def _collect(manager: pluggy.PluginManager, module: object) -> Iterator[Spec]:
    for hook, kind in DECLARING_HOOKS.items():
        for answer in call_hook(manager, module, hook):
            if isinstance(answer, kind):
                msg = f"{hook} returned one {kind.__name__}; expected a list of them"
                raise PluginError(msg)
            for spec in cast("Iterable[Spec]", () if answer is None else answer):
                if not isinstance(spec, kind):
                    msg = f"{hook} returned {spec!r}; expected {kind.__name__}"
                    raise PluginError(msg)
                yield spec


def load_all(manager: pluggy.PluginManager, environment: Mapping[str, str]) -> list[Plugin]:
    """Every installed plugin, loaded or with the reason why it is not; nothing is raised."""
    plugins: list[Plugin] = []
    for plugin, load in discover():
        reason = why_not_allowed(plugin, environment)
        if reason:
            plugins.append(replace(plugin, status="disabled", cause=reason))
        else:
            plugins.append(load_one(manager, plugin, load))
    return plugins
