"""Modules, parameters and functions for learning.

Layers and losses come from installed packages: ``xpgrad.nn.Linear`` is looked up when it is
first used.
"""

from __future__ import annotations

from typing import Any

from xpgrad.nn import functional as functional
from xpgrad.nn import init as init
from xpgrad.nn import utils as utils
from xpgrad.nn._substitution import functional_call as functional_call
from xpgrad.nn.containers import ModuleDict as ModuleDict
from xpgrad.nn.containers import ModuleList as ModuleList
from xpgrad.nn.containers import ParameterDict as ParameterDict
from xpgrad.nn.containers import ParameterList as ParameterList
from xpgrad.nn.containers import Sequential as Sequential
from xpgrad.nn.module import Module as Module
from xpgrad.nn.parameter import Parameter as Parameter

__all__ = [
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "Sequential",
    "functional",
    "functional_call",
    "init",
    "utils",
]

KINDS = ("layer", "loss")


def __getattr__(name: str) -> Any:
    """A layer or a loss of an installed package; names are exact."""
    if name.startswith("_"):
        message = f"module 'xpgrad.nn' has no attribute {name!r}"
        raise AttributeError(message, name=name)
    from xpgrad.errors import PluginError  # noqa: PLC0415 - with the first layer
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first layer

    for kind in KINDS:
        if name in registry.component_names(kind):
            return registry.component(kind, name)
    folded = {n.casefold(): n for kind in KINDS for n in registry.component_names(kind)}
    if name.casefold() in folded:
        message = f"module 'xpgrad.nn' has no attribute {name!r}; did you mean {folded[name.casefold()]!r}?"
        raise AttributeError(message, name=name)
    try:
        registry.component("layer", name)
    except PluginError as error:
        message = f"module 'xpgrad.nn' has no attribute {name!r}: {error}"
        raise AttributeError(message, name=name) from error
    raise AssertionError(name)


def __dir__() -> list[str]:
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first look

    return sorted({*__all__, *(n for kind in KINDS for n in registry.component_names(kind))})
