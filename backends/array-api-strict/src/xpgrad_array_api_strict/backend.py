"""The backend object: array-api-strict's namespace, and the names of its devices."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import array_api_strict as strict
import numpy as np

from xpgrad.errors import DeviceError
from xpgrad.extend import Backend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

HOST: Final = strict.Device("CPU_DEVICE")
NO_INT64: Final = strict.Device("no_x64")
NARROW: Final = {strict.int64: strict.int32, strict.uint64: strict.uint32}
COUNTING: Final = (
    "argmax argmin argsort count_nonzero cumulative_prod cumulative_sum nonzero prod repeat searchsorted sum "
    "unique_all unique_counts unique_inverse linalg.matrix_rank linalg.trace"
).split()
"""What array-api-strict 2.6 computes with int64 also on a device that has none."""


def through_host(name: str) -> Callable[..., Any]:
    """A function that works on the host and narrows what it found."""
    function = operator.attrgetter(name)(strict)

    def kernel(x: Any, /, *args: Any, **options: Any) -> Any:
        if x.device != NO_INT64:
            return function(x, *args, **options)
        result = function(_moved(x, HOST), *(_moved(a, HOST) for a in args), **options)
        return (
            type(result)(*(_moved(r, NO_INT64) for r in result))
            if hasattr(result, "_fields")
            else tuple(_moved(r, NO_INT64) for r in result)
            if isinstance(result, tuple)
            else _moved(result, NO_INT64)
        )

    return kernel


def _moved(x: Any, device: Any) -> Any:
    if not hasattr(x, "dtype"):
        return x
    narrow = NARROW.get(x.dtype) if device == NO_INT64 else None
    return strict.asarray(x if narrow is None else strict.astype(x, narrow), device=device)


def _name(dtype: Any) -> str:
    return str(dtype).rpartition(".")[2]


class StrictBackend(Backend):
    """Arrays of array-api-strict; its devices beside ``cpu`` stand in for accelerators."""

    name = "array_api_strict"
    xp = strict

    def __init__(self) -> None:
        info = strict.__array_namespace_info__()
        names = {d: repr(d).split("'")[1] for d in info.devices()}
        self._texts = {d: "cpu" if n == "CPU_DEVICE" else n for d, n in names.items()}
        self._raw = {text: d for d, text in self._texts.items()}

    def devices(self) -> Sequence[str]:
        return tuple(self._raw)

    def raw_device(self, kind: str, index: int | None) -> Any:
        if kind not in self._raw or index not in (None, 0):
            message = f"array_api_strict has the devices {', '.join(self._raw)}, and no {kind!r}"
            raise DeviceError(message)
        return self._raw[kind]

    def device_of(self, x: Any) -> str:
        return self._texts[x.device]

    def to_host(self, x: Any) -> Any:
        return np.from_dlpack(strict.asarray(x, device=HOST, copy=True))

    def defaults(self, device: Any) -> tuple[str, str]:
        found = strict.__array_namespace_info__().default_dtypes(device=device)
        return _name(found["real floating"]), _name(found["integral"])

    def kernels(self) -> Mapping[str, Callable[..., Any]]:
        return {name: through_host(name) for name in COUNTING}

    def asarray(
        self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        if isinstance(obj, np.ndarray) and dtype is not None:  # the device may lack the array's
            obj = obj.astype(_name(dtype), copy=False)
        return strict.asarray(obj, dtype=dtype, device=device, copy=copy)
