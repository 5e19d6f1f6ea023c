"""Devices choose backends: ``[backend:]kind[:index]``, for example ``cpu``, ``cuda:0`` or ``torch:cpu``."""

from __future__ import annotations

from contextvars import ContextVar
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from xpgrad.errors import BackendError, DeviceError
from xpgrad.extend.backend import ExtendedNamespace, GenericBackend

if TYPE_CHECKING:
    from xpgrad.extend.backend import Backend

__all__ = ["Device", "device_named", "devices", "get_default_device", "set_default_device"]


class Device:
    """Where an array lives: a kind (``type``), an index, and the backend that serves it.

    Equal to its own text: ``x.device == "cuda:0"``. Texts that are equal to one device (``"cuda"``, ``"cuda:0"``,
    ``"cupy:cuda:0"``) differ from each other; in a set or a dictionary it is found under the shortest one.
    """

    __slots__ = ("backend", "index", "type")

    def __init__(self, backend: str, kind: str, index: int | None) -> None:
        self.backend = backend
        self.type = kind
        self.index = index

    @property
    def text(self) -> str:
        """``kind`` or ``kind:index``."""
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"device(type={self.type!r}" + (
            f", index={self.index})" if self.index is not None else ")"
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Device):
            return (self.backend, self.type, self.index or 0) == (
                other.backend, other.type, other.index or 0,
            )  # fmt: skip
        if isinstance(other, str):
            names = {self.text, f"{self.backend}:{self.text}"}
            if not self.index:
                names |= {self.type, f"{self.type}:0", f"{self.backend}:{self.type}"}
            return other in names
        return NotImplemented

    def __hash__(self) -> int:
        return hash(f"{self.type}:{self.index}" if self.index else self.type)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Device, (self.backend, self.type, self.index))

    # as a context manager: the default device of a block
    def __enter__(self) -> Device:  # noqa: PYI034 - final by convention
        _entered.set((*_entered.get(), _context_default.get()))
        _context_default.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        *outer, before = _entered.get()
        _entered.set(tuple(outer))
        _context_default.set(before)


_context_default: ContextVar[Device | None] = ContextVar("xpgrad.default_device", default=None)
_entered: ContextVar[tuple[Device | None, ...]] = ContextVar("xpgrad.entered_devices", default=())
"""The defaults that the open ``with device`` blocks of this context put back, the innermost last."""
_process_default: list[Device | None] = [None]
NAMESPACES: Final[dict[str, ExtendedNamespace]] = {}
"""The extended namespace of every backend that was started, by backend name."""
_by_type: dict[type, ExtendedNamespace] = {}
STAND_IN: Final[list[ExtendedNamespace]] = []
"""The namespace that serves every device and every array, where a command replays a program."""
PLAIN: Final = frozenset((bool, int, float, complex, list, tuple, str, range, NoneType))
"""Python's own types, which no plugin needs to be asked about."""


def namespace_of_backend(name: str) -> ExtendedNamespace:
    """The extended namespace of a backend; starts the backend when it is the first to ask."""
    try:
        return NAMESPACES[name]
    except KeyError:
        from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

        backend = registry.backend(name)
        return NAMESPACES.setdefault(name, ExtendedNamespace(backend, registry.kernels(backend)))


def namespace_of_array(x: Any) -> ExtendedNamespace | None:
    """The extended namespace that handles a raw array, or None if it is no array."""
    kind = type(x)
    found = _by_type.get(kind)
    if found is not None or kind in PLAIN:
        return found
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    name = registry.backend_for_type(kind)
    if name is not None:
        found = namespace_of_backend(name)
    elif hasattr(kind, "__array_namespace__"):
        generic: Backend = GenericBackend(x)
        found = NAMESPACES.get(generic.name) or NAMESPACES.setdefault(
            generic.name, ExtendedNamespace(generic, registry.kernels(generic))
        )
    else:
        return None
    _by_type[kind] = found
    return found


def stand_in(namespace: ExtendedNamespace, array_type: type) -> None:
    """From now on one namespace, with arrays of one type, serves every device and every backend of this process."""
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    STAND_IN[:] = [namespace]
    NAMESPACES.update(dict.fromkeys(registry.backend_specs(), namespace))
    _by_type.clear()
    _by_type[array_type] = namespace
    _cpu.clear()


