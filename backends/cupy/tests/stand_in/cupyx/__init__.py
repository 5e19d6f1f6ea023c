"""Scatter operations of the stand-in: the dtypes that have atomics, and no others."""

import numpy as np
from cupy._array import refuse, unwrap

ADD = set("int32 float16 float32 float64 uint32 uint64".split())
MAX = ADD - {"float16"}


def _scatter(ufunc, a, slices, value, kinds):
    refuse([a, slices, value])
    if a.dtype.name not in kinds:
        message = f"{ufunc.__name__} at indices only supports {sorted(kinds)}, got {a.dtype}"
        raise TypeError(message)
    ufunc.at(a.view(np.ndarray), unwrap(slices), unwrap(value).astype(a.dtype))


def scatter_add(a, slices, value):
    _scatter(np.add, a, slices, value, ADD)


def scatter_max(a, slices, value):
    _scatter(np.maximum, a, slices, value, MAX)
