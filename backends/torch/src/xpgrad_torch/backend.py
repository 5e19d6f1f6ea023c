"""PyTorch as a backend: its namespace through array-api-compat, its devices, and what it does better.

xpgrad keeps the tape.  Tensors come in detached, so PyTorch's own never records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import array_api_compat.torch as compat
import numpy as np
import torch

from xpgrad.errors import DeviceError
from xpgrad.extend import Backend
from xpgrad_torch.kernels import KERNELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class TorchBackend(Backend):
    """Tensors of PyTorch, on the devices ``cpu`` and, where there is an accelerator, ``cuda:0`` and so on."""

    name = "torch"
    xp = compat

    def __init__(self) -> None:
        here = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        count = torch.accelerator.device_count() if here is not None else 0
        self._texts = ("cpu", *(f"{here.type}:{i}" for i in range(count)))

    def devices(self) -> Sequence[str]:
        return self._texts

    def raw_device(self, kind: str, index: int | None) -> Any:
        text = "cpu" if kind == "cpu" and not index else f"{kind}:{index or 0}"
        if text not in self._texts:
            message = f"backend 'torch' has no device {text!r}; it has {', '.join(self._texts)}"
            raise DeviceError(message)
        return torch.device(text)

    def device_of(self, x: Any) -> str:
        return str(x.device)

    def dtypes(self) -> Mapping[str, Any]:
        known = compat.__array_namespace_info__().dtypes()
        return {**known, "float16": torch.float16, "bfloat16": torch.bfloat16}

    def defaults(self, device: Any) -> tuple[str, str]:
        return str(torch.get_default_dtype()).removeprefix("torch."), "int64"

    def asarray(
        self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        if isinstance(obj, torch.Tensor):
            obj = self.taken_in(obj)
        elif isinstance(obj, np.ndarray) and (
            min(obj.strides, default=0) < 0 or not obj.flags.writeable
        ):
            obj = obj.copy()  # which PyTorch cannot share
        return compat.asarray(obj, dtype=dtype, device=device, copy=copy)

    def taken_in(self, x: Any) -> Any:
        """The tensor without PyTorch's tape."""
        return x.detach() if x.requires_grad else x

    def to_host(self, x: Any) -> Any:
        x = x.float() if x.dtype == torch.bfloat16 else x  # which NumPy has not
        return x.detach().cpu().resolve_conj().resolve_neg().numpy()

    def synchronize(self, device: str | None = None) -> None:
        for text in self._texts[1:]:
            if device in (None, text):
                torch.accelerator.synchronize(text)

    def kernels(self) -> Mapping[str, Callable[..., Any]]:
        return KERNELS

    def version(self) -> str:
        return str(torch.__version__)
