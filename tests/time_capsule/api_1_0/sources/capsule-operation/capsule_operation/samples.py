"""Where the operations are tried, and what their values are held against."""

import numpy as np

from xpgrad.conformance.samples import Sample, elementwise_case

SOFT = elementwise_case({"x": (-3.0, 3.0, 0.0), "limit": (0.5, 2.0)}, sharpness=1.5)


def soft(x, limit, *, sharpness):
    y = sharpness * x
    return np.where(y < 0, y / (1 - y / limit), y / (1 + y / limit))


def PAIRS(make):
    yield Sample("a vector", {"x": make.array((4,), -2.0, 2.0)})
    yield Sample("a matrix", {"x": make.array((3, 2), -2.0, 2.0)}, {"weight": -0.25})


def pairs(x, *, weight=0.5):
    return np.stack([x[i] + weight * x[i + 1] for i in range(len(x) - 1)])


BLEND = elementwise_case({"x1": (-2.0, 2.0), "x2": (-2.0, 2.0)})


def blend(x1, x2):
    return np.multiply(x1, x2)


def PEAK(make):
    yield Sample(
        "one width", {"x": make.array((2, 3), -2.0, 2.0), "width": make.array((), 0.5, 2.0)}
    )
    yield Sample(
        "widths", {"x": make.array((2, 1), -2.0, 2.0), "width": make.array((3,), 0.5, 2.0)}
    )


def peak(x, width):
    return width**2 / (width**2 + x**2)
