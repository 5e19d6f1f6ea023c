"""Griewank's bound: a gradient costs at most five times the function, counted in operations through the tape.

The counter is a transform of its own: a level whose values are the tensors themselves, and which counts what is
done with them.  Rules run on its values like on any other, so forward and backward are counted alike.
"""

import math

import numpy as np
import pytest

import xpgrad as xp
from xpgrad._like import LevelArray
from xpgrad._tensor import Tensor, wrap
from xpgrad.transforms._level import LevelNamespace, opened

MOVES = frozenset(
    "reshape permute_dims matrix_transpose expand_dims squeeze broadcast_to getitem moveaxis flip astype positive "
    "setitem unindex concat stack".split()
)
"""Operations that compute nothing: they move numbers or look at them in another shape."""


class Counted(LevelArray):
    __slots__ = ()

    def __init__(self, level, inner):
        self.xp, self.inner = level, inner


def inside(x):
    if isinstance(x, Counted):
        return x.inner
    return type(x)(map(inside, x)) if type(x) in (tuple, list) else x


class Counter(LevelNamespace):
    word = "counting"

    def __init__(self):
        super().__init__()
        self.count, self.by_name = 0, {}

    def enclose(self, t):
        return Counted(self, t)

    def transformed(self, invoke, arguments):
        lowered = {k: inside(v) for k, v in arguments.items()}
        out = invoke(lowered)
        name = invoke.operation.name
        cost = 0 if name in MOVES else self.cost(name, lowered, out)
        self.count += cost
        self.by_name[name] = self.by_name.get(name, 0) + cost
        if isinstance(out, tuple):
            return out._make(Counted(self, o) for o in out)
        return Counted(self, out)

    def without_derivative(self, x):
        return Counted(self, x.inner.detach())

    @staticmethod
    def cost(name, arguments, out):
        """Scalar operations: one per element that is read by an elementwise function or a reduction."""
        arrays = [a for a in arguments.values() if isinstance(a, Tensor)]
        if name == "add_at":  # as many additions as values
            return arguments["values"].size
        if name == "matmul":
            return 2 * out.size * arguments["x1"].shape[-1]
        if name == "linear":
            return out.size * (2 * arguments["x"].shape[-1] + 1)
        return max(a.size for a in (*arrays, *([out] if isinstance(out, Tensor) else out)))


def operations(function, *arrays):
    """The scalar operations of a call, with values on a counting level."""
    counter = Counter()
    with opened(counter):
        function(*(wrap(Counted(counter, xp.asarray(a)), counter) for a in arrays))
    return counter.count


def rosenbrock(x):
    a, b = x[:-1], x[1:]
    return xp.sum(100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2)


def product(x):
    y = x[0]
    for i in range(1, 20):
        y = y * x[i]
    return y


def helmholtz(x, b, a):
    """The Helmholtz energy of a mixed fluid, Griewank's example."""
    bx = xp.sum(b * x)
    root = math.sqrt(2.0)
    first = xp.sum(x * xp.log(x / (1.0 - bx)))
    return first - (x @ a @ x) / (root * 2.0 * bx) * xp.log(
        (1 + (1 + root) * bx) / (1 + (1 - root) * bx)
    )


def network(w1, w2, x, y):
    h = xp.tanh(x @ w1)
    return xp.mean((h @ w2 - y) ** 2)


def logistic(w, x, y):
    z = x @ w
    return xp.mean(xp.nn.functional.softplus(z) - y * z)


def attention(q, k, v):
    return xp.sum((xp.softmax(q @ xp.matrix_transpose(k), axis=-1) @ v) ** 2)


def heat(u):
    for _ in range(10):
        u = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return xp.sum(u**2)


RNG = np.random.default_rng(0)
PROGRAMS = {
    "Rosenbrock": (rosenbrock, (RNG.normal(size=100),)),
    "Speelpenning's product": (product, (RNG.normal(size=20),)),
    "Helmholtz energy": (
        helmholtz,
        (RNG.uniform(0.1, 1, 30) / 30, RNG.uniform(size=30), RNG.uniform(size=(30, 30))),
    ),
    "two-layer network": (
        network,
        tuple(RNG.normal(size=s) for s in ((20, 30), (30, 5), (64, 20), (64, 5))),
    ),
    "logistic regression": (
        logistic,
        (RNG.normal(size=20), RNG.normal(size=(100, 20)), RNG.uniform(size=100)),
    ),
    "attention": (attention, tuple(RNG.normal(size=(16, 8)) for _ in range(3))),
    "heat equation": (heat, (RNG.normal(size=100),)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_gradient_by_every_input_costs_at_most_five_times_the_function(name):
    function, arrays = PROGRAMS[name]
    alone = operations(function, *arrays)
    both = operations(xp.value_and_grad(function, tuple(range(len(arrays)))), *arrays)
    assert alone < both <= 5 * alone, f"{both / alone:.2f} times"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_tangent_costs_at_most_four_times_the_function(name):
    function, arrays = PROGRAMS[name]
    alone = operations(function, *arrays)
    both = operations(lambda *x: xp.jvp(function, x, x), *arrays)
    # a product's tangent is two products and a sum, beside the product itself
    assert alone < both <= 4 * alone, f"{both / alone:.2f} times"


def test_the_counter_counts():
    assert operations(lambda x: xp.sin(x) + x, np.ones(7)) == 14
    assert operations(lambda x: x @ x, np.ones((2, 2))) == 16
