"""What a tensor is to other libraries: the standard's namespace of it, and its DLPack capsule."""

from __future__ import annotations

from typing import Any

from xpgrad.errors import GraphError

__all__ = ["array_namespace", "dlpack", "dlpack_device"]


def array_namespace(self: Any, *, api_version: str | None = None) -> Any:
    """The namespace over tensors of this tensor's backend."""
    from xpgrad._namespace.per_backend import namespace  # noqa: PLC0415 - one layer up

    if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12"):
        message = (
            f"the Array API version {api_version!r} is not supported; xpgrad implements 2025.12"
        )
        raise ValueError(message)
    return namespace(self.backend.name)


def dlpack(self: Any, *, stream: Any = None, max_version: Any = None, dl_device: Any = None,
           copy: bool | None = None) -> Any:  # fmt: skip
    """The library's DLPack capsule, read-only where both sides can say so; raises for a tensor that requires grad."""
    if self._carries():
        message = "exporting a tensor that requires grad by DLPack would leave the tape; call detach() first"
        raise GraphError(message)
    options = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
    given = {name: value for name, value in options.items() if value is not None}
    raw = _exporting(self)
    if max_version is not None and max_version[0] >= 1 and not copy:  # older capsules cannot say it
        raw = _read_only(raw)
    return raw.__dlpack__(**given)


def dlpack_device(self: Any) -> Any:
    """The device as the library's DLPack names it."""
    return _exporting(self).__dlpack_device__()


def _exporting(self: Any) -> Any:
    """The raw array: libraries have scalars beside arrays of no dimension, and those know no DLPack."""
    raw = self._cell.raw
    return raw if hasattr(raw, "__dlpack__") else self._xp.backend.xp.asarray(raw)


def _read_only(raw: Any) -> Any:
    """A view that nobody may write through, of an array that has such views."""
    if not hasattr(getattr(raw, "flags", None), "writeable"):
        return raw
    view = raw.view()
    view.flags.writeable = False
    return view
