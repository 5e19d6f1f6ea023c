"""Names to things, at run time: plain dictionaries, filled by the first look-up.

The first look-up loads the declarations of every plugin (no array library); a backend starts when
it is first asked for. Everything here may be called from several threads.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from xpgrad import _public
from xpgrad._signatures import INTERNAL
from xpgrad.errors import BackendError, PluginError, PluginWarning
from xpgrad.extend import builtin, messages, portable, starting
from xpgrad.extend.manager import (
    KERNEL_HOOK,
    LOCAL,
    Plugin,
    call_hook,
    describe_exception,
    load_all,
    load_one,
    new_manager,
    version_of,
)
from xpgrad.extend.report import describe
from xpgrad.extend.specs import COMPONENT_KINDS
from xpgrad.extend.tables import Entry, Tables, build, claim, exact, folded, rank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pluggy

    from xpgrad.extend.backend import Backend
    from xpgrad.extend.specs import BackendSpec, OpSpec

Kernels = dict[str, "Callable[..., object]"]


@dataclass(slots=True)
class _State:
    """What the process knows about plugins."""

    manager: pluggy.PluginManager
    plugins: list[Plugin]
    tables: Tables
    strict: bool
    told: bool = False
    started: dict[str, Backend] = field(default_factory=dict)
    kernels: dict[int, tuple[Backend, Kernels]] = field(default_factory=dict)
    kernel_faults: list[tuple[str, str]] = field(default_factory=list)
    types: dict[type, str] = field(default_factory=dict)
    locks: dict[str, threading.RLock] = field(default_factory=dict)


_lock = threading.RLock()
_state: _State | None = None
_loading = False


def _load() -> _State:
    """Load the declarations, once; tells nobody about failures."""
    global _state  # noqa: PLW0603 - the one registry
    with _lock:
        if _state is None:
            _state = _loaded_from(os.environ)
        return _state


def _loaded_from(environment: Mapping[str, str]) -> _State:
    global _loading  # noqa: PLW0603 - notices a plugin that uses xpgrad while it is being found
    if _loading:
        msg = "xpgrad was used while its plugins are being found; a declaration only declares"
        raise PluginError(msg)
    _loading = True
    try:
        manager = new_manager()
        core = Plugin("xpgrad-core", "core", version_of("xpgrad-core"), builtin.__name__)
        plugins = [load_one(manager, core, lambda: builtin), *load_all(manager, environment)]
    finally:
        _loading = False
    strict = environment.get("XPGRAD_STRICT_PLUGINS", "") not in {"", "0"}
    return _State(manager, plugins, _tables(plugins), strict)


def _tables(plugins: list[Plugin]) -> Tables:
    own_names = {*_public.names(), *INTERNAL, *portable.FUNCTIONS}
    return build(plugins, COMPONENT_KINDS, own_names)


def _complaints(state: _State) -> list[str]:
    return messages.complaints(state.plugins, state.tables, state.kernel_faults)


def _ready() -> _State:
    """The state. What was left out is warned about once, or is an error in strict mode."""
    state = _state or _load()
    if state.strict:
        _refuse(state)
    elif not state.told:
        state.told = True
        for text in _complaints(state):
            warnings.warn(text, PluginWarning, stacklevel=4)
    return state


def _refuse(state: _State) -> None:
    if complaints := _complaints(state):
        lines = "\n  ".join(complaints)
        msg = f"XPGRAD_STRICT_PLUGINS is set and plugins were left out:\n  {lines}"
        raise PluginError(msg)


def register_plugin(plugin: object, name: str | None = None) -> None:
    """Add a module or object that has hooks, as if it were installed; registering again replaces.

    Args:
        plugin: What carries ``XPGRAD_API`` and functions marked with `hookimpl`.
        name: Its name in reports; by default its own.

    Raises:
        PluginError: Where it cannot be used. Nothing of it stays behind.
    """
    label = name or str(getattr(plugin, "__name__", type(plugin).__name__))
    fresh = Plugin(LOCAL, label, "", str(getattr(plugin, "__module__", label)))
    with _lock:
        state = _load()
        known = set(_complaints(state)) if state.told else set()
        old = next((each for each in state.plugins if each.provenance == fresh.provenance), None)
        if old is not None and old.usable:
            state.manager.unregister(old.module)
        loaded = load_one(state.manager, fresh, lambda: plugin)
        if loaded.usable or old is None or not old.usable:
            state.plugins = [each for each in state.plugins if each is not old] + [loaded]
        else:
            state.manager.register(old.module, name=old.provenance)
        _rebuild(state)
    if not loaded.usable:
        msg = f"{loaded} cannot be registered: {loaded.cause}"
        raise PluginError(msg)
    state.told = True
    for text in _complaints(state):
        if text not in known and not state.strict:
            warnings.warn(text, PluginWarning, stacklevel=2)


def _rebuild(state: _State) -> None:
    """New tables; a backend whose name has gone to another plugin starts afresh."""
    before = state.tables.backends.winners
    state.tables = _tables(state.plugins)
    after = state.tables.backends.winners
    for name in list(state.started):
        if ":" not in name and (name not in after or after[name] != before.get(name)):
            del state.started[name]
    state.types.clear()
    state.kernels.clear()


def report() -> dict[str, object]:
    """Plain data on everything that is installed: who provides what, what was left out and why.

    Starts every backend in order to say whether it can. Raises nothing.
    """
    state = _load()
    running: dict[str, Backend | BackendError] = {}
    for name, entry in state.tables.backends.winners.items():
        try:
            running[name] = _started(state, name, entry)
        except BackendError as error:
            running[name] = error
    return describe(state.plugins, state.tables, running, state.kernel_faults)


# --- backends ------------------------------------------------------------------------------------


def backend_specs() -> dict[str, BackendSpec]:
    """The backends that got their names, best claim first."""
    return {name: entry.spec for name, entry in _ready().tables.backends.winners.items()}


def backend(name: str) -> Backend:
    """The running backend of a name (or ``distribution:name``); starts it on first use.

    Raises:
        BackendError: Saying which part is missing, and how to get it: the plugin, a library, a
            driver or device.
    """
    state = _state
    if state is not None and name in state.started:
        return state.started[name]
    state = _ready()
    entry = state.tables.backends.find(name, exact)
    if entry is None:
        text = messages.unknown("backend", name, state.tables.backends.winners, state.plugins)
        raise starting.backend_error(text, part="plugin")
    return _started(state, name, entry)


def _started(state: _State, name: str, entry: Entry[BackendSpec]) -> Backend:
    """Start a backend once. Imports happen outside the lock: they have locks of their own."""
    factory = starting.factory_of(entry)
    with _lock:
        lock = state.locks.setdefault(name, threading.RLock())
    with lock:
        if name not in state.started:
            state.started[name] = cast("Backend", starting.start(entry, factory))
        return state.started[name]


def started_backends() -> dict[str, Backend]:
    """The backends that run already, by name; starts none."""
    return dict(_state.started) if _state is not None else {}


def backends_for_kind(kind: str) -> list[str]:
    """The names of the backends that serve a device kind, the one to prefer first."""
    entries = sorted(_ready().tables.backends.winners.values(), key=rank)
    return [entry.spec.name for entry in entries if kind in entry.spec.devices]


def explain_missing_kind(kind: str) -> str:
    """What to tell somebody who asked for a device kind that no backend serves."""
    state = _ready()
    served = {kind for spec in backend_specs().values() for kind in spec.devices}
    return messages.unknown("device kind", kind, served, state.plugins)


def backend_for_type(array_type: type) -> str | None:
    """The name of the backend that owns an array class, or None; imports nothing."""
    if _state is not None and (known := _state.types.get(array_type)) is not None:
        return known
    state = _ready()
    entries = sorted(state.tables.backends.winners.values(), key=rank)
    for each in array_type.__mro__[:-1]:
        for entry in entries:
            if any(_is_named(each, text) for text in entry.spec.array_types):
                state.types[array_type] = entry.spec.name
                return entry.spec.name
    return None


def _is_named(cls: type, text: str) -> bool:
    """Whether ``"module:qualname"`` names this class, under its own name or a public alias."""
    module, _, path = text.partition(":")
    found: object = sys.modules.get(module)
    if found is None:
        return False
    if cls.__module__ == module and cls.__qualname__ == path:
        return True
    for attribute in path.split("."):
        found = getattr(found, attribute, None)
    return found is cls


# --- optimizers, components, operations ----------------------------------------------------------


def _entry(state: _State, kind: str, name: str) -> Entry[Any]:
    table: Any = dict(state.tables.by_kind()).get(kind)
    if table is None:
        msg = f"{kind!r} is not a kind of component; expected one of {COMPONENT_KINDS}"
        raise PluginError(msg)
    entry: Entry[Any] | None = table.find(name, exact if kind == "backend" else folded)
    if entry is None:
        names = sorted(each.spec.name for each in table.winners.values())
        raise PluginError(messages.unknown(kind, name, names, state.plugins))
    return entry


def _target(kind: str, entry: Entry[Any], word: str) -> Any:
    target = getattr(entry.spec, word)
    if target is None:
        return None
    what = f"{kind} {entry.spec.name!r}"
    return starting.resolve_for(what, target, entry.plugin.provenance)


def optimizer(name: str) -> type:
    """The optimizer class of a name, without regard to case, or of ``distribution:name``.

    Raises:
        PluginError: Where nobody provides it, or its target cannot be loaded.
    """
    return cast("type", _target("optimizer", _entry(_ready(), "optimizer", name), "factory"))


def optimizer_names() -> list[str]:
    """The names of the installed optimizers, sorted."""
    return sorted(each.spec.name for each in _ready().tables.optimizers.winners.values())


def component(kind: str, name: str) -> object:
    """The layer, loss, … of a name, without regard to case, or of ``distribution:name``.

    Raises:
        PluginError: Where nobody provides it, or its target cannot be loaded.
    """
    return cast("object", _target(kind, _entry(_ready(), kind, name), "factory"))


def component_names(kind: str) -> list[str]:
    """The names of the installed components of a kind, sorted."""
    table = _ready().tables.components.get(kind)
    return sorted(each.spec.name for each in table.winners.values()) if table else []


def spec_of(kind: str, name: str) -> Any:
    """What was declared of an optimizer (kind ``"optimizer"``) or of a component; PluginError where nothing was."""
    return _entry(_ready(), kind, name).spec


def provider_of(kind: str, name: str) -> str:
    """The plugin that got the name of a backend, an optimizer or a component, as ``distribution:plugin version``."""
    entry = _entry(_ready(), kind, name)
    return f"{entry.plugin.provenance} {entry.plugin.version or ''}".strip()


def reference_of(kind: str, name: str) -> Any:
    """What the ``reference`` of an optimizer or a component names; None where it names nothing.

    Raises:
        PluginError: Where nobody provides it, or its target cannot be loaded.
    """
    return _target(kind, _entry(_ready(), kind, name), "reference")


def ops() -> dict[str, OpSpec]:
    """The operations that plugins add, by name."""
    return {name: entry.spec for name, entry in _ready().tables.ops.winners.items()}


def op_target(name: str, word: str) -> Any:
    """What the ``forward`` or the ``rule`` of a plugin's operation names; None where it names nothing.

    Raises:
        KeyError: Where no plugin adds an operation of that name.
        PluginError: Where the target cannot be loaded.
    """
    entry = _ready().tables.ops.winners[name]
    return _target("operation", entry, word)


def kernels(backend: Backend) -> Kernels:
    """The kernels that plugins bring for a running backend; asks each plugin once, alone."""
    state = _ready()
    with _lock:
        known = state.kernels.get(id(backend))
        if known is None or known[0] is not backend:
            known = (backend, _ask_for_kernels(state, backend))
            state.kernels[id(backend)] = known
        return dict(known[1])


def _ask_for_kernels(state: _State, backend: Backend) -> Kernels:
    merged: Kernels = {}
    for plugin in sorted(state.plugins, key=claim):
        if not plugin.usable:
            continue
        offered = _kernels_of(state, plugin, backend)
        if taken := sorted(set(merged) & set(offered)):
            fault = f"{', '.join(taken)}: provided by a plugin with a better claim"
            state.kernel_faults.append((plugin.provenance, fault))
        merged = {**offered, **merged}
    return merged


def _kernels_of(state: _State, plugin: Plugin, backend: Backend) -> Kernels:
    try:
        answers = call_hook(state.manager, plugin.module, KERNEL_HOOK, backend=backend)
        return _checked_kernels(answers)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - one plugin's failure is never another's
        state.kernel_faults.append((plugin.provenance, describe_exception(error)))
        if state.strict:
            _refuse(state)
        warnings.warn(_complaints(state)[-1], PluginWarning, stacklevel=5)
        return {}


def _checked_kernels(answers: list[object]) -> Kernels:
    offered: Kernels = {}
    for answer in answers:
        if answer is None:
            continue
        for name, function in cast("Mapping[str, object]", answer).items():
            if not callable(function):
                msg = f"kernel {name!r} is {function!r}; expected a function"
                raise PluginError(msg)
            offered[name] = function
    return offered
