"""Samples of products of vectors and matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples._make import CASES, Case, Maker, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator


Calls = tuple[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]], ...]

_CALLS: Final[dict[str, Calls]] = {
    "matmul": (
        ((2, 3), (3, 4), {}), ((3,), (3,), {}), ((2, 3), (3,), {}), ((3,), (3, 2), {}), ((2, 2, 3), (2, 3, 2), {}),
        ((2, 2, 3), (3, 2), {}), ((2, 3), (2, 3, 2), {}), ((2, 1, 2, 3), (3, 3, 2), {}), ((1, 2, 3), (2, 3, 2), {}),
        ((3,), (2, 3, 2), {}), ((2, 2, 3), (3,), {}), ((3,), (2, 2, 3, 2), {}), ((2, 1, 2, 3), (3,), {}),
        ((0, 3), (3, 2), {}), ((2, 0), (0, 3), {}), ((0,), (0,), {}), ((0, 2, 3), (3, 2), {}), ((1, 1), (1, 1), {}),
    ),
    "vecdot": (
        ((3,), (3,), {}), ((2, 3), (2, 3), {}), ((2, 3), (3,), {}), ((3,), (2, 3), {}), ((2, 3), (2, 3),
        {"axis": -2}),
        ((2, 1, 3), (4, 3), {}), ((2, 3), (1, 3), {"axis": -1}), ((0, 3), (3,), {}), ((2, 0), (2, 0), {}),
        ((2, 2), (2,), {}), ((2,), (2, 2), {}), ((2, 2, 2), (2, 2), {"axis": -2}), ((1, 2, 2), (2, 2), {}),
    ),
    "tensordot": (
        ((2, 3), (3, 4), {"axes": 1}), ((2, 3), (2, 3), {}), ((2, 3), (4,), {"axes": 0}), ((2, 3, 4),
        (3, 4, 2), {"axes": 2}),
        ((2, 3, 4), (4, 2, 5), {"axes": ((2, 0), (0, 1))}), ((2, 3, 4), (4, 5, 2), {"axes": ((0, 2), (2, 0))}),
        ((2, 3), (5, 3), {"axes": ((-1,), (-1,))}), ((3, 2, 4), (2, 4, 3), {"axes": ((0, 1, 2), (2, 0, 1))}),
        ((3,), (3,), {"axes": 1}), ((), (), {"axes": 0}), ((0, 3), (3, 2), {"axes": 1}), ((2, 0), (0, 3),
        {"axes": 1}),
    ),
}  # fmt: skip


def _calls(calls: Calls) -> Any:
    def samples(make: Maker) -> Iterator[Sample]:
        for shape1, shape2, options in calls:
            yield Sample(
                f"{shape1} {shape2} {options}",
                {"x1": make.array(shape1), "x2": make.array(shape2)},
                options,
            )
        shape1, shape2, options = calls[0]
        for layout in ("transposed", "strided", "reversed"):
            arrays = {
                "x1": make.array(shape1, layout=layout),
                "x2": make.array(shape2, layout=layout),
            }
            yield Sample(f"{layout} {options}", arrays, options)

    return samples


def _linear(make: Maker) -> Iterator[Sample]:
    for batch in ((2,), (), (2, 2), (0,)):
        arrays = {
            "x": make.array((*batch, 3)),
            "weight": make.array((4, 3)),
            "bias": make.array((4,)),
        }
        yield Sample(f"{batch} rows of 3 to 4", arrays, {})


CASES["linear"] = Case("linear", _linear, complex=True, step=True)

for _name, _each in _CALLS.items():
    CASES[_name] = Case(_name, _calls(_each), complex=True, step=_name != "vecdot")
