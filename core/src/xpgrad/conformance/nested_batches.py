"""``vmap`` inside ``vmap`` against two loops: what the one does must not meet what the other does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xpgrad.conformance.batches import APART, Batch, active, gradients_of, integers
from xpgrad.conformance.checks import assert_close, cotangent
from xpgrad.transforms import vmap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xpgrad.conformance.site import Call

__all__ = ["nested_vmap_agrees"]

OUTER: Final = 3
INNER: Final = 2
PLACES: Final = [(j, k) for j in range(OUTER) for k in range(INNER)]


class Grid(NamedTuple):
    """Arrays of a call that have an outer batch, an inner one, or both."""

    batch: Batch
    outer: frozenset[str]
    inner: frozenset[str]

    def host(self, name: str, j: int, k: int) -> Any:
        """One array of one element: slightly apart from its neighbours, or turned if it is an index."""
        np, call = _numpy(), self.batch.call
        j, k = j * (name in self.outer), k * (name in self.inner)
        if name not in call.values:
            return np.roll(integers(call)[name], j + k)
        value = call.values[name]
        return np.asarray(value + (j - 1 + 0.3 * k) * APART * cotangent(value, 23), value.dtype)

    def element(self, j: int, k: int) -> list[Any]:
        """The tensors of one element."""
        return [self.batch.call.site.place(self.host(n, j, k)) for n in self.batch.names]

    def tensors(self) -> list[Any]:
        """Every array with the batches that it has, the outer one first."""
        np, found = _numpy(), []
        for n in self.batch.names:
            rows = range(OUTER) if n in self.outer else (0,)
            columns = range(INNER) if n in self.inner else (0,)
            whole = np.stack([np.stack([self.host(n, j, k) for k in columns]) for j in rows])
            lone = (*(() if n in self.outer else (0,)), *(() if n in self.inner else (1,)))
            found.append(self.batch.call.site.place(whole.squeeze(lone)))
        return found

    def mapped(self, function: Callable[..., Any], *first: int) -> Callable[..., Any]:
        """``vmap`` of ``vmap``; ``first`` are axes of arguments before the arrays."""
        for some in (self.inner, self.outer):
            function = vmap(
                function, (*first, *(0 if n in some else None for n in self.batch.names))
            )
        return function


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def _grids(call: Call) -> Iterator[Grid]:
    """Both batches on all arrays; and on one array the outer, on the others the inner, or both where it is alone."""
    names = (*call.values, *integers(call))
    every = frozenset(names)
    pairs = {(every, every)} | {(frozenset({n}), every - {n} or every) for n in names}
    for outer, inner in pairs if names else ():
        yield Grid(Batch(call, names, {}), outer, inner)


def nested_vmap_agrees(call: Call) -> None:
    """Values and gradients of a batch of batches, all at once, against one element after another."""
    np, host, place = _numpy(), call.site.host, call.site.place
    for grid in _grids(call):
        function, numbers = grid.batch.function(), active(grid.batch)
        told = f"by vmap over {', '.join(sorted(grid.outer))} of vmap over {', '.join(sorted(grid.inner))}"
        outs = [host(function(*grid.element(*at))) for at in PLACES]
        got = host(grid.mapped(function)(*grid.tensors()))
        assert_close(call, f"the value {told}", got, _in_rows(outs))
        if not numbers:
            continue
        of_one = gradients_of(function, numbers)
        gs = [cotangent(out, 31 + i) for i, out in enumerate(outs)]
        loop = [of_one(place(g), *grid.element(*at)) for g, at in zip(gs, PLACES, strict=True)]
        found = grid.mapped(of_one, 0)(place(np.asarray(_in_rows(gs))), *grid.tensors())
        for i, n in enumerate(numbers):
            what = f"the gradient of {grid.batch.names[n]} {told}"
            assert_close(call, what, host(found[i]), _in_rows([host(parts[i]) for parts in loop]))


def _in_rows(parts: list[Any]) -> Any:
    whole = _numpy().stack(parts)
    return whole.reshape((OUTER, INNER, *whole.shape[1:]))
