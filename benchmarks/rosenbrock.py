"""Rosenbrock's function of 100 numbers: gradient, Hessian and Hessian-vector product, in seven systems.

JAX is compiled (``jit``), CasADi and PyTensor compile by design; xpgrad, torch.func and HIPS autograd run eagerly.
Compiling is not timed.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from harness import Workload, available, main

import numpy as np  # isort: skip - after the harness has set the number of threads

SIZE = 100
FOUND = available("xpgrad", "torch", "jax", "autograd", "casadi", "pytensor")
X = np.random.default_rng(0).uniform(-1.5, 1.5, SIZE)
V = np.random.default_rng(1).standard_normal(SIZE)


def rosenbrock(x: Any) -> Any:
    """Written with operators and slices alone, so that every array library can run it."""
    a, b = x[:-1], x[1:]
    return (100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2).sum()


# --- by hand ----------------------------------------------------------------------------------------


def gradient_by_hand(x: Any) -> Any:
    a, b = x[:-1], x[1:]
    rest = b - a**2
    g = np.zeros_like(x)
    g[:-1] = -400.0 * a * rest - 2.0 * (1.0 - a)
    g[1:] += 200.0 * rest
    return g


def bands(x: Any) -> tuple[Any, Any]:
    """The Hessian's diagonal, and what stands beside it."""
    a, b = x[:-1], x[1:]
    diagonal = np.zeros_like(x)
    diagonal[:-1] = -400.0 * (b - 3.0 * a**2) + 2.0
    diagonal[1:] += 200.0
    return diagonal, -400.0 * a


def hessian_by_hand(x: Any) -> Any:
    diagonal, beside = bands(x)
    return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)


def product_by_hand(x: Any, v: Any) -> Any:
    diagonal, beside = bands(x)
    result = diagonal * v
    result[:-1] += beside * v[1:]
    result[1:] += beside * v[:-1]
    return result


# --- the systems ------------------------------------------------------------------------------------


def with_xpgrad(xp: Any) -> dict[str, Any]:
    x, v = xp.asarray(X), xp.asarray(V)
    return {
        "gradient": lambda: [xp.grad(rosenbrock)(x)],
        "Hessian": lambda: [xp.hessian(rosenbrock)(x)],
        "Hessian-vector product": lambda: [xp.hvp(rosenbrock, x, v)],
    }


def with_torch(torch: Any) -> dict[str, Any]:
    x, v = torch.asarray(X), torch.asarray(V)
    func = torch.func
    return {
        "gradient": lambda: [func.grad(rosenbrock)(x)],
        "Hessian": lambda: [func.hessian(rosenbrock)(x)],
        "Hessian-vector product": lambda: [func.jvp(func.grad(rosenbrock), (x,), (v,))[1]],
    }


def with_jax(jax: Any) -> dict[str, Any]:
    jax.config.update("jax_enable_x64", True)
    x, v = jax.numpy.asarray(X), jax.numpy.asarray(V)
    gradient, hessian = jax.jit(jax.grad(rosenbrock)), jax.jit(jax.hessian(rosenbrock))
    product = jax.jit(lambda x, v: jax.jvp(jax.grad(rosenbrock), (x,), (v,))[1])
    return {
        "gradient": lambda: [gradient(x).block_until_ready()],
        "Hessian": lambda: [hessian(x).block_until_ready()],
        "Hessian-vector product": lambda: [product(x, v).block_until_ready()],
    }


def with_autograd(autograd: Any) -> dict[str, Any]:
    def function(x: Any) -> Any:
        return autograd.numpy.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    import autograd.numpy  # noqa: PLC0415 - a submodule

    gradient = autograd.grad(function)
    hessian = autograd.hessian(function)
    product = autograd.hessian_vector_product(function)
    return {
        "gradient": lambda: [gradient(X)],
        "Hessian": lambda: [hessian(X)],
        "Hessian-vector product": lambda: [product(X, V)],
    }


def with_casadi(casadi: Any) -> dict[str, Any]:
    x, v = casadi.SX.sym("x", SIZE), casadi.SX.sym("v", SIZE)
    a, b = x[:-1], x[1:]
    value = casadi.sum1(100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2)
    gradient = casadi.gradient(value, x)
    functions = {
        "gradient": (casadi.Function("g", [x], [gradient]), (X,)),
        "Hessian": (casadi.Function("h", [x], [casadi.densify(casadi.hessian(value, x)[0])]), (X,)),
        "Hessian-vector product": (
            casadi.Function("p", [x, v], [casadi.jtimes(gradient, x, v, True)]), (X, V),
        ),
    }  # fmt: skip
    flat = {"gradient", "Hessian-vector product"}
    return {
        name: lambda f=f, args=args, name=name: [
            np.asarray(f(*args)).reshape(-1) if name in flat else np.asarray(f(*args))
        ]
        for name, (f, args) in functions.items()
    }


def with_pytensor(pytensor: Any) -> dict[str, Any]:
    import pytensor.tensor as pt  # noqa: PLC0415 - a submodule

    x, v = pt.dvector("x"), pt.dvector("v")
    value = rosenbrock(x)
    gradient = pytensor.gradient.grad(value, x)
    product = pytensor.gradient.grad((gradient * v).sum(), x)
    g = pytensor.function([x], gradient)
    h = pytensor.function([x], pytensor.gradient.hessian(value, x))
    p = pytensor.function([x, v], product)
    return {
        "gradient": lambda: [g(X)],
        "Hessian": lambda: [h(X)],
        "Hessian-vector product": lambda: [p(X, V)],
    }


MAKERS = {
    "xpgrad": with_xpgrad, "torch": with_torch, "jax": with_jax, "autograd": with_autograd, "casadi": with_casadi,
    "pytensor": with_pytensor,
}  # fmt: skip
BY_HAND = {
    "gradient": lambda: [gradient_by_hand(X)],
    "Hessian": lambda: [hessian_by_hand(X)],
    "Hessian-vector product": lambda: [product_by_hand(X, V)],
}


def workload(name: str, made: dict[str, dict[str, Any]]) -> Workload:
    """One derivative, in every system that is installed."""
    systems = {system: work[name] for system, work in made.items()}
    return Workload(name, systems | {"numpy": BY_HAND[name]})


if __name__ == "__main__":
    MADE = {system: MAKERS[system](module) for system, module in FOUND.items()}
    main("rosenbrock", {name: partial(workload, name, MADE) for name in BY_HAND}, "call")
