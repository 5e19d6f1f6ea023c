"""The array: a NumPy array that remembers a device and takes no work on another."""

import numpy as np

from cupy import cuda


class MemoryPointer:
    def __init__(self, x, mem):
        self.ptr = x.__array_interface__["data"][0]
        self.mem = mem
        self.device_id = x.device.id


class ndarray(np.ndarray):  # noqa: N801 - CuPy's name
    __array_priority__ = 100

    def __array_finalize__(self, obj):
        # a view is where its array is; all else is made on the current device
        same = isinstance(obj, ndarray) and self.base is not None
        self._id = obj._id if same else cuda.get_device_id()
        self._mem = getattr(obj, "_mem", None) if same else None

    @property
    def device(self):
        return cuda.Device(self._id)

    @property
    def data(self):
        return MemoryPointer(self, self._mem)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        refuse(inputs)
        refuse(out or ())
        if out is not None:
            kwargs["out"] = tuple(unwrap(out))
        result = getattr(ufunc, method)(*unwrap(inputs), **kwargs)
        return out[0] if out is not None else wrap(result)

    def copy(self, order="C"):
        return to_device(np.array(self.view(np.ndarray), order=order))

    def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
        if not copy and self.dtype == dtype:
            return self
        refuse([self])
        return to_device(self.view(np.ndarray).astype(dtype, order=order))

    def __getitem__(self, key):
        refuse([self, *(key if isinstance(key, tuple) else (key,))])
        found = self.view(np.ndarray)[unwrap(key)]
        if not isinstance(found, np.ndarray):  # CuPy gives a 0-d view, NumPy a number
            parts = key if isinstance(key, tuple) else (key,)
            found = np.ndarray.__getitem__(self.view(np.ndarray), (*unwrap(parts), Ellipsis))
        if np.shares_memory(found, self):
            return view_of(self, found)
        return to_device(found)

    def __setitem__(self, key, value):
        refuse([self, value, *(key if isinstance(key, tuple) else (key,))])
        target, value, key = self.view(np.ndarray), unwrap(value), unwrap(key)
        parts = key if isinstance(key, tuple) else (key,)
        if any(isinstance(k, np.ndarray) and k.dtype.kind in "iu" for k in parts):
            places = np.arange(target.size).reshape(target.shape)[key]
            values = np.broadcast_to(value, places.shape).reshape(-1)
            # any of duplicates may win: here the first
            target.reshape(-1)[places.reshape(-1)[::-1]] = values[::-1]
        else:
            target[key] = value

    def _reduced(self, name, axis, **kwargs):
        refuse([self])
        return wrap(getattr(self.view(np.ndarray), name)(axis=axis, **kwargs))

    def sum(self, axis=None, dtype=None, out=None, keepdims=False):
        return self._reduced("sum", axis, dtype=dtype, keepdims=keepdims)

    def prod(self, axis=None, dtype=None, out=None, keepdims=False):
        return self._reduced("prod", axis, dtype=dtype, keepdims=keepdims)

    def max(self, axis=None, out=None, keepdims=False):
        return self._reduced("max", axis, keepdims=keepdims)

    def min(self, axis=None, out=None, keepdims=False):
        return self._reduced("min", axis, keepdims=keepdims)

    def reshape(self, *shape, order="C"):
        found = self.view(np.ndarray).reshape(*shape, order=order)
        if np.shares_memory(found, self) or not self.size:
            return view_of(self, found)
        refuse([self])
        return to_device(found)


def view_of(x, found):
    result = found.view(ndarray)
    result._id, result._mem = x._id, x._mem
    return result


def to_device(found):
    """A NumPy array's values as a fresh array on the current device, its own base."""
    found = np.asarray(found)
    result = ndarray(found.shape, found.dtype, order="F" if _is_fortran(found) else "C")
    result.view(np.ndarray)[...] = found
    result._id, result._mem = cuda.get_device_id(), "pool"
    return result


def _is_fortran(x):
    return x.ndim > 1 and x.flags.f_contiguous and not x.flags.c_contiguous


def wrap(found):
    """Results of NumPy as arrays of this library: scalars become 0-d arrays."""
    if isinstance(found, (tuple, list)):
        parts = [wrap(each) for each in found]
        return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)
    if isinstance(found, ndarray):
        return found
    if isinstance(found, np.ndarray):
        owner = found.base
        while isinstance(owner, np.ndarray) and not isinstance(owner, ndarray):
            owner = owner.base
        return view_of(owner, found) if isinstance(owner, ndarray) else to_device(found)
    return to_device(found) if isinstance(found, np.generic) else found


def unwrap(value):
    if isinstance(value, ndarray):
        return value.view(np.ndarray)
    if isinstance(value, (tuple, list)):
        return type(value)(unwrap(each) for each in value)
    return value


def refuse(values):
    """What CuPy refuses: NumPy's arrays, and arrays that are not on the current device."""
    here = cuda.get_device_id()
    for value in values:
        if isinstance(value, (tuple, list)):
            refuse(value)
        elif isinstance(value, ndarray):
            if value._id != here:
                message = (
                    f"The device where the array resides ({value._id}) is different from the "
                    f"current device ({here}). Peer access is unavailable between these devices."
                )
                raise ValueError(message)
        elif isinstance(value, np.ndarray):
            message = f"Unsupported type {type(value)}"
            raise TypeError(message)
