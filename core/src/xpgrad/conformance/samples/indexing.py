"""Samples of reading and writing at indices: duplicates, negative ones, masks, keys of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples._make import Maker, Sample, case

if TYPE_CHECKING:
    from collections.abc import Iterator


_ALL: Final = slice(None)
BASIC_KEYS: Final[tuple[Any, ...]] = (
    1, -1, slice(1, 3), slice(None, None, -1), slice(3, 0, -2), slice(2, 2), Ellipsis, None, (1, 2), (_ALL, 0),
    (Ellipsis, -1),
    (None, 1, Ellipsis), (_ALL, None, slice(0, 2)), (1, None), (slice(-2, None), slice(None, None, 2)), (),
    slice(1, 99), slice(-99, 2), slice(5, 3), (_ALL, slice(99, 1, -1)),
)  # fmt: skip


def advanced_keys(make: Maker) -> Iterator[tuple[str, Any, bool]]:
    """Label, key into a (4, 3) array, and whether the result's shape follows from shapes alone."""
    some, pair = make.integers([0, 2, 2, -1]), make.integers([[0, 1], [0, -1]])
    yield "duplicates", some, True
    yield "one in a tuple", (some,), True
    yield "matrix of integers", pair, True
    yield "two arrays", (some, make.integers([0, 1, 1, 2])), True
    yield "two arrays that broadcast", (make.integers([[0], [1]]), make.integers([0, 0, 2])), True
    yield "array and integer", (some, 1), True
    yield "integer and array", (1, make.integers([0, 0, 2])), True
    yield "array and slice", (some, slice(0, 2)), True
    yield "slice and array", (slice(1, 3), make.integers([0, 0, -1])), True
    yield "array after ellipsis", (Ellipsis, make.integers([1, 1])), True
    yield "no element", make.integers([]), True
    yield "0-d integer", make.integers(1), True
    mask = make.booleans([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]])
    yield "mask", mask, False
    yield "mask of rows", make.booleans([1, 0, 1, 1]), False
    yield "mask of nothing", make.booleans([[0, 0, 0]] * 4), False


def _keys(make: Maker) -> Iterator[tuple[str, Any, bool]]:
    yield from ((str(key), key, True) for key in BASIC_KEYS)
    yield from advanced_keys(make)


@case("getitem", complex=True, step=True)
def _getitem(make: Maker) -> Iterator[Sample]:
    for label, key, static in _keys(make):
        yield Sample(label, {"x": make.array((4, 3))}, {"key": key}, static)
    yield from _keys_into_three_axes(make)
    for layout in ("transposed", "strided", "reversed"):
        yield Sample(
            layout, {"x": make.array((4, 3), layout=layout)}, {"key": (slice(0, 3, 2), _ALL)}
        )
        yield Sample(
            f"{layout} duplicates",
            {"x": make.array((4, 3), layout=layout)},
            {"key": make.integers([1, 1, 0])},
        )
    yield Sample("0-d", {"x": make.array(())}, {"key": Ellipsis})
    yield Sample("empty", {"x": make.array((0, 3))}, {"key": (_ALL, 1)})


def _keys_into_three_axes(make: Maker) -> Iterator[Sample]:
    """Arrays side by side stay in place; arrays apart move to the front."""
    one, two = make.integers([0, 1, 1]), make.integers([[0], [-1]])
    mask = make.booleans([[1, 0, 1], [0, 1, 1]])
    for label, key, static in (
        ("apart", (one, _ALL, one), True), ("together", (_ALL, one, two), True),
        ("apart by None", (one, None, one), True), ("apart by an ellipsis of no axes", (_ALL, one, ..., one), True),
        ("integer and array apart", (0, _ALL, one), True), ("together after None", (None, one, two, _ALL), True),
        ("mask and slice", (mask, slice(0, 2)), False), ("mask and array", (mask, make.integers([0, 1, 2, 3])),
        False),
    ):  # fmt: skip
        yield Sample(label, {"x": make.array((2, 3, 4))}, {"key": key}, static)


def _result_shape(make: Maker, shape: tuple[int, ...], key: Any) -> tuple[int, ...]:
    result: tuple[int, ...] = make.np.zeros(shape)[key].shape
    return result


@case("setitem", complex=True, step=True)
def _setitem(make: Maker) -> Iterator[Sample]:
    for label, key, static in _keys(make):
        shape = _result_shape(make, (4, 3), key)
        yield Sample(
            label, {"x": make.array((4, 3)), "values": make.array(shape)}, {"key": key}, static
        )
    for label, key, shape in (
        ("0-d into a row", 1, ()), ("row into rows", slice(1, 3), (3,)), ("leading one", 1, (1, 3)),
        ("column", slice(0, 2), (2, 1)),
        ("0-d into duplicates", make.integers([1, 1]), ()), ("row into duplicates", make.integers([1, 1, 0]), (3,)),
        ("0-d into a mask", make.booleans([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]]), ()),
        ("row into a mask of rows", make.booleans([1, 0, 1, 1]), (3,)),
        ("one row into a mask of rows", (make.booleans([1, 0, 1, 1]),), (1, 3)),
        ("leading ones into a mask of rows", make.booleans([1, 0, 1, 1]), (1, 1, 3)),
        ("one element into a mask of rows", make.booleans([0, 0, 1, 1]), (1,)),
        ("0-d into a mask of nothing", make.booleans([0, 0, 0, 0]), ()),
    ):  # fmt: skip
        yield Sample(label, {"x": make.array((4, 3)), "values": make.array(shape)}, {"key": key})
    yield Sample("0-d", {"x": make.array(()), "values": make.array(())}, {"key": Ellipsis})
    yield Sample("empty", {"x": make.array((0, 3)), "values": make.array(())}, {"key": (_ALL, 1)})


