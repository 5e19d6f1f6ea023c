"""One namespace object per backend: what ``Tensor.__array_namespace__()`` returns.

The functions are the same; what is made from nothing, or of another backend's arrays, goes to that backend's first
device.
"""

from __future__ import annotations

import functools
import inspect
from types import ModuleType
from typing import Any, Final

from xpgrad import _public
from xpgrad._chapters import Chapter, split
from xpgrad._devices import Device, namespace_of_array, namespace_of_backend, parse
from xpgrad._namespace.inquiry import NamespaceInfo
from xpgrad._tensor import Tensor
from xpgrad.extend.backend import chapters

__all__ = ["BackendNamespace", "namespace"]

CREATING: Final = frozenset(("xpgrad._namespace.creation", "xpgrad._namespace.frequencies"))
"""Modules whose functions make arrays from nothing."""

CONVERTING: Final = frozenset(("asarray", "from_dlpack", "tensor"))
"""Functions that take an array: one of another backend comes to this one, one of this backend stays on its device."""

_MADE: Final[dict[str, BackendNamespace]] = {}


class BackendNamespace(ModuleType):
    """The public functions, with one backend's device as the default.  Pickles by the backend's name."""

    __array_api_version__ = "2025.12"

    def __init__(self, backend: str) -> None:
        super().__init__(f"xpgrad.{backend}", f"The Array API over tensors of backend {backend!r}.")
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__array_namespace_info__":
            raise AttributeError(name)
        if name == "__array_namespace_info__":
            found: Any = functools.partial(NamespaceInfo, self._backend)
        else:
            found = (
                Chapter(name, self._found, _public.chapter_names)
                if name in chapters()
                else self._found(name)
            )
        setattr(self, name, found)
        return found

    def _found(self, name: str) -> Any:
        chapter, last = split(name)
        found = _public.load_from_chapter(chapter, last) if chapter else _public.load(name)
        return (
            self._placed(found) if _public.home(name) in CREATING and "_like" not in name else found
        )

    def _placed(self, function: Any) -> Any:
        if "device" not in inspect.signature(function).parameters:
            return function
        converts = function.__name__ in CONVERTING

        @functools.wraps(function)
        def placed(*args: Any, device: Any = None, **kwargs: Any) -> Any:
            if device is None and not (converts and args and self._has(args[0])):
                device = self._device()
            return function(*args, device=device, **kwargs)

        return placed

    def _has(self, x: Any) -> bool:
        """Whether an object is an array of this backend, which stays where it is."""
        if isinstance(x, Tensor):
            return x.device.backend == self._backend
        found = namespace_of_array(x)
        return found is not None and found.backend.name == self._backend

    def _device(self) -> Device:
        _, kind, index = parse(namespace_of_backend(self._backend).backend.devices()[0])
        return Device(self._backend, kind, index)

    def __dir__(self) -> list[str]:
        return _public.names()

    def __repr__(self) -> str:
        return f"<namespace 'xpgrad.{self._backend}'>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (namespace, (self._backend,))

    def __deepcopy__(self, memo: dict[int, Any]) -> BackendNamespace:
        return self


def namespace(backend: str) -> BackendNamespace:
    """The namespace over tensors of the backend of that name.

    >>> import xpgrad as xp
    >>> xp.namespace("numpy").zeros(2).device
    device(type='cpu')
    """
    if backend not in _MADE:
        namespace_of_backend(backend)
        _MADE.setdefault(backend, BackendNamespace(backend))
    return _MADE[backend]
