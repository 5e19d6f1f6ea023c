"""PyTorch's Tensor: xpgrad's, with PyTorch's meanings where the two differ.

An indexed or reshaped result is a view (``_views``): an in-place statement on it gives its base a new value too,
recorded as ``x[k] = v``, and one on the base gives its views theirs.  The methods are put on it by ``_methods``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import xpgrad as xp
from xpgrad._modes import STRICT_TAPE
from xpgrad._namespace._methods import in_place
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.compat.torch import _dtypes, _print, _views
from xpgrad.compat.torch._missing import missing
from xpgrad.compat.torch._size import CallableSize, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Tensor", "TensorMeta", "as_torch", "connected", "dress", "settle"]


class TensorMeta(type):
    """``isinstance(x, torch.Tensor)`` holds for every tensor of xpgrad."""

    _stands_for: type | None

    def __instancecheck__(cls, instance: object) -> bool:
        stands_for = cls.__dict__.get("_stands_for")
        return (
            isinstance(instance, stands_for)
            if stands_for
            else type.__instancecheck__(cls, instance)
        )


class Tensor(CoreTensor, metaclass=TensorMeta):
    """A tensor with PyTorch's methods; ``Tensor([2])`` and ``Tensor(2, 3)`` make one of the default dtype."""

    __slots__ = ()
    _stands_for: ClassVar[type] = CoreTensor

    def __new__(cls, *args: Any, device: Any = None) -> Any:
        """The legacy constructor: sizes make uninitialized memory, anything else its values."""
        from xpgrad.compat.torch._factories import legacy  # noqa: PLC0415 - makes tensors in its turn

        return legacy(_dtypes.get_default_dtype(), args, device)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise missing(name, "torch.Tensor", dir(Tensor))

    # --- sizes ------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The length of each axis."""
        return Size(self._cell.raw.shape)

    @property
    def size(self) -> CallableSize:
        """``x.size()``: all sizes; ``x.size(0)``: one."""
        return CallableSize(self._cell.raw.shape)

    @property
    def is_cuda(self) -> bool:
        """Whether it lives on a CUDA device."""
        return bool(self.device.type == "cuda")

    # --- the tape ---------------------------------------------------------------------------------

    @property
    def grad(self) -> Any:
        """What ``backward()`` accumulated here, or None."""
        try:
            return dress(self._grad)
        except AttributeError:
            return self._no_grad()

    @grad.setter
    def grad(self, value: Any) -> None:
        CoreTensor.grad.fset(self, value)  # type: ignore[attr-defined]

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def register_hook(self, hook: Callable[[Any], Any]) -> Any:
        """Call ``hook(gradient)`` when this value's gradient is known; what it returns replaces it."""
        return super().register_hook((lambda g: hook(dress(g))) if callable(hook) else hook)

    def detach(self) -> Any:
        """The same value off the tape; in-place statements on it reach this tensor and its base."""
        alias = super().detach()
        _views.shared(self, alias)
        return alias

    @property
    def data(self) -> Any:
        """The same value off the tape; assigning to it makes this tensor one with what is assigned."""
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        _views.adopt(self, value, lambda: CoreTensor.data.fset(self, value))  # type: ignore[attr-defined]

    def _leave(self, how: str) -> Any:
        return super()._leave(how) if STRICT_TAPE.get() else self.item()

    # --- indices ----------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        key, basic = _plain(key)
        result = CoreTensor.__getitem__(self, key)
        if basic:
            _views.remember(result, _views.View(self, key))
        return result

    def __setitem__(self, key: Any, value: Any) -> None:
        key, basic = _plain(key)
        if basic and isinstance(value, CoreTensor):
            view = value.__dict__.get("_view")
            if view is not None and view.base is self and not view.undo and view.key == key:
                return  # x[k] += v: the statement on x[k] has written through already
        if basic and _views.overlapped(self):
            self[key].copy_(value)  # raises unless each place is written once
            return
        self._check_in_place()
        if isinstance(value, CoreTensor) and value.shape[:1] == (
            1,
        ):  # ones in front may be too many
            value = xp.reshape(value, _without_ones(tuple(value.shape)))
        CoreTensor.__setitem__(self, key, value)
        self._write_through()

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            message = "iteration over a 0-d tensor"
            raise TypeError(message)
        return (self[i] for i in range(len(self)))

    # --- in place ---------------------------------------------------------------------------------

    def _check_in_place(self) -> None:
        self._check_leaf()
        if _views.overlapped(self):
            message = (
                "in-place statement on an expanded tensor: several elements of it are one place in memory; "
                "clone() it first"
            )
            raise RuntimeError(message)

    def _check_leaf(self) -> None:
        super()._check_in_place()
        view = self.__dict__.get("_view")
        if view is not None:
            view.base._check_leaf()

    def _write_through(self, source: Any = None) -> None:
        """Give the base and the views, but not ``source``, the value this tensor has now."""
        views = self.__dict__.get("_views")
        if views:
            _views.refresh(views, source)
        view = self.__dict__.get("_view")
        if view is not None:
            view.write(self)._write_through(self)

    # --- leaving ----------------------------------------------------------------------------------

    def numpy(self, *, force: bool = False) -> Any:
        """A NumPy array of the values: a copy, so that writing it never changes a recorded value."""
        return super().numpy(force=force).copy()

    def __reduce_ex__(self, protocol: Any) -> Any:
        function, (cls, *state, extra) = super().__reduce_ex__(protocol)
        return (function, (cls, *state, {k: v for k, v in extra.items() if k not in _views.KEPT}))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        kept = {name: self.__dict__.pop(name) for name in _views.KEPT if name in self.__dict__}
        try:
            return super().__deepcopy__(memo)
        finally:
            self.__dict__.update(kept)

    def __repr__(self) -> str:
        return _print.text(self)

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if not self.ndim else object.__format__(self, spec)


