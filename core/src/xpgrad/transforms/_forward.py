"""Forward mode: values with tangents, carried through a function by ``jvp``."""

from __future__ import annotations

import sys
from sys import getrefcount
from typing import TYPE_CHECKING, Any, Final

from xpgrad import _tree
from xpgrad._generator import default_generator
from xpgrad._like import LevelArray
from xpgrad._modes import GRAD, Switch
from xpgrad._namespace._indexing import written_at
from xpgrad._namespace._operations import tensor_namespace
from xpgrad._tensor import Tensor, snapshot, wrap
from xpgrad.autograd._function import refuse_deeper
from xpgrad.transforms import _arguments
from xpgrad.transforms._functions import function_tangents
from xpgrad.transforms._level import Invocation, LevelNamespace, below, in_place_of, opened
from xpgrad.transforms._tangents import tangent_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Dual", "ForwardLevel", "jvp"]


class Dual(LevelArray):
    """A value (``inner``) and its tangent; None for a constant."""

    __slots__ = ("tangent",)

    def __init__(self, xp: Any, inner: Any, tangent: Any) -> None:
        self.xp = xp
        self.inner = inner
        self.tangent = tangent

    def __repr__(self) -> str:
        return f"Dual({self.inner!r}, tangent={self.tangent!r})"


def _value(x: Any) -> Any:
    """What an argument is without its tangent: records become tensors, wherever they stand."""
    if isinstance(x, Dual):
        return x.inner
    if type(x) in (tuple, list):
        return type(x)(map(_value, x))
    return x


def _tangent(x: Any) -> Any:
    if isinstance(x, (tuple, list)):
        found = tuple(map(_tangent, x))
        return found if any(t is not None for t in found) else None
    return x.tangent if isinstance(x, Dual) else None


class _Slot:
    __slots__ = ("inner",)
    inner: object


def _count_in_slot() -> int:
    """The reference count of an object that one slot holds, asked for through that slot."""
    slot = _Slot()
    slot.inner = object()
    return getrefcount(slot.inner)


ALONE: Final = _count_in_slot() if getattr(sys, "_is_gil_enabled", lambda: True)() else -1


class ForwardLevel(LevelNamespace):
    """The namespace of values with tangents of one ``jvp``."""

    word = "jvp"

    def enclose(self, t: Any) -> Dual:
        """A tensor as a constant: its tangent is None."""
        return Dual(self, snapshot(t), None)

    def transformed(self, invoke: Invocation, arguments: dict[str, Any]) -> Any:
        """The operation on the values, and on the tangents what its word says."""
        op = invoke.operation
        primals = {name: _value(a) for name, a in arguments.items()}
        out = invoke(primals)
        tangents = {a: _tangent(arguments.get(a)) for a in op.active or op.arrays}
        active = any(t is not None for t in tangents.values())
        whole = "dtype" in op.options and not out.dtype.is_floating  # sum(x, dtype=int64)
        if op.constant or not active or not GRAD.get() or whole:
            return self._paired(out, None)
        return self._paired(out, tangent_of(invoke, primals, tangents, out))

    def _paired(self, out: Any, tangent: Any) -> Any:
        if isinstance(out, tuple):
            parts = tangent or (None,) * len(out)
            pairs = [self._paired(o, t) for o, t in zip(out, parts, strict=True)]
            return out._make(pairs) if hasattr(out, "_make") else tuple(pairs)
        return Dual(self, out, tangent if out.dtype.is_floating else None)

    # --- writing in place: O(elements written), as outside -------------------------------------------

    def owns(self, x: Any) -> bool:
        return (
            getrefcount(x.inner) == ALONE
            and getrefcount(x.inner._cell) == ALONE
            and (x.tangent is None or getrefcount(x.tangent) == ALONE)
        )

    def index_put(self, x: Any, key: Any, values: Any, own: bool) -> Any:
        if not own:
            return self.setitem(x, values, key)
        return self._write("setitem", x, key, values)

    def index_add(self, x: Any, key: Any, values: Any, own: bool) -> Any:
        if not own:
            return self.add_at(x, values, key)
        return self._write("add_at", x, key, values)

    def _write(self, name: str, x: Any, key: Any, values: Any) -> Any:
        """Take the record apart, so that the tensors inside are held by nobody, and write each."""
        inner, tangent, key = x.inner, x.tangent, _value(key)
        moved = values.tangent
        x.inner = x.tangent = None
        try:
            own = getrefcount(inner) == ALONE
            inner = written_at(name, inner, key, values.inner, own)
            if GRAD.get() and not (tangent is None is moved):
                if tangent is None:
                    tangent = tensor_namespace.zeros_like(inner)
                if moved is None:
                    moved = tensor_namespace.zeros_like(values.inner)
                own = getrefcount(tangent) == ALONE
                tangent = written_at(name, tangent, key, moved, own)
        finally:
            x.inner, x.tangent = inner, tangent
        return x

    def custom(self, function: Any, args: tuple[Any, ...]) -> Any:
        """The function on the values, and its own derivative on the tangents."""
        records = tuple(a._cell.raw if isinstance(a, Tensor) else a for a in args)
        primals = tuple(map(_value, records))
        tangents = tuple(_tangent(r) if isinstance(r, Dual) else None for r in records)
        with below(self):
            state = default_generator.get_state()
            out, ran = function._applied(primals, tuple(t is not None for t in tangents))
            outs = out if isinstance(out, (tuple, list)) else (out,)
            moved: tuple[Any, ...] = (None,) * len(outs)
            if GRAD.get() and any(t is not None for t in tangents):
                refuse_deeper(function, outs, self.level - 1)
                moved = function_tangents(function, primals, tangents, outs, ran, state)
                refuse_deeper(function, moved, self.level - 1)
        shown = tuple(self._result(o, t) for o, t in zip(outs, moved, strict=True))
        return type(out)(shown) if isinstance(out, (tuple, list)) else shown[0]

    def _result(self, out: Any, tangent: Any) -> Any:
        """What a function returned, on this level."""
        if not isinstance(out, Tensor) or out._xp.level >= self.level:
            return out
        namespace: Any = self
        return wrap(self._paired(out, tangent), namespace, None, out._result)

    def without_derivative(self, x: Any) -> Dual:
        return Dual(self, x.inner.detach(), None)

    def host(self, x: Any) -> Any:
        return x.inner._xp.backend.to_host(x.inner._cell.raw)

    def moved(self, x: Any, device: Any) -> Dual:
        return Dual(self, x.inner.to(device), None if x.tangent is None else x.tangent.to(device))

    def carries(self, x: Any) -> bool:
        return x.tangent is not None or super().carries(x)

    def shown(self, x: Any) -> list[str]:
        return [] if x.tangent is None else [f"tangent={x.tangent!r}"]

    def revalued(self, old: Any, new: Any) -> Dual:
        return Dual(self, in_place_of(old.inner, new.inner), old.tangent)


