"""Adagrad against PyTorch's trajectories on file, and against the paper's rule in Python floats."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import xpgrad as xp
from xpgrad_adagrad import reference
from xpgrad_adagrad.adagrad import Adagrad

FILE = Path(__file__).parents[3] / "tests" / "data" / "optim" / "trajectories.py"
t = SimpleNamespace(**runpy.run_path(str(FILE)))
CASES = t.cases("Adagrad")


@pytest.mark.parametrize("case", CASES, ids=t.title)
def test_it_walks_where_pytorch_walks(case):
    assert t.furthest(t.run(xp, Adagrad, case), case["trajectory"]) < 1e-12


@pytest.mark.parametrize("case", [c for c in CASES if len(c) == 2], ids=t.title)
def test_the_reference_walks_there_too(case):
    start = [x for values in t.START for x in values]
    found = reference.adagrad(start, t.gradient, t.STEPS, **t.options(case))
    assert t.furthest([found[n - 1] for n in t.KEPT], case["trajectory"]) < 1e-12


def test_it_is_found_by_name():
    assert xp.optim.Adagrad is Adagrad
    assert type(xp.optim.create("adagrad", [xp.zeros(1)])) is Adagrad


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1.0}, "Invalid learning rate: -1.0"),
        ({"lr_decay": -0.1}, "Invalid lr_decay value: -0.1"),
        ({"weight_decay": -1}, "Invalid weight_decay value: -1"),
        ({"initial_accumulator_value": -1}, "Invalid initial_accumulator_value value: -1"),
        ({"eps": -1}, "Invalid epsilon value: -1"),
    ],
)
def test_bad_arguments_are_refused_in_pytorchs_words(options, message):
    with pytest.raises(ValueError, match=message):
        Adagrad([xp.zeros(1)], **options)
