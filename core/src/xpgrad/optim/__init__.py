"""Optimizers: the base that everybody builds on, SGD, schedules, and whatever packages are installed.

A name that is not written here, such as ``xpgrad.optim.Adam``, is asked of the registry of plugins when it is
first used.
"""

from __future__ import annotations

from typing import Any

import xpgrad._namespace  # noqa: F401 - puts the operators on the Tensor
from xpgrad.errors import PluginError
from xpgrad.extend import registry
from xpgrad.optim import lr_scheduler as lr_scheduler
from xpgrad.optim.optimizer import Optimizer as Optimizer
from xpgrad.optim.options import require as require
from xpgrad.optim.sgd import SGD as SGD
from xpgrad.optim.stateful import Stateful as Stateful
from xpgrad.optim.transformations import Transformation as Transformation
from xpgrad.optim.transformations import add_decayed_weights as add_decayed_weights
from xpgrad.optim.transformations import chain as chain
from xpgrad.optim.transformations import clip_by_global_norm as clip_by_global_norm
from xpgrad.optim.transformations import clip_by_value as clip_by_value
from xpgrad.optim.tree_optimizer import TreeOptimizer as TreeOptimizer

__all__ = [
    "SGD",
    "Optimizer",
    "Stateful",
    "Transformation",
    "TreeOptimizer",
    "add_decayed_weights",
    "chain",
    "clip_by_global_norm",
    "clip_by_value",
    "create",
    "lr_scheduler",
    "require",
]


def create(name: str, params: Any = None, **options: Any) -> Any:
    """The optimizer of a name, made.

    Args:
        name: As installed, without regard to case; ``"distribution:name"`` where two packages claim it.
        params: As for the class.
        options: As for the class.

    Raises:
        PluginError: Where no installed package provides it; says which one to install.

    >>> import xpgrad as xp
    >>> xp.optim.create("sgd", [xp.zeros(2)], lr=0.5).defaults["lr"]
    0.5
    """
    return registry.optimizer(name)(params, **options)


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        message = f"module 'xpgrad.optim' has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=None)
    try:
        found = registry.optimizer(name)
    except PluginError as error:
        message = f"module 'xpgrad.optim' has no attribute {name!r}: {error}"
        raise AttributeError(message, name=name) from error
    names = registry.optimizer_names()
    if name not in names:
        known = next(each for each in names if each.casefold() == name.casefold())
        message = f"module 'xpgrad.optim' has no attribute {name!r}; did you mean {known!r}? (create() ignores case)"
        raise AttributeError(message, name=name)
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *registry.optimizer_names()})
