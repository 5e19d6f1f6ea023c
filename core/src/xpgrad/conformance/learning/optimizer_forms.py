"""What an optimizer's other faces must do: state dicts, groups, names, the pure form, schedules, errors."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

import xpgrad
from xpgrad.autograd._backward import grad
from xpgrad.conformance.learning.problems import recorded
from xpgrad.conformance.learning.running import Run, hosts, placed, same, same_tree
from xpgrad.conformance.levels import excuse
from xpgrad.errors import OptimizerError, StateDictError
from xpgrad.optim import TreeOptimizer, lr_scheduler

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpgrad.conformance.learning.cases import OptimizerCase
    from xpgrad.conformance.site import Site

__all__ = [
    "every_form_agrees",
    "follows_its_schedule",
    "has_groups",
    "is_differentiated",
    "refuses_bad_options",
    "refuses_other_states",
    "resumes",
    "survives_a_file",
    "takes_parameters_in_any_form",
    "uses_the_rate_of_the_step",
]

STEPS: Final = 8
TENSOR_ULPS: Final = 4
"""The recorded form may take another branch of a library than the raw one."""


# --- state -------------------------------------------------------------------------------------------------


def resumes(site: Site, case: OptimizerCase) -> None:
    """Stopped after some steps, and gone on with from the state dict: the same bits as without the stop."""
    whole = Run(site, case).walk(STEPS)
    for at in (1, 3, 6):
        first = Run(site, case)
        first.walk(at)
        values, state_dict = first.values(), first.optimizer.state_dict()
        before = hosts(state_dict, site)
        first.walk(2)
        what = f"{case}: the state dict taken after step {at} changed when the optimizer went on"
        same_tree(hosts(state_dict, site), before, what)
        other = Run(site, case, start=values)
        other.optimizer.load_state_dict(state_dict)
        same_tree(other.saved(), before, f"{case}: what was loaded is not what was saved")
        for step in range(at, STEPS):
            what = f"{case}: step {step + 1} of a run resumed after step {at} is not the uninterrupted run's"
            same(other.step(), whole[step], what)


def survives_a_file(site: Site, case: OptimizerCase, folder: Path) -> None:
    """The state dict through ``xpgrad.save`` and ``load``: equal, and the run goes on with the same bits."""
    pytest.importorskip("safetensors", reason=excuse("no safetensors installed"))
    run = Run(site, case)
    run.walk(4)
    path = folder / "optimizer.safetensors"
    xpgrad.save(run.optimizer.state_dict(), path)
    other = Run(site, case, start=run.values())
    other.optimizer.load_state_dict(xpgrad.load(path))
    same_tree(other.saved(), run.saved(), f"{case}: the state changed on its way through a file")
    for step in (5, 6):
        what = f"{case}: step {step}, gone on with from a file, is not the uninterrupted run's"
        same(other.step(), run.step(), what)


def refuses_other_states(site: Site, case: OptimizerCase) -> None:
    """A state dict with other names, or without an entry, is refused, and nothing is changed."""
    run = Run(site, case)
    run.walk(2)
    saved, before = run.optimizer.state_dict(), run.saved()
    renamed = {
        "state": {{"w": "v"}.get(k, k): v for k, v in saved["state"].items()},
        "param_groups": [
            {**g, "params": [{"w": "v"}.get(n, n) for n in g["params"]]}
            for g in saved["param_groups"]
        ],
    }
    unfit = [("of parameters with other names", renamed), ("without 'param_groups'", {"state": {}})]
    if not isinstance(run.optimizer, TreeOptimizer) and saved["state"].get("w"):
        entry = next(iter(saved["state"]["w"]))
        rest = {k: v for k, v in saved["state"]["w"].items() if k != entry} or {"other": 1}
        part = {**saved, "state": {**saved["state"], "w": rest}}
        unfit.append((f"without the entry {entry!r} of 'w'", part))
    for what, state_dict in unfit:
        load = partial(run.optimizer.load_state_dict, state_dict)
        _refused(StateDictError, load, f"{case}: a state dict {what}")
        same_tree(run.saved(), before, f"{case}: a refused state dict {what} changed the optimizer")


def _refused(
    kind: type[Exception] | tuple[type[Exception], ...], function: Callable[[], Any], what: str
) -> None:
    """The function raises an error of this kind."""
    names = kind.__name__ if isinstance(kind, type) else " or ".join(k.__name__ for k in kind)
    try:
        function()
    except kind:
        return
    except Exception as error:  # noqa: BLE001 - told below
        pytest.fail(
            f"{what} raised {type(error).__name__}: {error}; expected {names}", pytrace=False
        )
    pytest.fail(f"{what} was accepted; expected {names}", pytrace=False)


# --- parameters --------------------------------------------------------------------------------------------


def has_groups(site: Site, case: OptimizerCase) -> None:
    """Two groups with different rates walk as two optimizers; a group added later walks as one that was there."""
    run = Run(site, case)
    w, b = run.params.items()
    first, second = {"params": [w]}, {"params": [b]}
    if isinstance(run.optimizer, TreeOptimizer):
        _refused(
            OptimizerError,
            lambda: case.create([first, second]),
            f"{case}, a rule over the tree: a second group",
        )
        return
    changed = {"lr": run.optimizer.param_groups[0]["lr"] / 2} if run.has_rate else {}
    run.optimizer = case.create([first, {**second, **changed}])
    late, alone = Run(site, case), Run(site, case)
    late.optimizer = case.create([("w", late.params["w"])])
    late.optimizer.add_param_group({"params": [("b", late.params["b"])], **changed})
    takes = changed if "lr" in inspect.signature(case.factory).parameters else {}
    (first_pair, second_pair) = alone.params.items()
    each = [case.create([first_pair]), case.create([second_pair], **takes)]
    each[1].param_groups[0].update(changed)
    for step in range(1, STEPS + 1):
        alone.closure()
        for optimizer in each:
            optimizer.step()
        want = alone.values()
        same(run.step(), want, f"{case}: step {step} of two groups is not that of two optimizers")
        same(late.step(), want, f"{case}: step {step} with a group added later is another")


def takes_parameters_in_any_form(site: Site, case: OptimizerCase) -> None:
    """Tensors, pairs with names and a group give one trajectory; the state is kept by name."""
    pairs, plain, group = (Run(site, case) for _ in range(3))
    plain.optimizer = case.create(list(plain.params.values()))
    group.optimizer = case.create([{"params": list(group.params.items())}])
    for step in range(1, STEPS + 1):
        want = pairs.step()
        same(plain.step(), want, f"{case}: step {step} of tensors without names is another")
        same(group.step(), want, f"{case}: step {step} of one group is another")
    names = [n for g in pairs.optimizer.state_dict()["param_groups"] for n in g["params"]]
    assert names == ["w", "b"], f"{case}: the state dict's parameters are {names}, expected w, b"
    if not isinstance(pairs.optimizer, TreeOptimizer):
        other = set(pairs.optimizer.state_dict()["state"]) - {"w", "b"}
        assert not other, f"{case}: the state dict has state of {sorted(other)}, expected of w, b"
    assert type(pairs.optimizer).__name__ in repr(pairs.optimizer)


def refuses_bad_options(site: Site, case: OptimizerCase) -> None:
    """Negative rates, numbers that are none, and options that the rule does not have."""
    run = Run(site, case)
    group = run.optimizer.param_groups[0]
    w = list(run.params.items())[:1]
    bad: list[tuple[str, Any]] = [
        (name, value)
        for name in ("lr", "eps", "weight_decay", "momentum")
        for value in (-1.0, float("nan"), "fast")
        if name in group
    ]
    if isinstance(group.get("betas"), tuple):
        first, *_, last = group["betas"]
        bad += [("betas", (1.0, last)), ("betas", (first, -0.1)), ("betas", 0.9)]
    for name, value in bad:
        told = f"{case}: a group with {name}={value!r}"
        _refused(ValueError, partial(case.create, [{"params": w, name: value}]), told)
    _refused(
        TypeError,
        lambda: case.factory(w, **case.options, not_an_option=1),
        f"{case}: the option not_an_option=1",
    )
    raw = {n: p._cell.raw for n, p in run.params.items()}
    pure = case.create()
    _refused(
        TypeError,
        lambda: pure.update_tree(raw, pure.init_tree(raw), raw, not_an_option=1),
        f"{case}: update_tree(..., not_an_option=1)",
    )
    _refused((OptimizerError, TypeError), lambda: case.create([]), f"{case}: an empty list")


# --- the pure form -----------------------------------------------------------------------------------------


class Walker:
    """The pure form on a tree, raw or recorded, with the gradients of a run's problem."""

    def __init__(self, run: Run, *, recorded: bool) -> None:
        self.run, self.recorded = run, recorded
        values = {n: self._leaf(host) for n, host in run.values().items()}
        self.params = _nested(values)
        self.pure = run.case.create()
        self.state = self.pure.init_tree(self.params)

    def _leaf(self, host: Any) -> Any:
        tensor = placed(self.run.site, host)
        return tensor.requires_grad_() if self.recorded else tensor._cell.raw

    def closure(self, params: Any) -> tuple[Any, Any]:
        """The loss and the gradients at a tree."""
        value, gradients = self.run.evaluate(_flat(hosts(params, self.run.site)))
        return value, _nested({n: self._gradient(g) for n, g in gradients.items()})

    def _gradient(self, host: Any) -> Any:
        tensor = placed(self.run.site, host)
        return tensor if self.recorded else tensor._cell.raw

    def step(self) -> dict[str, Any]:
        """One step; the values after it."""
        value, gradients = self.closure(self.params)
        given = hosts((self.params, gradients, self.state), self.run.site)
        handed = self.params, gradients, self.state
        self.params, self.state = self.pure.update_tree(
            gradients, self.state, self.params, value=value, closure=self.closure
        )
        what = f"{self.run.case}: update_tree changed what it was given"
        same_tree(hosts(handed, self.run.site), given, what)
        return _flat(hosts(self.params, self.run.site))


