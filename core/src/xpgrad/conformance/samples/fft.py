"""Samples of Fourier transforms: every norm, lengths cut and filled up, odd and even, along one axis and several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples._make import CASES, Case, Maker, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Samples = Callable[[Maker], Iterator[Sample]]

NORMS: Final = ("backward", "ortho", "forward")


def _one(make: Maker) -> Iterator[Sample]:
    for norm in NORMS:
        for n in (None, 3, 4, 5, 6, 7):
            yield Sample(f"5 to {n}, {norm}", {"x": make.array((5,))}, {"n": n, "norm": norm})
    for shape, axis in (((2, 4), -1), ((4, 2), 0), ((2, 3, 2), 1), ((2, 3, 2), -2)):
        yield Sample(f"{shape} axis {axis}", {"x": make.array(shape)}, {"axis": axis})
        yield Sample(f"{shape} axis {axis} to 5", {"x": make.array(shape)}, {"axis": axis, "n": 5})
    yield Sample("strided", {"x": make.array((3, 4), layout="strided")}, {"axis": 0})
    yield Sample("two", {"x": make.array((2,))}, {})


def _several(make: Maker) -> Iterator[Sample]:
    for norm in NORMS:
        yield Sample(norm, {"x": make.array((3, 4))}, {"norm": norm})
    for options in (
        {"axes": (0,)}, {"axes": (1, 0)}, {"axes": (-1, 0)}, {"s": (2, 5), "axes": (0, 2)}, {"s": (4, 3), "axes": (-1, -2)},
        {"s": (3, 2, 3), "axes": (0, 1, 2)},
    ):  # fmt: skip
        yield Sample(str(options), {"x": make.array((2, 3, 4))}, options)
    yield Sample("transposed", {"x": make.array((3, 2), layout="transposed")}, {})


def _shift(make: Maker) -> Iterator[Sample]:
    for shape, axes in (
        ((5,), None),
        ((4,), None),
        ((3, 4), None),
        ((3, 4), 1),
        ((2, 3, 4), (0, -1)),
    ):
        yield Sample(f"{shape} axes {axes}", {"x": make.array(shape)}, {"axes": axes})


def _enter(names: str, samples: Samples, **kinds: Any) -> None:
    for name in names.split():
        CASES[f"fft.{name}"] = Case(f"fft.{name}", samples, **kinds)


_enter("fft ifft", _one, complex=True)
_enter("rfft ihfft", _one)
_enter("irfft hfft", _one, complex=True)
_enter("fftn ifftn", _several, complex=True)
_enter("rfftn", _several)
_enter("irfftn", _several, complex=True)
_enter("fftshift ifftshift", _shift, complex=True, step=True)
