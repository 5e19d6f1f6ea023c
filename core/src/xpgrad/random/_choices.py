"""Booleans, integers, permutations and choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xpgrad as xp
from xpgrad import _random
from xpgrad._devices import namespace_of_array
from xpgrad._namespace import _lift
from xpgrad._tensor import Tensor
from xpgrad.extend.backend import host
from xpgrad.random._drawing import Drawing, to_host

if TYPE_CHECKING:
    from xpgrad._generator import Generator

__all__ = ["bernoulli", "categorical", "choice", "integers", "permutation"]


def bernoulli(
    p: Any = 0.5, shape: Any = None, *, dtype: Any = None, device: Any = None,
    generator: Generator | str | None = None,
) -> Any:  # fmt: skip
    """True with probability ``p``; no derivative.

    Args:
        p: between 0 and 1.
        shape: default: that of ``p``.
        dtype: default: bool; another one gives 0 and 1.
        device: default: that of ``p``, or the default device.
        generator: as in :func:`uniform`.

    Example:
        >>> import xpgrad as xp
        >>> xp.random.bernoulli(1.0, 3)
        tensor([ True,  True,  True])
    """
    drawing = Drawing("bernoulli", shape, None, device, p)
    chance = drawing.parameters[0]
    out = drawing.uniform(generator) < (chance.detach() if isinstance(chance, Tensor) else chance)
    return out if dtype is None else xp.astype(out, dtype)


def integers(
    low: int, high: int | None = None, shape: Any = (), *, dtype: Any = None, device: Any = None,
    generator: Generator | str | None = None,
) -> Any:  # fmt: skip
    """Integers from ``low`` up to ``high`` without it; ``integers(high)`` starts at 0.

    Raises:
        ValueError: if there is no integer between ``low`` and ``high``.

    Example:
        >>> import xpgrad as xp
        >>> xp.random.integers(5, 6, (3,))
        tensor([5, 5, 5])
    """
    low, high = (0, low) if high is None else (low, high)
    return _random.randint(low, high, shape, dtype=dtype, device=device, generator=generator)


def permutation(
    x: Any, /, *, axis: int = 0, device: Any = None, generator: Generator | str | None = None
) -> Any:
    """The integers below ``x``, or the slices of a tensor ``x`` along ``axis``, in random order.

    Differentiable by a tensor: it only moves elements.

    Example:
        >>> import xpgrad as xp
        >>> xp.sort(xp.random.permutation(4))
        tensor([0, 1, 2, 3])
    """
    if hasattr(x, "__index__") and not isinstance(x, Tensor):
        return _random.randperm(x.__index__(), device=device, generator=generator)
    t = xp.asarray(x, device=device)
    order = _random.randperm(t.shape[axis], device=t.device, generator=generator)
    return xp.take(t, order, axis=axis)


def choice(
    x: Any, shape: Any = (), *, replace: bool = True, p: Any = None, axis: int = 0, device: Any = None,
    generator: Generator | str | None = None,
) -> Any:  # fmt: skip
    """Some of the integers below ``x``, or of the slices of a tensor ``x`` along ``axis``.

    Args:
        x: an integer or a tensor.
        shape: of what is chosen; takes the place of ``axis`` in a tensor.
        replace: whether one may be chosen again.
        p: the weights, one for each; they need not sum to 1. Default: equal ones.
        axis: along which a tensor's slices are chosen.
        device: default: that of a tensor ``x``, or the default device.
        generator: as in :func:`uniform`.

    Differentiable by a tensor ``x``: it only moves elements; not by ``p``.

    Raises:
        ValueError: if fewer can be chosen than are asked for, or ``p`` does not fit.

    Example:
        >>> import xpgrad as xp
        >>> xp.sort(xp.random.choice(xp.asarray([1.0, 2.0, 4.0]), 3, replace=False))
        tensor([1., 2., 4.])
    """
    plain = hasattr(x, "__index__") and not isinstance(x, Tensor)
    t = None if plain else xp.asarray(x, device=device)
    place = _random.place_of(device) if t is None else t.device
    n = x.__index__() if t is None else t.shape[axis]
    sizes = _random.sizes_of("choice", (), shape)
    stream = _random.stream(generator, place)
    weights = None if p is None else _weights(p, n)
    kind = _random.dtype_or(None, _lift.default_integer, place)

    def make(shape: tuple[int, ...]) -> Any:
        if replace or len(shape) == len(sizes):
            return _chosen(stream, n, shape, replace, weights)
        rows = [make(shape[1:]) for _ in range(shape[0])]  # a choice for each element of a batch
        return host().xp.stack(rows) if rows else host().xp.empty(shape)

    chosen = _random.drawn(make, sizes, kind, place)
    if t is None:
        return chosen
    at = axis % t.ndim
    taken = xp.take(t, xp.reshape(chosen, (-1,)), axis=at)
    return xp.reshape(taken, (*t.shape[:at], *sizes, *t.shape[at + 1 :]))


def _weights(p: Any, n: int) -> Any:
    """The weights on the host, where all backends compute with the same bits."""
    library = host().xp
    weights = library.astype(host().asarray(to_host(xp.asarray(p))), library.float64)
    if (
        weights.shape != (n,)
        or not bool(library.all(weights >= 0))
        or not float(library.sum(weights)) > 0
    ):
        message = f"random.choice: p must be {n} numbers of at least 0 and not all 0, got shape {weights.shape}"
        raise ValueError(message)
    return weights


def _chosen(stream: Generator, n: int, shape: tuple[int, ...], replace: bool, weights: Any) -> Any:
    """Indices below ``n`` as a raw array, computed on the host."""
    library, size = host().xp, 1
    for extent in shape:
        size *= extent
    possible = n if weights is None else int(library.count_nonzero(weights))
    if size and (not n or (not replace and size > possible)):
        message = f"random.choice: cannot choose {size} of {possible}" + (
            "" if replace else " without repeating one"
        )
        raise ValueError(message)
    if replace and weights is None:
        return stream.draw("integers", 0, max(n, 1), shape)
    draws = host().asarray(_on_host(stream.draw("random", (size,) if replace else (n,))))
    if replace:
        edges = library.cumulative_sum(weights)
        found = library.searchsorted(edges, draws * edges[-1], side="right")
        last = int(library.max(library.nonzero(weights)[0]))
        return library.reshape(library.minimum(found, library.asarray(last)), shape)
    keys = draws if weights is None else _exponential_keys(draws, weights)
    return library.reshape(library.argsort(keys, stable=True)[:size], shape)


def _on_host(raw: Any) -> Any:
    source = namespace_of_array(raw)
    return raw if source is None else source.backend.to_host(raw)


def _exponential_keys(draws: Any, weights: Any) -> Any:
    """Waiting times of rates ``weights``: the first to come are a choice without replacement.

    Efraimidis & Spirakis, Information Processing Letters 97 (2006), 181-185.
    """
    library = host().xp
    none = weights == 0
    times = -library.log1p(-draws) / library.where(none, library.ones_like(weights), weights)
    return library.where(none, library.full_like(times, float("inf")), times)


def categorical(
    logits: Any, shape: Any = None, *, axis: int = -1, device: Any = None,
    generator: Generator | str | None = None,
) -> Any:  # fmt: skip
    """Indices along ``axis``, each with probability ``softmax(logits)``; no derivative.

    Args:
        logits: logarithms of weights; minus infinity is never chosen.
        shape: of the result, to which the other axes broadcast; default: them.
        axis: the axis of the weights.
        device: default: that of ``logits``.
        generator: as in :func:`uniform`.

    The index of the largest ``logits + noise``, with Gumbel's noise.

    Example:
        >>> import xpgrad as xp
        >>> xp.random.categorical(xp.log(xp.asarray([[1.0, 0.0], [0.0, 2.0]]) + 1e-300))
        tensor([0, 1])
    """
    t = xp.moveaxis(xp.asarray(logits, device=device).detach(), axis, -1)
    t = (
        t
        if t.dtype.is_floating
        else xp.astype(t, _random.dtype_or(None, _lift.default_floating, t.device))
    )
    batch = t.shape[:-1] if shape is None else _random.sizes_of("categorical", (), shape)
    drawing = Drawing("categorical", (*batch, t.shape[-1]), t.dtype, t.device, t)
    noise = -xp.log(-xp.log(drawing.positive_uniform(generator)))
    return xp.argmax(t + noise, axis=-1)
