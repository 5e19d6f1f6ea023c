"""How samples are written: host arrays in every layout, and the record of one call.

A sample is a call of one operation: its arrays by parameter name, and its options.  Values lie where the
operation is smooth, so that a finite difference is an oracle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xpgrad.conformance.samples.chosen import Chosen


__all__ = ["CASES", "Case", "Maker", "Sample", "case"]

Shape = tuple[int, ...]
Samples: TypeAlias = "Callable[[Maker], Iterator[Sample]]"


@dataclass(frozen=True, slots=True)
class Sample:
    """One call of one operation."""

    label: str
    arrays: dict[str, Any]
    """By parameter: a host array, a tuple of them (a sequence parameter) or None."""
    options: dict[str, Any] = field(default_factory=dict)
    static: bool = True
    """The result's shape follows from shapes alone, not from values (a boolean mask's does not)."""
    prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    """Makes the operation's tensors of free ones: symmetric matrices, say.  Written with xpgrad's functions."""
    observe: Callable[[Any], Any] | None = None
    """What of the result is well defined, as one tensor: eigenvectors without their phases, say."""


@dataclass(frozen=True, slots=True)
class Case:
    """Every sample of one operation."""

    name: str
    samples: Samples
    real: bool = True
    """Defined for real floating input."""
    complex: bool = False
    """Defined for complex floating input."""
    step: bool = False
    """Holomorphic, so that a complex step is an oracle for real input."""
    chosen: tuple[Chosen, ...] = ()
    """Derivatives at special points, of an operation of a plugin; core's are in ``samples.chosen``."""


CASES: Final[dict[str, Case]] = {}


def case(
    name: str, *, real: bool = True, complex: bool = False, step: bool = False
) -> Callable[[Samples], Samples]:
    """Enter the decorated generator as the samples of ``name``."""

    def enter(samples: Samples) -> Samples:
        assert name not in CASES, f"two cases of {name!r}"
        CASES[name] = Case(name, samples, real, complex, step)
        return samples

    return enter


LAYOUTS: Final = ("plain", "transposed", "strided", "reversed")


class Maker:
    """Makes host arrays of one dtype; the same ones every time."""

    def __init__(self, dtype: str) -> None:
        import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

        self.np = np
        self.dtype = dtype
        self.is_complex = dtype.startswith("complex")
        self._rng = np.random.default_rng(20)

    def array(
        self,
        shape: Shape,
        low: float = -2.0,
        high: float = 2.0,
        *,
        avoid: tuple[float, ...] = (),
        layout: str = "plain",
    ) -> Any:
        """Distinct values between ``low`` and ``high``, away from each of ``avoid``; complex ones off the axes."""
        np = self.np
        n = int(np.prod(shape, dtype=int))
        values = low + (high - low) * (
            self._rng.permutation(n) + self._rng.uniform(0.2, 0.8)
        ) / max(n, 1)
        for point in avoid:
            near = np.abs(values - point) < AWAY
            values = np.where(
                near,
                point + np.where(values < point, -1.0, 1.0) * AWAY * (1.5 + values % 1),
                values,
            )
        if self.is_complex:
            values = np.where(np.abs(values) < AWAY, AWAY, values)
            values = values + 1j * self._rng.uniform(0.3, 1.1, n) * self._rng.choice([-1.0, 1.0], n)
        return laid_out(np, values.astype(self.dtype).reshape(shape), layout)

    def integers(self, values: Any) -> Any:
        """An integer array."""
        return self.np.asarray(values, dtype="int64")

    def booleans(self, values: Any) -> Any:
        """A boolean array."""
        return self.np.asarray(values, dtype=bool)


AWAY: Final = 0.15


def laid_out(np: Any, values: Any, layout: str) -> Any:
    """The same values in another order of memory."""
    if layout == "transposed":
        return np.ascontiguousarray(values.T).T
    if layout == "strided":
        wide = np.zeros(tuple(2 * n for n in values.shape), values.dtype)
        wide[tuple(slice(None, None, 2) for _ in values.shape)] = values
        return wide[tuple(slice(None, None, 2) for _ in values.shape)]
    if layout == "reversed":
        back = tuple(slice(None, None, -1) for _ in values.shape)
        return np.ascontiguousarray(values[back])[back]
    return values


def shapes_and_layouts() -> Iterator[tuple[str, Shape, str]]:
    """What every operation on one array must take: label, shape, layout."""
    yield from (("0-d", (), "plain"), ("empty", (0, 3), "plain"), ("one element", (1,), "plain"))
    yield from ((layout, (2, 3), layout) for layout in LAYOUTS)