def _nested(values: dict[str, Any]) -> Any:
    return {"layers": [{"w": values["w"]}], "rest": {"b": values["b"]}}


def _flat(tree: Any) -> dict[str, Any]:
    return {"w": tree["layers"][0]["w"], "b": tree["rest"]["b"]}


def every_form_agrees(site: Site, case: OptimizerCase) -> None:
    """``update_tree`` on raw arrays gives the bits of ``step()``, on tensors the same within a few."""
    run = Run(site, case)
    raw, tensors = Walker(run, recorded=False), Walker(run, recorded=True)
    for step in range(1, STEPS + 1):
        want = run.step()
        same(raw.step(), want, f"{case}: step {step} of the pure form is not step()'s")
        what = f"{case}: step {step} of the form on tensors is not step()'s"
        same(tensors.step(), want, what, within=TENSOR_ULPS)
    leaf = _flat(raw.params)["b"]
    held, _ = raw.pure.update_tree(
        _nested({"w": _flat(raw.params)["w"], "b": None}),
        raw.state,
        raw.params,
        value=1.0,
        closure=raw.closure,
    )
    assert _flat(held)["b"] is leaf, f"{case}: update_tree moved a leaf whose gradient is None"


def is_differentiated(site: Site, case: OptimizerCase) -> None:
    """The derivative of a loss after three recorded steps, by the rate and by the start, is the finite difference."""
    if not site.has("float64"):
        pytest.skip(excuse(f"no float64 on {site.xp.backend.name}:{site.device}"))
    run = Run(site, case, dtype="float64")
    rate = run.optimizer.param_groups[0]["lr"] if run.has_rate else None
    at = {"the scale of the start": 1.1} | ({} if rate is None else {"lr": float(rate)})
    leaves = {n: placed(site, _numpy().asarray(x)).requires_grad_() for n, x in at.items()}
    found = grad(_after(run, leaves), list(leaves.values()), allow_unused=True)
    for number, name in enumerate(at):
        h = 1e-5 * max(at[name], 1e-3)
        values = [
            float(site.host(_after(run, _moved(site, at, name, k * h)).detach()))
            for k in (-2, -1, 1, 2)
        ]
        want = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
        got = 0.0 if found[number] is None else float(site.host(found[number].detach()))
        scale = max(abs(want), 1e-3 * abs(values[0]))
        assert abs(got - want) <= 1e-5 * scale, (
            f"{case}: the derivative of the loss after three steps by {name} is {got:.9g} through update_tree, "
            f"{want:.9g} by finite differences"
        )


