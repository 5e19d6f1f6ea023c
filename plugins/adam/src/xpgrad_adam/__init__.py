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
            cases=(
                {"lr": 0.05},
                {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1},
                {"lr": 0.05, "betas": (0.5, 0.7), "amsgrad": True},
            ),
        ),
        OptimizerSpec(
            "AdamW",
            "xpgrad_adam.adamw:AdamW",
            reference="xpgrad_adam.reference:adamw",
            cases=(
                {"lr": 0.05},
                {
                    "lr": 0.05,
                    "betas": (0.5, 0.7),
                    "eps": 1e-6,
                    "weight_decay": 0.3,
                    "amsgrad": True,
                },
            ),
        ),
    ]
