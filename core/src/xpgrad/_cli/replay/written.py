"""The program's calls as they are written: each is tried on array-api-strict before xpgrad makes it portable.

xpgrad brings dtypes together, takes lists for arrays and completes indices, in the same way on every backend.  Code
that shall run on other libraries' arrays too must do so itself; this is where it is told.
"""

from __future__ import annotations

import functools
import operator
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import xpgrad
from xpgrad import _public
from xpgrad._cli.replay.advice import Advice, advice
from xpgrad._cli.replay.counterparts import numpy_call
from xpgrad._cli.replay.pair import Pair
from xpgrad._dtypes import DType
from xpgrad._namespace import _methods, _operations
from xpgrad._tensor import Tensor
from xpgrad.compat.numpy import _protocols
from xpgrad.extend.backend import host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from xpgrad._cli.replay.program import Program

    Tell = Callable[[Advice, str], Callable[[], object]]

__all__ = ["Watch"]

_MAKING: Final = frozenset(
    "arange asarray empty empty_like eye from_dlpack full full_like linspace ones ones_like tensor zeros "
    "zeros_like".split()
)
"""Functions that bring arrays in: of these only the dtype is looked at."""
_OWN_OPTIONS: Final = ("device", "requires_grad", "generator")
_LEAVING: Final = {
    "numpy": (".numpy()", "functions of xp; to bring an array back, xp.asarray(a, device=x.device)"),
    "__array__": ("a NumPy call on the tensor", "functions of xp, or .numpy() at the very end"),
    "__float__": ("float(t)", "t.item() at the very end, or xp.astype(t, xp.float64) to go on with it"),
    "__int__": ("int(t)", "t.item() at the very end, or xp.astype(t, xp.int64) to go on with it"),
    "__complex__": ("complex(t)", "t.item() at the very end"),
    "__bool__": ("a tensor as a condition", "xp.where(condition, a, b), which keeps the choice on the device"),
    "__index__": ("a tensor as an index of Python", "xp.take(x, t, axis=0), or t.item() at the very end"),
}  # fmt: skip
"""Ways from a tensor to the host: what they are, and what to write instead."""


class UntriableError(Exception):
    """A call whose arguments strict arrays cannot stand for."""


