"""A pair: one array of two libraries at once.  The program sees the first; the second goes the same way.

A pair stands where a library's array stands, so that every operation comes here: those of the program and those of
derivative rules, called by name or written as operators.  What the second library answers is judged by a `Judge`.
"""

from __future__ import annotations

import operator
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from xpgrad import _devices
from xpgrad._dtypes import STANDARD, name_of
from xpgrad.errors import DTypeError
from xpgrad.extend.backend import Backend, ExtendedNamespace, host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Call", "Judge", "Pair", "PairNamespace", "install"]


class Call(NamedTuple):
    """One operation of the program or of a rule, on pairs."""

    name: str
    functions: tuple[Callable[..., Any], Callable[..., Any]]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    pairs: PairNamespace

    def run(self, number: int) -> Any:
        """What one of the libraries answers."""
        pairs = self.pairs
        return self.functions[number](
            *pairs.side(self.args, number), **pairs.side(self.kwargs, number)
        )

    def mapped(self, change: Callable[[Any], Any]) -> Call:
        """The same operation on other pairs."""
        return self._replace(args=mapped(change, self.args), kwargs=mapped(change, self.kwargs))

    def provider(self, number: int) -> str:
        """Who computes it in one of the libraries: its operator, a kernel, the library, or a portable default."""
        if self.name.startswith("operator "):
            return "the library's operator"
        return self.pairs.backend.sides[number].provider(self.name)


class Judge(Protocol):
    """Says what becomes of the second library's part."""

    def follow(self, call: Call, found: Any) -> Any:
        """The second library's part of the result, where ``found`` is the first one's."""


def mapped(change: Callable[[Any], Any], x: Any) -> Any:
    """Arguments with other pairs in them."""
    if isinstance(x, (tuple, list)):
        parts = [mapped(change, part) for part in x]
        return x._make(parts) if hasattr(x, "_make") else type(x)(parts)
    if isinstance(x, dict):
        return {name: mapped(change, part) for name, part in x.items()}
    return change(x) if isinstance(x, Pair) else x


# --- what stands for both ---------------------------------------------------------------------------------


class PairDType:
    """A dtype of both libraries; the second has the next smaller one where it lacks this one."""

    __slots__ = ("name", "sides")

    def __init__(self, name: str, first: Any, second: Any) -> None:
        self.name = name
        self.sides = (first, second)

    def __repr__(self) -> str:
        return self.name


class PairDevice:
    """The one device there is."""

    __slots__ = ("sides",)

    def __init__(self, first: Any, second: Any) -> None:
        self.sides = (first, second)

    def __repr__(self) -> str:
        return "cpu"


class Pair:
    """The arrays of both libraries."""

    __slots__ = ("sides", "xp")
    __array_ufunc__ = None

    def __init__(self, first: Any, second: Any, xp: PairNamespace) -> None:
        self.sides = (first, second)
        self.xp = xp

    @property
    def shape(self) -> tuple[int, ...]:
        """The first one's."""
        found: tuple[int, ...] = self.sides[0].shape
        return found

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return reduce(operator.mul, self.shape, 1)

    @property
    def dtype(self) -> PairDType:
        """The dtype of both."""
        return self.xp.backend.pair_dtype(self.sides[0].dtype)

    @property
    def device(self) -> PairDevice:
        """The one device there is."""
        return self.xp.backend.place

    def __array_namespace__(self, *, api_version: str | None = None) -> PairNamespace:
        return self.xp

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return host().asarray(self.xp.backend.to_host(self), dtype=dtype, copy=copy)

    def __bool__(self) -> bool:
        return bool(self.sides[0])

    def __int__(self) -> int:
        return int(self.sides[0])

    def __index__(self) -> int:
        return operator.index(self.sides[0])

    def __float__(self) -> float:
        return float(self.sides[0])

    def __getitem__(self, key: Any) -> Any:
        return self.xp.both("getitem", operator.getitem, operator.getitem, (self, key), {})

    def __repr__(self) -> str:
        return f"Pair({self.sides[0]!r})"


_WRITTEN: Final = (
    "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift eq ne lt le gt ge neg pos abs invert"
).split()
OPERATORS: Final = tuple(name.rstrip("_") for name in _WRITTEN)
"""What arrays are asked to do without a function's name: reported as ``operator add``."""
_COMPARING: Final = frozenset("eq ne lt le gt ge".split())
_UNARY: Final = frozenset("neg pos abs invert".split())


