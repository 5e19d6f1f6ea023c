"""PyTorch's random functions over xpgrad's generators; the numbers of a seed are not PyTorch's."""

from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad import _random
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.compat.torch._dtypes import default
from xpgrad.compat.torch._factories import _only_layout
from xpgrad.compat.torch._size import sizes
from xpgrad.compat.torch._table import both, function
from xpgrad.compat.torch._tensor import as_torch, dress
from xpgrad.compat.torch._views import laid

__all__ = ["Generator", "default_generator", "initial_seed", "manual_seed", "seed"]

Generator = _random.Generator
default_generator = _random.default_generator
manual_seed = _random.manual_seed
initial_seed = _random.initial_seed


def seed() -> int:
    """Seed the default generator with a number nobody can foresee; returns it."""
    return default_generator.seed()


def _drawn(name: str, draw: Any) -> Any:
    def factory(
        *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, generator: Any = None,
        out: Any = None, **options: Any,
    ) -> Any:  # fmt: skip
        if "size" in options:
            size = (options.pop("size"),)
        _only_layout(name, options)
        with default():
            result = draw(
                sizes(size),
                dtype=dtype,
                device=device,
                generator=generator,
                requires_grad=requires_grad,
            )
        return dress(result) if out is None else out.copy_(result)

    factory.__name__ = name
    factory.__doc__ = (
        f"``xpgrad.{name}`` of the default dtype: ``{name}(2, 3)`` or ``{name}((2, 3))``."
    )
    return function(factory)


rand = _drawn("rand", xp.rand)
randn = _drawn("randn", xp.randn)


@function
def rand_like(input: Any, **kwargs: Any) -> Any:
    """Uniform numbers of input's shape and dtype."""
    like = {"dtype": input.dtype, "device": input.device}
    return laid(rand(tuple(input.shape), **(like | kwargs)), input)


@function
def randn_like(input: Any, **kwargs: Any) -> Any:
    """Standard normal numbers of input's shape and dtype."""
    like = {"dtype": input.dtype, "device": input.device}
    return laid(randn(tuple(input.shape), **(like | kwargs)), input)


@function
def randint(
    low: Any, high: Any = None, size: Any = None, *, dtype: Any = None, device: Any = None, generator: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Integers from ``low`` up to ``high`` without it; ``randint(high, size)`` starts at 0."""
    if size is None:
        low, high, size = (0, low, high) if not isinstance(high, int) else (low, high, ())
    elif high is None:
        low, high = 0, low
    result = xp.randint(int(low), int(high), tuple(size), device=device, generator=generator)
    result = result if dtype is None else xp.astype(result, dtype)
    return dress(result).requires_grad_(requires_grad)


@function
def randint_like(input: Any, low: Any, high: Any = None, **kwargs: Any) -> Any:
    """Integers of input's shape and dtype."""
    return randint(low, high, size=tuple(input.shape), **{"dtype": input.dtype, **kwargs})


@function
def randperm(
    n: int, *, dtype: Any = None, device: Any = None, generator: Any = None, **_: Any
) -> Any:
    """The integers below ``n`` in random order."""
    return dress(xp.randperm(n, dtype=dtype, device=device, generator=generator))


@function
def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Any = None, **kwargs: Any
) -> Any:
    """Normal numbers of the means and standard deviations (tensors or numbers), of ``size`` if both are numbers."""
    shapes = [tuple(v.shape) for v in (mean, std) if isinstance(v, CoreTensor)]
    shape = tuple(size) if size is not None else xp.broadcast_shapes(*shapes)
    requires_grad = kwargs.pop("requires_grad", False)
    with xp.no_grad():
        result = randn(shape, generator=generator, **kwargs) * std + mean
    return result.requires_grad_(requires_grad)


@both
def bernoulli(input: Any, p: Any = None, *, generator: Any = None) -> Any:
    """One with the probability that the element (or ``p``) says, else zero."""
    draws = rand(tuple(input.shape), generator=generator, device=input.device)
    return xp.astype(draws < (input.detach() if p is None else p), input.dtype)


@both
def multinomial(
    input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None
) -> Any:
    """Indices drawn with the weights of each row; without replacement by the largest ``log(w) - log(-log(u))``.

    That key is the Gumbel-max trick (Efraimidis & Spirakis 2006 give the equivalent ``u ** (1 / w)``).
    """
    w = as_torch(xp.astype(input.detach(), xp.float64))
    if replacement:
        edges = xp.cumulative_sum(w, axis=-1)
        u = (
            rand(*w.shape[:-1], num_samples, dtype=xp.float64, generator=generator)
            * edges[..., -1:]
        )
        below = xp.astype(edges[..., None, :] <= u[..., :, None], xp.int64)
        return xp.clip(xp.sum(below, axis=-1), 0, w.shape[-1] - 1)
    if bool(xp.any(xp.sum(xp.astype(w > 0, xp.int64), axis=-1) < num_samples)):
        message = f"multinomial: cannot draw {num_samples} different indices, fewer have a weight that is not zero"
        raise RuntimeError(message)
    u = xp.clip(rand(tuple(w.shape), dtype=xp.float64, generator=generator), 1e-300, None)
    keys = xp.where(w > 0, xp.log(-xp.log(u)) - xp.log(xp.where(w > 0, w, 1.0)), xp.inf)
    return xp.argsort(keys, axis=-1)[..., :num_samples]
