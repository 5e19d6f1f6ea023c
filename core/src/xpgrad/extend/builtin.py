"""What core itself brings, declared through the same hooks as everybody else's."""

from __future__ import annotations

from xpgrad.extend.hookspecs import hookimpl
from xpgrad.extend.specs import ComponentSpec, OptimizerSpec

XPGRAD_API = (1, 0)

_SCHEDULERS = ("LambdaLR", "StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR")


@hookimpl
def xpgrad_optimizers() -> list[OptimizerSpec]:
    """Declare ``SGD``."""
    cases = (
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.1},
        {"lr": 0.05, "momentum": 0.9, "nesterov": True},
    )
    reference = "xpgrad.optim.reference:sgd_reference"
    return [OptimizerSpec("SGD", "xpgrad.optim:SGD", reference=reference, cases=cases)]


@hookimpl
def xpgrad_components() -> list[ComponentSpec]:
    """Declare the schedules of the learning rate."""
    return [
        ComponentSpec("scheduler", name, f"xpgrad.optim.lr_scheduler:{name}")
        for name in _SCHEDULERS
    ]
