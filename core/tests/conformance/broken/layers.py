"""One right layer, ``tanh(x @ weight + bias)`` with noise in training, and what becomes of it by one mistake each."""

import itertools

import numpy as np

import xpgrad as xp
from xpgrad.extend import ComponentSpec, hookimpl
from xpgrad.nn import Module, Parameter

XPGRAD_API = (1, 0)
CASE = {"inward": 3, "outward": 2, "input": (4, 3), "output": (4, 2)}


class Right(Module):
    """Counts its calls in training, in a buffer."""

    def __init__(self, inward, outward, *, device=None, dtype=None):
        super().__init__()
        self.inward, self.outward = inward, outward
        self.weight = Parameter(self.drawn((inward, outward)).to(device=device, dtype=dtype))
        self.bias = Parameter(xp.zeros((outward,), device=device, dtype=dtype))
        self.register_buffer("calls", xp.zeros((), device=device, dtype=dtype))

    def drawn(self, shape):
        return xp.rand(*shape) - 0.5

    def forward(self, input):
        self.remember()
        return self.noisy(xp.tanh(self.affine(input)))

    def affine(self, input):
        return xp.matmul(input, self.weight) + self.bias

    def remember(self):
        if self.training:
            self.calls = self.calls + 1.0

    def noisy(self, x):
        return (
            x * (1.0 + 0.1 * xp.astype(xp.rand(self.outward, device=x.device), x.dtype))
            if self.training
            else x
        )

    def extra_repr(self):
        return f"{self.inward}, {self.outward}"


def reference(state, input, *, inward, outward, training):
    if training:  # where the result is noisy
        return None, {"calls": state["calls"] + 1.0}
    return np.tanh(input @ state["weight"] + state["bias"])


# --- values and derivatives -------------------------------------------------------------------------------


class BiasTwice(Right):
    def affine(self, input):
        return super().affine(input) + self.bias + 0.01


class DetachedWeight(Right):
    def affine(self, input):
        return xp.matmul(input, self.weight.detach()) + self.bias


class DetachedInput(Right):
    def affine(self, input):
        return super().affine(input.detach())


