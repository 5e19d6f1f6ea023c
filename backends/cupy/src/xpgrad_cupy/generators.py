"""CuPy's own random numbers: drawn on the device, from other bits than NumPy's."""

from __future__ import annotations

from typing import Any

import cupy


class NativeGenerator:
    """Draws on one device with cuRAND's Philox 4x32-10.

    Same methods as the generator of `CupyBackend.rng`, and the same stream for the same seed on the
    same CuPy; but not the numbers of other backends.
    """

    def __init__(self, seed: int | None, device: Any) -> None:
        self.device = device
        with device:
            self._generator = cupy.random.Generator(cupy.random.Philox4x3210(seed))

    def random(self, shape: Any) -> Any:
        """Uniform float64 in [0, 1)."""
        with self.device:
            return self._generator.random(size=shape)

    def standard_normal(self, shape: Any) -> Any:
        """Standard normal float64."""
        with self.device:
            return self._generator.standard_normal(size=shape)

    def integers(self, low: int, high: int, shape: Any) -> Any:
        """Uniform int64 in [low, high)."""
        with self.device:
            return self._generator.integers(low, high, size=shape)
