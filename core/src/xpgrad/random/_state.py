"""The state of the default generator, and blocks that leave it as they found it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from xpgrad._generator import Generator, default_generator

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["fork_rng", "get_rng_state", "set_rng_state"]


def get_rng_state() -> dict[str, Any]:
    """Where the default generator stands: numbers, texts and tuples, for :func:`set_rng_state` or a file.

    Example:
        >>> import xpgrad as xp
        >>> state = xp.random.get_rng_state()
        >>> a = xp.random.uniform(3)
        >>> xp.random.set_rng_state(state)
        >>> bool(xp.all(a == xp.random.uniform(3)))
        True
    """
    return default_generator.get_state()


def set_rng_state(state: dict[str, Any]) -> None:
    """Let the default generator go on where :func:`get_rng_state` was called."""
    default_generator.set_state(state)


@contextmanager
def fork_rng(*generators: Generator, seed: int | None = None) -> Iterator[None]:
    """A block after which generators stand where they stood before.

    Args:
        generators: default: the default one.
        seed: start the block with this seed.

    Example:
        >>> import xpgrad as xp
        >>> _ = xp.random.manual_seed(1)
        >>> with xp.random.fork_rng(seed=5):
        ...     noise = xp.random.normal(3)
        >>> a = xp.random.uniform(3)
        >>> _ = xp.random.manual_seed(1)
        >>> bool(xp.all(a == xp.random.uniform(3)))
        True
    """
    streams = generators or (default_generator,)
    states = [g.get_state() for g in streams]
    try:
        if seed is not None:
            for g in streams:
                g.manual_seed(seed)
        yield
    finally:
        for g, state in zip(streams, states, strict=True):
            g.set_state(state)
