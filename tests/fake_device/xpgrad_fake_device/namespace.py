"""The namespace of the standard: NumPy's functions, put into the device's queue."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import array_api_compat.numpy as compat
import numpy as np

from xpgrad_fake_device.array import FakeArray, copied, device_of, later, launched, moved, waited
from xpgrad_fake_device.device import DEVICES

CREATION = frozenset("arange empty eye full linspace ones zeros".split())
LIKE = frozenset("empty_like full_like ones_like zeros_like".split())
BY_VALUES = frozenset(
    "nonzero argwhere unique_all unique_counts unique_inverse unique_values".split()
)
"""Functions whose results have shapes that follow from values."""
OF_DTYPES = frozenset("can_cast finfo iinfo isdtype result_type __array_namespace_info__".split())


class Namespace:
    """``array_api_compat.numpy`` or a chapter of it, over arrays of a device."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self.__name__ = "fake"

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._library, name)
        if isinstance(found, ModuleType):
            found = Namespace(found)
        elif callable(found) and not isinstance(found, type) and name not in OF_DTYPES:
            found = _over_arrays(name, found)
        setattr(self, name, found)
        return found

    def asarray(
        self, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        """An array on a device, of the host's or of a device's."""
        if not isinstance(obj, FakeArray):
            return copied(obj, dtype, device or DEVICES[0])
        x = obj if device is None or device is obj.device else moved(obj, device)
        if copy or (dtype is not None and x.dtype != dtype):
            return launched(np.array, x, dtype=np.dtype(dtype or x.dtype))
        return x

    def clip(self, x: Any, /, min: Any = None, max: Any = None) -> Any:
        """The array between bounds; array-api-compat's writes into its arguments."""
        return launched(np.clip, x, min, max, dtype=x.dtype)

    def diff(self, x: Any, /, **options: Any) -> Any:
        """Differences of neighbours; array-api-compat's does not take None."""
        return launched(np.diff, x, **{k: v for k, v in options.items() if v is not None})

    def astype(self, x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
        """The array in another dtype."""
        return self.asarray(x, dtype=dtype, device=device, copy=copy)


def _over_arrays(name: str, function: Any) -> Any:
    def made(*args: Any, device: Any = None, **options: Any) -> Any:
        if any(isinstance(a, FakeArray) for a in (*args, *options.values())):
            return launched(function, *args, **options)  # full with a fill value of the device
        return later(function, function(*args, **options), device or DEVICES[0], *args, **options)

    def like(x: Any, /, *args: Any, device: Any = None, **options: Any) -> Any:
        if device is None or device is device_of(x):
            return launched(function, x, *args, **options)
        return moved(launched(function, x, *args, **options), device)

    def late(*args: Any, **options: Any) -> Any:
        by_values = name in BY_VALUES or (name == "repeat" and isinstance(args[1], FakeArray))
        return (waited if by_values else launched)(function, *args, **options)

    return made if name in CREATION else like if name in LIKE else late


NAMESPACE = Namespace(compat)
