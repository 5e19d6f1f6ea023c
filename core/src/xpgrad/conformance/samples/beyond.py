"""Samples of what NumPy takes and the standard does not promise, so that no other backend need take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xpgrad.conformance.samples import case_of
from xpgrad.conformance.samples._make import Maker, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["BEYOND"]


def _without_axes(make: Maker) -> Iterator[Sample]:
    yield Sample("0-d", {"x": make.array(())})


def _take(make: Maker) -> Iterator[Sample]:
    square = make.integers([[0, 1, 1], [-1, 0, 1]])
    for axis in (0, 1, 2):
        arrays = {"x": make.array((2, 3, 4)), "indices": square}
        yield Sample(f"square of indices, axis {axis}", arrays, {"axis": axis})
    yield Sample("one index", {"x": make.array((3, 4)), "indices": square[1, 2]}, {"axis": 1})


def _of_complex(name: str) -> Callable[[Maker], Iterator[Sample]]:
    """The operation's own samples, with complex numbers where the standard has real ones."""
    return lambda make: case_of(name).samples(make) if make.is_complex else iter(())


BEYOND: Final[dict[str, Callable[[Maker], Iterator[Sample]]]] = {
    "cumulative_prod": _without_axes,
    "cumulative_sum": _without_axes,
    "take": _take,
    **{n: _of_complex(n) for n in ("var", "std", "logsumexp", "softmax", "log_softmax", "sigmoid")},
}
