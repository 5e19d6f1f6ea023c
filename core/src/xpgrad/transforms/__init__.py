"""Functions of functions: derivatives, forward and reverse, batches, recomputation; they nest in any order."""

from xpgrad.transforms._batching import vmap as vmap
from xpgrad.transforms._batching import vmap_coverage as vmap_coverage
from xpgrad.transforms._checkpoint import checkpoint as checkpoint
from xpgrad.transforms._checkpoint import checkpoint_sequential as checkpoint_sequential
from xpgrad.transforms._custom import custom_jvp as custom_jvp
from xpgrad.transforms._custom import custom_vjp as custom_vjp
from xpgrad.transforms._forward import jvp as jvp
from xpgrad.transforms._jacobian import hessian as hessian
from xpgrad.transforms._jacobian import jacfwd as jacfwd
from xpgrad.transforms._jacobian import jacobian as jacobian
from xpgrad.transforms._jacobian import jacrev as jacrev
from xpgrad.transforms._linearize import hvp as hvp
from xpgrad.transforms._linearize import linearize as linearize
from xpgrad.transforms._reverse import grad as grad
from xpgrad.transforms._reverse import value_and_grad as value_and_grad
from xpgrad.transforms._reverse import vjp as vjp

__all__ = [
    "checkpoint", "checkpoint_sequential", "custom_jvp", "custom_vjp", "grad", "hessian", "hvp", "jacfwd",
    "jacobian", "jacrev", "jvp", "linearize", "value_and_grad", "vjp", "vmap", "vmap_coverage",
]  # fmt: skip
