"""Samples of convolution in one, two and three dimensions, and of its transposes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples._make import LAYOUTS, Maker, Sample, case

if TYPE_CHECKING:
    from collections.abc import Iterator

# array, kernel, padding, stride, dilation, groups
_CALLS: Final = (
    ((2, 2, 5), (3, 2, 2), ((0, 0),), (1,), (1,), 1), ((1, 2, 5), (2, 2, 3), ((1, 1),), (2,), (1,), 1),
    ((2, 1, 6), (1, 1, 2), ((0, 1),), (1,), (2,), 1), ((1, 4, 5), (2, 2, 2), ((1, 0),), (2,), (1,), 2),
    ((1, 2, 4), (4, 1, 3), ((1, 1),), (1,), (1,), 2), ((1, 2, 7), (1, 2, 3), ((0, 0),), (3,), (2,), 1),
    ((2, 2, 3, 4), (2, 2, 2, 2), ((0, 0), (0, 0)), (1, 1), (1, 1), 1),
    ((1, 2, 4, 3), (2, 1, 2, 3), ((1, 0), (1, 1)), (2, 1), (1, 1), 2),
    ((2, 2, 3, 3), (3, 2, 1, 1), ((0, 0), (0, 0)), (1, 1), (1, 1), 1),
    ((1, 1, 5, 4), (1, 1, 2, 2), ((0, 0), (1, 1)), (1, 2), (2, 1), 1),
    ((1, 1, 2, 3, 2), (2, 1, 2, 2, 1), ((0, 0), (0, 1), (0, 0)), (1, 1, 1), (1, 1, 1), 1),
    ((0, 2, 4), (1, 2, 2), ((0, 0),), (1,), (1,), 1), ((2, 0, 4), (0, 0, 2), ((0, 0),), (1,), (1,), 1),
    ((1, 1, 1), (1, 1, 1), ((0, 0),), (1,), (1,), 1),
)  # fmt: skip
_OPTIONS: Final = ("padding", "stride", "dilation", "groups")


def _calls(make: Maker) -> Iterator[tuple[str, Any, Any, Any, dict[str, Any]]]:
    """Label, array, kernel, values of the result's shape, options."""
    for i, (shape, kernel, padding, stride, dilation, groups) in enumerate(
        (*_CALLS, *_CALLS[7:8] * 3)
    ):
        options = dict(zip(_OPTIONS, (padding, stride, dilation, groups), strict=True))
        layout = LAYOUTS[max(0, i - len(_CALLS) + 1)]
        out = (shape[0], kernel[0], *(
            (n + sum(ends) - d * (k - 1) - 1) // s + 1
            for n, k, ends, s, d in zip(shape[2:], kernel[2:], padding, stride, dilation, strict=True)
        ))  # fmt: skip
        x, weight, values = (make.array(s, layout=layout) for s in (shape, kernel, out))
        yield f"{shape} {kernel} {options} {layout}", x, weight, values, options


@case("convolved", complex=True, step=True)
def _convolved(make: Maker) -> Iterator[Sample]:
    for label, x, weight, _, options in _calls(make):
        yield Sample(label, {"x": x, "weight": weight}, options)


@case("unconvolved", complex=True, step=True)
def _unconvolved(make: Maker) -> Iterator[Sample]:
    for label, x, weight, values, options in _calls(make):
        yield Sample(label, {"values": values, "weight": weight}, {"space": x.shape[2:], **options})


@case("convolved_kernel", complex=True, step=True)
def _convolved_kernel(make: Maker) -> Iterator[Sample]:
    for label, x, weight, values, options in _calls(make):
        yield Sample(label, {"values": values, "x": x}, {"sizes": weight.shape[2:], **options})
