"""A library that is not NumPy, so that every kit has a second one wherever it runs.

Its arrays have the standard's operators, ``shape``, ``dtype`` and ``device`` and no more.  NumPy's functions refuse
them, NumPy's arrays do not mix with them, and ``bool``, ``float``, ``int`` and ``index`` of one raise: the value of an
array on a device is not at hand.  Below, NumPy computes.
"""

from __future__ import annotations

import operator
import warnings
from typing import TYPE_CHECKING, Any, Final, NoReturn

from xpgrad._devices import NAMESPACES, _by_type
from xpgrad.conformance.site import Site
from xpgrad.extend.backend import Backend, ExtendedNamespace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ForeignArray", "ForeignLibraryError", "foreign_site"]

NAME: Final = "another"


class ForeignLibraryError(TypeError):
    """Something was done with an array that only NumPy's arrays allow."""


class ForeignArray:
    """An array of another library."""

    __slots__ = ("__weakref__", "_values")
    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None
    device = "cpu"

    def __init__(self, values: Any) -> None:
        self._values = values

    shape = property(lambda self: self._values.shape)
    dtype = property(lambda self: self._values.dtype)
    ndim = property(lambda self: self._values.ndim)
    size = property(lambda self: self._values.size)
    T = property(lambda self: ForeignArray(self._values.T))
    mT = property(lambda self: ForeignArray(self._values.mT))

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return NAMESPACE

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """Itself: there is one device."""
        return self

    def __getitem__(self, key: Any) -> Any:
        return _wrapped(self._values[_inside(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._values[_inside(key)] = _inside(value)

    def __repr__(self) -> str:
        return f"ForeignArray({self._values!r})"


def _refuse(what: str, told: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        message = f"{what} of an array {told}"
        raise ForeignLibraryError(message)

    return refuse


for _name in ("bool", "float", "int", "complex", "index"):
    _told = "asks for its value, which is on a device: write xp.where instead of a branch, and keep numbers in arrays"
    setattr(ForeignArray, f"__{_name}__", _refuse(f"{_name}()", _told))
for _name in ("array", "iter", "len"):
    _told = "takes it for NumPy's, and it is another library's: use the functions of xp"
    setattr(ForeignArray, f"__{_name}__", _refuse(f"__{_name}__", _told))


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def _inside(tree: Any) -> Any:
    """What NumPy computes with, in the place of these arrays."""
    if isinstance(tree, ForeignArray):
        return tree._values
    if isinstance(tree, _numpy().ndarray):
        message = "an array of NumPy's among those of another library: use the functions of xp, which make these"
        raise ForeignLibraryError(message)
    return type(tree)(map(_inside, tree)) if type(tree) in (tuple, list) else tree


def _wrapped(tree: Any) -> Any:
    np = _numpy()
    if isinstance(tree, (np.ndarray, np.generic)):
        return ForeignArray(np.asarray(tree))
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*map(_wrapped, tree))
    return type(tree)(map(_wrapped, tree)) if type(tree) in (tuple, list) else tree


def _quiet(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with _numpy().errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _wrapped(function(*args, **kwargs))


def _operators(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    function = getattr(operator, name)
    return (
        lambda a, b: _quiet(function, _inside(a), _inside(b)),
        lambda a, b: _quiet(function, _inside(b), _inside(a)),
    )


_COMPARISONS: Final = ("lt", "le", "gt", "ge", "eq", "ne")
_ARITHMETIC: Final = "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift"
for _each in (*_ARITHMETIC.split(), *_COMPARISONS):
    _forward, _reflected = _operators(_each)
    setattr(ForeignArray, f"__{_each.rstrip('_')}__", _forward)
    if _each not in _COMPARISONS:
        setattr(ForeignArray, f"__r{_each.rstrip('_')}__", _reflected)


def _unary(name: str) -> Callable[[Any], Any]:
    function = getattr(operator, name)
    return lambda a: _quiet(function, _inside(a))


for _each in ("neg", "pos", "abs", "invert"):
    setattr(ForeignArray, f"__{_each}__", _unary(_each))


class ForeignNamespace:
    """The functions of the standard over these arrays."""

    def __init__(self, chapter: str = "") -> None:
        self.__name__ = f"xpgrad.conformance.foreign{chapter}"
        self._chapter = chapter
        self.__version__ = "1"

    def __getattr__(self, name: str) -> Any:
        if name in ("linalg", "fft") and not self._chapter:
            return ForeignNamespace(name)
        import array_api_compat.numpy as library  # noqa: PLC0415 - the kit may use NumPy, inside functions

        found = getattr(getattr(library, self._chapter) if self._chapter else library, name)
        if isinstance(found, type) or not callable(found):
            return found

        def compute(*args: Any, **kwargs: Any) -> Any:  # NumPy's diff knows no prepend=None
            given = {k: _inside(v) for k, v in kwargs.items() if name != "diff" or v is not None}
            return _quiet(found, *map(_inside, args), **given)

        return compute


NAMESPACE: Final = ForeignNamespace()


class ForeignBackend(Backend):
    """The backend of these arrays."""

    name = NAME
    xp = NAMESPACE

    def asarray(
        self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        values = obj._values if isinstance(obj, ForeignArray) else obj
        return ForeignArray(_numpy().array(values, dtype=dtype, copy=copy))

    def dtypes(self) -> Mapping[str, Any]:
        return {n: _numpy().dtype(t) for n, t in super().dtypes().items()}

    def to_host(self, x: Any) -> Any:
        return x._values.copy()


def foreign_site() -> Site:
    """The site of another library's arrays."""
    if NAME not in NAMESPACES:
        NAMESPACES[NAME] = _by_type[ForeignArray] = ExtendedNamespace(ForeignBackend(), {})
    return Site.of(NAME)
