"""Core's own containers as layers: small ones, made of nothing but core."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import xpgrad
from xpgrad.nn import Module, ModuleDict, ModuleList, Parameter, ParameterDict, Sequential

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LAYERS"]


class _Affine(Module):
    """``tanh(x @ weight + bias)`` with parameters drawn at random."""

    def __init__(self, inward: int, outward: int) -> None:
        super().__init__()
        self.weight = Parameter(xpgrad.rand(inward, outward))
        self.bias = Parameter(xpgrad.rand(outward))

    def forward(self, input: Any) -> Any:
        return xpgrad.tanh(xpgrad.matmul(input, self.weight) + self.bias)


class _Centred(Module):
    """In training, minus the mean of the batch, which is remembered; in evaluation, minus what was remembered."""

    mean: Any

    def __init__(self, features: int) -> None:
        super().__init__()
        self.shift = Parameter(xpgrad.zeros(features))
        self.register_buffer("mean", xpgrad.zeros(features))

    def forward(self, input: Any) -> Any:
        mean = self.mean
        if self.training:
            mean = xpgrad.mean(input, axis=0)
            self.mean = 0.9 * self.mean + 0.1 * mean.detach()
        return (input - mean) ** 3 + self.shift


class _Tied(Module):
    """One parameter under two names, in a list and in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        first = _Affine(3, 3)
        self.steps = ModuleList([first, _Affine(3, 3), first])
        self.named = ModuleDict({"last": _Affine(3, 2)})
        self.scales = ParameterDict({"scale": Parameter(xpgrad.rand(2))})

    def forward(self, input: Any) -> Any:
        x = input
        for step in self.steps:
            x = step(x)
        return self.named["last"](x) * self.scales["scale"]


def _affine(state: dict[str, Any], at: str, x: Any) -> Any:
    """What :class:`_Affine` computes, on NumPy arrays."""
    z = x @ state[f"{at}.weight"] + state[f"{at}.bias"]
    return 1 - 2 / (1 + math.e ** (2 * z))


def _tied(state: dict[str, Any], x: Any) -> Any:
    for at in ("steps.0", "steps.1", "steps.0", "named.last"):
        x = _affine(state, at, x)
    return x * state["scales.scale"]


def _centred(state: dict[str, Any], x: Any, *, training: bool = False) -> Any:
    """What :class:`_Centred` computes, and in training what it remembers after that."""
    mean = x.mean(0) if training else state["mean"]
    result = (x - mean) ** 3 + state["shift"]
    return (result, {"mean": 0.9 * state["mean"] + 0.1 * mean}) if training else result


class Own(NamedTuple):
    """A function that makes a layer, the shapes of its input and output, and what it computes."""

    make: Callable[[], Any]
    input: tuple[int, ...]
    output: tuple[int, ...]
    reference: Callable[..., Any]


LAYERS: Final = {
    "Sequential": Own(
        lambda: Sequential(_Affine(3, 4), _Affine(4, 2)), (2, 3), (2, 2),
        lambda state, x: _affine(state, "1", _affine(state, "0", x)),
    ),
    "containers": Own(_Tied, (2, 3), (2, 2), _tied),
    "buffers": Own(
        lambda: _Centred(3), (4, 3), (4, 3), _centred
    ),
}  # fmt: skip
