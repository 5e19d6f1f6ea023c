"""Adam and AdamW for xpgrad: what they are called and where they live."""

from xpgrad.extend import OptimizerSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_optimizers() -> list[OptimizerSpec]:
    """Declare ``Adam`` and ``AdamW``."""
    return [
        OptimizerSpec(
            "Adam",
            "xpgrad_adam.adam:Adam",
            reference="xpgrad_adam.reference:adam",
        ),
        OptimizerSpec(
            "AdamW",
            "xpgrad_adam.adamw:AdamW",
            reference="xpgrad_adam.reference:adamw",
        ),
    ]
