"""A level: what tensors hold inside a running transform, and how operations reach it.

``jvp`` and ``vmap`` give a function tensors that hold records (a value with its tangent, a batch of values).
Every operation on such a tensor comes here instead of to a library, and is carried out on the tensors inside,
which may be on the tape, or hold records of an outer transform in their turn.  So transforms nest in any order,
and a value of an inner one is never taken for a value of an outer one: each has its own level.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager, nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from xpgrad._chapters import Chapter
from xpgrad._devices import Device, namespace_of_backend
from xpgrad._dtypes import dtype_named
from xpgrad._like import LevelArray
from xpgrad._modes import LEVELS, Switch
from xpgrad._namespace import creation, inquiry
from xpgrad._namespace._lift import scalar
from xpgrad._namespace._operation import describe
from xpgrad._namespace._operations import operation
from xpgrad._tensor import Cell, Tensor, wrap
from xpgrad.errors import GraphError
from xpgrad.extend.backend import chapters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpgrad._dtypes import DType
    from xpgrad._namespace._operation import Operation

__all__ = ["Invocation", "LevelNamespace", "below", "climbed", "in_place_of", "opened"]

_next_level: Final = count(1).__next__
_CREATED: Final = frozenset(("zeros_like", "ones_like", "empty_like"))
_COUNTED: Final = frozenset(
    ("nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values")
)


class Invocation:
    """One operation on tensors, called with its arguments by name."""

    __slots__ = ("function", "keywords", "operation", "positional")

    def __init__(self, name: str) -> None:
        self.operation: Operation = describe(name)
        self.function = operation(name)
        before, _, after = self.operation.signature.partition("*,")
        self.positional = _names(before)
        self.keywords = _names(after)

    def __call__(self, arguments: dict[str, Any]) -> Any:
        """The operation on ``arguments``."""
        first = [arguments[p] for p in self.positional if p in arguments]
        return self.function(*first, **{k: arguments[k] for k in self.keywords if k in arguments})

    def arrays(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments that are arrays and are there."""
        return {a: arguments[a] for a in self.operation.arrays if arguments.get(a) is not None}


_invocation: Final = functools.cache(Invocation)


def _names(signature: str) -> tuple[str, ...]:
    parts = (part.split("=")[0].strip() for part in signature.split(","))
    return tuple(p for p in parts if p.isidentifier())


