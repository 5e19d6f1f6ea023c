"""Samples of Fourier transforms: every norm, odd and even lengths, cut off and filled up, on one or more axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples._make import CASES, LAYOUTS, Case, Maker, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Samples = Callable[[Maker], Iterator[Sample]]

NORMS: Final = ("backward", "ortho", "forward")


def _one(make: Maker) -> Iterator[Sample]:
    for norm in NORMS:
        for n in (None, 1, 2, 3, 5, 6, 8, 9):
            yield Sample(f"5 to {n}, {norm}", {"x": make.array((5,))}, {"n": n, "norm": norm})
    for size in (2, 3, 4):
        yield Sample(f"{size} as they are", {"x": make.array((size,))}, {})
    for shape, axis in (((2, 4), -1), ((4, 2), 0), ((2, 3, 2), 1), ((2, 3, 2), -2), ((0, 3), 1)):
        for n in (None, 2, 5):
            options = {"axis": axis, "n": n}
            yield Sample(f"{shape} {options}", {"x": make.array(shape)}, options)
    for layout in LAYOUTS[1:]:
        yield Sample(layout, {"x": make.array((3, 4), layout=layout)}, {"axis": 0, "norm": "ortho"})


_SEVERAL: Final[tuple[tuple[tuple[int, ...], dict[str, Any]], ...]] = (
    ((4,), {}), ((2, 3), {"s": (3, 4)}), ((2, 3, 4), {"s": (3, 5)}), ((2, 3, 4), {"axes": (0,)}),
    ((2, 3, 4), {"axes": (1, 0)}), ((2, 3, 4), {"axes": (-1, 0)}), ((2, 3, 4), {"s": (2, 5), "axes": (0, 2)}),
    ((2, 3, 4), {"s": (5, 2), "axes": (-1, -2)}), ((2, 3, 4), {"s": (3, 2, 3), "axes": (2, 0, 1)}),
    ((2, 3), {"s": (-1, 4), "axes": (0, 1)}), ((0, 3, 2), {"axes": (1, 2)}),
)  # fmt: skip


def _several(make: Maker) -> Iterator[Sample]:
    for norm in NORMS:
        yield Sample(f"as it is, {norm}", {"x": make.array((3, 4))}, {"norm": norm})
        options = {"s": (4, 3), "axes": (0, 1), "norm": norm}
        yield Sample(str(options), {"x": make.array((3, 2))}, options)
    for shape, options in _SEVERAL:
        yield Sample(f"{shape} {options}", {"x": make.array(shape)}, options)
    for layout in LAYOUTS[1:]:
        yield Sample(layout, {"x": make.array((3, 2), layout=layout)}, {})


def _enter(names: str, samples: Samples, **kinds: Any) -> None:
    for name in names.split():
        CASES[f"fft.{name}"] = Case(f"fft.{name}", samples, **kinds)


_enter("fft ifft irfft hfft", _one, complex=True)
_enter("rfft ihfft", _one)
_enter("fftn ifftn irfftn", _several, complex=True)
_enter("rfftn", _several)