def _operator(name: str, *, swap: bool) -> Callable[..., Any]:
    function = getattr(operator, name)

    def method(self: Pair, *other: Any) -> Any:
        args = (*other, self) if swap else (self, *other)
        return self.xp.both(f"operator {name.rstrip('_')}", function, function, args, {})

    return method


for _name in _WRITTEN:
    _short = _name.rstrip("_")
    setattr(Pair, f"__{_short}__", _operator(_name, swap=False))
    if _name not in _COMPARING and _name not in _UNARY:
        setattr(Pair, f"__r{_short}__", _operator(_name, swap=True))
Pair.__hash__ = object.__hash__  # type: ignore[method-assign]


# --- the namespace ----------------------------------------------------------------------------------------


class PairNamespace(ExtendedNamespace):
    """The extended namespaces of both libraries as one."""

    backend: PairBackend

    def __init__(self, backend: PairBackend, judge: Judge) -> None:
        super().__init__(backend, {})
        self.judge = judge
        backend.pairs = self

    def raw_device(self, x: Any) -> PairDevice:
        """The one device there is."""
        return self.backend.place

    def _found(self, name: str) -> Any:
        first, second = self.backend.sides
        found = _by_path(first, name)
        if not callable(found) or isinstance(found, type):
            return self.backend.pair_dtype(found) if name in STANDARD else found
        try:
            other = _by_path(second, name)
        except (AttributeError, NotImplementedError) as error:
            other = partial(_refuse, str(error))
        return lambda *args, **kwargs: self.both(name, found, other, args, kwargs)

    def both(
        self,
        name: str,
        first: Callable[..., Any],
        second: Callable[..., Any],
        args: Any,
        kwargs: Any,
    ) -> Any:
        """Call both; the judge says what the second part of the result is."""
        call = Call(name, (first, second), args, kwargs, self)
        found = call.run(0)
        if name in ("empty", "empty_like"):  # whatever was in memory
            return self.join(found, self.mirrored(found))
        if not _has_arrays(found):
            return self.backend.pair_dtype(found) if name == "result_type" else found
        return self.join(found, self.judge.follow(call, found))

    def side(self, x: Any, number: int) -> Any:
        """What one of the libraries gets for an argument."""
        if isinstance(x, (Pair, PairDType, PairDevice)):
            return x.sides[number]
        if isinstance(x, tuple):
            parts = [self.side(part, number) for part in x]
            return x._make(parts) if hasattr(x, "_make") else tuple(parts)
        if isinstance(x, list):
            return [self.side(part, number) for part in x]
        if isinstance(x, dict):
            return {name: self.side(part, number) for name, part in x.items()}
        if hasattr(x, "__array_namespace__") and hasattr(x, "shape"):  # a host array in an index
            return self.backend.asarray(x).sides[number]
        return x

    def join(self, first: Any, second: Any) -> Any:
        """A result of both as the program sees it."""
        if isinstance(first, (tuple, list)):
            parts = list(map(self.join, first, second))
            return first._make(parts) if hasattr(first, "_make") else type(first)(parts)
        return Pair(first, second, self) if _is_array(first) else first

    def mirrored(self, found: Any) -> Any:
        """A result of the first library in the second one's arrays."""
        if isinstance(found, (tuple, list)):
            parts = list(map(self.mirrored, found))
            return found._make(parts) if hasattr(found, "_make") else type(found)(parts)
        return self.backend.following(found) if _is_array(found) else found


def _by_path(namespace: Any, name: str) -> Any:
    return reduce(getattr, name.split("."), namespace)


def _refuse(message: str, *_: Any, **__: Any) -> Any:
    raise NotImplementedError(message)


def _is_array(x: Any) -> bool:
    return hasattr(x, "shape") and hasattr(x, "dtype") and not isinstance(x, type)


def _has_arrays(x: Any) -> bool:
    return any(map(_has_arrays, x)) if isinstance(x, (tuple, list)) else _is_array(x)


# --- the backend ------------------------------------------------------------------------------------------

