"""NumPy under CuPy's names, strict about devices; see README.md beside this package."""

import functools
import sys
import types

import numpy as np

from cupy import cuda
from cupy._array import ndarray, refuse, to_device, unwrap, wrap
from cupy._kernel import ElementwiseKernel

__version__ = "0.0 (stand-in)"
LOG = []
"""What was asked of the library: (name, current device)."""


def _function(name, function):
    @functools.wraps(function, updated=())
    def run(*args, **kwargs):
        LOG.append((name, cuda.get_device_id()))
        refuse(args)
        refuse(kwargs.values())
        args, kwargs = unwrap(args), {k: unwrap(v) for k, v in kwargs.items()}
        return wrap(function(*args, **kwargs))

    return run


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0, *, blocking=False):
    LOG.append(("array blocking" if blocking else "array", cuda.get_device_id()))
    return to_device(np.array(unwrap(obj), dtype=dtype, order=order, ndmin=ndmin))


def asarray(a, dtype=None, order=None, *, copy=None, blocking=False):
    if isinstance(a, ndarray) and copy is not True and dtype in (None, a.dtype):
        return a
    return array(a, dtype=dtype)


def ascontiguousarray(a, dtype=None):
    refuse([a])
    dtype = a.dtype if dtype is None else np.dtype(dtype)
    return a if a.flags.c_contiguous and a.dtype == dtype else array(a, dtype, order="C")


def asnumpy(a, stream=None, order="C", out=None, *, blocking=True):
    LOG.append(("asnumpy", cuda.get_device_id()))
    return np.array(a.view(np.ndarray), order=order)


def argsort(a, axis=-1, kind=None):
    refuse([a])
    return to_device(np.argsort(unwrap(a), axis=axis, kind="stable"))


class _Pool:
    def used_bytes(self):
        return 64

    def total_bytes(self):
        return 256

    def free_all_blocks(self, stream=None):
        LOG.append(("free_all_blocks", cuda.get_device_id()))


def get_default_memory_pool():
    return _Pool()


get_default_pinned_memory_pool = get_default_memory_pool


def _fill(module, library, names):
    for name in names:
        if name in vars(module) or name.startswith("_"):
            continue
        found = getattr(library, name)
        if isinstance(found, types.ModuleType):
            continue
        plain = not callable(found) or isinstance(found, type)
        setattr(module, name, found if plain else _function(name, found))


_fill(sys.modules[__name__], np, np.__all__)
bool_, dtype = np.bool_, np.dtype
for _part in ("linalg", "fft", "random"):
    _module = types.ModuleType(f"cupy.{_part}")
    sys.modules[_module.__name__] = _module
    globals()[_part] = _module
    if _part != "random":
        _fill(_module, getattr(np, _part), getattr(np, _part).__all__)

for _name in ("cupy.lib", "cupy.lib.stride_tricks"):
    sys.modules[_name] = types.ModuleType(_name)
lib = sys.modules["cupy.lib"]
lib.stride_tricks = sys.modules["cupy.lib.stride_tricks"]
lib.stride_tricks.as_strided = _function("as_strided", np.lib.stride_tricks.as_strided)


class _Generator:
    def __init__(self, bits):
        self.bits = bits

    def random(self, size=None):
        return to_device(self.bits.random(size))

    def standard_normal(self, size=None):
        return to_device(self.bits.standard_normal(size))

    def integers(self, low, high=None, size=None):
        return to_device(self.bits.integers(low, high, size))


random.Generator = _Generator  # noqa: F821 - made above
random.Philox4x3210 = np.random.default_rng  # noqa: F821 - made above
__all__ = [name for name in globals() if not name.startswith("_") and name not in ("np", "sys")]
assert ElementwiseKernel
