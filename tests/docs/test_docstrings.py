"""The examples in docstrings run as they stand: of every module, and of every function made at run time."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import warnings
from typing import TYPE_CHECKING

import pytest

import xpgrad as xp
from xpgrad._signatures import SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PACKAGES = (
    "xpgrad", "xpgrad_numpy", "xpgrad_layers", "xpgrad_adagrad", "xpgrad_rmsprop", "xpgrad_adam",
)  # fmt: skip
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MOST_USED = (
    "sum mean max min prod var std where take take_along_axis scatter_add matmul tensordot reshape permute_dims concat "
    "stack broadcast_to astype clip sort cumulative_sum maximum exp softmax logsumexp add argmax"
).split()


def modules(package: str) -> Iterator[str]:
    """A package's modules with an example, but for programs and the kit's test files."""
    yield package
    path = importlib.import_module(package).__path__
    for found in pkgutil.walk_packages(path, f"{package}."):
        if not found.name.endswith("__main__") and ".test_" not in found.name:
            yield found.name


def run(test: doctest.DocTest) -> None:
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


def examples_of(target: ModuleType, name: str) -> list[doctest.DocTest]:
    found = doctest.DocTestFinder().find(target, name, globs=dict(vars(target)))
    return [test for test in found if test.examples]


NAMES = [name for package in PACKAGES for name in modules(package)]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_module_run(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for test in examples_of(importlib.import_module(name), name):
            run(test)


@pytest.mark.parametrize("name", SIGNATURES)
def test_an_operation_says_what_it_is_and_its_example_runs(name: str) -> None:
    text = getattr(xp, name).__doc__
    first, blank, *rest = text.splitlines()
    assert first.endswith(".")
    assert not blank
    assert any(line.startswith("Derivative: ") for line in rest)
    assert any(line.startswith("Raises: ") for line in rest)
    assert ">>>" in text or name not in MOST_USED
    run(doctest.DocTestParser().get_doctest(text, {}, name, None, 0))


def test_a_wrong_example_fails() -> None:
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    with pytest.raises(AssertionError, match="Expected"):
        run(test)
