"""Samples of functions that move, repeat or convert elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples._make import CASES, LAYOUTS, Case, Maker, Sample, case

if TYPE_CHECKING:
    from collections.abc import Iterator


Calls = tuple[tuple[tuple[int, ...], dict[str, Any]], ...]

_CALLS: Final[dict[str, Calls]] = {
    "broadcast_to": (
        ((), {"shape": (2, 3)}), ((3,), {"shape": (2, 3)}), ((2, 1), {"shape": (2, 3)}), ((2, 3), {"shape": (2, 3)}),
        ((1, 3), {"shape": (4, 0, 3)}), ((1,), {"shape": (0,)}), ((), {"shape": ()}), ((0, 1), {"shape": (0, 2)}),
    ),
    "expand_dims": (((2, 3), {"axis": 0}), ((2, 3), {"axis": -1}), ((2, 3), {"axis": 1}), ((), {"axis": 0}),
    ((0,), {"axis": 1})),
    "flip": (
        ((2, 3), {}), ((2, 3), {"axis": 0}), ((2, 3), {"axis": -1}), ((2, 3, 2), {"axis": (0, -1)}), ((), {}),
        ((0, 3), {"axis": 1}),
    ),
    "moveaxis": (
        ((2, 3, 4), {"source": 0, "destination": 2}), ((2, 3, 4), {"source": -1, "destination": 0}),
        ((2, 3, 4), {"source": (0, 1), "destination": (2, 0)}), ((0, 3), {"source": 0, "destination": -1}),
    ),
    "permute_dims": (((2, 3, 4), {"axes": (2, 0, 1)}), ((2, 3, 4), {"axes": (-1, 0, 1)}), ((), {"axes": ()}),
    ((0, 3), {"axes": (1, 0)})),
    "reshape": (
        ((2, 3), {"shape": (3, 2)}), ((2, 3), {"shape": (-1,)}), ((2, 3), {"shape": (6, 1)}), ((), {"shape": (1, 1)}),
        ((1,), {"shape": ()}), ((0, 3), {"shape": (3, 0)}), ((2, 3), {"shape": (3, 2), "copy": True}),
    ),
    "squeeze": (((1, 3), {"axis": 0}), ((2, 1, 1), {"axis": (1, 2)}), ((2, 1), {"axis": -1}), ((1,),
    {"axis": 0}), ((0, 1), {"axis": 1})),
    "matrix_transpose": (((2, 3), {}), ((2, 3, 4), {}), ((0, 3), {}), ((1, 1), {})),
    "sum_to": (
        ((2, 3), {"shape": (2, 3)}), ((2, 3), {"shape": (3,)}), ((2, 3), {"shape": (2, 1)}), ((2, 3), {"shape": ()}),
        ((4, 2, 3), {"shape": (1, 3)}), ((0, 3), {"shape": (1, 3)}), ((0, 3), {"shape": (3,)}), ((), {"shape": ()}),
    ),
    "roll": (
        ((2, 3), {"shift": 1}), ((2, 3), {"shift": -2, "axis": 1}), ((2, 3), {"shift": (1, 2), "axis": (0, 1)}),
        ((2, 3), {"shift": (1, 1), "axis": (0, 0)}), ((2, 3), {"shift": 5, "axis": -1}), ((), {"shift": 1}),
        ((0, 3), {"shift": 1, "axis": 0}),
    ),
    "tile": (
        ((2, 3), {"repetitions": (2,)}), ((2, 3), {"repetitions": (2, 2)}), ((3,), {"repetitions": (2, 1, 3)}),
        ((2, 3), {"repetitions": (2, 1, 2)}), ((), {"repetitions": (3,)}), ((2,), {"repetitions": (0,)}),
        ((2, 3), {"repetitions": ()}),
        ((0, 3), {"repetitions": (2, 1)}),
    ),
    "tril": (((3, 3), {}), ((2, 4), {"k": 1}), ((2, 3, 3), {"k": -1}), ((0, 3), {}), ((4, 2), {"k": -2})),
    "triu": (((3, 3), {}), ((2, 4), {"k": 1}), ((2, 3, 3), {"k": -1}), ((0, 3), {}), ((4, 2), {"k": -2})),
}  # fmt: skip


def _calls(calls: Calls) -> Any:
    def samples(make: Maker) -> Iterator[Sample]:
        for shape, options in calls:
            yield Sample(f"{shape} {options}", {"x": make.array(shape)}, options)
        shape, options = max(calls, key=lambda c: len(c[0]))
        for layout in LAYOUTS[1:]:
            yield Sample(f"{layout} {options}", {"x": make.array(shape, layout=layout)}, options)

    return samples


for _name, _each in _CALLS.items():
    CASES[_name] = Case(_name, _calls(_each), complex=True, step=True)


@case("repeat", complex=True, step=True)
def _repeat(make: Maker) -> Iterator[Sample]:
    for shape, repeats, axis in (
        ((2, 3), 2, None), ((2, 3), 3, 0), ((2, 3), 2, -1), ((2, 3), 0, 1), ((2, 3), 1, 0), ((0, 3), 2, 0),
        ((4,), 2, 0),
    ):  # fmt: skip
        yield Sample(
            f"{shape} by {repeats}, axis {axis}",
            {"x": make.array(shape)},
            {"repeats": repeats, "axis": axis},
        )
    for shape, times, axis in (
        ((2, 3), [1, 0, 2], 1),
        ((2, 3), [3, 1], 0),
        ((3,), [2, 2, 1], None),
        ((2, 3), [1, 2, 0, 1, 3, 1], None),
    ):
        options = {"repeats": make.integers(times), "axis": axis}
        yield Sample(
            f"{shape} by array {times}, axis {axis}",
            {"x": make.array(shape)},
            options,
            static=False,
        )


def _sequences(shapes: Any) -> Any:
    def samples(make: Maker) -> Iterator[Sample]:
        for sizes, options in shapes:
            yield Sample(
                f"{sizes} {options}", {"arrays": tuple(make.array(s) for s in sizes)}, options
            )
        sizes, options = shapes[0]
        yield Sample(
            "transposed",
            {"arrays": tuple(make.array(s, layout="transposed") for s in sizes)},
            options,
        )

    return samples


CASES["concat"] = Case("concat", _sequences((
    (((2, 3), (1, 3), (4, 3)), {}), (((2, 1), (2, 3)), {"axis": -1}), (((2, 3),), {"axis": 1}), (((2, 3),
    (4,)), {"axis": None}),
    (((0, 3), (2, 3)), {"axis": 0}), (((2,), (2,)), {"axis": 0}), (((), (2,)), {"axis": None}), (((2, 1, 2),
    (2, 2, 2)), {"axis": 1}),
)), complex=True, step=True)  # fmt: skip
CASES["stack"] = Case("stack", _sequences((
    (((2, 3), (2, 3)), {}), (((2, 3), (2, 3), (2, 3)), {"axis": 1}), (((2, 3), (2, 3)), {"axis": -1}), (((),
    ()), {"axis": 0}),
    (((0, 3), (0, 3)), {"axis": 2}), (((2,),), {"axis": -1}),
)), complex=True, step=True)  # fmt: skip


@case("astype", complex=True)
def _astype(make: Maker) -> Iterator[Sample]:
    for label, target in (
        ("same", make.dtype),
        ("to complex", "complex128"),
        ("double", "complex128" if make.is_complex else "float64"),
    ):
        for copy in (True, False):
            yield Sample(
                f"{label}, copy={copy}", {"x": make.array((2, 3))}, {"dtype": target, "copy": copy}
            )
    yield Sample("0-d", {"x": make.array(())}, {"dtype": "complex128"})
    yield Sample("empty", {"x": make.array((0, 3))}, {"dtype": "complex128"})
    yield Sample("strided", {"x": make.array((2, 3), layout="strided")}, {"dtype": "complex128"})
