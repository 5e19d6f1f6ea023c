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
            cases=(
                {"lr": 0.1},
                {
                    "lr": 0.1,
                    "lr_decay": 0.1,
                    "weight_decay": 0.1,
                    "initial_accumulator_value": 0.1,
                    "eps": 1e-6,
                },
            ),
        ),
    ]
