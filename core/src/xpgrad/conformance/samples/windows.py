"""Samples of padding and of sliding windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples._make import CASES, LAYOUTS, Case, Maker, Sample, case

if TYPE_CHECKING:
    from collections.abc import Iterator

_PADDINGS: Final = (
    ((3,), ((1, 2),), "constant"), ((2, 3), ((0, 1), (2, 0)), "constant"), ((), (), "constant"),
    ((0, 2), ((1, 1), (0, 1)), "constant"), ((3,), ((0, 0),), "constant"), ((3,), ((2, 1),), "edge"),
    ((2, 3), ((1, 0), (0, 2)), "edge"), ((3,), ((2, 1),), "reflect"), ((3,), ((5, 7),), "reflect"),
    ((1,), ((2, 3),), "reflect"), ((2, 3), ((1, 1), (2, 2)), "reflect"), ((3,), ((2, 1),), "symmetric"),
    ((2,), ((5, 4),), "symmetric"), ((2, 3), ((1, 1), (2, 2)), "symmetric"), ((3,), ((2, 1),), "wrap"),
    ((2,), ((5, 4),), "wrap"), ((2, 3), ((1, 3), (2, 0)), "wrap"), ((0, 3), ((0, 0), (1, 1)), "wrap"),
    ((), (), "edge"),
)  # fmt: skip


def _grown(shape: tuple[int, ...], widths: Any) -> tuple[int, ...]:
    return tuple(n + before + after for n, (before, after) in zip(shape, widths, strict=True))


def _padding(*, back: bool) -> Any:
    def samples(make: Maker) -> Iterator[Sample]:
        for shape, widths, mode in _PADDINGS:
            x = make.array(_grown(shape, widths) if back else shape)
            yield Sample(f"{shape} {widths} {mode}", {"x": x}, {"widths": widths, "mode": mode})
        for layout in LAYOUTS[1:]:
            widths = ((2, 1), (1, 0))
            x = make.array(_grown((2, 3), widths) if back else (2, 3), layout=layout)
            yield Sample(f"{layout} symmetric", {"x": x}, {"widths": widths, "mode": "symmetric"})

    return samples


CASES["padded"] = Case("padded", _padding(back=False), complex=True, step=True)
CASES["unpadded"] = Case("unpadded", _padding(back=True), complex=True, step=True)

# shape, axes, size, stride, dilation, windows on each axis
_WINDOWS: Final = (
    ((5,), (0,), (2,), (1,), (1,)), ((5,), (0,), (5,), (1,), (1,)), ((5,), (0,), (1,), (1,), (1,)),
    ((6,), (0,), (2,), (2,), (1,)), ((7,), (0,), (2,), (2,), (1,)), ((7,), (0,), (2,), (3,), (1,)),
    ((7,), (0,), (3,), (1,), (2,)), ((8,), (0,), (3,), (2,), (2,)), ((6,), (0,), (4,), (2,), (1,)),
    ((2, 5), (1,), (3,), (1,), (1,)), ((4, 5), (0, 1), (2, 3), (1, 1), (1, 1)),
    ((4, 5), (1, 0), (3, 2), (2, 1), (1, 2)),
    ((2, 4, 3), (1, 2), (2, 2), (2, 1), (1, 1)), ((5,), (0, 0), (2, 3), (1, 1), (1, 1)), ((3, 2), (), (), (), ()),
    ((0, 3), (1,), (2,), (1,), (1,)), ((4, 4), (0, 1), (2, 2), (2, 2), (1, 1)), ((1,), (0,), (1,), (1,), (1,)),
    ((9,), (0,), (3,), (1,), (4,)),
)  # fmt: skip
_OPTIONS: Final = ("axes", "size", "stride", "dilation")


@case("windows", complex=True, step=True)
def _windows(make: Maker) -> Iterator[Sample]:
    for shape, *rest in _WINDOWS:
        options = dict(zip(_OPTIONS, rest, strict=True))
        yield Sample(f"{shape} {options}", {"x": make.array(shape)}, options)
    for layout in LAYOUTS[1:]:
        options = dict(zip(_OPTIONS, ((0, 1), (2, 3), (1, 2), (1, 1)), strict=True))
        yield Sample(layout, {"x": make.array((3, 6), layout=layout)}, options)


@case("unwindowed", complex=True, step=True)
def _unwindowed(make: Maker) -> Iterator[Sample]:
    for shape, *rest in _WINDOWS:
        options = dict(zip(_OPTIONS, rest, strict=True))
        counts = list(shape)
        for axis, k, s, d in zip(*rest, strict=True):
            counts[axis] = (counts[axis] - d * (k - 1) - 1) // s + 1
        values = make.array((*counts, *options["size"]))
        yield Sample(f"{shape} {options}", {"values": values}, {"shape": shape, **options})
    options = dict(zip(_OPTIONS, ((0, 1), (2, 3), (1, 2), (1, 1)), strict=True))
    for layout in LAYOUTS[1:]:
        values = make.array((2, 2, 2, 3), layout=layout)
        yield Sample(layout, {"values": values}, {"shape": (3, 6), **options})


_POOLED: Final = [w for w in _WINDOWS if w[1] and len(set(w[1])) == len(w[1])]


def _pooled(make: Maker) -> Iterator[Sample]:
    for shape, *rest in _POOLED:
        options = dict(zip(_OPTIONS, rest, strict=True))
        yield Sample(f"{shape} {options}", {"x": make.array(shape)}, options)
    for layout in LAYOUTS[1:]:
        options = dict(zip(_OPTIONS, ((0, 1), (2, 3), (1, 2), (1, 1)), strict=True))
        yield Sample(layout, {"x": make.array((3, 6), layout=layout)}, options)


CASES["window_sum"] = Case("window_sum", _pooled, complex=True, step=True)
CASES["window_max"] = Case("window_max", _pooled)


@case("window_max_back")
def _window_max_back(make: Maker) -> Iterator[Sample]:
    for shape, *rest in _POOLED:
        x = make.np.round(make.array(shape))  # with ties
        top, key = x, [slice(None)] * len(shape)
        for axis, k, s, d in zip(*rest, strict=True):
            count = (shape[axis] - d * (k - 1) - 1) // s + 1
            parts = []
            for j in range(k):
                key[axis] = slice(j * d, j * d + (count - 1) * s + 1, s)
                parts.append(top[tuple(key)])
            key[axis] = slice(None)
            top = make.np.max(parts, axis=0)
        options = dict(zip(_OPTIONS, rest, strict=True))
        arrays = {"values": make.array(top.shape), "x1": x, "x2": top}
        yield Sample(f"{shape} {options}", arrays, options)
