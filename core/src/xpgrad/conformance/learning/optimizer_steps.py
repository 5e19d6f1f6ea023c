"""What every step of an optimizer must do: go down, rest, keep dtypes and places, write into nothing."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

import xpgrad
from xpgrad._devices import namespace_of_array
from xpgrad._tensor import wrap
from xpgrad.conformance.foreign import foreign_site
from xpgrad.conformance.learning.layer_calls import transfers
from xpgrad.conformance.learning.problems import PROBLEMS, WAVY, Problem, flat_zero
from xpgrad.conformance.learning.running import Run, hosts, numbers, real, same, same_tree
from xpgrad.conformance.levels import excuse
from xpgrad.conformance.site import Site
from xpgrad.errors import XpgradError

if TYPE_CHECKING:
    from xpgrad.conformance.learning.cases import OptimizerCase

__all__ = [
    "asks_for_no_value",
    "converges",
    "follows_its_reference",
    "gives_the_same_bits",
    "has_its_references_defaults",
    "keeps_dtypes",
    "keeps_places",
    "leaves_alone_what_has_no_gradient",
    "mirrors",
    "rests_at_zero",
    "returns_the_loss",
    "takes_every_shape",
    "walks_as_on_numpy",
    "writes_into_nothing",
]

BUDGET: Final = 500
RATES: Final = (0.1, 0.01, 1.0, 0.001, 0.03, 0.3, 0.003, 1e-4)
"""Learning rates of which one must do: whichever a method needs, it is within a factor of two of one of them."""
STEPS: Final = 8
WALK_ULPS: Final = 2000
"""Between two libraries: after some steps small differences have grown."""


def converges(site: Site, case: OptimizerCase, problem: str) -> None:
    """The loss falls below a goal within a number of steps, for some learning rate of a grid."""
    goal, lowest = PROBLEMS[problem].goal, {}
    first = PROBLEMS[problem].function(list(PROBLEMS[problem].start))[0]
    has_rate = Run(site, case).has_rate
    for rate in RATES if has_rate else (None,):
        lowest[rate] = _lowest(site, case, PROBLEMS[problem], rate)
        if lowest[rate] < goal:
            return
    told = ", ".join(f"{v:.3g} with lr={r}" if has_rate else f"{v:.3g}" for r, v in lowest.items())
    pytest.fail(
        f"{case} on {problem}: the loss starts at {first:.3g} and must fall below {goal} within {BUDGET} steps"
        f"{' for some lr of a grid' if has_rate else ''}; the lowest was {told}",
        pytrace=False,
    )


def _lowest(site: Site, case: OptimizerCase, problem: Problem, rate: float | None) -> float:
    """The smallest loss on the way; the end is the goal, the budget, or a loss that explodes."""
    run = Run(site, case, problem)
    run.set(weight_decay=0.0, **({} if rate is None else {"lr": rate}))
    run.sign = -1.0 if run.optimizer.param_groups[0]["maximize"] else 1.0
    value, _ = problem.function(list(problem.start))
    lowest, limit = value, 1e3 * (1 + value)
    for _ in range(BUDGET):
        after = run.step()
        value, _ = problem.function([x for a in after.values() for x in numbers(a)])
        lowest = min(lowest, value) if math.isfinite(value) else lowest
        if lowest < problem.goal or not value < limit:
            break
    return lowest


def rests_at_zero(site: Site, case: OptimizerCase) -> None:
    """A zero gradient is a fixed point, without weight decay."""
    run = Run(site, case, WAVY._replace(function=flat_zero)).set(weight_decay=0.0)
    start = run.values()
    for step in range(1, 4):
        same(run.step(), start, f"{case}: step {step} with a zero gradient moved the parameters")


def follows_its_reference(site: Site, case: OptimizerCase, start: str) -> None:
    """The trajectory of an independent statement of the rule, on Python floats."""
    reference = case.reference
    if reference is None:
        pytest.skip(
            excuse(
                f"no reference: {case.name} names no independent statement of its rule, so nothing says that its "
                "steps are the paper's"
            )
        )
    if not site.has("float64"):
        pytest.skip(excuse(f"no float64 on {site.xp.backend.name}:{site.device}"))
    values, scale = STARTS[start]
    expected = reference(list(values), lambda x: _scaled(x, scale)[1], 20, **case.options)
    assert len(expected) == 20, (
        f"the reference of {case.name} returned {len(expected)} steps of 20; it returns the parameters after each"
    )
    problem = WAVY._replace(function=lambda x: _scaled(x, scale), start=values)
    run, before = Run(site, case, problem), list(values)
    for step, want in enumerate(expected, 1):
        got = [x for a in run.step().values() for x in numbers(a)]
        for number, (a, b) in enumerate(zip(got, want, strict=True)):
            moved = abs(b - values[number])
            allowed = 1e-9 * moved + 1e-13 * max(abs(b), abs(values[number]))
            assert abs(a - b) <= allowed, (
                f"{case} leaves its reference at step {step}, start {start!r}: number {number} was {before[number]!r} "
                f"and is {a!r}, by the reference {b!r} (off by {abs(a - b):.3g}, allowed {allowed:.3g})"
            )
        before = got


def has_its_references_defaults(site: Site, case: OptimizerCase) -> None:
    """Without options it walks as its reference does without them."""
    plain = replace(case, options={})
    try:
        plain.create()
    except TypeError:
        pytest.skip(excuse("it has options without a default"))
    given = inspect.signature(case.reference).parameters.values() if case.reference else ()
    lacking = [p.name for p in given if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    assert not lacking, f"the reference of {case.name} has no default of {', '.join(lacking)}"
    follows_its_reference(site, plain, "usual")


def _scaled(x: list[float], scale: float) -> tuple[float, list[float]]:
    value, gradient = WAVY.function(x)
    return scale * value, [scale * g for g in gradient]


STARTS: Final[dict[str, tuple[tuple[float, ...], float]]] = {
    "usual": (WAVY.start, 1.0),
    "far": ((30.0, -45.0, 17.0, 60.0, -20.0, 8.0), 1.0),
    "flat": (WAVY.start, 1e-6),
    "steep": ((0.1, -0.2, 0.3, 0.4, -0.5, 0.6), 1e4),
}
"""Where the trajectories begin, and what the gradients are multiplied by: tiny ones show where eps stands."""


def gives_the_same_bits(site: Site, case: OptimizerCase) -> None:
    """A second run, and one beside it, gives the same bits."""
    first = Run(site, case).walk(STEPS)
    for step, (got, want) in enumerate(zip(Run(site, case).walk(STEPS), first, strict=True), 1):
        same(got, want, f"{case}: a second run from the same start differs at step {step}")


def walks_as_on_numpy(site: Site, case: OptimizerCase) -> None:
    """The trajectory on NumPy, from the same start, in the same precision."""
    dtype = real(site)
    here, there = Run(site, case, dtype=dtype), Run(Site.of("numpy"), case, dtype=dtype)
    for step in range(1, STEPS + 1):
        what = f"{case}: step {step} on {site.xp.backend.name} against NumPy"
        same(here.step(), there.step(), what, within=WALK_ULPS)


def asks_for_no_value(case: OptimizerCase) -> None:
    """A step takes no array to the host, and asks none for its value; what the closure does is the user's."""
    site = foreign_site()
    run = Run(site, case)
    with transfers(site) as seen:

        def closure() -> Any:
            before = len(seen)
            value = run.closure()
            del seen[before:]
            return value

        for step in range(1, 4):
            run.optimizer.step(closure)
            assert not seen, f"{case}: step {step} took to the host: {', '.join(seen)}"


