"""The namespace of batches: one ``vmap`` that runs."""

from __future__ import annotations

from sys import getrefcount
from typing import Any

from xpgrad._modes import GRAD
from xpgrad._namespace._indexing import written_at
from xpgrad._namespace._operations import tensor_namespace
from xpgrad._tensor import Tensor, snapshot, wrap
from xpgrad.errors import GraphError, MissingRuleError
from xpgrad.extend import portable
from xpgrad.transforms._batching import _table
from xpgrad.transforms._batching._functions import batched_function
from xpgrad.transforms._batching._indexing import masked, own_mask, writing
from xpgrad.transforms._batching._records import Arguments, Batched, any_batched, plain
from xpgrad.transforms._forward import ALONE
from xpgrad.transforms._level import Invocation, LevelNamespace

__all__ = ["BatchLevel"]


class BatchLevel(LevelNamespace):
    """The namespace of the values of one ``vmap``."""

    word = "vmap"

    def __init__(self, size: int, randomness: str = "error") -> None:
        super().__init__()
        self.size = size
        """How many elements the batch has."""
        self.randomness = randomness
        self.recording = GRAD.get()
        """Whether the caller records; without, nothing from outside stays on the tape."""

    def again(self) -> BatchLevel:
        """A level like this one, to go on with where this one has returned."""
        return BatchLevel(self.size, self.randomness)

    def entered(self, t: Any, batched: bool) -> Batched:
        """A tensor with the batch along axis 0, or a constant, as a record."""
        return Batched(self, t if self.recording else t.detach(), batched)

    def enclose(self, t: Any) -> Batched:
        return self.entered(snapshot(t), batched=False)

    def transformed(self, invoke: Invocation, arguments: Arguments) -> Any:
        """What all share is computed once; the rest by the operation's rule."""
        if not any_batched(arguments.values()):
            return self._recorded(invoke({n: plain(a) for n, a in arguments.items()}), False)
        entry = _table.entry(invoke.operation)
        if entry.run is not None:
            return self._recorded(entry.run(invoke, arguments), True)
        if entry.word == "portable":
            return self._by_text(invoke, arguments)
        message = (
            f"vmap does not cover {invoke.operation.name} ({entry.word.removeprefix('not covered: ')}); loop in "
            "Python, or pass its arguments with in_dims=None.  What is covered: xpgrad.transforms.vmap_coverage()"
        )
        raise MissingRuleError(message)

    def _recorded(self, out: Any, batched: bool) -> Any:
        if isinstance(out, tuple):
            parts = [self._recorded(o, batched) for o in out]
            return out._make(parts) if hasattr(out, "_make") else tuple(parts)
        return Batched(self, out, batched)

    # --- by what an operation is made of ----------------------------------------------------------

    def _by_text(self, invoke: Invocation, arguments: Arguments) -> Any:
        """The portable text of the operation, on tensors of this level."""
        function = portable.bound(invoke.operation.name, tensor_namespace)
        given = {n: self._tensor(a) if n in invoke.operation.arrays or n == "arrays" else a
                 for n, a in arguments.items()}  # fmt: skip
        first = [given[p] for p in invoke.positional if p in given]
        named = {k: given[k] for k in invoke.keywords if k in given}
        return self._raw(function(*first, **named))

    def _tensor(self, x: Any) -> Any:
        if isinstance(x, tuple):
            return tuple(map(self._tensor, x))
        namespace: Any = self
        return wrap(x, namespace) if isinstance(x, Batched) else x

    def _raw(self, t: Any) -> Any:
        if isinstance(t, tuple):
            parts = map(self._raw, t)
            return t._make(parts) if hasattr(t, "_make") else tuple(parts)
        return t._cell.raw if t._xp is self else self.enclose(t)

    # --- writing in place: O(elements written), as outside -----------------------------------------

    def owns(self, x: Any) -> bool:
        return getrefcount(x.inner) == ALONE and getrefcount(x.inner._cell) == ALONE

    def index_put(self, x: Any, key: Any, values: Any, own: bool) -> Any:
        if not own or not x.batched or own_mask(key):
            return self.setitem(x, values, key)
        return self._write("setitem", x, key, values)

    def index_add(self, x: Any, key: Any, values: Any, own: bool) -> Any:
        if not own or not x.batched or own_mask(key):
            return self.add_at(x, values, key)
        return self._write("add_at", x, key, values)

    def _write(self, name: str, x: Any, key: Any, values: Any) -> Any:
        """Take the record apart, so that the tensor inside is held by nobody, and write it."""
        place, t = writing(name, x, values, key)
        inner = x.inner
        x.inner = None
        try:
            inner = written_at(name, inner, place, t, getrefcount(inner) == ALONE)
        finally:
            x.inner = inner
        return x

    def assigned(self, t: Any, key: Any, values: Any) -> Any:
        """A mask for each element: a choice between two values in each place."""
        if not own_mask(key):
            return None
        return masked(t, values, key)

    # --- a user's own derivative --------------------------------------------------------------------

    def custom(self, function: Any, args: tuple[Any, ...]) -> Any:
        """The function on each element, as one function of the whole batch with its derivative."""
        records = tuple(a._cell.raw if isinstance(a, Tensor) else a for a in args)
        if not any_batched(records):
            return self._shown(function.apply(*map(plain, records)), False)
        one = batched_function(function, self, records)
        return self._shown(one.apply(*map(plain, records)), True)

    def _shown(self, out: Any, batched: bool) -> Any:
        """Results of a function inside, as tensors of this level."""
        if isinstance(out, (tuple, list)):
            return type(out)(self._shown(o, batched) for o in out)
        if not isinstance(out, Tensor):
            return out
        namespace: Any = self
        return wrap(Batched(self, out, batched), namespace, None, out._result)

    # --- random numbers -----------------------------------------------------------------------------

    def draws(self) -> bool:
        if self.randomness == "error":
            message = (
                "vmap: a random function was called inside; say vmap(..., randomness='different') if each element "
                "is to get numbers of its own, or randomness='same'"
            )
            raise GraphError(message)
        return self.randomness == "different"

    def drawn(self, t: Any) -> Any:
        """Numbers for each element, along axis 0, as a tensor of this level."""
        namespace: Any = self
        return wrap(Batched(self, t, True), namespace, None, t._result)

    # --- values -----------------------------------------------------------------------------------

    def host(self, x: Any) -> Any:
        if x.batched:
            message = (
                f"vmap: this tensor stands for {self.size} values at once, so no single one can be read (by bool(), "
                "float(), item(), if, while, or printing it as a number); choose between values with "
                "xp.where(condition, a, b), or loop in Python"
            )
            raise GraphError(message)
        return x.inner._xp.backend.to_host(x.inner._cell.raw)

    def told(self, x: Any) -> str | None:
        if not x.batched:
            return super().told(x)
        return f"tensor(shape={x.shape}, dtype={x.dtype.name}, one for each of {self.size} in vmap)"

    def without_derivative(self, x: Any) -> Batched:
        return Batched(self, x.inner.detach(), x.batched)

    def _counted(self, name: str) -> Any:
        of_one = super()._counted(name)

        def run(x: Any) -> Any:
            if x.batched:
                message = f"vmap does not cover {name} ({_table.REFUSED[name]}); use a mask and xp.where, or a loop"
                raise MissingRuleError(message)
            return of_one(x)

        return run
