"""One right optimizer, Adam with decoupled decay, and what becomes of it by one mistake each."""

import itertools
import math

import numpy as np

from xpgrad._modes import no_grad
from xpgrad.extend import OptimizerSpec, hookimpl
from xpgrad.optim import Optimizer

XPGRAD_API = (1, 0)
CASES = ({"lr": 0.05, "weight_decay": 0.1},)


class Right(Optimizer):
    """AdamW, written for changes: each of the small methods is somebody's mistake below."""

    def init(self, p, xp):
        return {"step": 0, "m": xp.zeros_like(p), "v": xp.zeros_like(p)}

    def update(self, g, state, p, xp, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        state, lr = self.found(state, p, xp), self.rate(lr, state)
        step = state["step"] + 1
        g = self.decayed(g, p, weight_decay)
        m = betas[0] * state["m"] + (1 - betas[0]) * g
        v = betas[1] * state["v"] + (1 - betas[1]) * g * g
        change = self.scaled(m, v, self.corrections(betas, step), eps, xp)
        new = self.moved(p, change, lr, weight_decay, xp)
        return new, self.kept({"step": step, "m": m, "v": v}, xp)

    def found(self, state, p, xp):
        return state

    def kept(self, state, xp):
        return state

    def rate(self, lr, state):
        return lr

    def decayed(self, g, p, weight_decay):
        return g

    def corrections(self, betas, step):
        return 1 - betas[0] ** step, 1 - betas[1] ** step

    def scaled(self, m, v, corrections, eps, xp):
        return m / corrections[0] / (xp.sqrt(v / corrections[1]) + eps)

    def moved(self, p, change, lr, weight_decay, xp):
        return p - lr * (change + weight_decay * p)


def reference(
    p, gradient, steps, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, maximize=False
):
    m, v, trajectory = [0.0] * len(p), [0.0] * len(p), []
    for t in range(1, steps + 1):
        gradients = gradient(p)
        p = list(p)
        for i, g in enumerate(gradients):
            g = -g if maximize else g
            m[i] = betas[0] * m[i] + (1 - betas[0]) * g
            v[i] = betas[1] * v[i] + (1 - betas[1]) * g**2
            root = math.sqrt(v[i] / (1 - betas[1] ** t))
            p[i] -= lr * (m[i] / (1 - betas[0] ** t) / (root + eps) + weight_decay * p[i])
        trajectory.append(p)
    return trajectory


# --- the formula ------------------------------------------------------------------------------------------


class CoupledDecay(Right):
    def decayed(self, g, p, weight_decay):
        return g + weight_decay * p

    def moved(self, p, change, lr, weight_decay, xp):
        return p - lr * change


class EpsInTheRoot(Right):
    def scaled(self, m, v, corrections, eps, xp):
        return m / corrections[0] / xp.sqrt(v / corrections[1] + eps)


class NoBiasCorrection(Right):
    def corrections(self, betas, step):
        return 1.0, 1.0


class BiasCorrectionOffByOne(Right):
    def corrections(self, betas, step):
        return super().corrections(betas, step + 1)


class Uphill(Right):
    def moved(self, p, change, lr, weight_decay, xp):
        return p + lr * change


class DecayWithoutRate(Right):
    def moved(self, p, change, lr, weight_decay, xp):
        return p - lr * change - weight_decay * p


class MovesAtZero(Right):
    def moved(self, p, change, lr, weight_decay, xp):
        return p - lr * (change + weight_decay * p) - 1e-12


# --- precision and places ---------------------------------------------------------------------------------


class Float32State(Right):
    def init(self, p, xp):
        return self.kept(super().init(p, xp), xp)

    def found(self, state, p, xp):
        return {**state, "v": xp.astype(state["v"], p.dtype)}

    def kept(self, state, xp):
        return {**state, "v": xp.astype(state["v"], xp.float32)}


class Float32Step(Right):
    def moved(self, p, change, lr, weight_decay, xp):
        new = super().moved(p, change, lr, weight_decay, xp)
        return xp.astype(xp.astype(new, xp.float32), p.dtype)


class AnotherDtype(Right):
    def moved(self, p, change, lr, weight_decay, xp):
        return xp.astype(super().moved(p, change, lr, weight_decay, xp), xp.float32)


class TupleState(Right):
    def found(self, state, p, xp):
        return {**state, "m": state["m"] if hasattr(state["m"], "dtype") else state["m"][0]}

    def kept(self, state, xp):
        return {**state, "m": (state["m"],)}


class HostArray(Right):
    """Caught where arrays are not NumPy's."""

    def moved(self, p, change, lr, weight_decay, xp):
        return np.asarray(super().moved(p, change, lr, weight_decay, xp))


class HostState(Right):
    """Caught where arrays are not NumPy's."""

    def found(self, state, p, xp):
        return {**state, "m": xp.asarray(state["m"])}

    def kept(self, state, xp):
        return {**state, "m": np.asarray(state["m"])}


class ComputesWithNumpy(Right):
    def scaled(self, m, v, corrections, eps, xp):
        return m / corrections[0] / (np.sqrt(v / corrections[1]) + eps)


class AsksForAValue(Right):
    def decayed(self, g, p, weight_decay):
        return g if float((g * g).sum()) >= 0 else 0.0 * g


class BranchesOnAValue(Right):
    def scaled(self, m, v, corrections, eps, xp):
        return super().scaled(m, v if xp.sum(v) > 0 else 1.0 * v, corrections, eps, xp)


# --- what it writes, keeps and forgets --------------------------------------------------------------------


class WritesTheGradient(Right):
    def decayed(self, g, p, weight_decay):
        g += 1e-3
        return g


class WritesTheParameter(Right):
    def moved(self, p, change, lr, weight_decay, xp):
        new = super().moved(p, change, lr, weight_decay, xp)
        p *= 0.5
        return new


class WritesItsState(Right):
    def found(self, state, p, xp):
        state["v"] *= 1.0 + 1e-3
        return state


class ForgetsTheStep(Right):
    def load_state_dict(self, state_dict):
        super().load_state_dict(state_dict)
        for state in self._states.values():
            state["step"] = 0


class SavesNothing(Right):
    def state_dict(self):
        return {**super().state_dict(), "state": {}}


class SavesHalf(Right):
    def load_state_dict(self, state_dict):
        super().load_state_dict(state_dict)
        for state in self._states.values():
            state["v"] = 0.0 * state["v"]


class SavesNoOptions(Right):
    def load_state_dict(self, state_dict):
        groups = [{**old, "params": new["params"]} for old, new in zip(self.param_groups, state_dict["param_groups"],
                                                                       strict=True)]  # fmt: skip
        groups = [{k: v for k, v in g.items() if k != "param_names"} for g in groups]
        super().load_state_dict({**state_dict, "param_groups": groups})


class LoadsAnything(Right):
    def load_state_dict(self, state_dict):
        for old in self.param_groups:
            known = {n: state_dict["state"].get(n, {}) for n in old["param_names"]}
            names = [{"params": old["param_names"]}]
            super().load_state_dict(
                {"state": {k: v for k, v in known.items() if v}, "param_groups": names}
            )


class CountsOnTheInstance(Right):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.count = 0

    def found(self, state, p, xp):
        self.count += 1
        return {**state, "step": self.count - 1}


class AdvancesWithoutGradient(Right):
    def step(self, closure=None):
        value = super().step(closure)
        for group in self.param_groups:
            for name, p in zip(group["param_names"], group["params"], strict=True):
                if p.grad is None and name in self._states:
                    self._states[name]["step"] += 1
        return value


class DecaysWithoutGradient(Right):
    def step(self, closure=None):
        value = super().step(closure)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    p.data = p.data * (1 - group["lr"] * group["weight_decay"])
        return value


_NOISE = itertools.count(1)


class NotDeterministic(Right):
    def moved(self, p, change, lr, weight_decay, xp):
        noise = 1e-9 * (next(_NOISE) % 97)
        return super().moved(p, change, lr * (1 + noise), weight_decay, xp)


# --- rates, groups, options, forms ------------------------------------------------------------------------


class RateOfTheStepBefore(Right):
    """A schedule off by one: each step takes the rate that was given to the one before."""

    def init(self, p, xp):
        return {**super().init(p, xp), "rate": 0.0}

    def rate(self, lr, state):
        self.given = lr
        return state["rate"] if state["step"] else lr

    def kept(self, state, xp):
        return {**state, "rate": self.given}


class RateOfTheConstructor(Right):
    def rate(self, lr, state):
        return self.defaults["lr"]


class IgnoresMaximize(Right):
    def _work(self):
        return [
            w._replace(g=-w.g) if self.param_groups[0]["maximize"] else w for w in super()._work()
        ]


class AcceptsAnything(Right):
    def _check_options(self, options):
        pass


class LosesTheLoss(Right):
    def step(self, closure=None):
        super().step(closure)


class RecordsTheStep(Right):
    """Evaluates its closure without recording."""

    def step(self, closure=None):
        if closure is None:
            return super().step()
        with no_grad():
            value = closure()
        super().step()
        return value


class AnotherPureForm(Right):
    def update_tree(self, grads, state, params, **options):
        return super().update_tree(grads, state, params, **{**options, "weight_decay": 0.0})


class Detached(Right):
    """No derivative passes through what it remembers."""

    def scaled(self, m, v, corrections, eps, xp):
        v = v.detach() if hasattr(v, "detach") else v
        return super().scaled(m, v, corrections, eps, xp)


class NoScalars(Right):
    def moved(self, p, change, lr, weight_decay, xp):
        new = super().moved(p, change, lr, weight_decay, xp)
        return new if p.ndim else xp.reshape(new, (1,))


BROKEN_TESTS = {
    CoupledDecay: "it_follows_its_reference",
    EpsInTheRoot: "it_follows_its_reference",
    NoBiasCorrection: "it_follows_its_reference",
    BiasCorrectionOffByOne: "it_follows_its_reference",
    DecayWithoutRate: "it_follows_its_reference",
    Uphill: "it_converges",
    MovesAtZero: "a_zero_gradient_is_a_fixed_point",
    Float32State: "dtypes_are_kept",
    Float32Step: "dtypes_are_kept",
    AnotherDtype: "dtypes_are_kept",
    TupleState: "dtypes_are_kept",
    HostArray: "arrays_stay_in_their_library_and_on_their_device",
    HostState: "arrays_stay_in_their_library_and_on_their_device",
    ComputesWithNumpy: "it_walks_on_another_library",
    AsksForAValue: "it_walks_on_another_library",
    BranchesOnAValue: "nothing_goes_to_the_host",
    WritesTheGradient: "gradients_and_old_parameters_are_not_written",
    WritesTheParameter: "gradients_and_old_parameters_are_not_written",
    WritesItsState: "every_form_gives_the_same",
    ForgetsTheStep: "a_resumed_run_is_the_uninterrupted_one",
    SavesNothing: "a_resumed_run_is_the_uninterrupted_one",
    SavesHalf: "the_state_survives_a_file",
    SavesNoOptions: "a_schedule_moves_the_rate_and_resumes",
    LoadsAnything: "a_state_that_does_not_fit_is_refused",
    CountsOnTheInstance: "a_resumed_run_is_the_uninterrupted_one",
    AdvancesWithoutGradient: "without_a_gradient_nothing_changes",
    DecaysWithoutGradient: "without_a_gradient_nothing_changes",
    NotDeterministic: "it_gives_the_same_bits_again",
    RateOfTheStepBefore: "a_new_rate_counts_at_once",
    RateOfTheConstructor: "groups_have_options_of_their_own",
    IgnoresMaximize: "maximize_turns_the_gradient_round",
    AcceptsAnything: "bad_options_are_refused",
    LosesTheLoss: "a_step_returns_the_loss_of_its_closure",
    RecordsTheStep: "a_step_returns_the_loss_of_its_closure",
    AnotherPureForm: "every_form_gives_the_same",
    Detached: "steps_are_differentiated",
    NoScalars: "parameters_of_every_shape_move",
}
ELSEWHERE = {HostArray, HostState}
"""Caught on a library that is not NumPy."""


def _spec(cls):
    return OptimizerSpec(
        f"Broken{cls.__name__}",
        f"broken.optimizers:{cls.__name__}",
        reference="broken.optimizers:reference",
        cases=CASES,
    )


BROKEN = {cls.__name__: (_spec(cls), f"test_{test}") for cls, test in BROKEN_TESTS.items()}
"""Spec, and the test that must fail."""
RIGHT = OptimizerSpec(
    "Right", "broken.optimizers:Right", reference="broken.optimizers:reference", cases=CASES
)


@hookimpl
def xpgrad_optimizers():
    return [RIGHT, *(spec for spec, _ in BROKEN.values())]