def jvp(function: Callable[..., Any], primals: Any, tangents: Any, *, has_aux: bool = False) -> Any:
    """The value of ``function(*primals)`` and its derivative along ``tangents``, in one forward pass.

    Args:
        function: takes tensors (or trees of them) and returns tensors.
        primals: a tuple with the arguments; each a tensor, an array, a number, or a tree of them.
        tangents: a tuple built like ``primals``; each leaf has its primal's shape, None stands for zero.
        has_aux: ``function`` returns (output, anything else), and the second is passed through.

    Returns:
        (output, tangent of the output), built alike; with ``has_aux``, (output, tangent, other).  No memory is
        kept for a backward pass: the cost is about that of two to three evaluations of the function.

    Raises:
        ShapeError: if ``tangents`` is not built like ``primals`` or has other shapes.
        MissingRuleError: if a tangent meets an operation without a derivative.

    >>> import xpgrad as xp
    >>> xp.jvp(lambda x: x**2, (3.0,), (1.0,))
    (tensor(9.), tensor(6.))
    """
    outer = GRAD.get()
    level: Any = ForwardLevel()
    starts = _arguments.primals_with_tangents("jvp", primals, tangents)
    with opened(level), Switch((GRAD, True)):
        entered = [
            wrap(Dual(level, snapshot(t if outer else t.detach()), d), level, None, t._result)
            if isinstance(t, Tensor)
            else t
            for t, d in zip(starts.leaves, starts.tangents, strict=True)
        ]
        result = function(*starts.structure.build(entered))
    output, aux = _arguments.split_aux("jvp", result, has_aux)
    leaves, structure = _arguments.tensors_of("jvp", output)
    pairs = [_left(level, leaf, outer) for leaf in leaves]
    value, moved = (structure.build([p[i] for p in pairs]) for i in (0, 1))
    if has_aux:
        return value, moved, _tree.map_(lambda x: _left(level, x, outer)[0], aux)
    return value, moved


def _left(level: Any, x: Any, outer: bool) -> tuple[Any, Any]:
    """The value and the tangent of one output, as the caller may see them."""
    if not isinstance(x, Tensor):
        return x, None
    if x._xp is level:
        record = x._cell.raw
        value, tangent = record.inner, record.tangent
    else:
        value, tangent = x, None
    if tangent is None and value.dtype.is_floating:
        tangent = tensor_namespace.zeros_like(value)
    if outer or tangent is None:
        return value, tangent
    return value.detach(), tangent.detach()
