"""Random numbers: distributions, permutations and choices, whose seed decides them on every backend alike.

Every function takes ``dtype=``, ``device=``, ``generator=`` and where it makes floating numbers ``requires_grad=``.
Without a generator the default one draws, which :func:`manual_seed` seeds; ``generator="native"`` draws with the
device's own.  Integers, permutations and uniform numbers are the same bits on every backend; what is computed from
uniform and normal numbers agrees to a few units in the last place.

Parameters may be tensors.  Numbers are then drawn for each of their elements, and are differentiable by them where
they are a smooth function of numbers without parameters (``loc + scale * z``), as the functions say.
"""

from xpgrad._generator import Generator as Generator
from xpgrad._generator import default_generator as default_generator
from xpgrad._generator import initial_seed as initial_seed
from xpgrad._generator import manual_seed as manual_seed
from xpgrad.random._choices import bernoulli as bernoulli
from xpgrad.random._choices import categorical as categorical
from xpgrad.random._choices import choice as choice
from xpgrad.random._choices import integers as integers
from xpgrad.random._choices import permutation as permutation
from xpgrad.random._distributions import exponential as exponential
from xpgrad.random._distributions import gamma as gamma
from xpgrad.random._distributions import normal as normal
from xpgrad.random._distributions import truncated_normal as truncated_normal
from xpgrad.random._distributions import uniform as uniform
from xpgrad.random._state import fork_rng as fork_rng
from xpgrad.random._state import get_rng_state as get_rng_state
from xpgrad.random._state import set_rng_state as set_rng_state

__all__ = [
    "Generator", "bernoulli", "categorical", "choice", "default_generator", "exponential", "fork_rng", "gamma",
    "get_rng_state", "initial_seed", "integers", "manual_seed", "normal", "permutation", "set_rng_state",
    "truncated_normal", "uniform",
]  # fmt: skip
