"""RMSprop against PyTorch's trajectories on file, and against the paper's rule in Python floats."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import xpgrad as xp
from xpgrad_rmsprop import reference
from xpgrad_rmsprop.rmsprop import RMSprop

FILE = Path(__file__).parents[3] / "tests" / "data" / "optim" / "trajectories.py"
t = SimpleNamespace(**runpy.run_path(str(FILE)))
CASES = t.cases("RMSprop")


@pytest.mark.parametrize("case", CASES, ids=t.title)
def test_it_walks_where_pytorch_walks(case):
    assert t.furthest(t.run(xp, RMSprop, case), case["trajectory"]) < 1e-12


@pytest.mark.parametrize("case", [c for c in CASES if len(c) == 2], ids=t.title)
def test_the_reference_walks_there_too(case):
    start = [x for values in t.START for x in values]
    found = reference.rmsprop(start, t.gradient, t.STEPS, **t.options(case))
    assert t.furthest([found[n - 1] for n in t.KEPT], case["trajectory"]) < 1e-12


def test_it_is_found_by_name():
    assert xp.optim.RMSprop is RMSprop
    assert type(xp.optim.create("rmsprop", [xp.zeros(1)])) is RMSprop


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1.0}, "Invalid learning rate: -1.0"),
        ({"eps": -1}, "Invalid epsilon value: -1"),
        ({"momentum": -0.5}, "Invalid momentum value: -0.5"),
        ({"weight_decay": -1}, "Invalid weight_decay value: -1"),
        ({"alpha": -1}, "Invalid alpha value: -1"),
    ],
)
def test_bad_arguments_are_refused_in_pytorchs_words(options, message):
    with pytest.raises(ValueError, match=message):
        RMSprop([xp.zeros(1)], **options)


def test_a_constant_gradient_never_makes_the_centred_variance_negative():
    p = xp.tensor([0.0], requires_grad=True)
    optimizer = RMSprop([p], lr=1e-9, centered=True, alpha=0.5)
    for _ in range(200):
        p.grad = xp.asarray([0.1])
        optimizer.step()
    assert p.item() == p.item()
