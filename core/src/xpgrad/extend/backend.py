"""What a backend is: an Array API namespace, its devices and dtypes, and faster kernels where it has them.

A backend brings *kernels*, never *rules*.  Everything the standard lacks and rules need (``scatter_add``,
``unindex``, ``erf`` …) has a portable default in :mod:`xpgrad.extend.portable`; a backend overrides what its
library does faster, by listing a function of the same name and meaning in :meth:`Backend.kernels`.
"""

from __future__ import annotations

import difflib
import re
import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

from xpgrad._chapters import CHAPTERS, REPEATED, Chapter, split
from xpgrad._dtypes import STANDARD, name_of
from xpgrad._signatures import INTERNAL, SIGNATURES
from xpgrad.errors import (
    BackendError,
    DeviceError,
    DTypeError,
    MissingFunctionError,
    PluginWarning,
)
from xpgrad.extend import portable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

__all__ = ["Backend", "ExtendedNamespace", "GenericBackend"]


def host() -> Backend:
    """The backend of host arrays (NumPy), through which core reaches them without importing NumPy."""
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    return registry.backend("numpy")


CURRENT_DEVICE_MATTERS: Final[list[bool]] = [False]
"""Becomes true with the first backend whose library computes on a current device, not on its arrays' own."""


OTHERWISE: Final = frozenset(
    "put_along_axis scatter_add index_add index_put masked windows logsumexp".split()
)
"""Operations beyond the standard whose name means something else in libraries: NumPy's writes its argument."""


def chapters() -> frozenset[str]:
    """Every chapter there is: core's, and those of plugins' operations."""
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    return CHAPTERS | {split(name)[0] for name in registry.ops()} - {""}


def _names() -> set[str]:
    """Every name that a kernel may have, but for the functions of its library that are no operations."""
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    return {*SIGNATURES, *INTERNAL, *REPEATED, *portable.FUNCTIONS, *registry.ops()}


class ExtendedNamespace:
    """A backend's namespace with everything rules may call: the standard's functions and the portable ones.

    A name is looked up once, in this order, and then kept: kernels of plugins, kernels of the backend, the
    library's function, the portable default.
    """

    level = 0
    """How many transforms deep its arrays are: only the namespaces of transforms have a level above 0."""

    def __init__(self, backend: Backend, kernels: Mapping[str, Callable[..., Any]]) -> None:
        self.backend = backend
        self.constants: dict[Any, Any] = {}
        self.many_devices = backend.many_devices()
        self.one_device = backend.one_device()
        self.follows_arrays = backend.follows_arrays
        if not backend.follows_arrays:
            CURRENT_DEVICE_MATTERS[0] = True
        self.dtype_names: dict[Any, Any] = {}
        self._kernels = {**backend.kernels(), **kernels}
        for told in self.unused_kernels().values():
            warnings.warn(told, PluginWarning, stacklevel=3)

    def unused_kernels(self) -> dict[str, str]:
        """Kernels that nothing calls: of a name that is no operation's and no function's, or no functions; and why.

        Names of a chapter that is not installed are left alone: their plugin may come later.
        """
        told = {}
        for name, function in self._kernels.items():
            what = f"backend {self.backend.name!r}: the kernel {name!r}"
            if not callable(function):
                told[name] = f"{what} is {function!r}; expected a function"
            elif self._unheard_of(name):
                near = difflib.get_close_matches(name, _names(), n=1)
                hint = (
                    f"did you mean {near[0]!r}?" if near else "name it as the operation is called"
                )
                told[name] = f"{what} has the name of no operation, so nothing calls it; {hint}"
        return told

    def _unheard_of(self, name: str) -> bool:
        if name in SIGNATURES or name in INTERNAL or self._library(name) is not None:
            return False
        if split(name)[0] not in {"", *chapters()}:
            return False
        return portable.bound(name, self) is None and name not in _names()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = Chapter(name, self._found) if name in chapters() else self._found(name)
        setattr(self, name, found)
        return found

    def _found(self, name: str) -> Any:
        found = self._kernels.get(name)
        if found is None:
            found = self._library(name)
        if found is None:
            found = self._portable(name)
        if found is None:
            message = f"backend {self.backend.name!r} has no {name!r} and core has no portable default for it"
            raise MissingFunctionError(message)
        return found

    def _library(self, name: str) -> Any:
        chapter, last = split(name)
        if name in OTHERWISE or chapter not in ("", "linalg", "fft"):
            return None
        return getattr(
            getattr(self.backend.xp, chapter, None) if chapter else self.backend.xp, last, None
        )

    def _portable(self, name: str) -> Any:
        found = portable.bound(name, self)
        return found if found is None or self.follows_arrays else self.backend.placed(name, found)

    def provider(self, name: str) -> str:
        """Who implements ``name`` here: "kernel", "library", "portable" or "nobody"."""
        if name in self._kernels:
            return "kernel"
        if self._library(name) is not None:
            return "library"
        return "portable" if portable.bound(name, self) is not None else "nobody"

    def __repr__(self) -> str:
        return f"<extended namespace of backend {self.backend.name!r}>"


