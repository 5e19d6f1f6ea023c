"""Functions of functions: derivatives, forward and reverse, batches, recomputation; they nest in any order."""

from xpgrad.transforms._forward import jvp as jvp
from xpgrad.transforms._reverse import grad as grad
from xpgrad.transforms._reverse import value_and_grad as value_and_grad
from xpgrad.transforms._reverse import vjp as vjp

__all__ = ["grad", "jvp", "value_and_grad", "vjp"]
