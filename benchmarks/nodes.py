"""What one node costs, forward and backward: chains of one operation through each system's public API."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from harness import Workload, available, main

import numpy as np  # isort: skip - after the harness has set the number of threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NODES = 999
FOUND = available("xpgrad", "torch", "autograd", "mygrad")


# --- how each system is asked for gradients ---------------------------------------------------------


def by_tape(make: Callable[[Any], Any]) -> Callable[..., Any]:
    """Leaves are made, a result is computed, ``backward`` fills ``.grad``."""

    def gradients(chain: Callable[..., Any], arrays: Sequence[Any], seed: Any) -> list[Any]:
        leaves = [make(a) for a in arrays]
        chain(*leaves).backward(seed)
        return [leaf.grad for leaf in leaves]

    return gradients


def by_function(chain: Callable[..., Any], arrays: Sequence[Any], seed: Any) -> list[Any]:
    """HIPS autograd: the pullback of a function of its arguments."""
    pullback, _ = FOUND["autograd"].make_vjp(lambda args: chain(*args))(tuple(arrays))
    return list(pullback(seed))


def systems() -> dict[str, tuple[Any, Callable[..., Any], Callable[[Any], Any]]]:
    """Of each system: its namespace, its way to gradients, its form of a constant array."""
    known: dict[str, tuple[Any, Callable[..., Any], Callable[[Any], Any]]] = {}
    if "xpgrad" in FOUND:
        xp = FOUND["xpgrad"]
        known["xpgrad"] = xp, by_tape(partial(xp.tensor, requires_grad=True)), xp.asarray
    if "torch" in FOUND:
        torch = FOUND["torch"]
        make = partial(torch.tensor, requires_grad=True)
        known["torch"] = torch, by_tape(make), torch.as_tensor
    if "autograd" in FOUND:
        import autograd.numpy as anp  # noqa: PLC0415 - only where it is installed

        known["autograd"] = anp, by_function, np.asarray
    if "mygrad" in FOUND:
        known["mygrad"] = FOUND["mygrad"], by_tape(FOUND["mygrad"].tensor), np.asarray
    return known


# --- a chain in any system, and NumPy's own ----------------------------------------------------------


def repeated(step: Callable[..., Any], times: int, constants: Sequence[Any], *arrays: Any) -> Any:
    """``step`` applied ``times`` times to the first array."""
    x, *others = arrays
    for _ in range(times):
        x = step(x, *others, *constants)
    return x


def by_hand(
    step: Callable[..., Any],
    back: Callable[..., Any],
    times: int,
    arrays: Sequence[Any],
    constants: Sequence[Any],
    seed: Any,
) -> list[Any]:
    """The floor: the NumPy calls alone; the tape is a list of the values met.

    ``back(g, x, ...)`` gives the cotangents of x and, where it is an argument, of w.
    """
    x, *others = arrays
    met = []
    for _ in range(times):
        met.append(x)
        x = step(x, *others, *constants)
    g, total = seed, 0.0
    while met:
        g, *more = back(g, met.pop(), *others, *constants)
        if more:
            total = total + more[0]
    return [g, total] if others else [g]


def workload(
    name: str,
    step: Callable[..., Any],
    back: Callable[..., Any],
    arrays: Sequence[Any],
    constants: Sequence[Any] = (),
    per: int = 1,
) -> Workload:
    """A chain of ``step(namespace, x, ...)``, each making ``per`` nodes."""
    times = NODES // per
    seed = np.ones_like(repeated(partial(step, np), times, constants, *arrays))
    runs: dict[str, Callable[[], Any]] = {}
    for system, (namespace, gradients, constant) in systems().items():
        chain = partial(repeated, partial(step, namespace), times, [constant(c) for c in constants])
        runs[system] = partial(gradients, chain, arrays, constant(seed))
    runs["numpy"] = partial(by_hand, partial(step, np), back, times, arrays, constants, seed)
    return Workload(name, runs, units=times * per, rtol=1e-9)


# --- the chains ---------------------------------------------------------------------------------------


def sample(*shape: int) -> Any:
    """Numbers near one, so that long products neither vanish nor overflow."""
    drawn = 1.0 + 1e-4 * np.random.default_rng(len(shape)).standard_normal(shape)
    return drawn if shape else np.float64(drawn)


def mixed(xp: Any, x: Any, w: Any) -> Any:
    return xp.sin(x * w + w)


def mixed_back(g: Any, x: Any, w: Any) -> tuple[Any, Any]:
    g = g * np.cos(x * w + w)
    return g * w, g * x + g


MASK = np.arange(16) % 2 == 0


def sized(shape: tuple[int, ...]) -> dict[str, Callable[[], Workload]]:
    """The arithmetic rows at one size."""
    x, w = sample(*shape), sample(*shape) * 0.999
    size = f"{x.size} elements" if shape else "0-d"
    rows = {
        "multiply": (lambda _, x, w: x * w, lambda g, x, w: (g * w, g * x), [x, w]),
        "add": (lambda _, x, w: x + w, lambda g, *_: (g, g), [x, w]),
        "sin": (lambda xp, x: xp.sin(x), lambda g, x: (g * np.cos(x),), [x]),
        "multiply by a Python number": (lambda _, x: x * 0.9999, lambda g, _: (g * 0.9999,), [x]),
    }
    made = {
        f"{name}, {size}": partial(workload, f"{name}, {size}", *row) for name, row in rows.items()
    }
    title = f"multiply, add, sin in turn, {size}"
    return {title: partial(workload, title, mixed, mixed_back, [x, w], per=3), **made}


def structural() -> dict[str, Callable[[], Workload]]:
    """The rows about shapes, products and choices."""
    x, m = sample(16), np.eye(4) + 1e-4 * sample(4, 4)
    rows: dict[str, tuple[Any, ...]] = {
        "matmul, 4 x 4": (lambda _, x, w: x @ w, lambda g, x, w: (g @ w.T, x.T @ g), [m, m]),
        "sum(axis), broadcasting multiply": (
            lambda xp, x, w: xp.sum(x, axis=0) * w, sum_back, [m, sample(4, 4) / 4], (), 2,
        ),
        "reshape": (lambda xp, x: xp.reshape(xp.reshape(x, (4, 4)), (16,)),
                    lambda g, _: (g.reshape((4, 4)).reshape((16,)),), [x], (), 2),
        "slice": (lambda _, x: x[0:16], slice_back, [x]),
        "where": (lambda xp, x, w, mask: xp.where(mask, x, w), where_back, [x, sample(16)], [MASK]),
    }  # fmt: skip
    return {name: partial(workload, name, *row) for name, row in rows.items()}


def sum_back(g: Any, x: Any, w: Any) -> tuple[Any, Any]:
    s = (g * w).sum(axis=0)
    spread = np.empty(x.shape)
    spread[...] = s
    return spread, g * x.sum(axis=0)


def slice_back(g: Any, x: Any) -> tuple[Any]:
    whole = np.zeros(x.shape)
    whole[0:16] = g
    return (whole,)


def where_back(g: Any, _x: Any, _w: Any, mask: Any) -> tuple[Any, Any]:
    return np.where(mask, g, 0.0), np.where(mask, 0.0, g)


if __name__ == "__main__":
    rows = {**sized(()), **sized((16,)), **structural()}
    main("nodes", rows, "node", "at most 0.6 of PyTorch")