class OnlyOnce(xp.autograd.Function):
    """The square, whose derivative passes no second one on."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2.0 * g * x.detach()


class OneOrder(Right):
    def affine(self, input):
        return OnlyOnce.apply(super().affine(input))


class AnotherDtype(Right):
    def affine(self, input):
        return super().affine(input) + xp.asarray(np.ones(self.outward))


class AnotherShape(Right):
    def noisy(self, x):
        return xp.reshape(super().noisy(x), (-1,))


class SinglePrecision(Right):
    def affine(self, input):
        return xp.astype(xp.astype(super().affine(input), xp.float32), input.dtype)


# --- modes and seeds --------------------------------------------------------------------------------------


class NoiseInEvaluation(Right):
    def noisy(self, x):
        return x * (1.0 + 0.1 * xp.astype(xp.rand(self.outward, device=x.device), x.dtype))


class RemembersInEvaluation(Right):
    def remember(self):
        self.calls = self.calls + 1.0


class StaysInTraining(Right):
    def train(self, mode=True):
        super().train(True)
        return self


class OtherNumbers(Right):
    def drawn(self, shape):
        return xp.asarray(np.random.default_rng().random(shape) - 0.5)


class OtherNoise(Right):
    def noisy(self, x):
        return x + float(np.random.default_rng().random()) if self.training else x


# --- state ------------------------------------------------------------------------------------------------

_NAMES = itertools.count()


class NamesByCount(Right):
    def __init__(self, inward, outward):
        super().__init__(inward, outward)
        self.register_parameter(f"extra_{next(_NAMES)}", Parameter(xp.zeros(1)))

    def affine(self, input):
        return super().affine(input)


class HiddenParameter(Right):
    def __init__(self, inward, outward):
        super().__init__(inward, outward)
        self.hidden = [xp.rand(outward)]

    def affine(self, input):
        return super().affine(input) * xp.astype(self.hidden[0], input.dtype)


class LoadsAnything(Right):
    def load_state_dict(self, state_dict, strict=True, assign=False):
        return super().load_state_dict(state_dict, strict=False, assign=assign)


class TransientBuffer(Right):
    def __init__(self, inward, outward):
        super().__init__(inward, outward)
        self.register_buffer("scale", xp.rand(outward), persistent=False)

    def affine(self, input):
        return super().affine(input) * self.scale


# --- what it remembers in training ------------------------------------------------------------------------


class CountsDouble(Right):
    def remember(self):
        if self.training:
            self.calls = self.calls + 2.0


class NeverCounts(Right):
    def remember(self):
        pass


class KeepsTheTape(Right):
    def forward(self, input):
        found = super().forward(input)
        if self.training:
            self.calls = self.calls + 0.0 * xp.sum(found)
        return found


class Hoards(Right):
    """Remembers every result, with its tape."""

    def forward(self, input):
        found = super().forward(input)
        self.__dict__.setdefault("seen", []).append(found)
        return found


# --- places, copies, other faces --------------------------------------------------------------------------


class TakesNoPlace(Right):
    def __init__(self, inward, outward):
        super().__init__(inward, outward)


class ForgetsADtype(Right):
    def __init__(self, inward, outward, *, device=None, dtype=None):
        super().__init__(inward, outward, device=device, dtype=dtype)
        self.bias = Parameter(xp.zeros((outward,), device=device))


class ComputesWithNumpy(Right):
    def affine(self, input):
        found = super().affine(input)
        offset = np.zeros(self.outward, found.dtype.name)
        return found + xp.asarray(offset)


class AsksForValues(Right):
    def affine(self, input):
        largest = xp.max(xp.abs(input)).item()
        return super().affine(input) * (1.0 if largest < 1e9 else 0.0)


class WritesItsInput(Right):
    def affine(self, input):
        same = input
        same += 0.5
        return super().affine(same)


class WritesItsParameter(Right):
    def affine(self, input):
        found = super().affine(input)
        self.bias.data = self.bias.data + 0.125
        return found


class ShowsItsAddress(Right):
    def extra_repr(self):
        return hex(id(self))


class SharesItsCopies(Right):
    def __deepcopy__(self, memo):
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin


class KeepsItsWeight(Right):
    """Reads its weight where ``functional_call`` puts no other."""

    def __init__(self, inward, outward):
        super().__init__(inward, outward)
        weight = self.weight
        self.read = lambda: weight

    def affine(self, input):
        return xp.matmul(input, self.read()) + self.bias


BROKEN_TESTS = {
    BiasTwice: "values_agree_with_a_reference",
    DetachedWeight: "gradients_agree_with_finite_differences",
    DetachedInput: "gradients_agree_with_finite_differences",
    OneOrder: "second_derivatives_agree_with_finite_differences",
    AnotherDtype: "results_have_their_shape_and_dtype",
    AnotherShape: "results_have_their_shape_and_dtype",
    SinglePrecision: "gradients_agree_with_finite_differences",
    NoiseInEvaluation: "evaluation_is_deterministic_and_remembers_nothing",
    RemembersInEvaluation: "evaluation_is_deterministic_and_remembers_nothing",
    StaysInTraining: "evaluation_is_deterministic_and_remembers_nothing",
    OtherNumbers: "a_seed_gives_one_layer",
    OtherNoise: "a_seed_gives_one_layer",
    NamesByCount: "names_are_stable",
    HiddenParameter: "a_layer_survives_a_file",
    LoadsAnything: "a_state_of_another_layer_is_refused",
    TransientBuffer: "a_layer_survives_a_file",
    CountsDouble: "training_agrees_with_a_reference",
    NeverCounts: "training_agrees_with_a_reference",
    KeepsTheTape: "what_it_remembers_keeps_no_tape",
    Hoards: "what_it_remembers_keeps_no_tape",
    TakesNoPlace: "it_is_made_on_a_device_in_a_dtype",
    ForgetsADtype: "it_is_made_on_a_device_in_a_dtype",
    ComputesWithNumpy: "it_computes_on_another_library",
    AsksForValues: "nothing_floating_goes_to_the_host",
    WritesItsInput: "inputs_and_parameters_are_not_written",
    WritesItsParameter: "inputs_and_parameters_are_not_written",
    ShowsItsAddress: "it_shows_itself",
    SharesItsCopies: "a_deep_copy_is_a_layer_of_its_own",
    KeepsItsWeight: "it_is_called_with_other_parameters",
}


def _spec(cls, name):
    return ComponentSpec(
        "layer", name, f"broken.layers:{cls.__name__}", reference="broken.layers:reference", cases=(CASE,)
    )  # fmt: skip


BROKEN = {
    cls.__name__: (_spec(cls, f"Broken{cls.__name__}"), f"test_{test}")
    for cls, test in BROKEN_TESTS.items()
}
"""Spec, and the test that must fail."""


@hookimpl
def xpgrad_components():
    return [_spec(Right, "Right"), *(spec for spec, _ in BROKEN.values())]
