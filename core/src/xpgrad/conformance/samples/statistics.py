"""Samples of reductions, cumulative functions, sorting and differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples._make import CASES, LAYOUTS, Case, Maker, Sample, case

if TYPE_CHECKING:
    from collections.abc import Iterator


REDUCED: Final[tuple[dict[str, Any], ...]] = (
    {}, {"axis": 0}, {"axis": -1}, {"axis": (0, 1)}, {"axis": (1, -3)}, {"axis": (0, 2)},
    {"keepdims": True}, {"axis": 1, "keepdims": True}, {"axis": (-1, 0), "keepdims": True},
)  # fmt: skip


def _reduction(
    *,
    low: float = -2.0,
    high: float = 2.0,
    empty: bool = True,
    more: tuple[dict[str, Any], ...] = (),
) -> Any:
    def samples(make: Maker) -> Iterator[Sample]:
        for options in (*REDUCED, *more):
            yield Sample(str(options), {"x": make.array((2, 3, 2), low, high)}, options)
        for options in ({}, {"axis": 0}, {"axis": (0, 1), "keepdims": True}):
            for layout in LAYOUTS[1:]:
                yield Sample(
                    f"{layout} {options}",
                    {"x": make.array((3, 2), low, high, layout=layout)},
                    options,
                )
        yield Sample("0-d", {"x": make.array((), low, high)}, {"correction": -1.0} if more else {})
        yield Sample(
            "0-d keepdims",
            {"x": make.array((), low, high)},
            {"keepdims": True} | ({"correction": -1.0} if more else {}),
        )
        yield Sample(
            "one element",
            {"x": make.array((1, 3), low, high)},
            {"axis": 0} | ({"correction": -1.0} if more else {}),
        )
        yield Sample("empty kept", {"x": make.array((0, 3), low, high)}, {"axis": 1})
        if empty:
            yield Sample("empty reduced", {"x": make.array((0, 3), low, high)}, {"axis": 0})
            yield Sample("all empty", {"x": make.array((0, 3), low, high)}, {})

    return samples


CASES["sum"] = Case("sum", _reduction(), complex=True, step=True)
CASES["mean"] = Case("mean", _reduction(empty=False), complex=True, step=True)
CASES["max"] = Case("max", _reduction(empty=False))
CASES["min"] = Case("min", _reduction(empty=False))
CASES["logsumexp"] = Case("logsumexp", _reduction(empty=False))
_CORRECTIONS: Final = (
    {"correction": 1.0},
    {"correction": 1, "axis": 1, "keepdims": True},
    {"correction": 0.5, "axis": (0, 2)},
    {"correction": 1.5, "axis": 2},
)
CASES["var"] = Case("var", _reduction(empty=False, more=_CORRECTIONS))


@case("std")
def _std(make: Maker) -> Iterator[Sample]:
    for sample in CASES["var"].samples(make):
        if "0-d" not in sample.label and "one element" not in sample.label:  # no spread there
            yield sample


@case("prod", complex=True, step=True)
def _prod(make: Maker) -> Iterator[Sample]:
    yield from _reduction()(make)
    for zeros in ([0], [0, 4], [0, 1, 2, 3, 4, 5]):
        x = make.array((2, 3)).copy()
        x.reshape(-1)[zeros] = 0
        yield Sample(f"zeros at {zeros}", {"x": x}, {})
        yield Sample(f"zeros at {zeros}, axis", {"x": x}, {"axis": 1})


def _cumulative(make: Maker) -> Iterator[Sample]:
    for axis in (0, 1, -1):
        for initial in (False, True):
            options = {"axis": axis, "include_initial": initial}
            yield Sample(str(options), {"x": make.array((2, 3, 2))}, options)
    for layout in LAYOUTS[1:]:
        yield Sample(layout, {"x": make.array((3, 2), layout=layout)}, {"axis": 0})
    yield Sample("no axis", {"x": make.array((4,))}, {})
    yield Sample("no axis, initial", {"x": make.array((4,))}, {"include_initial": True})
    yield Sample("empty", {"x": make.array((0, 3))}, {"axis": 0})
    yield Sample("empty, initial", {"x": make.array((2, 0))}, {"axis": 1, "include_initial": True})
    yield Sample("one element", {"x": make.array((1,))}, {})
    yield Sample("the only axis from the end", {"x": make.array((4,))}, {"axis": -1})


CASES["cumulative_sum"] = Case("cumulative_sum", _cumulative, complex=True, step=True)


@case("cumulative_prod", complex=True, step=True)
def _cumulative_prod(make: Maker) -> Iterator[Sample]:
    yield from _cumulative(make)
    x = make.array((2, 3)).copy()
    x[0, 1] = x[1, 0] = x[1, 2] = 0
    yield Sample("zeros", {"x": x}, {"axis": 1})
    yield Sample("a longer line", {"x": make.array((6,))}, {"axis": 0})


@case("sort")
def _sort(make: Maker) -> Iterator[Sample]:
    for options in (
        {},
        {"axis": 0},
        {"axis": 1, "descending": True},
        {"stable": False},
        {"axis": -3, "descending": True},
    ):
        yield Sample(str(options), {"x": make.array((2, 3, 4))}, options)
    for layout in LAYOUTS[1:]:
        yield Sample(layout, {"x": make.array((3, 2), layout=layout)}, {"axis": 0})
    yield Sample("empty", {"x": make.array((0, 3))}, {"axis": 0})
    yield Sample("one element", {"x": make.array((1,))})


@case("diff", complex=True, step=True)
def _diff(make: Maker) -> Iterator[Sample]:
    none = {"prepend": None, "append": None}
    for options in ({}, {"axis": 0}, {"n": 2}, {"n": 3, "axis": -1}, {"n": 0}, {"axis": 1, "n": 2}):
        yield Sample(str(options), {"x": make.array((3, 4, 5)), **none}, options)
    yield Sample(
        "prepend", {"x": make.array((2, 3)), "prepend": make.array((2, 1)), "append": None}
    )
    yield Sample(
        "append",
        {"x": make.array((2, 3)), "prepend": None, "append": make.array((1, 3))},
        {"axis": 0},
    )
    yield Sample(
        "both",
        {"x": make.array((2, 3)), "prepend": make.array((2, 2)), "append": make.array((2, 1))},
        {"n": 2},
    )
    yield Sample(
        "both, no difference",
        {"x": make.array((2, 3)), "prepend": make.array((2, 1)), "append": make.array((2, 2))},
        {"n": 0},
    )
    for layout in LAYOUTS[1:]:
        yield Sample(layout, {"x": make.array((3, 2), layout=layout), **none}, {"axis": 0})
    yield Sample("shorter than n", {"x": make.array((2, 2)), **none}, {"n": 3})
    yield Sample("empty", {"x": make.array((0, 3)), **none}, {"axis": 1})


def _along(make: Maker) -> Iterator[Sample]:
    for axis in (-1, 0, 1):
        yield Sample(f"axis {axis}", {"x": make.array((2, 3, 2), -3.0, 3.0)}, {"axis": axis})
    for layout in LAYOUTS[1:]:
        yield Sample(layout, {"x": make.array((3, 2), layout=layout)}, {"axis": 0})
    yield Sample("large", {"x": make.array((4,)) + make.np.asarray(700.0, make.dtype)})
    yield Sample("empty", {"x": make.array((0, 3))}, {"axis": 1})
    yield Sample("one element", {"x": make.array((1,))})


CASES["softmax"] = Case("softmax", _along)
CASES["log_softmax"] = Case("log_softmax", _along)
