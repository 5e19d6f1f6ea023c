"""How others join xpgrad: what a plugin's declaration module imports, and nothing heavier.

>>> from xpgrad.extend import OptimizerSpec, hookimpl
>>> OptimizerSpec("Lion", "my_lion.lion:Lion").name
'Lion'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpgrad.extend.backend import Backend as Backend
    from xpgrad.extend.hookspecs import hookimpl as hookimpl
    from xpgrad.extend.registry import register_plugin as register_plugin
    from xpgrad.extend.specs import XPGRAD_API as XPGRAD_API
    from xpgrad.extend.specs import BackendSpec as BackendSpec
    from xpgrad.extend.specs import ComponentSpec as ComponentSpec
    from xpgrad.extend.specs import OpSpec as OpSpec
    from xpgrad.extend.specs import OptimizerSpec as OptimizerSpec

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
    "hookimpl",
    "register_plugin",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        msg = f"module 'xpgrad.extend' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"xpgrad.extend.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
