"""Turning a target into an object, and a `BackendSpec` into a running backend.

Where that fails, the error names the part that is missing: the library, or its driver or device.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib import import_module
from typing import TYPE_CHECKING, cast

from xpgrad.errors import BackendError, PluginError
from xpgrad.extend.manager import describe_exception

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad.extend.specs import BackendSpec
    from xpgrad.extend.tables import Entry


def resolve(target: str) -> object:
    """The object that ``"package.module:attr"`` names; imports the module."""
    module, _, path = target.partition(":")
    found: object = import_module(module)
    for attribute in path.split("."):
        found = getattr(found, attribute)
    return found


def resolve_for(what: str, target: str, provenance: str) -> object:
    """As `resolve`; a failure says which plugin promised the target.

    Raises:
        PluginError: Where the module cannot be imported or has no such name.
    """
    try:
        return resolve(target)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        msg = (
            f"{what} is declared by plugin '{provenance}' but its target {target!r} cannot be "
            f"loaded: {describe_exception(error)}"
        )
        raise PluginError(msg) from error


def has_module(name: str) -> bool:
    """Whether a module is there to be imported; imports at most its parents."""
    if name in sys.modules:
        return sys.modules[name] is not None
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def missing_library(spec: BackendSpec) -> str:
    """The first required module that is not installed; empty where all are."""
    return next((name for name in spec.requires if not has_module(name)), "")


def backend_error(message: str, *, part: str) -> BackendError:
    """A `BackendError` that says which part is missing."""
    error = BackendError(message)
    error.part = part
    return error


def _how(spec: BackendSpec) -> str:
    return f"; to get it: {spec.install}" if spec.install else ""


def _blamed_on(error: BaseException, spec: BackendSpec) -> str:
    if isinstance(error, BackendError) and error.part:
        return error.part  # the backend knows best
    if isinstance(error, (SyntaxError, NameError)):
        return "plugin"
    if not isinstance(error, ImportError):
        return "device"
    own = spec.factory.partition(":")[0].partition(".")[0]
    return "plugin" if (error.name or "").partition(".")[0] == own else "library"


_PARTS = {
    "plugin": "the plugin itself is broken",
    "library": "a library it needs cannot be imported",
    "device": "its driver or device does not answer",
}


def _cannot_start(entry: Entry[BackendSpec], error: BaseException) -> BackendError:
    spec = entry.spec
    part = _blamed_on(error, spec)
    hint = _how(spec) if part == "library" else ""
    what = "" if isinstance(error, BackendError) else f"{_PARTS.get(part, part)}: "
    msg = (
        f"backend {spec.name!r} ({entry.plugin}) is installed, but cannot start: "
        f"{what}{describe_exception(error)}{hint}"
    )
    return backend_error(msg, part=part)


def factory_of(entry: Entry[BackendSpec]) -> Callable[[], object]:
    """The factory of a backend whose libraries are there.

    Raises:
        BackendError: With ``part`` telling what is missing.
    """
    spec = entry.spec
    if absent := missing_library(spec):
        msg = (
            f"backend {spec.name!r} ({entry.plugin}) is installed, but the library {absent!r} "
            f"that it needs is not{_how(spec)}"
        )
        raise backend_error(msg, part="library")
    try:
        return cast("Callable[[], object]", resolve(spec.factory))
    except KeyboardInterrupt:
        raise
    except AttributeError as error:
        msg = f"the target {spec.factory!r} does not exist: {error}"
        raise _cannot_start(entry, backend_error(msg, part="plugin")) from error
    except BaseException as error:
        raise _cannot_start(entry, error) from error


def start(entry: Entry[BackendSpec], factory: Callable[[], object]) -> object:
    """Call the factory.

    Raises:
        BackendError: With ``part`` telling what is missing.
    """
    try:
        return factory()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise _cannot_start(entry, error) from error
