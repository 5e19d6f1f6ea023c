"""One right operation, ``softsine(x) = sin(x) / (1 + x²)``, and what becomes of it by one mistake each."""

import numpy as np

from xpgrad.conformance.samples import elementwise_case
from xpgrad.extend import OpSpec, elementwise, hookimpl

XPGRAD_API = (1, 0)
HOME = "broken.operations"
SAMPLES = elementwise_case({"x": (-2.0, 2.0)})


def right(x, /, *, xp):
    """``sin(x) / (1 + x²)``."""
    return xp.sin(x) / (1.0 + x * x)


def slope(g, x, xp):
    base = 1.0 + x * x
    return g * (xp.cos(x) / base - 2.0 * x * xp.sin(x) / (base * base))


def reference(x):
    return np.sin(x) / (1.0 + x**2)


def widens(x, /, *, xp):
    """Takes single precision and gives double."""
    return right(x * xp.asarray(1.0, dtype=xp.float64), xp=xp)


def computes_with_numpy(x, /, *, xp):
    """Computes on NumPy's arrays only."""
    return np.sin(x) / (1.0 + x * x)


def asks_for_a_value(x, /, *, xp):
    """Branches on a value."""
    return right(x, xp=xp) if xp.all(x < 5.0) else 0.0 * x


def has_a_kernel(x, /, *, xp):
    """Has a kernel whose name nobody calls."""
    return right(x, xp=xp)


def writes_its_input(x, /, *, xp):
    """Adds nothing, in place."""
    x += 0.0
    return right(x, xp=xp)


BROKEN_TESTS = {
    "writes_its_input": "inputs_and_cotangents_are_never_written",
    "widens": "results_have_their_arguments_precision_and_device",
    "computes_with_numpy": "it_computes_on_another_library",
    "asks_for_a_value": "it_computes_on_another_library",
    "has_a_kernel": "no_kernel_misses_its_name",
}
RULES = {}


def _spec(name, forward):
    RULES[name] = elementwise(name, x=slope)
    return OpSpec(
        name, f"{HOME}:{forward}", rule=f"{HOME}:RULE_{name}", samples=f"{HOME}:SAMPLES", reference=f"{HOME}:reference"
    )  # fmt: skip


RIGHT = _spec("right_one", "right")
BROKEN = {name: (_spec(f"broken_{name}", name), f"test_{test}") for name, test in BROKEN_TESTS.items()}  # fmt: skip
"""Spec, and the test that must fail."""
globals().update({f"RULE_{name}": rule for name, rule in RULES.items()})


@hookimpl
def xpgrad_ops():
    return [RIGHT, *(spec for spec, _ in BROKEN.values())]


@hookimpl
def xpgrad_kernels(backend):
    return {"broken_has_a_kernle": reference} if backend.name == "numpy" else None
