"""Samples of running extrema, of extrema that skip NaN, and of writing along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples._make import CASES, LAYOUTS, Case, Maker, Sample, case
from xpgrad.conformance.samples.statistics import REDUCED

if TYPE_CHECKING:
    from collections.abc import Iterator


def _running(make: Maker) -> Iterator[Sample]:
    for axis in (0, 1, -1):
        yield Sample(f"axis {axis}", {"x": make.array((2, 5, 3))}, {"axis": axis})
    for layout in LAYOUTS[1:]:
        yield Sample(layout, {"x": make.array((4, 2), layout=layout)}, {"axis": 0})
    yield Sample("no axis", {"x": make.array((6,))}, {})
    yield Sample("empty", {"x": make.array((0, 3))}, {"axis": 0})
    yield Sample("one element", {"x": make.array((1,))}, {})


CASES["cumulative_max"] = Case("cumulative_max", _running)
CASES["cumulative_min"] = Case("cumulative_min", _running)


def _with_gaps(make: Maker, shape: tuple[int, ...], holes: Any) -> Any:
    x = make.array(shape).copy()
    x.reshape(-1)[holes] = make.np.nan
    return x


def _present(make: Maker) -> Iterator[Sample]:
    for options in REDUCED:
        yield Sample(str(options), {"x": make.array((2, 3, 2))}, options)
    for layout in LAYOUTS[1:]:
        yield Sample(layout, {"x": make.array((3, 2), layout=layout)}, {"axis": 0})
    yield Sample("0-d", {"x": make.array(())}, {})
    yield Sample("empty kept", {"x": make.array((0, 3))}, {"axis": 1})
    for options in ({}, {"axis": 1}, {"axis": -1, "keepdims": True}):
        yield Sample(f"gaps {options}", {"x": _with_gaps(make, (2, 3), [0, 4])}, options)


CASES["nanmax"] = Case("nanmax", _present)
CASES["nanmin"] = Case("nanmin", _present)

_INDEX: Final = [[0, 0, 2], [1, -1, 1]]


@case("put_along_axis", complex=True, step=True)
def _put_along_axis(make: Maker) -> Iterator[Sample]:
    index = make.integers(_INDEX)
    for shape in ((2, 3), (1, 3), (2, 1), (1, 1)):
        arrays = {"x": make.array((2, 4)), "indices": index, "values": make.array(shape)}
        yield Sample(f"values {shape}", arrays)
    arrays = {"x": make.array((3, 3)), "indices": index, "values": make.array((2, 3))}
    yield Sample("axis 0", arrays, {"axis": 0})
    arrays = {
        "x": make.array((2, 3), layout="strided"),
        "indices": index,
        "values": make.array((2, 3)),
    }
    yield Sample("strided", arrays, {"axis": 1})
    arrays = {"x": make.array((2, 3)), "indices": index[:, :0], "values": make.array((2, 0))}
    yield Sample("no index", arrays, {})


@case("order_statistics")
def _order_statistics(make: Maker) -> Iterator[Sample]:
    index = make.integers([[1, 2, 1, 3], [0, 0, 3, 2]])
    for layout in LAYOUTS:
        yield Sample(layout, {"x": make.array((2, 4), layout=layout), "indices": index})
    yield Sample(
        "three axes", {"x": make.array((2, 2, 4)), "indices": make.integers([[[2], [0]]] * 2)}
    )
    yield Sample("no index", {"x": make.array((2, 4)), "indices": index[:, :0]})
