"""RMSprop for xpgrad: what it is called and where it lives."""

from xpgrad.extend import OptimizerSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_optimizers() -> list[OptimizerSpec]:
    """Declare ``RMSprop``."""
    return [
        OptimizerSpec(
            "RMSprop",
            "xpgrad_rmsprop.rmsprop:RMSprop",
            reference="xpgrad_rmsprop.reference:rmsprop",
            cases=(
                {"lr": 0.01},
                {"lr": 0.01, "alpha": 0.9, "momentum": 0.5, "weight_decay": 0.1, "eps": 1e-6},
                {"lr": 0.01, "centered": True},
            ),
        ),
    ]
