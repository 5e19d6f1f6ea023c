"""Filling an array row by row, and stepping through time in one: what in-place writing costs on the tape."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from harness import Workload, available, main

import numpy as np  # isort: skip - after the harness has set the number of threads

if TYPE_CHECKING:
    from collections.abc import Callable

FOUND = available("xpgrad", "torch")
SIZES = ((4000, 1000), (400, 1000), (400, 100))
SLOW = 400
"""PyTorch's backward copies the whole gradient for every row; with more rows than this it is left out."""


def fill(lib: Any, rows: int, columns: int, x: Any) -> Any:
    """``y[i] = x * c`` for every row."""
    y = lib.zeros((rows, columns), dtype=lib.float64)
    for i in range(rows):
        y[i] = x * (1.0 + 1e-3 * i)
    return y


def fill_by_hand(rows: int, columns: int, x: Any) -> list[Any]:
    y = fill(np, rows, columns, x)
    cotangent = 2.0 * y
    g = np.zeros(columns)
    for i in range(rows):
        g += cotangent[i] * (1.0 + 1e-3 * i)
    return [g]


def through_time(lib: Any, rows: int, columns: int, x: Any) -> Any:
    """``y[i] = 0.99 y[i-1] + x``: a read and a write per row."""
    y = lib.zeros((rows, columns), dtype=lib.float64)
    for i in range(1, rows):
        y[i] = 0.99 * y[i - 1] + x
    return y


def through_time_by_hand(rows: int, columns: int, x: Any) -> list[Any]:
    cotangent = 2.0 * through_time(np, rows, columns, x)
    g = np.zeros(columns)
    for i in range(rows - 1, 0, -1):
        g += cotangent[i]
        cotangent[i - 1] += 0.99 * cotangent[i]
    return [g]


def gradient(lib: Any, program: Callable[..., Any], rows: int, columns: int, x: Any) -> list[Any]:
    """Of the sum of squares of all elements."""
    leaf = lib.asarray(x)
    leaf.requires_grad_()
    y = program(lib, rows, columns, leaf)
    (y * y).sum().backward()
    return [leaf.grad]


def workload(
    name: str, program: Callable[..., Any], by_hand: Callable[..., Any], rows: int, columns: int
) -> Workload:
    """One program at one size."""
    x = np.random.default_rng(0).standard_normal(columns)
    systems = {
        system: partial(gradient, lib, program, rows, columns, x)
        for system, lib in FOUND.items()
        if system == "xpgrad" or rows <= SLOW
    }
    systems["numpy"] = partial(by_hand, rows, columns, x)
    return Workload(name, systems, units=rows)


PROGRAMS = {
    "fill row by row": (fill, fill_by_hand),
    "step through time": (through_time, through_time_by_hand),
}

if __name__ == "__main__":
    table = {}
    for title, (program, by_hand) in PROGRAMS.items():
        for rows, columns in SIZES:
            name = f"{title}, {rows} x {columns}"
            table[name] = partial(workload, name, program, by_hand, rows, columns)
    main("rows", table, "row", "the cost of a row does not grow with the number of rows")