def mirrors(site: Site, case: OptimizerCase) -> None:
    """``maximize`` with the negative of a function walks where minimizing the function does."""
    down, up = Run(site, case), Run(site, case, sign=-1.0)
    up.set(maximize=not down.optimizer.param_groups[0]["maximize"])
    for step in range(1, STEPS + 1):
        what = (
            f"{case}: maximize= turned round, with the function's negative, differs at step {step}"
        )
        same(up.step(), down.step(), what)


def returns_the_loss(site: Site, case: OptimizerCase) -> None:
    """``step(closure)`` returns what the closure did and evaluates it while recording is on."""
    run, seen = Run(site, case), []

    def closure() -> Any:
        seen.append(xpgrad.is_grad_enabled())
        return run.closure()

    expected, _ = run.evaluate(run.values())
    with xpgrad.no_grad():
        got = run.optimizer.step(closure)
    assert got is not None, f"{case}: step(closure) returned None, expected the closure's loss"
    found = float(site.host(got.detach()))
    assert abs(found - expected) <= 1e-5 * abs(expected), (
        f"{case}: step(closure) returned {found}, the closure {expected}"
    )
    assert seen, f"{case}: step(closure) never called its closure"
    assert all(seen), (
        f"{case}: the closure ran while recording was off, so it cannot call backward()"
    )
    for name, p in run.params.items():
        assert p.is_leaf, f"{case}: after a step {name!r} is no leaf any more"
        assert p.requires_grad, f"{case}: after a step {name!r} does not require grad any more"


