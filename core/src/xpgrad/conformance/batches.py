"""``vmap`` of every operation against a Python loop, each claim as a function that raises AssertionError.

The arrays of a sample are copied into batches of slightly different values, index arrays into batches of turned
ones; then one array after another, and all of them, are batched.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from xpgrad._namespace._operations import operation
from xpgrad.conformance.checks import assert_close, cotangent
from xpgrad.transforms import grad, vjp, vmap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xpgrad.conformance.site import Call

__all__ = [
    "Batch",
    "active",
    "gradients_of",
    "gradients_of_vmap_agree",
    "integers",
    "vmap_agrees_with_a_loop",
    "vmap_of_gradients_agrees",
]

SIZE = 3
APART = 1e-3
"""How far the elements of a batch are apart: as smooth there as for a finite difference."""


class Batch(NamedTuple):
    """A call as a function of some arrays, with batches of them."""

    call: Call
    names: tuple[str, ...]
    """Which arrays are batched."""
    hosts: dict[str, list[Any]]
    """For each of them, one host array per element."""

    def tensors(self, axis: int = 0) -> list[Any]:
        """The batches as tensors, with the elements along ``axis``."""
        np, place = _numpy(), self.call.site.place
        return [place(np.stack(self.hosts[n], axis=axis)) for n in self.names]

    def element(self, k: int) -> list[Any]:
        """The tensors of one element."""
        return [self.call.site.place(self.hosts[n][k]) for n in self.names]

    def function(self) -> Callable[..., Any]:
        """The call as a function of the batched arrays, one element each."""
        call = self.call
        shared = call.tensors()

        def run(*tensors: Any) -> Any:
            given = dict(zip(self.names, tensors, strict=True))
            one = copy.copy(call)
            one._fixed = {k: _replaced(k, v, given) for k, v in call._fixed.items()}
            return one(shared | {n: t for n, t in given.items() if n in shared})

        return run

    def told(self, what: str) -> str:
        """For messages."""
        return f"{what} with batches of {', '.join(self.names)}"


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def _replaced(name: str, value: Any, given: dict[str, Any]) -> Any:
    """A fixed argument with batched arrays in it: ``indices``, or ``key.0`` in a key."""
    if name != "key":
        return given.get(name, value)
    parts = value if isinstance(value, tuple) else (value,)
    found = tuple(given.get(f"key.{i}", k) for i, k in enumerate(parts))
    return found if isinstance(value, tuple) else found[0]


def integers(call: Call) -> dict[str, Any]:
    """The sample's index arrays and conditions; a mask in a key has no batches."""
    found = {
        n: v for n, v in call.sample.arrays.items()
        if n not in call.values and n != "sorter" and getattr(v, "dtype", None) is not None
    }  # fmt: skip
    key = call.sample.options.get("key")
    for i, k in enumerate(key if isinstance(key, tuple) else (key,)):
        if getattr(k, "dtype", None) is not None and k.dtype.kind == "i":
            found[f"key.{i}"] = k
    return found


def _batches(call: Call) -> Iterator[Batch]:
    """The call with each array batched, and with all."""
    np = _numpy()
    hosts: dict[str, list[Any]] = {}
    for n, v in call.values.items():
        step = APART * cotangent(v, 23)
        hosts[n] = [np.asarray(v + (k - 1) * step, v.dtype) for k in range(SIZE)]
    for n, v in integers(call).items():
        hosts[n] = [np.roll(v, k) for k in range(SIZE)]
    for names in {tuple(hosts), *((n,) for n in hosts)}:
        yield Batch(call, names, hosts)


def vmap_agrees_with_a_loop(call: Call) -> None:
    """Values: batches along the first axis and along the last, against one call for each element."""
    np, host = _numpy(), call.site.host
    for batch in _batches(call):
        function = batch.function()
        expected = np.stack([host(function(*batch.element(k))) for k in range(SIZE)])
        for axis in (0, -1):
            got = host(vmap(function, axis)(*batch.tensors(axis)))
            what = batch.told(f"the value, axis {axis},")
            assert_close(call, what, got, expected)


def active(batch: Batch) -> tuple[int, ...]:
    """The numbers of the batched arrays that have a derivative."""
    return tuple(i for i, n in enumerate(batch.names) if n in batch.call.values)


def _cotangents(batch: Batch) -> list[Any]:
    """A cotangent of the result for each element."""
    out = batch.call.site.host(batch.function()(*batch.element(0)))
    return [cotangent(out, 31 + k) for k in range(SIZE)]


def gradients_of(function: Callable[..., Any], numbers: tuple[int, ...]) -> Callable[..., Any]:
    """``(g, *tensors)`` to the gradients of the tensors with these numbers."""

    def run(g: Any, *tensors: Any) -> Any:
        def of_active(*moving: Any) -> Any:
            every = list(tensors)
            for i, t in zip(numbers, moving, strict=True):
                every[i] = t
            return function(*every)

        return vjp(of_active, *(tensors[i] for i in numbers))[1](g)

    return run


def vmap_of_gradients_agrees(call: Call) -> None:
    """The gradient of each element, all at once, against a gradient after another."""
    np, host = _numpy(), call.site.host
    for batch in _batches(call):
        numbers = active(batch)
        if not numbers:
            continue
        gs = _cotangents(batch)
        of_one = gradients_of(batch.function(), numbers)
        loop = [of_one(call.site.place(g), *batch.element(k)) for k, g in enumerate(gs)]
        got = vmap(of_one)(call.site.place(np.stack(gs)), *batch.tensors())
        for i, n in enumerate(numbers):
            expected = np.stack([host(parts[i]) for parts in loop])
            what = batch.told(f"the gradient of {batch.names[n]} inside vmap")
            assert_close(call, what, host(got[i]), expected)


def gradients_of_vmap_agree(call: Call) -> None:
    """The gradient through vmap: of batches each element's own, of what all share the sum."""
    np, host = _numpy(), call.site.host
    for batch in _batches(call):
        numbers = active(batch)
        if not numbers:
            continue
        gs = _cotangents(batch)
        function = batch.function()
        of_one = gradients_of(function, numbers)
        loop = [of_one(call.site.place(g), *batch.element(k)) for k, g in enumerate(gs)]
        got = gradients_of(vmap(function), numbers)(call.site.place(np.stack(gs)), *batch.tensors())
        for i, n in enumerate(numbers):
            expected = np.stack([host(parts[i]) for parts in loop])
            what = batch.told(f"the gradient of {batch.names[n]} through vmap")
            assert_close(call, what, host(got[i]), expected)
    _shared(call)


def _shared(call: Call) -> None:
    """One more: all arrays are shared, and each element weights the result in a way of its own."""
    host, place = call.site.host, call.site.place
    names = tuple(call.values)
    gs = _cotangents(Batch(call, names, {n: [v] for n, v in call.values.items()}))

    def total(*tensors: Any) -> Any:
        out = vmap(lambda g: operation("sum")(call(dict(zip(names, tensors, strict=True))) * g))
        return operation("real")(operation("sum")(out(place(_numpy().stack(gs)))))

    def looped(*tensors: Any) -> Any:
        outs = [call(dict(zip(names, tensors, strict=True))) * place(g) for g in gs]
        return operation("real")(operation("sum")(outs[0] + outs[1] + outs[2]))

    tensors = tuple(call.tensors().values())
    every = tuple(range(len(names)))
    for n, a, b in zip(
        names, grad(total, every)(*tensors), grad(looped, every)(*tensors), strict=True
    ):
        assert_close(call, f"the gradient of {n}, shared by a batch,", host(a), host(b))