class Backend:
    """Base of every backend object.  A subclass sets ``name`` and ``xp`` and overrides what differs.

    Attributes:
        name: the registered name.
        xp: a namespace of the Array API standard (for example ``array_api_compat.numpy``).
        default_dtype: the floating dtype of what is made from Python numbers.
    """

    name: str
    xp: Any
    default_dtype: str = "float64"
    follows_arrays: bool = True
    """Whether an operator runs on its arrays' device.  False: on the thread's current device (CuPy)."""

    # --- required of every backend; the defaults serve a library with one CPU device -------------------

    def devices(self) -> Sequence[str]:
        """The devices at hand, as ``kind`` or ``kind:index``; the first is the default."""
        return ("cpu",)

    def raw_device(self, kind: str, index: int | None) -> Any:
        """The library's own device object for ``kind:index``."""
        if kind != "cpu" or index not in (None, 0):
            text = kind if index is None else f"{kind}:{index}"
            message = (
                f"backend {self.name!r} has no device {text!r}; it has {', '.join(self.devices())}"
            )
            raise DeviceError(message)
        return None

    def device_of(self, x: Any) -> str:
        """The device of an array, as ``kind`` or ``kind:index``."""
        return "cpu"

    def dtypes(self) -> Mapping[str, Any]:
        """The library's dtype objects by neutral name."""
        return {n: getattr(self.xp, n) for n in STANDARD if hasattr(self.xp, n)}

    def asarray(
        self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        """An array of this library from an array, nested sequence or scalar; library dtype and device."""
        return self.xp.asarray(obj, dtype=dtype, device=device, copy=copy)

    def to_host(self, x: Any) -> Any:
        """The same values as a NumPy array."""
        return host().asarray(x)

    def synchronize(self, device: str | None = None) -> None:
        """Wait until the device has done its work."""

    def rng(self, seed: int | None) -> Any:
        """A generator: ``random(shape)`` and ``standard_normal(shape)`` in float64, ``integers(low, high, shape)``.

        They return host arrays or this library's; the default draws on the host.
        """
        return host().rng(seed)

    def native_rng(self, seed: int | None, device: str) -> Any:
        """The library's own generator on a device, with the methods of :meth:`rng` and numbers of its own."""
        return self.rng(seed)

    # --- what a backend may improve -------------------------------------------------------------------

    def kernels(self) -> Mapping[str, Callable[..., Any]]:
        """Faster functions for operations of the standard or of :mod:`xpgrad.extend.portable`, by name."""
        return {}

    def device_text(self, device: Any) -> str:
        """``kind`` or ``kind:index`` of a library's device object: what :meth:`raw_device` undoes."""
        texts = self.devices()
        if len(texts) == 1:
            return texts[0]
        for text in texts:
            kind, _, index = text.partition(":")
            if self.raw_device(kind, int(index) if index else None) == device:
                return text
        message = f"{device!r} is no device of backend {self.name!r}; it has {', '.join(texts)}"
        raise DeviceError(message)

    def many_devices(self) -> bool:
        """Whether arrays may be on different devices."""
        return len(self.devices()) > 1

    def one_device(self) -> Any:
        """The library's device object if there can be only one (saves asking every array), else None."""
        return None

    def scalar(self, value: complex, dtype: Any, like: Any) -> Any:
        """A Python number as a 0-d array of ``dtype`` on the device of the array ``like``."""
        return self.asarray(value, dtype=dtype, device=portable.device_of_raw(like))

    def defaults(self, device: Any) -> tuple[str, str]:
        """The floating and the integer dtype of what is made from Python numbers on ``device``.

        ``device`` is the library's object, or None.  Override where a device lacks 64-bit types.
        """
        return self.default_dtype, "int64"

    def placed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function`` called on its arrays' device; asked only where ``follows_arrays`` is false."""
        return function

    def on_device_of(self, x: Any) -> AbstractContextManager[Any]:
        """The device of ``x`` as the current one; asked only where some backend's ``follows_arrays`` is false."""
        return nullcontext()

    def taken_in(self, x: Any) -> Any:
        """What a tensor holds of an array of this library that a user brings: itself; of a NumPy scalar, an array."""
        return x if hasattr(x, "__setitem__") else self.asarray(x)

    def owns_buffer(self, x: Any) -> bool:
        """Whether ``x`` is writable and is no view, so that its reference count tells who can see it."""
        return False

    def version(self) -> str:
        """The library's version, for ``xpgrad doctor``."""
        library = self.xp
        return str(getattr(library, "__version__", "unknown"))

    # --- derived --------------------------------------------------------------------------------------

    def dtype(self, name: str) -> Any:
        """The library's dtype object for a neutral name."""
        try:
            return self._dtype_map[name]
        except AttributeError:
            self._dtype_map: dict[str, Any] = dict(self.dtypes())
            return self.dtype(name)
        except KeyError:
            message = (
                f"backend {self.name!r} has no dtype {name!r}; it has {', '.join(self._dtype_map)}"
            )
            raise DTypeError(message) from None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


_QUOTED: Final = re.compile(r"^[^'\"]*['\"]([^'\"]+)['\"][^'\"]*$")


class GenericBackend(Backend):
    """The backend of an array nobody claimed: its own ``__array_namespace__`` and the portable defaults."""

    def __init__(self, array: Any) -> None:
        namespace = getattr(array, "__array_namespace__", None)
        if namespace is None:
            message = (
                f"no backend claims {type(array).__module__}.{type(array).__qualname__}, and it has no "
                "__array_namespace__; install a backend for it, or convert it to a NumPy array"
            )
            raise BackendError(message)
        self.xp = namespace()
        self.name = self.xp.__name__.replace(".", "_")
        self._devices: dict[str, Any] = {}
        self.device_of(array)
        try:
            found = self.xp.__array_namespace_info__().default_dtypes()["real floating"]
            self.default_dtype = name_of(found) or "float64"
        except (AttributeError, KeyError, TypeError):
            pass

    def devices(self) -> Sequence[str]:
        """The devices of the arrays met so far."""
        return tuple(self._devices)

    def many_devices(self) -> bool:
        """Always: the next array may be on a device not met yet."""
        return True

    def device_of(self, x: Any) -> str:
        """The device as a text made of what the library writes."""
        return self.device_text(getattr(x, "device", None))

    def device_text(self, device: Any) -> str:
        """The text of a device object; remembered, so that the text finds the object again."""
        written = str(device if device is not None else "cpu").lower()
        text = _QUOTED.sub(r"\1", written).replace(" ", "")  # package.device('gpu:0') -> gpu:0
        self._devices.setdefault(text, device)
        return text

    def to_host(self, x: Any) -> Any:
        """The same values as a NumPy array; by DLPack where the library refuses NumPy's way."""
        try:
            return super().to_host(x)
        except (TypeError, ValueError, RuntimeError) as error:
            if not hasattr(x, "__dlpack__"):
                message = f"{self.name!r} hands its values to NumPy neither by itself nor by DLPack: {error}"
                raise TypeError(message) from error
            return host().xp.from_dlpack(x)

    def raw_device(self, kind: str, index: int | None) -> Any:
        """The device object of an array met before."""
        text = kind if index is None else f"{kind}:{index}"
        try:
            return self._devices[text]
        except KeyError:
            message = (
                f"backend {self.name!r} has met no array on {text!r} yet; known: {self.devices()}"
            )
            raise DeviceError(message) from None
