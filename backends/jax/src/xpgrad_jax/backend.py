"""JAX as a backend: ``jax.numpy``, the devices, and the dtypes that its configuration allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from xpgrad.errors import DeviceError, DTypeError
from xpgrad.extend import Backend
from xpgrad_jax import pytree
from xpgrad_jax.kernels import KERNELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class JaxBackend(Backend):
    """Arrays of JAX, and the tracers that stand for them under ``jax.jit``."""

    name = "jax"
    xp = jnp

    def __init__(self) -> None:
        pytree.register()
        found = dict.fromkeys((*jax.devices(), *jax.local_devices(backend="cpu")))
        alone = {d.platform for d in found if sum(d.platform == o.platform for o in found) == 1}
        self._texts = {
            d: "cpu" if d.platform == "cpu" in alone else f"{d.platform}:{d.id}" for d in found
        }
        self._raw = {text: d for d, text in self._texts.items()}

    def devices(self) -> Sequence[str]:
        return tuple(self._raw)

    def raw_device(self, kind: str, index: int | None) -> Any:
        text = kind if kind in self._raw and not index else f"{kind}:{index or 0}"
        if text not in self._raw:
            message = f"backend 'jax' has no device {text!r}; it has {', '.join(self._raw)}"
            raise DeviceError(message)
        return self._raw[text]

    def device_of(self, x: Any) -> str:
        """Of a tracer, which has none, the default device."""
        return self._texts.get(getattr(x, "device", None)) or next(iter(self._raw))

    def many_devices(self) -> bool:
        """Yes, so that no 0-d array is remembered: under ``jax.jit`` it is a tracer, which must not outlive it."""
        return True

    def dtypes(self) -> Mapping[str, Any]:
        """Those that arrays can have now: 64-bit ones only where ``jax_enable_x64`` is set."""
        names = {*super().dtypes(), "float16", "bfloat16"}
        names -= set() if _wide() else {"int64", "uint64", "float64", "complex128"}
        return {name: np.dtype(getattr(jnp, name)) for name in names}

    def dtype(self, name: str) -> Any:
        if name in self.dtypes():
            return np.dtype(getattr(jnp, name))
        message = (
            f"backend 'jax' has no dtype {name!r} now; it has {', '.join(self.dtypes())}. For those of 64 bits, "
            "jax.config.update('jax_enable_x64', True) at the start of the program"
        )
        raise DTypeError(message)

    def defaults(self, device: Any) -> tuple[str, str]:
        return ("float64", "int64") if _wide() else ("float32", "int32")

    def to_host(self, x: Any) -> Any:
        return np.asarray(x)

    def synchronize(self, device: str | None = None) -> None:
        jax.effects_barrier()

    def kernels(self) -> Mapping[str, Callable[..., Any]]:
        return KERNELS

    def version(self) -> str:
        return str(jax.__version__)


def _wide() -> bool:
    return bool(jax.config.jax_enable_x64)