def _moved(site: Site, at: dict[str, float], name: str, by: float) -> dict[str, Any]:
    return {n: placed(site, _numpy().asarray(x + by * (n == name))) for n, x in at.items()}


def _after(run: Run, leaves: dict[str, Any]) -> Any:
    """The loss after three steps from a scaled start, recorded."""
    scale = leaves["the scale of the start"]
    start = {n: placed(run.site, host) * scale for n, host in run.values().items()}
    params = {n: p if p.requires_grad else p.requires_grad_() for n, p in start.items()}
    pure = run.case.create()
    sign = -1.0 if pure.defaults["maximize"] else 1.0
    options = {k: v for k, v in leaves.items() if k == "lr"}

    def closure(at: Any) -> tuple[Any, Any]:
        value = sign * recorded(at)
        return value, dict(zip(at, grad(value, list(at.values()), create_graph=True), strict=True))

    state = pure.init_tree(params)
    for _ in range(3):
        value, gradients = closure(params)
        params, state = pure.update_tree(
            gradients, state, params, value=value, closure=closure, **options
        )
    return recorded(params)


# --- schedules ---------------------------------------------------------------------------------------------


def _need_rate(run: Run) -> None:
    if not run.has_rate:
        pytest.skip(excuse(f"{run.case.name} has no option lr"))


