"""CuPy as a backend: its devices, how arrays come, move and leave, and the kernels it does faster.

Importing this module imports CuPy and asks no driver; making a `CupyBackend` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import array_api_compat.cupy as compat
import cupy
import numpy as np

from xpgrad.errors import DeviceError
from xpgrad.extend import Backend
from xpgrad_cupy import kernels, placement, scatter, windows
from xpgrad_cupy.driver import device_count
from xpgrad_cupy.generators import NativeGenerator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager


class MemoryInfo(NamedTuple):
    """Bytes of one device: in arrays, kept by CuPy's pool, unused, and there altogether."""

    used: int
    held: int
    free: int
    total: int


class CupyBackend(Backend):
    """Arrays of CuPy on the devices ``cuda:0``, ``cuda:1`` and so on.

    A call runs on the device of its arrays and on that device's current stream, so
    ``with cupy.cuda.Stream():`` works around any of them.

    Raises:
        BackendError: With ``part`` set to ``"device"`` where the driver or the GPU is missing.
    """

    name = "cupy"
    xp: Any = compat
    default_dtype = "float64"

    def __init__(self) -> None:
        self._texts: tuple[str, ...] = tuple(f"cuda:{i}" for i in range(device_count()))
        if len(self._texts) > 1:
            self.xp = placement.PlacedNamespace(compat, self.asarray)
            self.follows_arrays = False

    # --- devices --------------------------------------------------------------------------------

    def devices(self) -> Sequence[str]:
        return self._texts

    def raw_device(self, kind: str, index: int | None) -> Any:
        number = 0 if index is None else index
        if kind == "cuda" and 0 <= number < len(self._texts):
            return cupy.cuda.Device(number)  # a new one: its `with` is not for two threads
        asked = kind if index is None else f"{kind}:{index}"
        message = (
            f"backend 'cupy' has no device {asked!r}: this process sees {', '.join(self._texts)} "
            "(`nvidia-smi -L` lists the machine's, CUDA_VISIBLE_DEVICES may hide some)"
        )
        raise DeviceError(message)

    def device_of(self, x: Any) -> str:
        number: int = x.device.id
        return self._texts[number]

    def on_device(self, device: str) -> Any:
        """CuPy's device of a text such as ``"cuda:1"``; as a context, the thread's current one."""
        kind, _, index = device.removeprefix("cupy:").partition(":")
        if index and not index.isdigit():
            message = f"{device!r} is not a device of backend 'cupy'; expected one like 'cuda:0'"
            raise DeviceError(message)
        return self.raw_device(kind, int(index or 0))

    def placed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        return placement.placed(name, function)

    def on_device_of(self, x: Any) -> AbstractContextManager[Any]:
        return cupy.cuda.Device(x.device.id)

    def synchronize(self, device: str | None = None) -> None:
        for text in self._texts if device is None else (device,):
            self.on_device(text).synchronize()

    # --- arrays come, move and leave ------------------------------------------------------------

    def dtypes(self) -> Mapping[str, Any]:
        found = {name: np.dtype(each) for name, each in super().dtypes().items()}
        return {**found, "float16": np.dtype("float16")}

    def asarray(
        self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        """As declared; without ``device``, CuPy's arrays stay, all else goes to the current one."""
        if isinstance(obj, cupy.ndarray):
            return placement.moved(obj, dtype, device, copy)
        on_device = hasattr(obj, "__cuda_array_interface__")
        if copy is False and not on_device:
            message = (
                f"{type(obj).__name__} is in host memory; it cannot become a CuPy array uncopied"
            )
            raise ValueError(message)
        with cupy.cuda.Device(device):
            if on_device:
                return cupy.asarray(obj, dtype=dtype, copy=copy)
            return cupy.array(obj, dtype=dtype, blocking=_may_be_pinned(obj))

    def to_host(self, x: Any) -> Any:
        """A NumPy array, complete on return: the copy waits for the device's current stream."""
        with x.device:
            return cupy.asnumpy(x)

    def owns_buffer(self, x: Any) -> bool:
        return (
            type(x) is cupy.ndarray
            and x.base is None
            and not isinstance(x.data.mem, cupy.cuda.UnownedMemory)  # another library's
        )

    # --- what CuPy does better ------------------------------------------------------------------

    def kernels(self) -> Mapping[str, Callable[..., Any]]:
        every = {**kernels.KERNELS, **windows.KERNELS}
        if len(self._texts) == 1:
            return every
        placed = {
            name: each if name in kernels.WITHOUT_DEVICE else placement.placed(name, each)
            for name, each in every.items()
        }
        keyed = {
            name: placement.placed_with_key(placed[name], position)
            for name, position in kernels.KEY_AT.items()
        }
        return {**placed, **keyed}

    def deterministic(self) -> AbstractContextManager[None]:
        """A block in which sums at duplicate indices are the same bits in every run."""
        return scatter.deterministic()

    def native_rng(self, seed: int | None, device: str = "cuda") -> NativeGenerator:
        """A generator that draws on the device; `rng` draws NumPy's numbers on the host."""
        return NativeGenerator(seed, self.on_device(device))

    def memory_info(self, device: str = "cuda") -> MemoryInfo:
        """What is used and free on a device; the pool keeps memory for later arrays."""
        with self.on_device(device):
            pool = cupy.get_default_memory_pool()
            free, total = cupy.cuda.runtime.memGetInfo()
            return MemoryInfo(pool.used_bytes(), pool.total_bytes(), free, total)

    def free_all_blocks(self) -> None:
        """Give the memory that the pools keep unused back to the devices and to the host."""
        for text in self._texts:
            with self.on_device(text):
                cupy.get_default_memory_pool().free_all_blocks()
        cupy.get_default_pinned_memory_pool().free_all_blocks()

    def version(self) -> str:
        return str(cupy.__version__)


def _may_be_pinned(obj: Any) -> bool:
    """Whether a host array's memory is not NumPy's own, so that copying it may take time.

    CuPy copies page-locked memory while the program goes on, and the program may write there.
    """
    if not isinstance(obj, np.ndarray):
        return False
    while isinstance(obj.base, np.ndarray):
        obj = obj.base
    return not obj.flags.owndata