Tensor._result = Tensor


def dress(result: Any) -> Any:
    """Results that nobody else holds, in PyTorch's class: nothing is copied."""
    kind = type(result)
    if kind is CoreTensor:
        result.__class__ = Tensor
    elif kind is tuple or kind is list:
        return kind(dress(r) for r in result)
    elif isinstance(result, tuple):
        for r in result:
            dress(r)
    return result


def as_torch(x: Any) -> Any:
    """An argument as a tensor with PyTorch's methods; another handle on the same value and node if need be."""
    if type(type(x)) is TensorMeta:
        return x
    if not isinstance(x, CoreTensor):
        from xpgrad.compat.torch._factories import as_tensor  # noqa: PLC0415 - makes tensors in its turn

        return as_tensor(x)
    alias = object.__new__(Tensor)
    alias._cell, alias._xp, alias._node = x._cell, x._xp, x._node
    return alias


# --- in-place statements ----------------------------------------------------------------------------


def connected(result: Any, *inputs: Any) -> Any:
    """A piecewise constant result on the tape of its inputs, with gradient zero, where xpgrad records nothing."""
    for x in inputs:
        if isinstance(x, CoreTensor) and x._node is not None and result.dtype.is_floating:
            result = xp.where(xp.asarray(True, device=result.device), result, x)
    return result


def settle(t: Any, value: Any, name: str = "statement") -> Any:
    """Give ``t`` (and its base) the recorded ``value``: what every in-place method comes down to."""
    t._check_in_place()
    in_place(t, name, value)
    t._write_through()
    return t


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    while shape[:1] == (1,):
        shape = shape[1:]
    return shape


_BASIC = (int, slice, type(None), type(Ellipsis))


def _plain(key: Any) -> tuple[Any, bool]:
    """The key with Python numbers for 0-d indices, and whether it only slices."""
    kind = type(key)
    if kind is int or kind is slice:
        return key, True
    if kind is tuple:
        parts = tuple(_part(k) for k in key)
        return parts, all(type(k) in _BASIC for k in parts)
    part = _part(key)
    return part, type(part) in _BASIC


def _part(k: Any) -> Any:
    kind = type(k)
    if kind in _BASIC or kind is bool:
        return k
    if isinstance(k, CoreTensor):
        integer = not k.ndim and k.dtype.kind in ("signed integer", "unsigned integer")
        return k.item() if integer else k
    if isinstance(k, range):
        return list(k)
    if kind is tuple:
        return list(k)
    return k.__index__() if hasattr(k, "__index__") and not getattr(k, "ndim", 0) else k


# --- operators --------------------------------------------------------------------------------------

_RANKS = {
    "bool": 0,
    "signed integer": 1,
    "unsigned integer": 1,
    "real floating": 2,
    "complex floating": 3,
}


def alike(a: Any, b: Any) -> tuple[Any, Any]:
    """PyTorch's promotion where it is not the standard's: a 0-d tensor does not widen one with axes."""
    if (a.ndim == 0) != (b.ndim == 0):
        low, high = (a, b) if a.ndim == 0 else (b, a)
        if _RANKS.get(low.dtype.kind, 2) <= _RANKS.get(high.dtype.kind, 2):
            cast = xp.astype(low, high.dtype)
            return (cast, high) if low is a else (high, cast)
    return a, b


def operands(a: Any, b: Any, divides: bool = False) -> tuple[Any, Any]:
    """Both sides of a binary operation, promoted as PyTorch does."""
    if isinstance(b, CoreTensor):
        if a._cell.raw.dtype is not b._cell.raw.dtype:
            a, b = alike(a, b)
        if divides and not (a.dtype.is_floating or b.dtype.is_floating):
            a = _dtypes.floating(a)
        return a, b
    if isinstance(b, float):  # also NumPy's float64, which is one
        return _dtypes.floating(a), b if type(b) is float else float(b)
    return (_dtypes.floating(a), b) if divides else (a, b)


def _operator(method: str) -> Any:
    divides = method in ("__truediv__", "__rtruediv__")

    def operator(self: Any, other: Any) -> Any:
        a, b = operands(self, other, divides)
        result = getattr(CoreTensor, method)(a, b)
        return result if result is NotImplemented else _views.laid(result, self, other)

    operator.__name__ = method
    return operator


def _in_place_operator(name: str) -> Any:
    def operator(self: Any, other: Any) -> Any:
        self._check_in_place()
        value = getattr(self, f"__{name}__")(other)
        return value if value is NotImplemented else settle(self, value, f"__i{name}__")

    operator.__name__ = f"__i{name}__"
    return operator


def _unary_operator(method: str) -> Any:
    def operator(self: Any) -> Any:
        return _views.laid(getattr(CoreTensor, method)(self), self)

    operator.__name__ = method
    return operator


ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
IN_PLACE = (*ARITHMETIC, "matmul", "and", "or", "xor", "lshift", "rshift")

for _name in ARITHMETIC:
    setattr(Tensor, f"__{_name}__", _operator(f"__{_name}__"))
    setattr(Tensor, f"__r{_name}__", _operator(f"__r{_name}__"))
for _name in COMPARISONS:
    setattr(Tensor, f"__{_name}__", _operator(f"__{_name}__"))
for _name in IN_PLACE:
    setattr(Tensor, f"__i{_name}__", _in_place_operator(_name))
for _name in ("__neg__", "__abs__", "__invert__"):
    setattr(Tensor, _name, _unary_operator(_name))
Tensor.__hash__ = CoreTensor.__hash__  # type: ignore[method-assign]