def uses_the_rate_of_the_step(site: Site, case: OptimizerCase) -> None:
    """A rate that is written into the groups before a step is the rate of that step."""
    for at in (0, 2):
        kept, changed = Run(site, case), Run(site, case)
        _need_rate(kept)
        kept.walk(at)
        changed.walk(at)
        changed.set(lr=kept.optimizer.param_groups[0]["lr"] / 2)
        (a, b) = (run.step()["w"].tolist() for run in (kept, changed))
        assert a != b, (
            f"{case}: step {at + 1} is the same whether its lr is halved before it or not"
        )


def follows_its_schedule(site: Site, case: OptimizerCase) -> None:
    """Under a schedule every step is that of a fresh optimizer with that rate; both resume to the same bits."""
    run = Run(site, case)
    _need_rate(run)
    base = run.optimizer.param_groups[0]["lr"]
    schedule = lr_scheduler.ExponentialLR(run.optimizer, gamma=0.7)
    trail = []
    for step in range(STEPS):
        fresh = Run(site, case, start=run.values())
        state = run.optimizer.state_dict()
        fresh.optimizer.load_state_dict(state)
        fresh.set(lr=base * 0.7**step)
        trail.append((run.values(), state, schedule.state_dict(), str(schedule.state_dict())))
        what = f"{case}: step {step + 1} under a schedule is not the step with lr={base * 0.7**step:.6g}"
        same(run.step(), fresh.step(), what)
        schedule.step()
    trail.append((run.values(), {}, {}, ""))
    values, state, scheduled, before = trail[3]
    assert str(scheduled) == before, (
        f"the schedule's state dict was {before}, and is {scheduled} now that it has gone on"
    )
    other = Run(site, case, start=values)
    later = lr_scheduler.ExponentialLR(other.optimizer, gamma=0.7)
    other.optimizer.load_state_dict(state)
    later.load_state_dict(scheduled)
    for step in range(3, STEPS):
        what = f"{case}: step {step + 1} of a run and a schedule resumed after step 3 is another"
        same(other.step(), trail[step + 1][0], what)
        later.step()


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np
