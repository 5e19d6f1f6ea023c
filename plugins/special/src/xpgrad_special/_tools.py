"""What the chapters share: the way to SciPy, derivatives that are missing, removable singularities."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from xpgrad.errors import DeviceError, MissingRuleError
from xpgrad_special.kernels import with_real_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_SINGLE: Final = {"float64": "float32", "complex128": "complex64"}


def by_scipy(name: str, xp: Any, *arguments: Any, **options: Any) -> Any:
    """``scipy.special.name`` of arrays of any library on the CPU, by way of the host; rules also pass numbers.

    Raises:
        DeviceError: where an array is on another device.
    """
    backend = xp.backend
    arrays = [x for x in arguments if hasattr(x, "dtype")]
    for x in arrays:
        place = backend.device_of(x)
        if place.partition(":")[0] != "cpu":
            message = (
                f"special.{name}: nobody computes it on {place!r} of {backend.name!r}; SciPy does on the "
                "CPU: move the array there, for example with .to('cpu')"
            )
            raise DeviceError(message)
    function = getattr(importlib.import_module("scipy.special"), name)
    hosts = [backend.to_host(x) if hasattr(x, "dtype") else x for x in arguments]
    found = function(*hosts, **options) if options else with_real_orders(function, *hosts)
    kinds = {x.dtype.name for x in hosts if hasattr(x, "dtype")}
    kind = found.dtype.name
    if not kinds & _SINGLE.keys() and kinds & set(_SINGLE.values()):
        kind = _SINGLE.get(kind, kind)  # SciPy computes some functions in double precision only
    return backend.asarray(
        found.astype(kind, copy=False), dtype=backend.dtype(kind), device=xp.raw_device(arrays[0])
    )


def missing(name: str, parameter: str, instead: str) -> Callable[..., Any]:
    """The rule of a parameter by which no derivative is known: it raises when it is asked for."""

    def vjp(g: Any) -> Any:  # noqa: ARG001 - a rule is called with the cotangent
        message = (
            f"special.{name} has no derivative by {parameter}: no closed form is known. {instead}"
        )
        raise MissingRuleError(message)

    return vjp


def polynomial(c: Sequence[float], x: Any) -> Any:
    """``c[0] + c[1] x + …``."""
    result = 0.0
    for coefficient in reversed(c):
        result = result * x + coefficient
    return result


def near_zero(
    xp: Any,
    x: Any,
    radius: float,
    near: Callable[[Any], Any],
    far: Callable[[Any], Any],
) -> Any:
    """A function with a removable singularity at 0: ``near`` within ``radius``, ``far`` elsewhere.

    Both are differentiated as they stand; neither sees the other's arguments.
    """
    inside = xp.abs(x) < radius
    inner = near(xp.where(inside, x, xp.zeros_like(x)))
    outer = far(xp.where(inside, xp.ones_like(x), x))
    return xp.where(inside, inner, outer)


def zero_where(condition: Any, value: Any, xp: Any) -> Any:
    """A hard zero where the condition holds."""
    return xp.where(condition, xp.zeros_like(value), value)
