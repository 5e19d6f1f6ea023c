"""What core itself brings, declared through the same hooks as everybody else's."""

from __future__ import annotations

from xpgrad.extend.hookspecs import hookimpl
from xpgrad.extend.specs import ComponentSpec, OptimizerSpec

XPGRAD_API = (1, 0)

_SCHEDULERS = ("LambdaLR", "StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR")


@hookimpl
def xpgrad_optimizers() -> list[OptimizerSpec]:
    """Declare ``SGD``."""
    return [OptimizerSpec("SGD", "xpgrad.optim:SGD")]


@hookimpl
def xpgrad_components() -> list[ComponentSpec]:
    """Declare the schedules of the learning rate."""
    return [
        ComponentSpec("scheduler", name, f"xpgrad.optim.lr_scheduler:{name}")
        for name in _SCHEDULERS
    ]
