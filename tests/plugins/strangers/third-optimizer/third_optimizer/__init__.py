"""An optimizer by a stranger: Lion (Chen et al., arXiv:2302.06675)."""

from xpgrad.extend import OptimizerSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_optimizers():
    return [OptimizerSpec("Lion", "third_optimizer.lion:Lion")]