class LevelBackend:
    """What core asks of a backend, answered in xpgrad's own terms."""

    default_dtype = "float64"

    def __init__(self, level: LevelNamespace) -> None:
        self._level = level
        self.name = type(level).word

    def dtype(self, name: str) -> DType:
        """The dtype of a name."""
        return dtype_named(name)

    def raw_device(self, kind: str, index: int | None) -> Any:
        """A device of the default backend; levels carry devices, not texts."""
        return creation.zeros((), device=kind if index is None else f"{kind}:{index}").device

    def device_text(self, device: Any) -> str:
        """The text of a device."""
        return str(device)

    def defaults(self, device: Device | None) -> tuple[str, str]:
        """The default dtypes of the backend underneath."""
        if device is None:
            return self.default_dtype, "int64"
        backend = namespace_of_backend(device.backend).backend
        found: tuple[str, str] = backend.defaults(backend.raw_device(device.type, device.index))
        return found

    def scalar(self, value: complex, dtype: Any, like: LevelArray) -> LevelArray:
        """A Python number as a constant of the level."""
        xp, raw = _base(like)
        found = scalar(xp, value, raw)
        t = wrap(found, xp)
        return self._level.enclose(t if t.dtype == dtype else operation("astype")(t, dtype))

    def asarray(
        self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> LevelArray:
        """An array of any kind as a constant of the level; a value of the level stays what it is."""
        if isinstance(obj, LevelArray):
            return obj
        return self._level.enclose(creation.asarray(obj, dtype=dtype, device=device, copy=copy))

    def to_host(self, x: LevelArray) -> Any:
        """The values on the host, where the level has one value to show."""
        return self._level.host(x)

    def owns_buffer(self, x: Any) -> bool:
        """Whether the level may write the record in place, as far as it can see."""
        return self._level.running and self._level.owns(x)

    def on_device_of(self, x: Any) -> Any:
        """Nothing to do: the operations inside choose their device."""
        return nullcontext()


def _base(x: LevelArray) -> tuple[Any, Any]:
    """The namespace and an array of the library under a record."""
    t = x.inner
    while t._xp.level:
        t = t._cell.raw.inner
    return t._xp, t._cell.raw


class LevelNamespace:
    """The namespace of the records of one running transform: an abstract class."""

    word = "level"
    """The transform's name, for messages."""
    one_device = None
    many_devices = True
    follows_arrays = False

    def __init__(self) -> None:
        self.level = _next_level()
        self.constants: dict[Any, Any] = {}
        self.dtype_names: dict[Any, Any] = {}
        self.running = True

    @property
    def backend(self) -> LevelBackend:
        """The backend; made when asked for, so that a level is no reference cycle."""
        return LevelBackend(self)

    def closed(self) -> None:
        """The transform has returned: forget the functions of this level, which hold it in their turn."""
        self.running = False
        for name in [n for n, f in vars(self).items() if callable(f) or isinstance(f, Chapter)]:
            delattr(self, name)
        self.constants.clear()

    # --- what a transform must say ----------------------------------------------------------------

    def enclose(self, t: Any) -> LevelArray:
        """A tensor of a lower level as a constant."""
        raise NotImplementedError

    def transformed(self, invoke: Invocation, arguments: dict[str, Any]) -> Any:
        """The result of an operation on records: a record, or a tuple of them."""
        raise NotImplementedError

    def custom(self, function: Any, args: tuple[Any, ...]) -> Any:
        """The result of a user's :class:`~xpgrad.autograd.Function` on tensors of this level."""
        raise NotImplementedError

    def host(self, x: Any) -> Any:
        """The values of a record on the host."""
        raise NotImplementedError

    def without_derivative(self, x: Any) -> Any:
        """The record for ``detach()``."""
        raise NotImplementedError

    def told(self, x: Any) -> str | None:
        """What to print in place of a record's values; None where they can be shown."""
        inner = x.inner
        found: str | None = inner._xp.told(inner._cell.raw) if inner._xp.level else None
        return found

    def draws(self) -> bool:
        """Whether a random function inside draws other numbers for each element of the level's batch."""
        return False

    def moved(self, x: Any, device: Any) -> Any:
        """The record on another device."""
        message = f"to({str(device)!r}) is not possible inside {self.word}; move the tensor before"
        raise GraphError(message)

    def carries(self, x: Any) -> bool:
        """Whether a derivative flows through what the record holds."""
        found: bool = x.inner._carries()
        return found

    def shown(self, x: Any) -> list[str]:
        """What to print after a record's values."""
        return []

    def revalued(self, old: Any, new: Any) -> Any:
        """The value of ``new`` with the derivative of ``old``: an in-place statement that is not recorded."""
        return new

    # --- what core asks of a namespace ------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found: Any
        if name in _CREATED:
            found = self._created(name)
        elif name in _COUNTED:
            found = self._counted(name)
        else:
            found = self._operation(name)
        if self.running:
            setattr(self, name, found)
        return found

    def _operation(self, name: str) -> Any:
        try:
            invoke = _invocation(name)
        except KeyError:
            if name in chapters():
                return Chapter(name, self._operation)
            raise AttributeError(name) from None
        parameters = invoke.operation.parameters

        def run(*args: Any, **kwargs: Any) -> Any:
            if not self.running:
                self._left(name)
            arguments = dict(zip(parameters, args, strict=False)) | kwargs
            return self.transformed(invoke, arguments)

        return run

    def _created(self, name: str) -> Any:
        function = getattr(creation, name.removesuffix("_like"))

        def create(x: LevelArray, *, dtype: Any = None) -> LevelArray:
            return self.enclose(function(x.shape, dtype=dtype or x.dtype, device=x.device))

        return create

    def _counted(self, name: str) -> Any:
        """A function whose result is as long as the values make it, and carries no derivative."""

        def run(x: Any) -> Any:
            found = getattr(inquiry, name)(x.inner)
            return (
                tuple(map(self.enclose, found)) if isinstance(found, tuple) else self.enclose(found)
            )

        return run

    def _left(self, name: str) -> None:
        message = (
            f"{name}: a value of {self.word} was used after {self.word} had returned; return it from the function "
            "instead of keeping it in an outer variable"
        )
        raise GraphError(message)

    def detached(self, cell: Cell) -> Cell:
        """A new cell with the value off the tape and without its tangent."""
        new = Cell()
        new.raw = self.without_derivative(cell.raw)
        return new

    def asarray(self, x: Any, *, copy: bool | None = None) -> Any:
        """The record itself: nothing ever writes one."""
        return x

    def owns(self, x: Any) -> bool:
        """Whether nobody but ``x`` holds what is inside; a level that never says so copies on every write."""
        return False

    def assigned(self, t: Tensor, key: Any, values: Tensor) -> Any:
        """What ``t`` becomes by ``t[key] = values``, where that is another operation on it; else None."""
        return None

    def index_put(self, x: Any, key: Any, values: Any, own: bool) -> Any:
        """``x`` with ``values`` at ``key``; with ``own`` set, ``x`` itself may become it."""
        return self.setitem(x, values, key)

    def index_add(self, x: Any, key: Any, values: Any, own: bool) -> Any:
        """``x`` with ``values`` added at ``key``; with ``own`` set, ``x`` itself may become it."""
        return self.add_at(x, values, key)

    @staticmethod
    def is_complex(x: LevelArray) -> bool:
        return bool(x.dtype.is_complex)

    @staticmethod
    def is_floating(x: LevelArray) -> bool:
        return bool(x.dtype.is_floating)

    @staticmethod
    def raw_device(x: LevelArray) -> Any:
        return x.device

    def cast(self, x: LevelArray, dtype: Any) -> Any:
        """The record in another dtype."""
        return x if x.dtype == dtype else self.astype(x, dtype)

    def __repr__(self) -> str:
        return f"<{self.word}, level {self.level}>"


@contextmanager
def opened(level: LevelNamespace) -> Iterator[None]:
    """The block in which a transform runs its function."""
    token = LEVELS.set((*LEVELS.get(), level))
    try:
        yield
    finally:
        LEVELS.reset(token)
        level.closed()


def below(level: LevelNamespace) -> Switch:
    """The block in which a user's function runs on what this level's values hold: only the levels outside run."""
    return Switch((LEVELS, tuple(outer for outer in LEVELS.get() if outer.level < level.level)))


def in_place_of(old: Tensor, new: Tensor) -> Any:
    """The value of ``new`` at the place of ``old``, where both are of one level."""
    if new._xp is not old._xp:
        return new
    raw = new._cell.raw
    if new._xp.level:
        raw = new._xp.revalued(old._cell.raw, raw)
    return wrap(raw, new._xp, old._node, new._result)


def climbed(t: Tensor) -> Any:
    """The tensor on the innermost running level, where a transform that begins now takes its inputs."""
    levels = LEVELS.get()
    if levels and levels[-1].level > t._xp.level:
        return wrap(levels[-1].enclose(t), levels[-1], None, t._result)
    return t
