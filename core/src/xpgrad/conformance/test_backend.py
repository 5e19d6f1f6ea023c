"""What a backend must do, all levels in one module.  The names of these tests are a public interface."""

from __future__ import annotations

import inspect

from xpgrad.conformance.suite import (
    devices,
    first_order,
    fuzzing,
    learning,
    second_order,
    statements,
    transforms,
    values,
)

for _module in (
    values,
    first_order,
    fuzzing,
    second_order,
    transforms,
    statements,
    learning,
    devices,
):
    globals().update({n: f for n, f in vars(_module).items() if n.startswith("test_")})

__all__ = [n for n, v in list(globals().items()) if n.startswith("test_") and inspect.isfunction(v)]
