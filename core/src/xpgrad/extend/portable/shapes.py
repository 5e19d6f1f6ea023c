"""Questions about dtypes and shapes, casting, masking, and undoing broadcasting."""

from __future__ import annotations

from typing import Any


def is_complex(xp: Any, x: Any) -> bool:
    """Whether an array is complex floating."""
    return bool(xp.isdtype(x.dtype, "complex floating"))


def is_floating(xp: Any, x: Any) -> bool:
    """Whether an array is real or complex floating: whether it can carry a derivative."""
    return bool(xp.isdtype(x.dtype, ("real floating", "complex floating")))


def cast(xp: Any, x: Any, dtype: Any) -> Any:
    """The array in another dtype; the same array if it has it already."""
    return xp.astype(x, dtype, copy=False)


def raw_device(xp: Any, x: Any) -> Any:  # noqa: ARG001 - one signature for all
    """The library's device object of an array; None where the library has none (JAX while it traces)."""
    return getattr(x, "device", None)


def device_of_raw(x: Any) -> Any:
    """The library's device object of an array; None where the library has none."""
    return getattr(x, "device", None)


def masked(xp: Any, x: Any, condition: Any) -> Any:
    """``x`` where the condition holds, else a hard zero (also in place of an infinity or NaN)."""
    return xp.where(condition, x, xp.zeros_like(x))


def unmasked(xp: Any, x: Any, condition: Any) -> Any:
    """``x`` where the condition does not hold, else a hard zero."""
    return xp.masked(x, ~condition)


def need_sizes(what: str, *sizes: Any) -> None:
    """Raise where a lazy library does not know a size: it says None or NaN.

    Raises:
        ValueError: Which says what cannot be done.
    """
    if any(n is None or n != n for n in sizes):  # noqa: PLR0124 - only NaN differs from itself
        message = (
            f"cannot {what}: a size is unknown until it is computed; compute it, or choose with xp.where instead "
            "of a mask"
        )
        raise ValueError(message)


def sum_to(xp: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """Sum over whatever broadcasting from ``shape`` to ``x.shape`` repeated."""
    have = x.shape
    if have == shape:
        return x
    need_sizes(f"undo broadcasting from {shape} to {have}", *have, *shape)
    lead = len(have) - len(shape)
    axes = tuple(range(lead)) + tuple(
        i + lead for i, n in enumerate(shape) if n == 1 and have[i + lead] != 1
    )
    x = xp.sum(x, axis=axes, keepdims=True) if axes else x
    return xp.reshape(x, shape) if lead else x


def step(xp: Any, x: Any) -> Any:
    """One where ``x`` is positive, else zero, in x's dtype."""
    return xp.astype(x > 0, x.dtype)


FUNCTIONS = {
    f.__name__: f
    for f in (is_complex, is_floating, cast, raw_device, masked, unmasked, sum_to, step)
}