class Watch:
    """Wraps what the program can call; ``tell(advice, operation)`` is told what is not portable.

    A call that fails on NumPy too is the program's own error: what was told of it is taken back.
    """

    def __init__(self, program: Program, strict: Any, tell: Tell) -> None:
        self.program = program
        self.backend = strict
        self.strict = strict.xp
        self._tell = tell
        self._take_back: list[Callable[[], object]] = []
        self._before: Any = _public.load

    def install(self) -> None:
        """Wrap the public functions, the operators and methods of tensors, and their ways to the host."""
        _public.load = self._load
        for name, value in list(vars(xpgrad).items()):
            if not name.startswith("_") and callable(value) and not isinstance(value, type):
                setattr(xpgrad, name, self._wrapped(name, value))
        self._install_operators()
        methods: Any = _methods  # whose every call of an operation looks its name up here
        methods.operation = lambda name: self._wrapped(name, _operations.operation(name))
        for name, (what, instead) in _LEAVING.items():
            setattr(Tensor, name, self._leaving(getattr(Tensor, name), what, instead))
        for face in (_protocols.array_function, _protocols.array_ufunc):
            setattr(Tensor, f"__{face.__name__}__", self._numpy_call(face))

    def _install_operators(self) -> None:
        for short, name in _operations.BINARY.items():
            method = f"__{short}__"
            setattr(Tensor, method, self._operator(method, name, swap=False))
            if short not in _operations.COMPARISONS:
                setattr(Tensor, f"__r{short}__", self._operator(f"__r{short}__", name, swap=True))
        for short, name in _operations.UNARY.items():
            setattr(Tensor, f"__{short}__", self._wrapped(name, _operations.operation(name)))
        getitem, setitem = _operations.operation("getitem"), Tensor.__setitem__
        Tensor.__getitem__ = self._checked("x[key]", getitem, operator.getitem)  # type: ignore[method-assign]
        Tensor.__setitem__ = self._checked("x[key] = value", setitem, _assign)  # type: ignore[method-assign]
        Tensor.__hash__ = object.__hash__  # type: ignore[method-assign]

    def _operator(self, method: str, name: str, *, swap: bool) -> Callable[..., Any]:
        real = _operations._make_operator(method, name, swap=swap)
        symbol = getattr(operator, method.replace("__r", "__") if swap else method)
        return self._checked(
            name, real, (lambda a, b: symbol(b, a)) if swap else symbol, operator_=True
        )

    def tell(self, told: Advice, name: str) -> None:
        """Tell it, until the call that it is about has failed."""
        self._take_back.append(self._tell(told, name))

    @contextmanager
    def _unless_it_fails(self) -> Iterator[None]:
        before, self._take_back = self._take_back, []
        try:
            yield
        except Exception:
            for take_back in self._take_back:
                take_back()
            raise
        finally:
            self._take_back = before

    # --- functions ----------------------------------------------------------------------------------------

    def _load(self, name: str) -> Any:
        found = self._before(name)
        if not callable(found) or isinstance(found, type):
            return found
        return self._wrapped(name, found)

    def _wrapped(self, name: str, function: Callable[..., Any]) -> Any:
        if name in _MAKING:
            return self._checked(name, function, None)
        try:
            standard = functools.reduce(getattr, name.split("."), self.strict)
        except AttributeError:
            return function  # xpgrad's own, portable among its backends
        return self._checked(name, function, standard)

    def _checked(
        self, name: str, function: Callable[..., Any], standard: Any, *, operator_: bool = False
    ) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if not self._is_the_programs(sys._getframe(1)):
                return function(*args, **kwargs)
            with self._unless_it_fails():
                self._try(name, standard, args, kwargs, operator_=operator_)
                return function(*args, **kwargs)

        return functools.update_wrapper(call, function)

    def _is_the_programs(self, frame: FrameType | None) -> bool:
        while frame is not None and frame.f_code.co_filename == _methods.__file__:
            frame = frame.f_back
        return frame is not None and self.program.owns_frame(frame)

    def _try(self, name: str, standard: Any, args: Any, kwargs: Any, *, operator_: bool) -> None:
        """Make the call with strict arrays; tell why it is refused."""
        if self._has_foreign_dtype(name, args, kwargs) or standard is None:
            return
        kept = {k: v for k, v in kwargs.items() if k not in _OWN_OPTIONS}
        flags = self.strict.ArrayAPIStrictFlags(boolean_indexing=False, data_dependent_shapes=False)
        try:
            given = (
                [self._strict(name, a) for a in args],
                {k: self._strict(name, v) for k, v in kept.items()},
            )
            if operator_ and isinstance(args[1], (list, tuple)):
                return  # told by the function that it comes to
            with flags:
                standard(*given[0], **given[1])
        except UntriableError:
            return
        except Exception as error:  # noqa: BLE001 - the refusal is what is looked for
            self.tell(advice(error, name), name)

    def _strict(self, name: str, x: Any) -> Any:
        """An argument as array-api-strict gets it."""
        if isinstance(x, Tensor):
            raw = x._cell.raw
            if not isinstance(raw, Pair):
                raise UntriableError
            return raw.sides[1]
        if isinstance(x, DType):
            return self.backend.dtype(x.name)
        if isinstance(x, tuple):
            return tuple(self._strict(name, part) for part in x)
        if isinstance(x, list):
            return [self._strict(name, part) for part in x]
        if _is_numpy(x):
            self.tell(_numpy_array(name), name)
            return self.backend.asarray(host().asarray(x))
        return x

    def _has_foreign_dtype(self, name: str, args: Any, kwargs: Any) -> bool:
        dtype = kwargs.get("dtype", args[1] if name == "astype" and len(args) > 1 else None)
        if dtype is None or isinstance(dtype, DType):
            return False
        told = f"{name} is given the dtype {dtype!r}, which other libraries do not know"
        self.tell(Advice("dtype-object", told, "an attribute of the namespace: xp.float32"), name)
        return True

    # --- away from the device -----------------------------------------------------------------------------

    def _leaving(self, function: Callable[..., Any], what: str, instead: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if not self._asked_from_outside(sys._getframe(1)):
                return function(*args, **kwargs)
            with self._unless_it_fails():
                why = f"{what} waits for the device and copies to the host; lazy libraries refuse"
                self.tell(Advice("host", why, instead), what)
                return function(*args, **kwargs)

        return functools.update_wrapper(call, function)

    def _asked_from_outside(self, frame: FrameType | None) -> bool:
        """Whether the program, or a library that it called, asks; not xpgrad."""
        while frame is not None:
            if self.program.owns_frame(frame):
                return True
            if (frame.f_globals.get("__name__") or "").partition(".")[0].startswith("xpgrad"):
                return False
            frame = frame.f_back
        return False

    def _numpy_call(self, face: Callable[..., Any]) -> Any:
        def call(tensor: Any, numpys: Any, *rest: Any, **kwargs: Any) -> Any:
            told = numpy_call(numpys, self.strict)
            if told is None or not self._asked_from_outside(sys._getframe(1)):
                return face(tensor, numpys, *rest, **kwargs)
            with self._unless_it_fails():
                self.tell(told, numpys.__name__)
                return face(tensor, numpys, *rest, **kwargs)

        return call


def _assign(x: Any, key: Any, value: Any) -> None:
    x = x.__array_namespace__().asarray(x, copy=True)
    x[key] = value


def _is_numpy(x: Any) -> bool:
    return type(x).__module__ == "numpy" and getattr(x, "ndim", 0) > 0


def _numpy_array(name: str) -> Advice:
    why = f"{name} mixes a NumPy array with a tensor, which only the NumPy backend takes"
    return Advice("numpy-array", why, "xp.asarray(a, device=x.device)")
