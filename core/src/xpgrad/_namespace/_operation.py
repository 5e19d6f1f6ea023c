"""What the generator knows of one operation, from the tables or from a plugin."""

from __future__ import annotations

import inspect
import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from xpgrad._signatures import ARRAYS, INTERNAL, SIGNATURES
from xpgrad.errors import PluginError
from xpgrad.extend import registry
from xpgrad.extend.portable import resolve
from xpgrad.rules import CONSTANTS, RULES

if TYPE_CHECKING:
    from xpgrad.rules import Rule

__all__ = ["Operation", "describe"]


class Operation(NamedTuple):
    """What the generator knows of one operation."""

    name: str
    signature: str
    parameters: tuple[str, ...]
    optional: frozenset[str]
    """Parameters that have a default."""
    arrays: tuple[str, ...]
    """Parameters that are arrays, in order."""
    rule: Rule | None

    @property
    def options(self) -> tuple[str, ...]:
        """The other parameters."""
        return tuple(p for p in self.parameters if p not in self.arrays)

    @property
    def constant(self) -> bool:
        """The result carries no derivative, by definition."""
        return self.name in CONSTANTS

    @property
    def sequence(self) -> bool:
        """The one array parameter is a sequence of arrays."""
        return self.rule is not None and self.rule.sequence

    @property
    def active(self) -> tuple[str, ...]:
        """The parameters with a derivative."""
        return tuple(self.rule.vjps) if self.rule else ()

    @property
    def kept(self) -> tuple[str, ...]:
        """The names the rule asks for, without repetition."""
        if self.rule is None:
            return ()
        names = itertools.chain.from_iterable(self.rule.needs.values())
        return tuple(dict.fromkeys(n for n in names if n != "xp"))


def describe(name: str) -> Operation:
    """The operation ``name``: from the tables, or from the plugin that declared it.

    Raises:
        KeyError: if there is none.
    """
    if name not in SIGNATURES and name not in INTERNAL:
        return _from_plugin(name)
    text = SIGNATURES.get(name) or INTERNAL[name]
    scope: dict[str, Any] = {}
    exec(f"def probe({text}): ...", scope)  # noqa: S102 - our own table
    names, optional = parameters_of(scope["probe"])
    scope.clear()  # a function and its globals are a cycle
    arrays = tuple(p for p in names if p in ARRAYS)
    return Operation(name, text, names, optional, arrays, RULES.get(name))


def _from_plugin(name: str) -> Operation:
    """An operation that a plugin declared: its forward function's parameters before ``/`` are the arrays."""
    spec = registry.ops()[name]
    forward = resolve(spec.forward)
    signature = inspect.signature(forward)
    public = [
        p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name != "xp"
    ]
    arrays = tuple(p.name for p in public if p.kind is p.POSITIONAL_ONLY)
    optional = frozenset(p.name for p in public if p.default is not p.empty)
    text = str(signature.replace(parameters=public, return_annotation=signature.empty))[1:-1]
    rule = resolve(spec.rule) if spec.rule else None
    if rule is not None and rule.name != name:
        message = f"operation {name!r} of a plugin has a rule made for {rule.name!r}"
        raise PluginError(message)
    return Operation(name, text, tuple(p.name for p in public), optional, arrays, rule)


def parameters_of(function: Any) -> tuple[tuple[str, ...], frozenset[str]]:
    """All parameter names, and those with a default."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults = function.__defaults__ or ()
    positional = names[: code.co_argcount]
    optional = {*(function.__kwdefaults__ or {}), *positional[len(positional) - len(defaults) :]}
    return tuple(names), frozenset(optional)
