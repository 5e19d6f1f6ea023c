"""Adagrad for xpgrad: what it is called and where it lives."""

from xpgrad.extend import OptimizerSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_optimizers() -> list[OptimizerSpec]:
    """Declare ``Adagrad``."""
    return [
        OptimizerSpec(
            "Adagrad",
            "xpgrad_adagrad.adagrad:Adagrad",
            reference="xpgrad_adagrad.reference:adagrad",
        ),
    ]
