"""An array library: NumPy's numbers in a class of its own, with a namespace of the Array API standard."""

import functools
import types

import array_api_compat.numpy
import numpy as np


class Array(np.ndarray):
    """An array of this library; what is computed from it is one, too."""

    def __getitem__(self, key):
        return held(np.ndarray.__getitem__(self, key))

    def __array_namespace__(self, *, api_version=None):
        return namespace


def held(x):
    """What NumPy returned, as this library's."""
    if isinstance(x, (np.ndarray, np.generic)):
        return np.asarray(x).view(Array)
    if isinstance(x, tuple) and x and not isinstance(x[0], int):
        parts = map(held, x)
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    return [held(each) for each in x] if isinstance(x, list) else x


class Namespace:
    """Functions that return this library's arrays."""

    def __init__(self, base, name):
        self.base, self.__name__ = base, name

    def __getattr__(self, name):
        found = getattr(self.base, name)
        if isinstance(found, types.ModuleType):
            return Namespace(found, f"{self.__name__}.{name}")
        if isinstance(found, type) or not callable(found):
            return found

        @functools.wraps(found)
        def call(*args, **kwargs):
            if name == "diff":  # NumPy's has no None
                kwargs = {n: a for n, a in kwargs.items() if a is not None}
            return held(found(*args, **kwargs))

        setattr(self, name, call)
        return call


namespace = Namespace(array_api_compat.numpy, "capsule_backend.library")
