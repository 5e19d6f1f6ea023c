"""SGD against PyTorch's trajectories on file, and against the scalar statement of its formula."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import xpgrad as xp
from xpgrad.optim import reference

FILE = Path(__file__).parents[3] / "tests" / "data" / "optim" / "trajectories.py"
t = SimpleNamespace(**runpy.run_path(str(FILE)))
CASES = t.cases("SGD")


@pytest.mark.parametrize("case", CASES, ids=t.title)
def test_it_walks_where_pytorch_walks(case):
    assert t.furthest(t.run(xp, xp.optim.SGD, case), case["trajectory"]) < 1e-12


@pytest.mark.parametrize("case", [c for c in CASES if len(c) == 2], ids=t.title)
def test_the_reference_walks_there_too(case):
    start = [x for values in t.START for x in values]
    found = reference.sgd_reference(start, t.gradient, t.STEPS, **t.options(case))
    assert t.furthest([found[n - 1] for n in t.KEPT], case["trajectory"]) < 1e-12


def test_the_comparison_can_fail():
    wrong = {**CASES[1], "options": {**CASES[1]["options"], "lr": 0.0300001}}
    assert t.furthest(t.run(xp, xp.optim.SGD, wrong), CASES[1]["trajectory"]) > 1e-9


def test_nesterov_needs_momentum_and_no_dampening():
    p = xp.zeros(2, requires_grad=True)
    for options in ({}, {"momentum": 0.9, "dampening": 0.1}):
        with pytest.raises(
            ValueError, match="Nesterov momentum requires a momentum and zero dampening"
        ):
            xp.optim.SGD([p], nesterov=True, **options)


def test_momentum_may_be_switched_on_later():
    p = xp.tensor([1.0], requires_grad=True)
    optimizer = xp.optim.SGD([p], lr=0.5)
    for _ in range(2):
        p.grad = xp.ones(1)
        optimizer.step()
        optimizer.param_groups[0]["momentum"] = 0.9
    assert p.tolist() == [0.0]
    assert optimizer.state[p]["momentum_buffer"].tolist() == [1.0]