@case("unindex", complex=True, step=True)
def _unindex(make: Maker) -> Iterator[Sample]:
    for label, key, static in _keys(make):
        values = make.array(_result_shape(make, (4, 3), key))
        yield Sample(label, {"values": values}, {"like": (4, 3), "key": key}, static)


@case("add_at", complex=True, step=True)
def _add_at(make: Maker) -> Iterator[Sample]:
    for label, key, static in _keys(make):
        values = make.array(_result_shape(make, (4, 3), key))
        yield Sample(label, {"x": make.array((4, 3)), "values": values}, {"key": key}, static)


@case("take", complex=True, step=True)
def _take(make: Maker) -> Iterator[Sample]:
    some = make.integers([0, 1, 1, -1])
    for shape, axis in (((4,), None), ((4,), 0), ((3, 4), 0), ((3, 4), 1), ((2, 3, 4), -2)):
        yield Sample(
            f"{shape} axis {axis}", {"x": make.array(shape), "indices": some}, {"axis": axis}
        )
    yield Sample(
        "strided", {"x": make.array((3, 4), layout="strided"), "indices": some}, {"axis": 1}
    )
    yield Sample(
        "reversed", {"x": make.array((3, 4), layout="reversed"), "indices": some}, {"axis": 0}
    )
    yield Sample("no index", {"x": make.array((3, 2)), "indices": make.integers([])}, {"axis": 0})
    yield Sample("empty", {"x": make.array((0, 3)), "indices": some}, {"axis": 1})


@case("take_along_axis", complex=True, step=True)
def _take_along_axis(make: Maker) -> Iterator[Sample]:
    index = make.integers([[0, 0, 2], [1, -1, 1]])
    for options in ({}, {"axis": 1}, {"axis": -1}):
        yield Sample(str(options), {"x": make.array((2, 3)), "indices": index}, options)
    yield Sample(
        "axis 0",
        {"x": make.array((2, 3)), "indices": make.integers([[0, 1, 1], [0, 0, 0], [-1, 0, 1]])},
        {"axis": 0},
    )
    yield Sample("strided", {"x": make.array((2, 3), layout="strided"), "indices": index})
    yield Sample("empty", {"x": make.array((2, 3)), "indices": index[:, :0]})
    yield Sample("one row of indices", {"x": make.array((2, 3)), "indices": index[:1]}, {"axis": 1})
    yield Sample("one row of elements", {"x": make.array((1, 3)), "indices": index}, {"axis": 1})


@case("put_along_axis_add", complex=True, step=True)
def _put_along_axis_add(make: Maker) -> Iterator[Sample]:
    index = make.integers([[0, 0, 2], [1, -1, 1]])
    yield Sample(
        "duplicates", {"values": make.array((2, 3)), "indices": index}, {"like": (2, 4), "axis": -1}
    )
    yield Sample(
        "axis 0",
        {"values": make.array((2, 3)), "indices": make.integers([[0, 1, 1], [0, 0, 0]])},
        {"like": (3, 3), "axis": 0},
    )


@case("scatter_add", complex=True, step=True)
def _scatter_add(make: Maker) -> Iterator[Sample]:
    some = make.integers([0, 1, 1, -1])
    for shape, added, options in (
        ((3,), (4,), {}), ((3, 2), (4, 2), {"axis": 0}), ((2, 3), (2, 4), {"axis": 1}), ((2, 3, 2), (2, 4, 2),
        {"axis": -2}),
    ):  # fmt: skip
        arrays = {"x": make.array(shape), "indices": some, "values": make.array(added)}
        yield Sample(f"{shape} {options}", arrays, options)
    square = make.integers([[0, 1, 1], [-1, 0, 1]])
    arrays = {"x": make.array((3,)), "indices": square, "values": make.array((2, 3))}
    yield Sample("square of indices", arrays, {"axis": 0})
    arrays = {"x": make.array((2, 3, 2)), "indices": square, "values": make.array((2, 2, 3, 2))}
    yield Sample("square of indices, axis 1", arrays, {"axis": 1})
    arrays = {"x": make.array((3, 2)), "indices": make.integers([]), "values": make.array((0, 2))}
    yield Sample("no index", arrays, {"axis": 0})
    yield Sample(
        "strided",
        {
            "x": make.array((3, 2), layout="strided"),
            "indices": some,
            "values": make.array((4, 2), layout="reversed"),
        },
    )
