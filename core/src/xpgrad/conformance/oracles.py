"""What a derivative is held against: differences of the function itself, which know no rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["along", "along_array", "complex_step", "difference", "inner", "rough", "ulps"]

STEP: Final = 1e-3
_POINTS: Final = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))
"""Offsets and weights of the central difference of fourth order."""
TINY: Final = 1e-30


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
