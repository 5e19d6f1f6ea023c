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

_WORDS = ("elementwise", "general", "linear", "multilinear")
"""The words of a rule live a layer below; an operation's package imports them from here."""

_HOME = {
    "Backend": "backend",
    "BackendSpec": "specs",
    "ComponentSpec": "specs",
    "OpSpec": "specs",
    "OptimizerSpec": "specs",
    "XPGRAD_API": "specs",
    "hookimpl": "hookspecs",
    "register_plugin": "registry",
}

__all__ = [
    "XPGRAD_API",
    "Backend",
    "BackendSpec",
    "ComponentSpec",
    "OpSpec",
    "OptimizerSpec",
    "elementwise",
    "general",
    "hookimpl",
    "linear",
    "multilinear",
    "register_plugin",
]


def __getattr__(name: str) -> object:
    if name in _WORDS:
        return getattr(import_module("xpgrad._rule"), name)
    home = _HOME.get(name)
    if home is None:
        msg = f"module 'xpgrad.extend' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"xpgrad.extend.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
