"""What the generator knows of one operation, from the tables or from a plugin."""

from __future__ import annotations

import inspect
import itertools
from typing import Any, NamedTuple

from xpgrad._chapters import split
from xpgrad._signatures import ARRAYS, INTERNAL, SIGNATURES
from xpgrad.errors import PluginError
from xpgrad.extend import registry
from xpgrad.rules import CONSTANTS, RULES, Rule

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
    doc: str = ""
    """What a plugin's forward function says of itself."""

    @property
    def last(self) -> str:
        """The name without its chapter."""
        return split(self.name)[1]

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of several results; empty for one array."""
        return self.rule.outputs if self.rule else ()

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
    forward = registry.op_target(name, "forward")
    signature = inspect.signature(forward)
    rule = registry.op_target(name, "rule")
    public = [
        p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name != "xp"
    ]
    arrays = tuple(p.name for p in public if p.kind is p.POSITIONAL_ONLY)
    optional = frozenset(p.name for p in public if p.default is not p.empty)
    text = str(signature.replace(parameters=public, return_annotation=signature.empty))[1:-1]
    parameters = tuple(p.name for p in public)
    doc = inspect.getdoc(forward) or ""
    operation = Operation(name, text, parameters, optional, arrays, rule, doc)
    unfit = _unfit_forward(signature, arrays) or _unfit_rule(operation)
    if unfit:
        message = f"operation {name!r} of a plugin cannot be used: {unfit}"
        raise PluginError(message)
    return operation


def _unfit_forward(signature: inspect.Signature, arrays: tuple[str, ...]) -> str:
    """Why a plugin's forward function cannot become an operation; empty if it can."""
    kinds = {p.kind for p in signature.parameters.values()}
    if "xp" not in signature.parameters:
        return (
            f"its forward function {signature} takes no keyword 'xp', the namespace to compute with"
        )
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        return f"its forward function {signature} takes *args or **kwargs; name every parameter"
    if not arrays:
        return f"its forward function {signature} has no array; arrays are what stands before '/'"
    return ""


def _unfit_rule(operation: Operation) -> str:
    """Why a plugin's rule does not fit its forward function; empty if it does."""
    rule, arrays = operation.rule, operation.arrays
    if rule is None:
        return ""
    if not isinstance(rule, Rule):
        return (
            f"its rule is {rule!r}; expected what elementwise(...) or another of the words returned"
        )
    if rule.name != operation.name:
        return f"its rule was made for {rule.name!r}"
    if rule.sequence and arrays != ("arrays",):
        return f"its rule takes a sequence; the one array parameter is then called 'arrays', got {arrays}"
    prefixed = {f"{word}_{a}" for a in arrays for word in ("like", "shape")}
    known = {*operation.parameters, "out", *prefixed}
    strangers = [p for p in rule.vjps if p not in arrays]
    strangers += [n for n in operation.kept if n not in known]
    if strangers:
        return (
            f"its rule speaks of {', '.join(strangers)}; expected derivatives by {', '.join(arrays)}, written with g "
            f"and any of xp, {', '.join(sorted(known))}"
        )
    return ""


def parameters_of(function: Any) -> tuple[tuple[str, ...], frozenset[str]]:
    """All parameter names, and those with a default."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults = function.__defaults__ or ()
    positional = names[: code.co_argcount]
    optional = {*(function.__kwdefaults__ or {}), *positional[len(positional) - len(defaults) :]}
    return tuple(names), frozenset(optional)
