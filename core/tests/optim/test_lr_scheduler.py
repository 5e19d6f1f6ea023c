"""Schedules: PyTorch's rates alone and composed, exact resumption, and the pure function of the step."""

import json
import math
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import xpgrad as xp
from xpgrad.errors import StateDictError
from xpgrad.optim import lr_scheduler as sched

FOLDER = Path(__file__).parents[3] / "tests" / "data" / "optim"
s = SimpleNamespace(**runpy.run_path(str(FOLDER / "schedules.py")))
EXPECTED = {
    case["name"]: case["rates"]
    for case in json.loads((FOLDER / "lr_scheduler.json").read_text(encoding="utf-8"))["cases"]
}
ALONE = [name for name, parts in s.CASES.items() if len(parts) == 1]


def close(found, expected):
    return all(
        math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-14)
        for row, want in zip(found, expected, strict=True)
        for a, b in zip(row, want, strict=True)
    )


@pytest.mark.parametrize("name", s.CASES)
def test_the_rates_are_pytorchs(name):
    assert close(s.rates(xp, sched, name), EXPECTED[name])


def test_every_case_is_on_file():
    assert EXPECTED.keys() == s.CASES.keys()


@pytest.mark.parametrize("name", ALONE)
def test_alone_a_schedule_is_a_pure_function_of_the_step(name):
    ((kind, options),) = s.CASES[name]
    schedule = getattr(sched, kind)(s.optimizer_of(xp), **options)
    ahead = [schedule.at(step) for step in range(s.STEPS)]
    assert schedule.last_epoch == 0
    assert ahead == s.rates(xp, sched, name)


@pytest.mark.parametrize("order", ["optimizer first", "schedule first", "both made before"])
@pytest.mark.parametrize("name", s.CASES)
def test_resuming_is_exact_whatever_is_loaded_first(name, order):
    kinds = [(kind, options) for kind, options in s.CASES[name] if kind != "by hand"]

    def made(optimizer):
        return [getattr(sched, kind)(optimizer, **options) for kind, options in kinds]

    def go_on(optimizer, schedules, steps):
        for _ in range(steps):
            for schedule in schedules:
                schedule.step()
        return [group["lr"] for group in optimizer.param_groups]

    optimizer = s.optimizer_of(xp)
    schedules = made(optimizer)
    go_on(optimizer, schedules, 13)
    if "by-hand" in name:
        optimizer.param_groups[0]["lr"] *= 3.0
    saved = json.loads(json.dumps([optimizer.state_dict(), *(x.state_dict() for x in schedules)]))
    fresh = s.optimizer_of(xp)
    if order == "optimizer first":
        fresh.load_state_dict(saved[0])
    others = made(fresh)
    if order == "both made before":
        fresh.load_state_dict(saved[0])
    for schedule, state in zip(others, saved[1:], strict=True):
        schedule.load_state_dict(state)
    if order == "schedule first":
        fresh.load_state_dict(saved[0])
    assert [x.get_last_lr() for x in others] == [x.get_last_lr() for x in schedules]
    assert go_on(fresh, others, 20) == go_on(optimizer, schedules, 20)


def test_resuming_by_last_epoch_needs_the_initial_rate():
    optimizer = s.optimizer_of(xp)
    with pytest.raises(KeyError, match="param 'initial_lr' is not specified in param_groups"):
        sched.StepLR(optimizer, 5, last_epoch=4)
    sched.StepLR(optimizer, 5)
    assert sched.StepLR(optimizer, 5, last_epoch=4).get_last_lr() == pytest.approx([0.01, 0.05])


def test_an_optimizer_without_parameters_has_a_schedule_of_its_defaults():
    optimizer = xp.optim.SGD(lr=1.0)
    schedule = sched.ExponentialLR(optimizer, gamma=0.5)
    schedule.step()
    new, _ = optimizer.update_tree(xp.ones(1), optimizer.init_tree(xp.ones(1)), xp.ones(1))
    assert new.tolist() == [0.5]
    assert schedule.at(3) == [0.125]


def test_a_group_added_later_is_scheduled_from_then_on():
    optimizer = s.optimizer_of(xp)
    schedule = sched.ExponentialLR(optimizer, gamma=0.5)
    schedule.step()
    optimizer.add_param_group({"params": [xp.zeros(1)], "lr": 8.0})
    schedule.step()
    assert schedule.get_last_lr() == [0.025, 0.125, 2.0]


def test_a_state_dict_stays_what_it_was_when_the_schedule_goes_on():
    schedule = sched.ExponentialLR(s.optimizer_of(xp), gamma=0.5)
    saved = schedule.state_dict()
    before = json.dumps(saved)
    schedule.step()
    assert json.dumps(saved) == before


def test_a_state_dict_that_does_not_fit_names_the_entries():
    schedule = sched.StepLR(s.optimizer_of(xp), 5)
    other = sched.CosineAnnealingLR(s.optimizer_of(xp), 5)
    with pytest.raises(StateDictError, match="missing .*step_size.*unexpected .*T_max"):
        schedule.load_state_dict(other.state_dict())


def test_bad_arguments_are_refused():
    with pytest.raises(TypeError, match="list is not an Optimizer"):
        sched.StepLR([], 5)
    with pytest.raises(ValueError, match="Expected 2 lr_lambdas"):
        sched.LambdaLR(s.optimizer_of(xp), [s.inverse])