# --- what is kept ------------------------------------------------------------------------------------------


def keeps_dtypes(site: Site, case: OptimizerCase, dtype: str) -> None:
    """Parameters, and arrays of the state, have the parameters' precision; nothing is rounded to a smaller one."""
    if not site.has(dtype):
        pytest.skip(excuse(f"no {dtype} on {site.xp.backend.name}:{site.device}"))
    run = Run(site, case, dtype=dtype)
    try:
        after = run.walk(3)[-1]
    except (XpgradError, TypeError, ValueError) as error:
        if not (dtype.startswith("complex") and hasattr(run.optimizer, "_takes")):
            raise  # core gives a rule on one parameter pairs of real numbers
        pytest.skip(excuse(f"{case.name}, a rule over the tree, takes no complex ones: {error}"))
    wide = dtype in ("float64", "complex128")
    allowed = {dtype, "float64" if wide else "float32"}
    for name, host in after.items():
        assert host.dtype == dtype, f"{case}: {name!r} of {dtype} became {host.dtype}"
    _has_plain_state(run, case)
    for path, leaf in _arrays(run.saved()["state"], "state"):
        assert leaf.dtype.kind not in "fc" or leaf.dtype.name in allowed, (
            f"{case}: {path} of a {dtype} parameter is {leaf.dtype}, expected {' or '.join(sorted(allowed))}"
        )
    if wide:
        _loses_nothing(site, case, dtype)


def _has_plain_state(run: Run, case: OptimizerCase) -> None:
    """What a rule on one parameter remembers is a dict of arrays and Python numbers."""
    if hasattr(run.optimizer, "_takes"):
        return  # a rule over the tree has trees
    for entry, value in _state_of(run, "w").items():
        assert not isinstance(value, (tuple, list, dict)), (
            f"{case}: state[{entry!r}] is a {type(value).__name__}; what update returns to be remembered is a dict of "
            "arrays and Python numbers: give each array a key of its own"
        )


def _loses_nothing(site: Site, case: OptimizerCase, dtype: str) -> None:
    """A step from zero is no number of single precision."""
    np = _numpy()
    odd = WAVY._replace(function=lambda x: (1.0, [0.1 + 0.7 * n / 3 for n in range(len(x))]))
    start = {n: np.zeros_like(v) for n, v in Run(site, case, odd, dtype=dtype).values().items()}
    run = Run(site, case, odd, dtype=dtype, start=start)
    if run.has_rate:
        run.set(lr=run.optimizer.param_groups[0]["lr"] / 3)
    moved = [x for a in run.walk(2)[-1].values() for x in numbers(a) if x != 0.0]
    rounded = [x for x in moved if float(np.float32(x)) == x]
    assert len(rounded) < max(len(moved), 1), (
        f"{case}: two steps of {dtype} parameters from zero lead to {rounded[:3]}, numbers that float32 holds exactly: "
        "something on the way is single precision"
    )


