"""The kit sees every fault of a backend: at the right level, and not before, with a message that points to it."""

import inspect
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from xpgrad.conformance.samples.plain import FUNCTIONS
from xpgrad.conformance.site import Site
from xpgrad.conformance.suite import (
    devices,
    first_order,
    learning,
    second_order,
    statements,
    transforms,
    values,
)

sys.path.insert(0, str(Path(__file__).parent))
pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")
from broken.backends import MUTANTS, register

LEVELS = [values, first_order, second_order, transforms, statements, learning, devices]


@pytest.fixture(scope="module", autouse=True)
def registered():
    return register()


def runs(module, site, operations):
    """Every run of a level's tests over these operations: a name and a call."""
    for name, test in vars(module).items():
        if not name.startswith("test_"):
            continue
        wanted = inspect.signature(test).parameters
        over = {"operation": operations, "thorough": [False], "other_device": others(site)}
        for mark in getattr(test, "pytestmark", []):
            over[mark.args[0]] = list(mark.args[1])
        if "function" in wanted:
            over["function"] = [f for f in operations if f in FUNCTIONS]
        if {"formula_operation", "step_operation", "elementwise_operation"} & wanted.keys():
            continue
        yield from ((name, test, {"site": site, **row}) for row in rows(wanted, over))


def rows(wanted, over):
    found = [{}]
    for parameter in (p for p in wanted if p != "site"):
        found = [{**row, parameter: value} for row in found for value in over[parameter]]
    return found


def others(site):
    return [d for d in site.xp.backend.devices() if d != site.device.text][:1]


def failures(module, site, operations):
    """What the tests of a level say."""
    told = []
    for name, test, arguments in runs(module, site, operations):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                test(**arguments)
        except pytest.skip.Exception:
            continue
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - told below
            told.append(f"{name}: {error}")
    return told


@pytest.mark.parametrize("name", MUTANTS, ids=lambda n: MUTANTS[n].fault.replace(" ", "_"))
def test_the_fault_is_seen_at_its_level(name):
    mutant = MUTANTS[name]
    site = Site.of(name, mutant.device)
    operations = mutant.operations.split()
    for level, module in enumerate(LEVELS[: mutant.level]):
        assert not failures(module, site, operations), f"seen at level {level} already"
    told = failures(LEVELS[mutant.level], site, operations)
    assert told, "not seen"
    assert any(mutant.word in text for text in told), told


@pytest.mark.parametrize("name", ["numpy", "array_api_strict"])
def test_the_backends_that_they_are_made_of_pass(name):
    site = Site.of(name)
    for module in LEVELS:
        assert not failures(module, site, ["tanh", "setitem"])
