"""The declared cases of optimizers, layers and losses, and the tests' arguments made of them.

A test module takes :func:`pytest_generate_tests` and :func:`known_failures` from here, so its author's module does
too.  What is under test comes from an option or a constant: ``--xpgrad-optimizer lion``, ``OPTIMIZER = "lion"``; a
pattern such as ``"adam*"`` or a tuple means several; without either, all that is installed.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

from xpgrad._support import matches
from xpgrad.conformance.learning import own
from xpgrad.conformance.names import each, stop
from xpgrad.errors import PluginError
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "INPUT",
    "OUTPUT",
    "LayerCase",
    "OptimizerCase",
    "generate",
    "known_failures",
    "layer_cases",
    "optimizer_cases",
]

INPUT: Final = "input"
OUTPUT: Final = "output"
"""Keys of a layer's case that are no arguments of its constructor."""


def _label(options: Mapping[str, Any]) -> str:
    """Options as a test's name shows them: ``lr=0.1,betas=(0.9,0.99)``."""
    return ",".join(f"{k}={v}".replace(" ", "") for k, v in options.items())


@dataclass(frozen=True)
class OptimizerCase:
    """An optimizer by its registered name, and the options under which it is run."""

    name: str
    options: Mapping[str, Any]
    known: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.name}-{_label(self.options)}" if self.options else self.name

    @property
    def factory(self) -> Any:
        """The class."""
        return registry.optimizer(self.name)

    @property
    def reference(self) -> Any:
        """The independent statement of its rule, or None."""
        return registry.reference_of("optimizer", self.name)

    def create(self, params: Any = None, **changes: Any) -> Any:
        """The optimizer on these parameters, with other options if its constructor takes them."""
        return self.factory(params, **{**self.options, **changes})


@dataclass(frozen=True)
class LayerCase:
    """A layer or a loss by its registered name, the arguments of its constructor, and what it is called with."""

    name: str
    kind: str
    options: Mapping[str, Any]
    inputs: tuple[Any, ...] | None
    output: tuple[int, ...] | None
    known: Mapping[str, str]
    own: own.Own | None = None
    """One of core's, which no registry has."""

    def __str__(self) -> str:
        return f"{self.name}-{_label(self.options)}" if self.options else self.name

    @property
    def reference(self) -> Any:
        """The independent statement of its function, or None."""
        return self.own.reference if self.own else registry.reference_of(self.kind, self.name)

    def create(self, **more: Any) -> Any:
        """The layer, as it comes from its constructor; ``more`` are ``device`` and ``dtype``."""
        make: Any = self.own.make if self.own else registry.component(self.kind, self.name)
        return make(**self.options, **more)


def _fitting(names: list[str], name: str) -> list[str]:
    """Those of the installed names that one name or pattern means."""
    if ":" in name:  # distribution:name, of which there is one
        return [name]
    return [n for n in names if fnmatch.fnmatchcase(n.casefold(), name.casefold())]


def _chosen(word: str, names: list[str], asked: Any) -> list[str]:
    """Those of the installed names that were asked for; PluginError where one that was is not there."""
    if asked is None:
        return names
    return each(asked, word.upper(), word, lambda name: _fitting(names, name), names)


def optimizer_cases(name: Any = None) -> list[OptimizerCase]:
    """Every case of the installed optimizers, or of those that a name or a pattern means; several in a tuple.

    Raises:
        PluginError: where a name means none.
    """
    names = _chosen("optimizer", registry.optimizer_names(), name)
    specs: dict[str, Any] = {n: registry.spec_of("optimizer", n) for n in names}
    return [
        OptimizerCase(n, options, spec.known_failures)
        for n, spec in specs.items()
        for options in _of(spec)
    ]


def _of(spec: Any) -> list[dict[str, Any]]:
    """The declared cases; without any, the defaults."""
    return [dict(case) for case in spec.cases] or [{}]


def layer_cases(name: Any = None) -> list[LayerCase]:
    """Every case of the installed layers and losses, or of those that a name or a pattern means; several in a tuple.

    Without a name also core's own containers.

    Raises:
        PluginError: where a name means none.
    """
    kinds = {n: kind for kind in ("loss", "layer") for n in registry.component_names(kind)}
    found = []
    for n in _chosen("layer", sorted(kinds), name):
        kind = kinds.get(n, "layer")
        spec: Any = registry.spec_of(kind, n)
        found += [_layer_case(kind, n, c, spec.known_failures) for c in _of(spec)]
    if name is None:
        found += [
            LayerCase(n, "layer", {}, _inputs(layer.input), layer.output, {}, layer)
            for n, layer in own.LAYERS.items()
        ]
    return found


def _layer_case(
    kind: str, name: str, case: Mapping[str, Any], known: Mapping[str, str]
) -> LayerCase:
    options = {k: v for k, v in case.items() if k not in (INPUT, OUTPUT)}
    return LayerCase(name, kind, options, _inputs(case.get(INPUT)), case.get(OUTPUT), known)


def _inputs(declared: Any) -> tuple[Any, ...] | None:
    """A list is several inputs; anything else is one."""
    if declared is None:
        return None
    return tuple(declared) if isinstance(declared, list) else (declared,)


# --- the tests' arguments ----------------------------------------------------------------------------------

ARGUMENTS: Final[dict[str, Callable[[Any], list[Any]]]] = {
    "optimizer_case": optimizer_cases,
    "layer_case": layer_cases,
}


def generate(metafunc: Any) -> None:
    """One test for each case of what is under test."""
    for argument, cases in ARGUMENTS.items():
        if argument in metafunc.fixturenames:
            word = argument.removesuffix("_case")
            option = metafunc.config.getoption(f"--xpgrad-{word}")
            name = option or getattr(metafunc.module, word.upper(), None)
            try:
                found = cases(name)
            except PluginError as error:
                stop(str(error))
            metafunc.parametrize(argument, [pytest.param(c, id=str(c)) for c in found])


@pytest.fixture(autouse=True)
def known_failures(request: Any) -> None:
    """A test that is declared to fail is expected to: where it passes, it has failed."""
    for pattern, reason in _known(request.node):
        reporter = request.config.pluginmanager.get_plugin("xpgrad-conformance-report")
        if reporter is not None:
            reporter.found.add(pattern)
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


def _known(item: Any) -> Iterator[tuple[str, str]]:
    params = getattr(getattr(item, "callspec", None), "params", {})
    case = next((params[a] for a in ARGUMENTS if a in params), None)
    for pattern, reason in getattr(case, "known", {}).items():
        if matches(pattern, item.name):
            yield pattern, reason