_SUBSTITUTES: Final = {
    "float64": ("float32",), "complex128": ("complex64",), "int64": ("int32",), "uint64": ("uint32",),
    "float16": ("float32",), "bfloat16": ("float32",), "uint32": ("int64", "int32"), "uint16": ("int32",),
}  # fmt: skip
"""What may stand for a dtype that the second library lacks."""


class PairBackend(Backend):
    """Two backends as one, under the name of the default one, so that a program needs no edit."""

    name = "numpy"
    pairs: PairNamespace

    def __init__(self, first: ExtendedNamespace, second: ExtendedNamespace) -> None:
        self.sides = (first, second)
        self.xp = first.backend.xp
        self.default_dtype = first.backend.default_dtype
        self.place = PairDevice(*(_first_device(s.backend) for s in self.sides))
        self._by_raw: dict[Any, PairDType] = {}
        self.substitutes: dict[str, str] = {}
        """What the second library has in the place of a dtype."""

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def raw_device(self, kind: str, index: int | None) -> Any:
        return self.place

    def device_text(self, device: Any) -> str:
        return "cpu"

    def one_device(self) -> Any:
        return self.place

    def dtype(self, name: str) -> Any:
        return self.pair_dtype(self.sides[0].backend.dtype(name))

    def pair_dtype(self, raw: Any) -> PairDType:
        """The pair of a dtype of the first library."""
        found = self._by_raw.get(raw)
        if found is None:
            name = name_of(raw) or str(raw)
            same = next((d for d in self._by_raw.values() if d.name == name), None)
            found = same or PairDType(name, raw, self._second_dtype(name))
            self._by_raw[raw] = found
        return found

    def _second_dtype(self, name: str) -> Any:
        backend = self.sides[1].backend
        for wanted in (name, *_SUBSTITUTES.get(name, ())):
            try:
                dtype = backend.dtype(wanted)
                backend.asarray(host().asarray([0]), dtype=dtype, device=self.place.sides[1])
            except Exception:  # noqa: BLE001, S112 - each library refuses in its own way
                continue
            if wanted != name:
                self.substitutes[name] = wanted
            return dtype
        message = f"backend {backend.name!r} has no dtype {name!r}, nor one that could stand for it"
        raise DTypeError(message)

    def asarray(
        self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        first, second = (s.backend for s in self.sides)
        wanted = (None, None) if dtype is None else dtype.sides
        if isinstance(obj, Pair):
            a = first.asarray(obj.sides[0], dtype=wanted[0], device=self.place.sides[0], copy=copy)
            return Pair(a, self._cast(second, obj.sides[1], wanted[1]), self.pairs)
        a = first.asarray(obj, dtype=wanted[0], device=self.place.sides[0], copy=copy)
        return Pair(a, self.following(a), self.pairs)

    def taken_in(self, x: Any) -> Any:
        return x if isinstance(x, Pair) else self.asarray(x)

    def _cast(self, backend: Backend, x: Any, dtype: Any) -> Any:
        return backend.asarray(x, dtype=dtype, device=self.place.sides[1], copy=True)

    def following(self, raw: Any) -> Any:
        """An array of the first library in the second one."""
        first, second = (s.backend for s in self.sides)
        dtype = self.pair_dtype(raw.dtype).sides[1]
        values = host().asarray(first.to_host(raw), copy=True)
        return second.asarray(values, dtype=dtype, device=self.place.sides[1])

    def to_host(self, x: Any) -> Any:
        return self.sides[0].backend.to_host(x.sides[0]) if isinstance(x, Pair) else x

    def scalar(self, value: complex, dtype: Any, like: Any) -> Any:
        parts = [s.backend.scalar(value, dtype.sides[i], like.sides[i]) for i, s in enumerate(self.sides)]  # fmt: skip
        return Pair(parts[0], parts[1], self.pairs)

    def defaults(self, device: Any) -> tuple[str, str]:
        return self.sides[0].backend.defaults(self.place.sides[0])


def _first_device(backend: Backend) -> Any:
    _, kind, index = _devices.parse(backend.devices()[0])
    return backend.raw_device(kind, index)


def install(first: ExtendedNamespace, second: ExtendedNamespace, judge: Judge) -> PairNamespace:
    """From now on, every tensor of this process is a pair; there is no way back."""
    backend = PairBackend(first, second)
    pairs = PairNamespace(backend, judge)
    _devices.stand_in(pairs, Pair)
    return pairs
