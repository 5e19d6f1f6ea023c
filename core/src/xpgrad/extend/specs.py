"""What a plugin says about itself: frozen records of plain text, checked when they are made.

Nothing here imports a target; a target is a string ``"package.module:attr"`` until it is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from xpgrad.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Mapping

XPGRAD_API = (1, 0)
"""The plugin interface of this core: a plugin's ``XPGRAD_API`` has this major, at most this minor.
"""

DEVICE_KINDS = frozenset(
    {"cpu", "cuda", "gpu", "hip", "hpu", "meta", "metal", "mps", "npu", "rocm", "tpu", "vulkan"}
    | {"xla", "xpu"}
)
"""Words that always mean a device in a device text, so no backend may be called so."""

COMPONENT_KINDS = ("layer", "loss", "scheduler", "initializer", "compiler", "exporter")
"""What a component can be."""

_LOWER = re.compile(r"[a-z][a-z0-9_]*(-[a-z0-9_]+)*")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_OPERATION = re.compile(r"([A-Za-z][A-Za-z0-9_]*\.)?[A-Za-z][A-Za-z0-9_]*")
_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")

_NO_FAILURES: Mapping[str, str] = MappingProxyType({})


def _need_name(what: str, value: object, pattern: re.Pattern[str], example: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        msg = f"{what} is {value!r}; expected text like {example!r} (pattern {pattern.pattern})"
        raise PluginError(msg)


def _need_target(what: str, value: object, example: str) -> None:
    if not isinstance(value, str) or not _TARGET.fullmatch(value):
        msg = (
            f"{what} is {value!r}; expected a target {example!r} as text, "
            "so that nothing is imported before it is used"
        )
        raise PluginError(msg)


def _need_texts(what: str, value: object, example: str) -> None:
    if not isinstance(value, tuple) or not all(isinstance(each, str) for each in value):
        msg = f"{what} is {value!r}; expected a tuple of texts like {example}"
        raise PluginError(msg)


def _need_reasons(what: str, value: Mapping[str, object], each: str = "known failure") -> None:
    for key, reason in value.items():
        if not isinstance(reason, str) or not reason.strip():
            msg = f"{what}[{key!r}] is {reason!r}; every {each} needs its reason as text"
            raise PluginError(msg)


def _need_integer(what: str, value: object) -> None:
    if not isinstance(value, int):
        msg = f"{what} is {value!r}; expected an int"
        raise PluginError(msg)


def _need_class(what: str, spec: OptimizerSpec | ComponentSpec) -> None:
    _need_target(f"{what} factory", spec.factory, "package.module:Class")
    if spec.reference is not None:
        _need_target(f"{what} reference", spec.reference, "package.module:function")
    _need_reasons(f"{what} known_failures", spec.known_failures)


@dataclass(frozen=True, slots=True)
class BackendSpec:
    """An array library.

    Args:
        name: The word before the colon in ``"name:cpu"``. Lower case; never the name of a
            device kind.
        array_types: The array classes it owns, as ``"module:qualname"``:
            ``("numpy:ndarray",)``.
        devices: The device kinds it serves: ``("cpu",)``, ``("cuda",)``.
        factory: Target of a callable without arguments that returns the `Backend`; called on
            first use.
        priority: Among backends that serve the same device kind, of this project or of others, the highest
            is taken.
        requires: Importable modules without which it cannot start: ``("cupy",)``.
        install: What a user types to get them; shown where one is missing.
        lacks: What the library or its devices cannot do, each with the reason: dtypes (``"float64"``), chapters
            (``"linalg"``), single operations, ``"data-dependent shapes"``, or a level of the conformance kit from
            ``"L2"`` on.  Of these, nothing is tested, and ``xpgrad.supports`` says no.
        known_failures: Tests of the conformance kit that fail, by pattern (``"test_vmap*[conv*]"``), each with its
            reason and a link.  One that passes, or that names no test, is reported as a failure.

    Raises:
        PluginError: Where a field cannot be used; the message names it.

    Example:
        >>> BackendSpec("mylib", ("mylib:Array",), ("cpu",), "xpgrad_mylib.backend:Mine").name
        'mylib'
    """

    name: str
    array_types: tuple[str, ...]
    devices: tuple[str, ...]
    factory: str
    priority: int = 0
    requires: tuple[str, ...] = ()
    install: str = ""
    lacks: Mapping[str, str] = field(default_factory=lambda: _NO_FAILURES)
    known_failures: Mapping[str, str] = field(default_factory=lambda: _NO_FAILURES)

    def __post_init__(self) -> None:
        """Check every field."""
        _need_name("a backend's name", self.name, _LOWER, "numpy")
        what = f"backend {self.name!r}:"
        _need_texts(f"{what} devices", self.devices, '("cpu",)')
        for kind in self.devices:
            _need_name(f"{what} a device kind", kind, _LOWER, "cuda")
        if self.name in DEVICE_KINDS or self.name in self.devices:
            msg = (
                f"{what} that is the name of a device kind, so the text '{self.name}:0' would have "
                "two readings; name the backend after its library"
            )
            raise PluginError(msg)
        _need_texts(f"{what} array_types", self.array_types, '("numpy:ndarray",)')
        for text in self.array_types:
            _need_target(f"{what} an array type", text, "numpy:ndarray")
        _need_target(f"{what} factory", self.factory, "package.module:Backend")
        _need_texts(f"{what} requires", self.requires, '("cupy",)')
        _need_texts(f"{what} install", (self.install,), '"pip install …"')
        _need_integer(f"{what} priority", self.priority)
        _need_reasons(f"{what} lacks", self.lacks, "thing that is lacking")
        _need_reasons(f"{what} known_failures", self.known_failures)


@dataclass(frozen=True, slots=True)
class OpSpec:
    """A new operation.

    Args:
        name: A Python identifier, the same word as in its rule; or ``chapter.name``, which becomes
            ``xpgrad.chapter.name``.
        forward: Target of the forward function, written against the array namespace.
        rule: Target of what ``elementwise(...)``, ``linear(...)``, ``multilinear(...)`` or
            ``general(...)`` returned; None for an operation without a derivative.
        samples: Target of a function that yields sample inputs for the conformance kit.
        reference: Target of an independent implementation on host arrays.
        known_failures: Tests of the kit that fail, each with its reason.
    """

    name: str
    forward: str
    rule: str | None = None
    samples: str | None = None
    reference: str | None = None
    known_failures: Mapping[str, str] = field(default_factory=lambda: _NO_FAILURES)

    def __post_init__(self) -> None:
        """Check every field."""
        _need_name("an operation's name", self.name, _OPERATION, "softsign")
        what = f"operation {self.name!r}:"
        _need_target(f"{what} forward", self.forward, "package.module:function")
        for word in ("rule", "samples", "reference"):
            if getattr(self, word) is not None:
                _need_target(f"{what} {word}", getattr(self, word), "package.module:name")
        _need_reasons(f"{what} known_failures", self.known_failures)


@dataclass(frozen=True, slots=True)
class OptimizerSpec:
    """An optimizer, found as ``xpgrad.optim.<name>``.

    Args:
        name: The class name a user types; looked up without regard to case.
        factory: Target of the class.
        reference: Target of an independent statement of the published method, for the
            conformance kit.
        cases: Keyword arguments under which the kit runs it, one mapping per run; empty: the
            defaults.
        known_failures: Tests of the kit that fail, each with its reason.
    """

    name: str
    factory: str
    reference: str | None = None
    cases: tuple[Mapping[str, object], ...] = ()
    known_failures: Mapping[str, str] = field(default_factory=lambda: _NO_FAILURES)

    def __post_init__(self) -> None:
        """Check every field."""
        _need_name("an optimizer's name", self.name, _IDENTIFIER, "Adam")
        _need_class(f"optimizer {self.name!r}:", self)


@dataclass(frozen=True, slots=True)
class ComponentSpec:
    """A layer, a loss, a scheduler, an initializer, a compiler or an exporter.

    Args:
        kind: One of `COMPONENT_KINDS`.
        name: What a user types; looked up by kind, without regard to case.
        factory: Target of the class or function.
        reference: Target of an independent statement of what it computes: a function of the state (NumPy arrays by
            name), the inputs (NumPy arrays) and the arguments of the case, which returns the first result.  One with a
            parameter ``training`` is asked for the training step too, and then returns the result and the new buffers.
        cases: Keyword arguments under which the kit makes it.  Two keys are no arguments: ``"input"`` is what a layer
            or a loss is called with: a shape ``(2, 3)``, integers ``{"shape": (2, 3), "below": 5}``, or a list of
            these where there are several inputs.  ``"output"`` is the shape of what it returns (may be left out).
        known_failures: As in `OptimizerSpec`.
    """

    kind: str
    name: str
    factory: str
    reference: str | None = None
    cases: tuple[Mapping[str, object], ...] = ()
    known_failures: Mapping[str, str] = field(default_factory=lambda: _NO_FAILURES)

    def __post_init__(self) -> None:
        """Check every field."""
        if self.kind not in COMPONENT_KINDS:
            msg = (
                f"component {self.name!r}: kind is {self.kind!r}; expected one of {COMPONENT_KINDS}"
            )
            raise PluginError(msg)
        _need_name(f"a {self.kind}'s name", self.name, _IDENTIFIER, "Linear")
        _need_class(f"{self.kind} {self.name!r}:", self)
