"""dtypes of xpgrad's own: the same object on every backend; each backend maps them to its library's.

``xp.float32`` equals whatever names the same type elsewhere (``numpy.float32``, ``numpy.dtype("f4")``, the
text ``"float32"``, a Tensor's dtype on CuPy), and ``numpy.dtype(xp.float32)`` works.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from typing import Any, Final

from xpgrad._switch import Switch
from xpgrad.errors import DTypeError

__all__ = ["DType", "default_dtype", "dtype_of", "get_default_dtype", "set_default_dtype"]

KINDS: Final = {
    "bool": "bool", "int": "signed integer", "uint": "unsigned integer",
    "float": "real floating", "bfloat": "real floating", "complex": "complex floating",
}  # fmt: skip


class DType:
    """A data type by name.

    The set is open: a backend that has ``bfloat16`` or ``float8_e4m3`` gets an object of that name.

    Attributes: ``name``; ``kind`` ("bool", "signed integer", "unsigned integer", "real floating",
    "complex floating"); ``itemsize`` in bytes.
    """

    __slots__ = ("is_complex", "is_floating", "itemsize", "kind", "name")

    def __init__(self, name: str) -> None:
        stem = name.split("_", maxsplit=1)[0].rstrip("0123456789") if name != "bool" else "bool"
        digits = "".join(c for c in name.split("_", maxsplit=1)[0] if c.isdigit())
        self.name = name
        self.kind = KINDS.get(stem, "real floating" if name.startswith("float") else "other")
        self.itemsize = int(digits) // 8 if digits and int(digits) >= 8 else 1
        self.is_complex = self.kind == "complex floating"
        self.is_floating = self.kind in ("real floating", "complex floating")

    @property
    def dtype(self) -> Any:
        """What ``numpy.dtype(self)`` asks for."""
        return sys.modules["numpy"].dtype(
            self.name
        )  # only NumPy reads this attribute, so it is loaded

    @property
    def is_floating_point(self) -> bool:
        """PyTorch's name for "real floating"."""
        return self.kind == "real floating"

    def __repr__(self) -> str:
        return f"xpgrad.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (dtype_named, (self.name,))

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DType):
            return self.name == other.name
        if isinstance(other, str):
            return self.name == other
        return name_of(other) == self.name if other is not None else False


_NAMED: Final[dict[str, DType]] = {}
_PYTHON: Final = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}


def dtype_named(name: str) -> DType:
    """The one object of that name."""
    try:
        return _NAMED[name]
    except KeyError:
        return _NAMED.setdefault(name, DType(name))


STANDARD: Final = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float32", "float64", "complex64", "complex128",
)  # fmt: skip
float32 = dtype_named("float32")
float64 = dtype_named("float64")
bool_ = dtype_named("bool")

ALIASES: Final = {
    "float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32",
    "short": "int16", "cfloat": "complex64", "cdouble": "complex128", "byte": "uint8", "char": "int8",
}  # fmt: skip
"""PyTorch's other names, for ``compat.torch``."""


def name_of(dtype: Any) -> str | None:
    """The neutral name of any library's dtype object, or None when it does not look like one."""
    if isinstance(dtype, type):
        if dtype in _PYTHON:
            return _PYTHON[dtype]
        name = getattr(dtype, "__name__", "")
        return _canonical(name) if hasattr(dtype, "dtype") or name.rstrip("_") in _KNOWN else None
    name = getattr(dtype, "name", None)
    if isinstance(name, str):
        return _canonical(name)
    text = str(dtype)  # torch.float32, array_api_strict.float32, "xpgrad.float32"
    last = text.rsplit(".", 1)[-1].rstrip("'>")
    return _canonical(last) if last in _KNOWN else None


_KNOWN: Final = frozenset((*STANDARD, "float16", "bfloat16", "bool_"))


def _canonical(name: str) -> str:
    return "bool" if name == "bool_" else name


def dtype_of(dtype: Any) -> DType:
    """The neutral dtype for anything that names one.

    Raises:
        DTypeError: if it names none.
    """
    if isinstance(dtype, DType):
        return dtype
    if isinstance(dtype, str):
        if dtype in _KNOWN or dtype in _NAMED:
            return dtype_named(_canonical(dtype))
        name = None
    else:
        name = name_of(dtype)
    if name is None:
        message = (
            f"{dtype!r} is not a dtype; expected one of xpgrad.{', '.join(STANDARD)}, or NumPy's"
        )
        raise DTypeError(message)
    return dtype_named(name)


# --- the default floating dtype -----------------------------------------------------------------------

_process_default: list[DType | None] = [None]
_context_default: ContextVar[DType | None] = ContextVar("xpgrad.default_dtype", default=None)
_COMPLEX_OF: Final = {"float32": "complex64", "float64": "complex128"}


def set_default_dtype(dtype: Any) -> None:
    """Make ``dtype`` the floating dtype of everything made from Python numbers, in the whole process.

    ``None`` goes back to each backend's own default (float64 on NumPy and CuPy).

    Raises:
        DTypeError: if it is not a real floating dtype.
    """
    _process_default[0] = None if dtype is None else _real(dtype)


def get_default_dtype() -> DType | None:
    """What :func:`set_default_dtype` or :class:`default_dtype` set, or None for the backend's own."""
    return _context_default.get() or _process_default[0]


class default_dtype(Switch):  # noqa: N801 - used as a statement
    """``with default_dtype(xp.float32):`` sets the default for this context only; decorates functions too.

    >>> import xpgrad as xp
    >>> with xp.default_dtype(xp.float32):
    ...     xp.zeros(2).dtype
    xpgrad.float32
    """

    __slots__ = ()

    def __init__(self, dtype: Any) -> None:
        super().__init__((_context_default, _real(dtype)))


def _real(dtype: Any) -> DType:
    result = dtype_of(dtype)
    if result.kind != "real floating":
        message = f"the default dtype must be a real floating one, got {result}"
        raise DTypeError(message)
    return result


_RANK: Final = {
    "bool": 0, "signed integer": 1, "unsigned integer": 1, "real floating": 2, "complex floating": 3,
}  # fmt: skip
_RANK_OF_NUMBERS: Final = {bool: 0, int: 1, float: 2, complex: 3}


def holds(dtype: DType, number: type) -> bool:
    """Whether a Python number of type ``number`` beside an array of ``dtype`` takes that dtype."""
    return _RANK_OF_NUMBERS[number] <= _RANK.get(dtype.kind, 2)


def complex_of(dtype: DType) -> DType:
    """The complex dtype whose parts have the real ``dtype``."""
    return dtype_named(_COMPLEX_OF.get(dtype.name, "complex128"))


def real_of(dtype: DType) -> DType:
    """The real dtype of the parts of the complex ``dtype``."""
    return dtype_named({c: r for r, c in _COMPLEX_OF.items()}.get(dtype.name, "float64"))
