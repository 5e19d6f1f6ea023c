"""Whole training steps: forward, backward, optimizer, against PyTorch eager and hand-written NumPy.

The NumPy versions are the limit: straight lines with preallocated buffers.  All start from the same
parameters; after five steps the parameters must agree.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from harness import Workload, available, main

import numpy as np  # isort: skip - after the harness has set the number of threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FOUND = available("xpgrad", "torch")
CHECKED = 5
"""Steps after which the parameters are compared."""
RATES = {"SGD": 1e-6, "Adam": 1e-3}


def layers(rng: Any, sizes: Sequence[int], dtype: str, *, bias: bool) -> list[Any]:
    """Weights (outputs, inputs) and biases as both libraries' ``Linear`` has them."""
    made = []
    for inputs, outputs in pairwise(sizes):
        made.append((rng.uniform(-1, 1, (outputs, inputs)) / inputs**0.5).astype(dtype))
        if bias:
            made.append((rng.uniform(-1, 1, outputs) / inputs**0.5).astype(dtype))
    return made


# --- xpgrad and PyTorch: the same text -----------------------------------------------------------------


def network(lib: Any, given: list[Any], *, bias: bool) -> Any:
    """The multi-layer network of either library, with the given parameters."""
    weights = given[:: 2 if bias else 1]
    parts: list[Any] = []
    for weight in weights:
        parts += [lib.nn.Linear(weight.shape[1], weight.shape[0], bias=bias), lib.nn.ReLU()]
    model = lib.nn.Sequential(*parts[:-1])
    for parameter, values in zip(model.parameters(), given, strict=True):
        parameter.data = lib.asarray(values.copy())
    return model


def library_step(
    lib: Any, data: tuple[Any, Any], given: list[Any], optimizer: str, *, bias: bool
) -> Callable[[], Any]:
    """One step with ``nn`` and ``optim``, written as everybody writes it."""
    model = network(lib, given, bias=bias)
    classify = data[1].ndim == 1
    loss_of = lib.nn.CrossEntropyLoss() if classify else lib.nn.MSELoss(reduction="sum")
    opt = getattr(lib.optim, optimizer)(model.parameters(), lr=RATES[optimizer])
    x, target = (lib.asarray(a) for a in data)

    def step() -> Any:
        loss = loss_of(model(x), target)
        opt.zero_grad()
        loss.backward()
        opt.step()
        return model.parameters()

    return step


# --- NumPy, by hand ---------------------------------------------------------------------------------------


def numpy_step(
    data: tuple[Any, Any], given: list[Any], optimizer: str, *, bias: bool
) -> Callable[[], Any]:
    """One step as a straight line over buffers made once."""
    x, target = data
    params = [p.copy() for p in given]
    grads = [np.empty_like(p) for p in params]
    per = 2 if bias else 1
    weights, biases = params[::per], params[1::2] if bias else []
    values = [x, *(np.empty((len(x), len(w)), x.dtype) for w in weights)]
    cotangents = [np.empty_like(v) for v in values[1:]]
    positive = [np.empty(v.shape, x.dtype) for v in values[1:-1]]
    ones = np.ones(len(x), x.dtype)
    loss = numpy_cross_entropy(target, x.dtype) if target.ndim == 1 else numpy_squares(target)
    update = numpy_adam(params, grads) if optimizer == "Adam" else numpy_sgd(params, grads)

    def step() -> Any:
        for i, w in enumerate(weights):
            out = np.matmul(values[i], w.T, out=values[i + 1])
            if bias:
                np.add(out, biases[i], out)
            if i < len(positive):
                np.maximum(out, 0.0, out=out)
                np.greater(out, 0.0, positive[i])
        loss(values[-1], cotangents[-1])
        for i in reversed(range(len(weights))):
            g = cotangents[i]
            np.matmul(g.T, values[i], out=grads[i * per])
            if bias:
                np.matmul(ones, g, out=grads[i * per + 1])
            if i:
                np.matmul(g, weights[i], out=cotangents[i - 1])
                np.multiply(cotangents[i - 1], positive[i - 1], cotangents[i - 1])
        update()
        return params

    return step


def numpy_squares(target: Any) -> Callable[[Any, Any], Any]:
    """The sum of squared errors; writes its cotangent."""

    def loss(y: Any, cotangent: Any) -> Any:
        error = np.subtract(y, target, cotangent).ravel()
        value = error.dot(error)
        np.multiply(cotangent, 2.0, cotangent)
        return value

    return loss


