"""What a derivative is held against: differences of the function itself, which know no rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["along", "along_array", "complex_step", "difference", "inner", "rough", "sharp", "ulps"]

STEP: Final = 1e-3
_POINTS: Final = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))
"""Offsets and weights of the central difference of fourth order."""
TINY: Final = 1e-30

# The sharp difference.  A central difference of eighth order at h = 2**-8 errs by about h**8 = 5e-20 times the ninth
# derivative and by the function's rounding over h, 5e-14 for an exact one.  Half the step makes the first 256 times
# smaller and the second twice as large, so that the distance of the two tells both: what a singularity nearby costs,
# and what a library's function is less exact than its dtype.  Over all operations of core and of xpgrad_special, in
# float64 and complex128, every rule lies within CAUTION times that distance and 2e-13 of the values' size.
_SHARP_STEPS: Final = (2.0**-8, 2.0**-9)
_SHARP_POINTS: Final = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))
"""Offsets and weights, each also at the opposite point with the opposite sign."""
CAUTION: Final = 4.0
ROUNDING: Final = 5e-13
BLUNT: Final = 1e-8
"""The most that a derivative may be off by, however rough the function."""


def inner(a: Any, b: Any) -> float:
    """The real inner product ``Re Σ conj(a) b``."""
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return float(np.sum(np.conj(a) * b).real)


def along(function: Callable[[Any], float], at: Any, direction: Any) -> float:
    """The derivative of a real function along a direction, by central differences of fourth order."""
    return sum(w * function(at + k * STEP * direction) for k, w in _POINTS) / STEP


def along_array(function: Callable[[float], Any]) -> Any:
    """The derivative at 0 of an array-valued function of one number, by central differences of fourth order."""
    return sum(w * function(k * STEP) for k, w in _POINTS) / STEP


def sharp(function: Callable[[float], Any]) -> tuple[Any, Any]:
    """The derivative at 0 of an array-valued function of one number, and what a right one may be off by, by element."""
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    found, size = [], 1.0
    for step in _SHARP_STEPS:
        pairs = [(w, function(k * step), function(-k * step)) for k, w in _SHARP_POINTS]
        found.append(sum(w * (after - before) for w, after, before in pairs) / step)
        size = max([size, *(float(np.max(np.abs(after), initial=0.0)) for _, after, _ in pairs)])
    size = max(size, float(np.max(np.abs(found[0]), initial=0.0)))
    slope, off = found[0], CAUTION * np.abs(found[0] - found[1]) + ROUNDING * size
    blunt = BLUNT * (1.0 + np.abs(slope))
    if not np.any(off > blunt):
        return slope, off
    close = along_array(function)  # a kink or a pole lies within reach of the long steps
    return np.where(off > blunt, close, slope), np.minimum(off, BLUNT * (1.0 + np.abs(close)))


def difference(function: Callable[[Any], float], at: Any) -> Any:
    """The gradient of a real function, element by element: ``∂/∂re + i ∂/∂im`` where ``at`` is complex."""
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    result = np.zeros(at.shape, at.dtype)
    parts = (1.0, 1j) if at.dtype.kind == "c" else (1.0,)
    for index in np.ndindex(at.shape):
        for part in parts:
            direction = np.zeros(at.shape, at.dtype)
            direction[index] = part
            result[index] += part * along(function, at, direction)
    return result


def complex_step(function: Callable[[Any], Any], at: Any, weights: Any) -> Any:
    """The gradient of ``Σ weights · function`` at a real point, exact to rounding: no difference is taken."""
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    result = np.zeros(at.shape, at.dtype)
    for index in np.ndindex(at.shape):
        moved = at.astype("complex128")
        moved[index] += 1j * TINY
        result[index] = np.sum(weights * (function(moved).imag / TINY))
    return result


def ulps(got: Any, want: Any) -> float:
    """The largest difference in units in the last place of ``got``'s dtype, at the largest of the wanted values.

    Where one is NaN or infinite, the other must be the same; else the distance is infinite.
    """
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    if got.size == 0:
        return 0.0
    finite = np.isfinite(want)
    if not np.array_equal(np.where(finite, 0, got), np.where(finite, 0, want), equal_nan=True):
        return float("inf")
    scale = np.max(np.abs(np.where(finite, want, 0)), initial=0.0)
    unit = np.finfo(got.dtype).eps * max(float(scale), 1.0)
    worst = np.max(np.abs(np.where(finite, got - want, 0)))
    return float(worst / unit) if np.isfinite(worst) else float("inf")


def rough(dtype: str) -> tuple[float, float]:
    """Relative and absolute tolerance between two computations in ``dtype``."""
    return (2e-5, 2e-5) if dtype in ("float32", "complex64") else (1e-12, 1e-12)
