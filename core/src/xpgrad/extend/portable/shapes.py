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


def sum_to(xp: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """Sum over whatever broadcasting from ``shape`` to ``x.shape`` repeated."""
    have = x.shape
    if have == shape:
        return x
    if any(n is None or n != n for n in (*have, *shape)):  # noqa: PLR0124 - NaN is a lazy library's "unknown"
        message = f"cannot undo broadcasting from {shape} to {have}: a size is unknown until it is computed"
        raise ValueError(message)
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
