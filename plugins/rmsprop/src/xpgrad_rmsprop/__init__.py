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
        ),
    ]
