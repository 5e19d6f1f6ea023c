"""Adam against PyTorch's trajectories on file, and against the paper's rule in Python floats."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import xpgrad as xp
from xpgrad_adam import reference
from xpgrad_adam.adam import Adam

FILE = Path(__file__).parents[3] / "tests" / "data" / "optim" / "trajectories.py"
t = SimpleNamespace(**runpy.run_path(str(FILE)))
CASES = t.cases("Adam")


@pytest.mark.parametrize("case", CASES, ids=t.title)
def test_it_walks_where_pytorch_walks(case):
    assert t.furthest(t.run(xp, Adam, case), case["trajectory"]) < 1e-12


@pytest.mark.parametrize("case", [c for c in CASES if len(c) == 2], ids=t.title)
def test_the_reference_walks_there_too(case):
    start = [x for values in t.START for x in values]
    found = reference.adam(start, t.gradient, t.STEPS, **t.options(case))
    assert t.furthest([found[n - 1] for n in t.KEPT], case["trajectory"]) < 1e-12


def test_it_is_found_by_name():
    assert xp.optim.Adam is Adam
    assert type(xp.optim.create("adam", [xp.zeros(1)])) is Adam


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1.0}, "Invalid learning rate: -1.0"),
        ({"eps": -1e-8}, "Invalid epsilon value: -1e-08"),
        ({"betas": (1.0, 0.999)}, "Invalid beta parameter at index 0: 1.0"),
        ({"betas": (0.9, -0.1)}, "Invalid beta parameter at index 1: -0.1"),
        ({"betas": 0.9}, "Invalid betas: 0.9"),
        ({"weight_decay": -1}, "Invalid weight_decay value: -1"),
    ],
)
def test_bad_arguments_are_refused_in_pytorchs_words(options, message):
    with pytest.raises(ValueError, match=message):
        Adam([xp.zeros(1)], **options)


def test_the_first_step_has_the_size_of_the_rate_whatever_the_gradient():
    for size in (1e-3, 1.0, 1e6):
        p = xp.tensor([0.0], requires_grad=True)
        p.grad = xp.asarray([size])
        Adam([p], lr=0.5).step()
        assert abs(p.item() + 0.5) < 1e-4


def test_float32_bias_corrections_are_not_rounded():
    p = xp.tensor([0.0], dtype=xp.float32, requires_grad=True)
    p.grad = xp.asarray([1.0], dtype=xp.float32)
    Adam([p], lr=1.0, eps=0.0).step()
    assert abs(p.item() + 1.0) < 3e-7
