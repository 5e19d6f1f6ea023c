"""What is mutated, and how a mutant takes the place of the real module.

A rule counts as changed where its code differs, or the code or the constants of what it calls in these modules.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xpgrad._namespace._indexing import install_indexing
from xpgrad._namespace._operations import NODES
from xpgrad._rule import Rule
from xpgrad.extend import registry
from xpgrad.rules import RULES, _table

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

__all__ = ["TARGETS", "Target", "put"]

RULE_MODULES: Final = (
    "_shapes linalg contraction convolution decompositions elementwise fft indexing linear_algebra manipulation "
    "ordering special statistics windows"
).split()
"""In an order in which each can be executed after those that it imports."""
SPECIAL_MODULES: Final = (
    "_tools error_functions gamma bessel information integrals distributions reductions"
).split()
OPTIMIZERS: Final = {
    "xpgrad.optim.sgd": ("SGD",),
    "xpgrad_adam.adam": ("Adam", "AdamW"),
    "xpgrad_adam.adamw": ("AdamW",),
    "xpgrad_adagrad.adagrad": ("Adagrad",),
    "xpgrad_rmsprop.rmsprop": ("RMSprop",),
}
NO_FORMULAS: Final = {"by_scipy", "missing"}
UPDATES: Final = {"init", "update"}


class Target(NamedTuple):
    """A module, its text, and which of its functions are formulas."""

    module: str
    text: str
    is_formula: Callable[[str], bool]
    optimizers: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """As mutants' names begin: ``rules/fft``."""
        return self.module.removeprefix("xpgrad.").replace(".", "/")


def _text(module: str) -> str:
    return Path(inspect.getfile(importlib.import_module(module))).read_text(encoding="utf-8")


def _is_rule(name: str) -> bool:
    return name not in NO_FORMULAS and f"special.{name}" not in registry.ops()


def _targets() -> tuple[Target, ...]:
    rules = [f"xpgrad.rules.{n}" for n in RULE_MODULES]
    special = [f"xpgrad_special.{n}" for n in SPECIAL_MODULES]
    found = [Target(m, _text(m), lambda name: True) for m in rules]
    found += [Target(m, _text(m), _is_rule) for m in special]
    found += [Target(m, _text(m), UPDATES.__contains__, names) for m, names in OPTIMIZERS.items()]
    return tuple(found)


TARGETS: Final = _targets()
GROUPS: Final = ([f"xpgrad.rules.{n}" for n in RULE_MODULES],
                 [f"xpgrad_special.{n}" for n in SPECIAL_MODULES])  # fmt: skip


def put(target: Target, tree: ast.Module) -> list[str]:
    """Put a mutant in the place of its module; the operations or optimizers whose code has changed."""
    code = compile(tree, f"<mutant of {target.module}>", "exec")
    if target.optimizers:
        return _put_methods(target, code)
    group = next(g for g in GROUPS if target.module in g)
    vars(_table)["_check_new"] = lambda name: None  # each rule is entered for the second time
    users = [m for m in group if f"from {target.module} import" in TEXTS[m]]
    for name in (target.module, *users):
        module = ModuleType(name)
        module.__file__ = sys.modules[name].__file__
        sys.modules[name] = module
        own = code if name == target.module else compile(TEXTS[name], name, "exec")
        exec(own, module.__dict__)
    rules = _special() if group is GROUPS[1] else RULES
    changed = [n for n, rule in rules.items() if fingerprint(rule) != FINGERPRINTS[n]]
    for name in REAL.keys() - set(changed):
        RULES[name] = REAL[name]
    NODES.clear()
    install_indexing()  # the only operations that are made when xpgrad is imported
    return changed


def _put_methods(target: Target, code: CodeType) -> list[str]:
    classes = [c for c in code.co_consts if isinstance(c, CodeType)]
    for body in classes:
        if body.co_name not in target.optimizers:
            continue
        methods = vars(registry.optimizer(body.co_name))
        for method in body.co_consts:
            if isinstance(method, CodeType) and method.co_name in UPDATES:
                methods[method.co_name].__code__ = method
    return list(target.optimizers)


# --- what has changed -----------------------------------------------------------------------------------------


def _special() -> dict[str, Any]:
    """The rules of the special functions."""
    names = (n for n in registry.ops() if n.startswith("special."))
    return {n: registry.op_target(n, "rule") for n in names}


def fingerprint(value: Any, seen: tuple[int, ...] = ()) -> Any:  # noqa: PLR0911 - a line for each type
    """Equal for values that compute the same: code, constants, and what they reach."""
    if isinstance(value, Rule):
        parts: Any = (value.vjps, value.jvp, value.kind, value.broadcast, value.outputs)
        return fingerprint(parts)
    if isinstance(value, FunctionType):
        if id(value) in seen or value.__module__ not in TEXTS:
            return value.__qualname__
        return _of_function(value, (*seen, id(value)))
    if isinstance(value, CodeType):
        consts = tuple(fingerprint(c, seen) for c in value.co_consts)
        return (value.co_code, value.co_names, value.co_varnames, consts)
    if isinstance(value, (tuple, list)):
        return tuple(fingerprint(v, seen) for v in value)
    if isinstance(value, dict):
        return tuple((k, fingerprint(v, seen)) for k, v in value.items())
    if isinstance(value, (bool, int, float, complex, str, bytes, type(None))):
        return repr(value)
    return getattr(value, "__name__", type(value).__name__)


def _of_function(function: FunctionType, seen: tuple[int, ...]) -> Any:
    cells = tuple(fingerprint(c.cell_contents, seen) for c in function.__closure__ or ())
    names = _names(function.__code__)
    reached = tuple(
        (n, fingerprint(function.__globals__[n], seen))
        for n in sorted(names)
        if n in function.__globals__
    )
    defaults = fingerprint((function.__defaults__, function.__kwdefaults__), seen)
    return (fingerprint(function.__code__, seen), cells, reached, defaults)


def _names(code: CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


TEXTS: Final = {t.module: t.text for t in TARGETS if not t.optimizers}
REAL: Final = dict(RULES)
FINGERPRINTS: Final = {n: fingerprint(rule) for n, rule in (RULES | _special()).items()}
