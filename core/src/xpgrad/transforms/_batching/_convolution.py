"""Convolution: batches of arrays are more arrays, and batches of kernels are more groups of channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad._namespace._operations import operation
from xpgrad.transforms._batching._records import Batched, reshaped, whole

if TYPE_CHECKING:
    from xpgrad.transforms._batching._records import Arguments
    from xpgrad.transforms._level import Invocation

__all__ = ["BY_HAND"]


def _more_channels(x: Batched) -> Any:
    """(size, n, channels, ...) as (n, size * channels, ...)."""
    t = operation("moveaxis")(whole(x), 0, 1)
    n, size, channels, *rest = t.shape
    return reshaped(t, (n, size * channels, *rest))


def _more_kernels(weight: Batched) -> Any:
    """(size, channels out, ...) as (size * channels out, ...)."""
    t = whole(weight)
    size, out, *rest = t.shape
    return reshaped(t, (size * out, *rest))


def _fewer_channels(t: Any, size: int) -> Any:
    """The batch taken out of the channels again."""
    n, channels, *rest = t.shape
    return operation("moveaxis")(reshaped(t, (n, size, channels // size, *rest)), 1, 0)


def _by_kernel(first: str) -> Any:
    """``convolved`` and ``unconvolved``: an array and a kernel give an array."""

    def rule(invoke: Invocation, arguments: Arguments) -> Any:
        x, weight = arguments[first], arguments["weight"]
        if not weight.batched:
            size, n, *rest = x.inner.shape
            t = reshaped(x.inner, (size * n, *rest))
            out = invoke(arguments | {first: t, "weight": weight.inner})
            return reshaped(out, (size, n, *out.shape[1:]))
        size = weight.xp.size
        given = {first: _more_channels(x), "weight": _more_kernels(weight)}
        out = invoke(arguments | given | {"groups": arguments["groups"] * size})
        return _fewer_channels(out, size)

    return rule


def _convolved_kernel(invoke: Invocation, arguments: Arguments) -> Any:
    values, x = arguments["values"], arguments["x"]
    size = x.xp.size
    given = {"values": _more_channels(values), "x": _more_channels(x)}
    out = invoke(arguments | given | {"groups": arguments["groups"] * size})
    return reshaped(out, (size, out.shape[0] // size, *out.shape[1:]))


BY_HAND = {
    "convolved": _by_kernel("x"),
    "unconvolved": _by_kernel("values"),
    "convolved_kernel": _convolved_kernel,
}
