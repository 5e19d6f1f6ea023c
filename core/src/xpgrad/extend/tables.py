"""Who gets a name that several plugins declare: pure functions from plugins to tables.

The order is first-party, then priority, then the distribution's name. Only the spec that loses is
left out, and it stays reachable as ``distribution:name``, unless it is an operation: its name is the
function's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from xpgrad.extend.specs import BackendSpec, ComponentSpec, OpSpec, OptimizerSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from xpgrad.extend.manager import Plugin

FIRST_PARTY = frozenset(
    {
        "xpgrad-core",
        "xpgrad-numpy",
        "xpgrad-cupy",
        "xpgrad-torch",
        "xpgrad-jax",
        "xpgrad-array-api-strict",
    }
    | {"xpgrad-layers", "xpgrad-adagrad", "xpgrad-rmsprop", "xpgrad-adam", "xpgrad-special"}
)
"""Distributions of this repository: a list, because a stranger may also be called xpgrad-something.
"""

S = TypeVar("S", BackendSpec, OpSpec, OptimizerSpec, ComponentSpec)


@dataclass(frozen=True, slots=True)
class Entry(Generic[S]):
    """A spec with the plugin that declared it."""

    spec: S
    plugin: Plugin

    @property
    def qualified(self) -> str:
        """The name under which it is reachable even where it lost."""
        return f"{self.plugin.distribution}:{self.spec.name}"


@dataclass(frozen=True, slots=True)
class Loss(Generic[S]):
    """An entry that did not get its name, and why."""

    entry: Entry[S]
    reason: str

    @property
    def elsewhere(self) -> str:
        """The name under which it is reachable nevertheless; empty for an operation."""
        return "" if isinstance(self.entry.spec, OpSpec) else self.entry.qualified


@dataclass(frozen=True, slots=True)
class Table(Generic[S]):
    """Names to entries; ``every`` holds the losers too, best first."""

    winners: dict[str, Entry[S]]
    every: tuple[Entry[S], ...]
    lost: tuple[Loss[S], ...]

    def find(self, name: str, key: Callable[[str], str]) -> Entry[S] | None:
        """The entry of a plain name or of ``distribution:name``."""
        distribution, colon, plain = name.rpartition(":")
        if not colon:
            return self.winners.get(key(name))
        for entry in self.every:
            if entry.plugin.distribution == distribution and key(entry.spec.name) == key(plain):
                return entry
        return None


def exact(name: str) -> str:
    """The key of names that are what they are: backends and operations."""
    return name


def folded(name: str) -> str:
    """The key of names looked up without regard to case: optimizers and components."""
    return name.casefold()


def claim(plugin: Plugin) -> tuple[bool, str]:
    """Sorts the plugin with the better claim first."""
    return (plugin.distribution not in FIRST_PARTY, plugin.provenance)


def rank(entry: Entry[S]) -> tuple[bool, int, str, str]:
    """Sorts the better claim first."""
    third_party, provenance = claim(entry.plugin)
    return (third_party, -getattr(entry.spec, "priority", 0), provenance, entry.spec.name)


def settle(
    entries: Iterable[Entry[S]], key: Callable[[str], str], reserved: Collection[str] = ()
) -> Table[S]:
    """Give every name to its best claim; nobody gets a reserved one."""
    ordered = tuple(sorted(entries, key=rank))
    winners: dict[str, Entry[S]] = {}
    lost: list[Loss[S]] = []
    for entry in ordered:
        if entry.spec.name in reserved:
            lost.append(Loss(entry, f"{entry.spec.name!r} is a name of xpgrad itself"))
            continue
        holder = winners.setdefault(key(entry.spec.name), entry)
        if holder is not entry:
            lost.append(Loss(entry, f"{entry.spec.name!r} belongs to {holder.plugin.provenance}"))
    return Table(winners, ordered, tuple(lost))


def settle_backends(entries: Iterable[Entry[BackendSpec]]) -> Table[BackendSpec]:
    """As `settle`, and no backend may be called like a device kind that another one serves."""
    ordered = tuple(sorted(entries, key=rank))
    winners: dict[str, Entry[BackendSpec]] = {}
    kinds: dict[str, str] = {}
    lost: list[Loss[BackendSpec]] = []
    for entry in ordered:
        reason = _why_unfit(entry.spec, winners, kinds)
        if reason:
            lost.append(Loss(entry, reason))
            continue
        winners[entry.spec.name] = entry
        kinds.update(dict.fromkeys(entry.spec.devices, entry.plugin.provenance))
    return Table(winners, ordered, tuple(lost))


def _why_unfit(
    spec: BackendSpec, winners: dict[str, Entry[BackendSpec]], kinds: dict[str, str]
) -> str:
    if spec.name in winners:
        return f"{spec.name!r} belongs to {winners[spec.name].plugin.provenance}"
    if spec.name in kinds:
        return f"{spec.name!r} is a device kind of {kinds[spec.name]}"
    for kind in spec.devices:
        if kind in winners:
            return f"its device kind {kind!r} is the backend of {winners[kind].plugin.provenance}"
    return ""


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything the loaded plugins declare, by kind."""

    backends: Table[BackendSpec]
    ops: Table[OpSpec]
    optimizers: Table[OptimizerSpec]
    components: dict[str, Table[ComponentSpec]]

    def by_kind(self) -> Iterator[tuple[str, Table[Any]]]:
        """Every table with the word for what it holds."""
        yield "backend", self.backends
        yield "operation", self.ops
        yield "optimizer", self.optimizers
        yield from self.components.items()

    def losses(self) -> Iterator[tuple[str, Loss[Any]]]:
        """Every lost name with the word for what it is."""
        for kind, table in self.by_kind():
            for loss in table.lost:
                yield kind, loss


def build(
    plugins: Iterable[Plugin], component_kinds: Iterable[str], own_names: Collection[str]
) -> Tables:
    """The tables of the plugins that loaded; no operation may have one of core's own names."""
    pairs = [(spec, plugin) for plugin in plugins if plugin.usable for spec in plugin.specs]
    backends = [Entry(spec, plugin) for spec, plugin in pairs if isinstance(spec, BackendSpec)]
    ops = [Entry(spec, plugin) for spec, plugin in pairs if isinstance(spec, OpSpec)]
    optimizers = [Entry(spec, plugin) for spec, plugin in pairs if isinstance(spec, OptimizerSpec)]
    components = [Entry(spec, plugin) for spec, plugin in pairs if isinstance(spec, ComponentSpec)]
    return Tables(
        settle_backends(backends),
        settle(ops, exact, own_names),
        settle(optimizers, folded),
        {
            kind: settle([each for each in components if each.spec.kind == kind], folded)
            for kind in component_kinds
        },
    )
