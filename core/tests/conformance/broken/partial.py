"""A library without linalg, fft, complex numbers and float64, made of NumPy's."""

import array_api_compat.numpy as compat
import numpy as np

from xpgrad.extend import BackendSpec, hookimpl, register_plugin
from xpgrad_numpy.backend import NumpyBackend

MISSING = {"linalg", "fft", "float64", "complex64", "complex128", "einsum", "tensordot"}


class Part:
    __version__ = "1"

    def __getattr__(self, name):
        if name in MISSING:
            raise AttributeError(name)
        return getattr(compat, name)


class PartialBackend(NumpyBackend):
    name = "partial"
    xp = Part()
    default_dtype = "float32"

    def asarray(self, obj, *, dtype=None, device=None, copy=None):
        found = np.asarray(obj, dtype=dtype, copy=copy)
        if found.dtype.kind == "c" or found.dtype == np.float64:
            if isinstance(obj, np.ndarray):
                message = f"no {found.dtype}"
                raise TypeError(message)
            found = found.astype("float32")
        return found

    def dtypes(self):
        return {n: d for n, d in super().dtypes().items() if n not in MISSING}


class Plugin:
    XPGRAD_API = (1, 0)

    @staticmethod
    @hookimpl
    def xpgrad_backends():
        return [BackendSpec("partial", (), ("partialcpu",), "broken.partial:PartialBackend")]


register_plugin(Plugin, "partial")
