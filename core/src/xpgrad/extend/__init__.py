"""How others join xpgrad: what a plugin's declaration module imports, and nothing heavier.

>>> from xpgrad.extend import OptimizerSpec, hookimpl
>>> OptimizerSpec("Lion", "my_lion.lion:Lion").name
'Lion'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpgrad._rule import elementwise as elementwise
    from xpgrad._rule import general as general
    from xpgrad._rule import linear as linear
    from xpgrad._rule import multilinear as multilinear
    from xpgrad.extend.backend import Backend as Backend
    from xpgrad.extend.hookspecs import hookimpl as hookimpl
    from xpgrad.extend.registry import register_plugin as register_plugin
    from xpgrad.extend.specs import XPGRAD_API as XPGRAD_API
    from xpgrad.extend.specs import BackendSpec as BackendSpec
    from xpgrad.extend.specs import ComponentSpec as ComponentSpec
    from xpgrad.extend.specs import OpSpec as OpSpec
    from xpgrad.extend.specs import OptimizerSpec as OptimizerSpec

_HOME = {
    "xpgrad._rule": ("elementwise", "general", "linear", "multilinear"),
    "xpgrad.extend.backend": ("Backend",),
    "xpgrad.extend.hookspecs": ("hookimpl",),
    "xpgrad.extend.registry": ("register_plugin",),
    "xpgrad.extend.specs": (
        "XPGRAD_API",
        "BackendSpec",
        "ComponentSpec",
        "OpSpec",
        "OptimizerSpec",
    ),
}

__all__ = [
    "XPGRAD_API", "Backend", "BackendSpec", "ComponentSpec", "OpSpec", "OptimizerSpec", "elementwise", "general",
    "hookimpl", "linear", "multilinear", "register_plugin",
]  # fmt: skip


def __getattr__(name: str) -> object:
    for home, names in _HOME.items():
        if name in names:
            value = globals()[name] = getattr(import_module(home), name)
            return value
    msg = f"module 'xpgrad.extend' has no attribute {name!r}; it has {', '.join(__all__)}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
