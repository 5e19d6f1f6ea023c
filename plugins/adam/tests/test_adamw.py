"""AdamW against PyTorch's trajectories on file, and against the paper's rule in Python floats."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import xpgrad as xp
from xpgrad_adam import reference
from xpgrad_adam.adamw import AdamW

FILE = Path(__file__).parents[3] / "tests" / "data" / "optim" / "trajectories.py"
t = SimpleNamespace(**runpy.run_path(str(FILE)))
CASES = t.cases("AdamW")


@pytest.mark.parametrize("case", CASES, ids=t.title)
def test_it_walks_where_pytorch_walks(case):
    assert t.furthest(t.run(xp, AdamW, case), case["trajectory"]) < 1e-12


@pytest.mark.parametrize("case", [c for c in CASES if len(c) == 2], ids=t.title)
def test_the_reference_walks_there_too(case):
    start = [x for values in t.START for x in values]
    found = reference.adamw(start, t.gradient, t.STEPS, **t.options(case))
    assert t.furthest([found[n - 1] for n in t.KEPT], case["trajectory"]) < 1e-12


def test_it_is_found_by_name():
    assert xp.optim.AdamW is AdamW
    assert type(xp.optim.create("adamw", [xp.zeros(1)])) is AdamW
