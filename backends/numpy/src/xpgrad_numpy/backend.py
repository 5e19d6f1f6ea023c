"""NumPy as a backend: its namespace through array-api-compat, and the kernels that NumPy does faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import array_api_compat.numpy as compat
import numpy as np

from xpgrad.extend import Backend
from xpgrad_numpy import convolution, kernels, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class NumpyBackend(Backend):
    """Arrays of NumPy on the device ``cpu``."""

    name = "numpy"
    xp = compat
    default_dtype = "float64"

    def asarray(
        self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        result = np.asarray(obj, dtype=dtype, copy=copy)
        # NumPy computes with its scalars several times faster than with 0-d arrays
        return result[()] if result.ndim == 0 and result is not obj else result

    def one_device(self) -> Any:
        return "cpu"

    def scalar(self, value: complex, dtype: Any, like: Any) -> Any:
        result = np.asarray(value, dtype=dtype)
        return result[()] if isinstance(like, np.generic) else result

    def dtypes(self) -> Mapping[str, Any]:
        return {
            **{n: np.dtype(t) for n, t in super().dtypes().items()},
            "float16": np.dtype("float16"),
        }

    def to_host(self, x: Any) -> Any:
        return np.asarray(x)

    def owns_buffer(self, x: Any) -> bool:
        return type(x) is np.ndarray and x.base is None and x.flags.writeable

    def kernels(self) -> Mapping[str, Callable[..., Any]]:
        return {**kernels.KERNELS, **windows.KERNELS, **convolution.KERNELS}

    def rng(self, seed: int | None) -> Any:
        """NumPy's counter-based Philox: integers and uniforms are the same on every backend."""
        return np.random.Generator(np.random.Philox(seed))

    def version(self) -> str:
        return np.__version__
