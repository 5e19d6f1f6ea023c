"""A backend whose arrays have a shape and a dtype and no values: what runs on it reads no value.

``bool``, ``float``, ``int`` and ``index`` of such an array raise.  Results are inferred by calling NumPy on
arrays of ones, of which nothing but shape and dtype is kept.
"""

from __future__ import annotations

import operator
import warnings
from typing import TYPE_CHECKING, Any, Final, NoReturn

from xpgrad._devices import NAMESPACES, _by_type, namespace_of_backend
from xpgrad.conformance.site import Site
from xpgrad.extend import registry
from xpgrad.extend.backend import Backend, ExtendedNamespace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ShapeArray", "ValueReadError", "shapes_site"]


class ValueReadError(TypeError):
    """Something asked for the value of an array that has none."""


class ShapeArray:
    """An array without values."""

    __slots__ = ("__weakref__", "dtype", "shape")
    __hash__ = None  # type: ignore[assignment]
    device = "cpu"

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.dtype = dtype

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: int(_numpy().prod(self.shape, dtype=int)))

    def __getitem__(self, key: Any) -> Any:
        for k in key if isinstance(key, tuple) else (key,):
            if isinstance(k, ShapeArray) and k.dtype.kind == "b":
                _read("a boolean index")
        return _shape_of(_dummy(self)[_dummies(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        _dummy(self).copy()[_dummies(key)] = _dummies(value)

    def __repr__(self) -> str:
        return f"ShapeArray({self.shape}, {self.dtype})"


def _read(what: str) -> NoReturn:
    message = (
        f"{what} reads the value of an array; a rule may depend on shapes, dtypes and options only"
    )
    raise ValueReadError(message)


def _refuse(what: str) -> Callable[..., NoReturn]:
    return lambda *_: _read(what)


for _name in ("bool", "float", "int", "complex", "index", "len", "iter", "array"):
    setattr(ShapeArray, f"__{_name}__", _refuse(f"{_name}()"))


def _unary(name: str) -> Callable[[Any], Any]:
    function = getattr(operator, name)
    return lambda a: _shape_of(_quiet(function, _dummies(a)))


_BINARY: Final = (
    "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift lt le gt ge eq ne"
).split()


def _operators(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    function = getattr(operator, name)
    return (
        lambda a, b: _shape_of(_quiet(function, _dummies(a), _dummies(b))),
        lambda a, b: _shape_of(_quiet(function, _dummies(b), _dummies(a))),
    )


for _name in _BINARY:
    _forward, _reflected = _operators(_name)
    setattr(ShapeArray, f"__{_name.rstrip('_')}__", _forward)
    if _name not in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(ShapeArray, f"__r{_name.rstrip('_')}__", _reflected)
for _name in ("neg", "pos", "abs", "invert"):
    setattr(ShapeArray, f"__{_name}__", _unary(_name))


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def _dummy(x: ShapeArray) -> Any:
    """Ones (zeros, if they may be indices) of the same shape and dtype, in no memory."""
    np = _numpy()
    return np.broadcast_to(np.asarray(x.dtype.kind in "fcb", x.dtype), x.shape)


def _dummies(tree: Any) -> Any:
    if isinstance(tree, ShapeArray):
        return _dummy(tree)
    return type(tree)(map(_dummies, tree)) if type(tree) in (tuple, list) else tree


def _shape_of(tree: Any) -> Any:
    np = _numpy()
    if isinstance(tree, (np.ndarray, np.generic)):
        return ShapeArray(tree.shape, tree.dtype)
    return tuple(map(_shape_of, tree)) if isinstance(tree, (tuple, list)) else tree


def _quiet(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with _numpy().errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


def _matrices(tree: Any) -> Any:
    """Unit matrices in place of ones, which have no inverse."""
    np = _numpy()
    if isinstance(tree, ShapeArray) and tree.ndim > 1:
        return np.broadcast_to(np.eye(*tree.shape[-2:], dtype=tree.dtype), tree.shape)
    if type(tree) in (tuple, list):
        return type(tree)(map(_matrices, tree))
    return _dummies(tree)


class ShapeChapter:
    """An extension of the standard over :class:`ShapeArray`."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._library, name)

        def infer(*args: Any, **kwargs: Any) -> Any:
            return _shape_of(_quiet(found, *_matrices(args), **kwargs))

        return infer


class ShapeNamespace:
    """The Array API over :class:`ShapeArray`."""

    __name__ = "xpgrad.conformance.shapes"
    DATA_DEPENDENT: Final = (
        "nonzero",
        "unique_all",
        "unique_counts",
        "unique_inverse",
        "unique_values",
    )

    def __getattr__(self, name: str) -> Any:
        import array_api_compat.numpy as library  # noqa: PLC0415 - the kit may use NumPy, inside functions

        if name in ("linalg", "fft"):
            return ShapeChapter(getattr(library, name))
        found = getattr(library, name)
        if isinstance(found, type) or not callable(found) or name == "isdtype":
            return found
        if name in self.DATA_DEPENDENT:
            return _refuse(name)

        def infer(*args: Any, **kwargs: Any) -> Any:
            given = {k: _dummies(v) for k, v in kwargs.items() if name != "diff" or v is not None}
            return _shape_of(
                _quiet(found, *_dummies(args), **given)
            )  # NumPy's diff knows no prepend=None

        return infer


def _of_a_plugin(name: str) -> Callable[..., Any]:
    """The shape of NumPy's result: a plugin's function need not be written against the standard."""

    def infer(*args: Any, **kwargs: Any) -> Any:
        function = getattr(namespace_of_backend("numpy"), name)
        return _shape_of(_quiet(function, *_dummies(args), **kwargs))

    return infer


class ShapeBackend(Backend):
    """The backend of arrays without values."""

    name = "shapes"
    xp = ShapeNamespace()

    def asarray(
        self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        return _shape_of(_numpy().asarray(_dummies(obj), dtype=dtype))

    def dtypes(self) -> Mapping[str, Any]:
        return {n: _numpy().dtype(t) for n, t in super().dtypes().items()}

    def to_host(self, x: Any) -> Any:
        _read("to_host")

    def kernels(self) -> Mapping[str, Callable[..., Any]]:
        plugins = {name: _of_a_plugin(name) for name in registry.ops()}
        return plugins | {"scatter_add": lambda x, *_, **__: ShapeArray(x.shape, x.dtype)}


def shapes_site() -> Site:
    """The site of arrays without values."""
    if "shapes" not in NAMESPACES:
        NAMESPACES["shapes"] = _by_type[ShapeArray] = ExtendedNamespace(ShapeBackend(), {})
    return Site.of("shapes")