def numpy_cross_entropy(target: Any, dtype: Any) -> Callable[[Any, Any], Any]:
    """The mean cross entropy of logits and classes; writes its cotangent."""
    rows, n = np.arange(len(target)), len(target)
    top = np.empty((n, 1), dtype)

    def loss(logits: Any, cotangent: Any) -> Any:
        np.maximum.reduce(logits, 1, keepdims=True, out=top)
        np.subtract(logits, top, cotangent)
        picked = cotangent[rows, target]
        np.exp(cotangent, cotangent)
        np.add.reduce(cotangent, 1, keepdims=True, out=top)
        value = (np.log(top[:, 0]) - picked).sum() / n
        np.divide(cotangent, top, cotangent)
        cotangent[rows, target] -= 1.0
        np.multiply(cotangent, 1.0 / n, cotangent)
        return value

    return loss


def numpy_sgd(params: list[Any], grads: list[Any]) -> Callable[[], None]:
    """Gradient descent in place."""

    def update() -> None:
        for p, g in zip(params, grads, strict=True):
            np.multiply(g, RATES["SGD"], g)
            np.subtract(p, g, p)

    return update


def numpy_adam(params: list[Any], grads: list[Any]) -> Callable[[], None]:
    """Adam in place, with PyTorch's constants."""
    first, second = ([np.zeros_like(p) for p in params] for _ in range(2))
    work = [np.empty_like(p) for p in params]
    count = 0

    def update() -> None:
        nonlocal count
        count += 1
        root, rate = (1 - 0.999**count) ** 0.5, RATES["Adam"] / (1 - 0.9**count)
        for p, g, m, v, w in zip(params, grads, first, second, work, strict=True):
            np.multiply(g, g, w)
            np.multiply(w, 0.001, w)
            np.multiply(v, 0.999, v)
            np.add(v, w, v)
            np.multiply(g, 0.1, g)
            np.multiply(m, 0.9, m)
            np.add(m, g, m)
            np.sqrt(v, w)
            np.divide(w, root, w)
            np.add(w, 1e-8, w)
            np.divide(m, w, w)
            np.multiply(w, rate, w)
            np.subtract(p, w, p)

    return update


# --- the rows -----------------------------------------------------------------------------------------


class Checked:
    """A step that, while the systems are compared, runs several times and shows its parameters."""

    def __init__(self, step: Callable[[], Any], raw: Callable[[Any], Any]) -> None:
        self.step = step
        self.raw = raw
        self.compared = False

    def __call__(self) -> Any:
        """Step; the first time, CHECKED steps and the parameters after them."""
        if self.compared:
            return self.step()
        self.compared = True
        for _ in range(CHECKED - 1):
            self.step()
        return [self.raw(p) for p in self.step()]


def workload(
    name: str, data: tuple[Any, Any], given: list[Any], optimizer: str, *, bias: bool
) -> Workload:
    """The step of all systems."""
    steps = {
        name: Checked(library_step(lib, data, given, optimizer, bias=bias), detached)
        for name, lib in FOUND.items()
    }
    steps["numpy"] = Checked(numpy_step(data, given, optimizer, bias=bias), np.copy)
    rtol = 2e-4 if data[0].dtype == np.float32 else 1e-9
    return Workload(name, steps, rtol=rtol)


def detached(p: Any) -> Any:
    return p.detach().numpy().copy()


def two_layers(name: str, optimizer: str) -> Workload:
    """64 examples of 1000 numbers, 100 hidden, 10 out: PyTorch's introductory network."""
    rng = np.random.default_rng(0)
    data = tuple(rng.standard_normal((64, n)).astype("float32") for n in (1000, 10))
    given = layers(rng, (1000, 100, 10), "float32", bias=False)
    return workload(name, data, given, optimizer, bias=False)


def digits(name: str, dtype: str) -> Workload:
    """The network of ``examples/digits.py`` without its random dropout, on 64 made-up digits."""
    rng = np.random.default_rng(0)
    data = rng.random((64, 64)).astype(dtype), rng.integers(0, 10, 64)
    given = layers(rng, (64, 128, 128, 10), dtype, bias=True)
    return workload(name, data, given, "Adam", bias=True)


ROWS = {
    "two layers, SGD": partial(two_layers, optimizer="SGD"),
    "two layers, Adam": partial(two_layers, optimizer="Adam"),
    "digits, Adam, float64": partial(digits, dtype="float64"),
    "digits, Adam, float32": partial(digits, dtype="float32"),
}

if __name__ == "__main__":
    rows = {name: partial(make, name) for name, make in ROWS.items()}
    main("steps", rows, "step", "at most 1.0 of PyTorch")