def parse(text: str) -> tuple[str | None, str, int | None]:
    """Split ``[backend:]kind[:index]``."""
    parts = text.split(":")
    index = None
    if len(parts) > 1 and parts[-1].isdigit():
        index = int(parts.pop())
    if not 1 <= len(parts) <= 2 or not all(parts):
        message = (
            f"{text!r} is not a device; expected [backend:]kind[:index], such as 'cpu' or 'cuda:0'"
        )
        raise DeviceError(message)
    return (parts[0] if len(parts) > 1 else None), parts[-1], index


def device_named(spec: Any, index: int | None = None) -> Device:
    """The device for a text such as ``"cuda:0"``, a :class:`Device`, or ``("cuda", 0)``; a context manager, too.

    >>> import xpgrad as xp
    >>> with xp.device("cpu"):
    ...     xp.zeros(2).device
    device(type='cpu')

    Raises:
        DeviceError: if no backend serves the kind, or the index does not exist.
        BackendError: if the backend is installed and cannot start; the message says which part is missing.
    """
    if isinstance(spec, Device):
        return spec
    if STAND_IN:
        return Device(STAND_IN[0].backend.name, "cpu", None)
    if isinstance(spec, int):
        spec, index = "cuda", spec
    if not isinstance(spec, str):
        found = _from_raw(spec)
        if found is not None:
            return found
        message = f"{spec!r} is not a device; expected a text such as 'cpu' or 'cuda:0'"
        raise DeviceError(message)
    name, kind, number = parse(spec)
    number = index if index is not None else number
    if name is None:
        name = _serving(kind)
    namespace = namespace_of_backend(name)
    if number is None and kind not in namespace.backend.devices():
        number = 0
    namespace.backend.raw_device(kind, number)
    return Device(name, kind, number)


def _from_raw(spec: Any) -> Device | None:
    """A library's own device object, recognized by the backends that run."""
    text = str(spec).lower()
    for name, namespace in NAMESPACES.items():
        for known in namespace.backend.devices():
            _, kind, index = parse(known)
            raw = namespace.backend.raw_device(kind, index)
            if (
                raw is not None
                and (raw is spec or type(raw) is type(spec))
                and str(raw).lower() == text
            ):
                return Device(name, kind, index)
    return None


def _serving(kind: str) -> str:
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    names = registry.backends_for_kind(kind)
    if names:
        return names[0]
    for name, namespace in NAMESPACES.items():  # generic backends have no spec
        if any(parse(d)[1] == kind for d in namespace.backend.devices()):
            return name
    raise DeviceError(registry.explain_missing_kind(kind))


def set_default_device(device: Any) -> None:
    """Where arrays made from Python numbers or from nothing go, in the whole process; None: the CPU.

    For one block write ``with xp.device("cuda"):``.

    Raises:
        DeviceError: if no backend serves it.
        BackendError: if its backend is installed and cannot start.
    """
    _process_default[0] = None if device is None else device_named(device)


def get_default_device() -> Device:
    """The device of arrays made from Python numbers or from nothing."""
    found = _context_default.get() or _process_default[0]
    if found is None:
        found = _process_cpu()
    return found


_cpu: list[Device] = []


def _process_cpu() -> Device:
    if not _cpu:
        _cpu.append(device_named("cpu"))
    return _cpu[0]


def devices() -> list[Device]:
    """Every device of every backend that can start, the default one first."""
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    found = []
    for name in registry.backend_specs():
        try:
            texts = namespace_of_backend(name).backend.devices()
        except BackendError:
            continue
        for text in texts:
            _, kind, index = parse(text)
            found.append(Device(name, kind, index))
    default = get_default_device()
    return sorted(found, key=lambda d: d != default)


def device_of(namespace: ExtendedNamespace, x: Any) -> Device:
    """The device of a raw array."""
    if namespace.level:
        found: Device = x.device
        return found
    _, kind, index = parse(namespace.backend.device_of(x))
    return Device(namespace.backend.name, kind, index)