def keeps_places(site: Site, case: OptimizerCase) -> None:
    """Parameters and state stay arrays of their library, on their device."""
    run = Run(site, case)
    kinds = {n: type(p._cell.raw) for n, p in run.params.items()}
    for step in range(1, 4):
        run.step()
        for name, p in run.params.items():
            kind = type(p._cell.raw)
            assert kind is kinds[name], (
                f"{case}: after step {step} {name!r} is a {kind.__module__}.{kind.__name__}, expected a "
                f"{kinds[name].__module__}.{kinds[name].__name__}: the rule left its array library"
            )
            found = wrap(p._cell.raw, namespace_of_array(p._cell.raw)).device  # type: ignore[arg-type]
            assert found == site.device, f"{case}: {name!r} is on {found}, expected {site.device}"
        for path, leaf in _arrays(run.optimizer.state_dict()["state"], "state"):
            assert leaf.device == site.device, (
                f"{case}: after step {step} {path} is on {leaf.device} of {leaf.backend.name}, expected {site.device} "
                f"of {site.xp.backend.name}"
            )


def _arrays(tree: Any, path: str) -> list[tuple[str, Any]]:
    """Every array of a tree with its place."""
    if isinstance(tree, dict):
        return [x for k, v in tree.items() for x in _arrays(v, f"{path}[{k!r}]")]
    if isinstance(tree, (list, tuple)):
        return [x for n, v in enumerate(tree) for x in _arrays(v, f"{path}[{n}]")]
    return [(path, tree)] if hasattr(tree, "dtype") else []


def writes_into_nothing(site: Site, case: OptimizerCase) -> None:
    """A step writes neither into the gradients nor into the arrays that the parameters were."""
    run = Run(site, case)
    for step in range(1, 4):
        old = {n: p._cell.raw for n, p in run.params.items()}
        before = run.values()
        run.step()
        same(hosts(old, site), before, f"{case}: step {step} wrote into the parameters' old arrays")
        _, gradients = run.evaluate(before)
        for name, p in run.params.items():
            assert p.grad is not None, f"{case}: step {step} took the gradient of {name!r} away"
            what = f"{case}: step {step} wrote into the gradients"
            same({name: site.host(p.grad)}, {name: gradients[name]}, what)


def leaves_alone_what_has_no_gradient(site: Site, case: OptimizerCase) -> None:
    """Where a gradient is None, parameter and state stay as they are, as if the step had not been."""
    whole = [values["b"] for values in Run(site, case).walk(6)]
    for at in (0, 2):
        run = Run(site, case)
        run.walk(at)
        before, state = run.values(), _state_of(run, "b")
        run.without = {"b"}
        for step in (at + 1, at + 2):
            after = run.step()
            told = f"{case}: step {step}, with no gradient for 'b'"
            same({"b": after["b"]}, {"b": before["b"]}, f"{told}, moved it")
            assert numbers(after["w"]) != numbers(before["w"]), f"{told}, did not move 'w' either"
        run.without = set()
        if hasattr(run.optimizer, "_takes"):
            continue  # a rule over the tree has one state for all
        same_tree(_state_of(run, "b"), state, f"{told}, changed its state")
        for step in (at, at + 1):
            what = f"{case}: after two steps without a gradient, step {step + 1} of 'b' is not what it would have been"
            same({"b": run.step()["b"]}, {"b": whole[step]}, what)
    run = Run(site, case)
    run.walk(2)
    before, state, run.without = run.values(), run.saved(), {"w", "b"}
    same(run.step(), before, f"{case}: a step without any gradient moved something")
    same_tree(run.saved(), state, f"{case}: a step without any gradient changed the state")


def _state_of(run: Run, name: str) -> Any:
    return run.saved()["state"].get(name, {})


def takes_every_shape(site: Site, case: OptimizerCase, shape: tuple[int, ...]) -> None:
    """Parameters without axes and without elements are parameters."""
    size = math.prod(shape)
    ones = WAVY._replace(
        function=lambda x: (1.0, [1.0] * len(x)), start=(0.5,) * size, shapes={"w": shape}
    )
    run = Run(site, case, ones)
    for step in range(1, 3):
        (found,) = run.step().values()
        assert found.shape == shape, (
            f"{case}: step {step} made shape {found.shape} of a parameter of shape {shape}"
        )
        assert found.dtype == run.dtype, f"{case}: step {step} made {found.dtype} of {run.dtype}"
        assert not size or numbers(found) != list(ones.start), (
            f"{case}: step {step} with a gradient of ones did not move a parameter of shape {shape}"
        )


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np
