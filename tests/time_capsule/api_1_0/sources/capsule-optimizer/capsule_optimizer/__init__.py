"""Two optimizers: a rule on one parameter and a rule over the whole tree."""

from xpgrad.extend import OptimizerSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_optimizers():
    return [
        OptimizerSpec(
            "CapsuleDrift",
            "capsule_optimizer.rules:CapsuleDrift",
            reference="capsule_optimizer.reference:drift",
            cases=({"lr": 0.02}, {"lr": 0.02, "momentum": 0.5, "damp": 0.25, "weight_decay": 0.1}),
        ),
        OptimizerSpec(
            "CapsuleBalanced",
            "capsule_optimizer.rules:CapsuleBalanced",
            reference="capsule_optimizer.reference:balanced",
            cases=({"lr": 0.25},),
        ),
    ]
