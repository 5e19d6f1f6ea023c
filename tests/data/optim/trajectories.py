"""The problem on which optimizers are compared: its start, its gradient by formula, and the runs on file.

No array library is needed to make a gradient, so nothing but the update rule can differ between two
implementations.  Tests load this file with ``runpy.run_path``.
"""

import json
import math
from pathlib import Path

FOLDER = Path(__file__).parent
STEPS = 50
KEPT = (1, *range(5, STEPS + 1, 5))
SHAPES = ((4,), (1, 2))
START = ((1.5, -0.75, 0.25, -2.0), (0.5, -1.25))
CURVATURE = (0.5, 1.0, 2.0, 0.25, 1.5, 0.75)


def gradient(values):
    """Of Σ cᵢ xᵢ²/2 + sin(xᵢ) + 0.1 cos(3 xᵢ) + 0.3 xᵢ xᵢ₊₁ (cyclic), on a flat list of six numbers."""
    n = len(values)
    return [
        c * x + math.cos(x) - 0.3 * math.sin(3.0 * x) + 0.3 * (values[i - 1] + values[(i + 1) % n])
        for i, (c, x) in enumerate(zip(CURVATURE, values, strict=True))
    ]


def split(values):
    """The flat list as one list per parameter."""
    return [values[:4], values[4:]]


def rate(case, lr, t):
    """The learning rate before step ``t`` = 1, 2, …: constant, or falling by hand in some cases."""
    return lr * 0.97 ** (t - 1) if case.get("falling") else lr


def skipped(case, number, t):
    """Whether parameter ``number`` has no gradient at step ``t``."""
    return bool(case.get("skips")) and number == 1 and t % 3 == 0


def cases(name):
    """Every run on file for an optimizer: ``{"options", "trajectory", …}``."""
    return json.loads((FOLDER / f"{name.lower()}.json").read_text(encoding="utf-8"))["cases"]


def options(case):
    """A case's options as Python would write them: pairs are tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in case["options"].items()}


def title(case):
    """A case in a word, for test names."""
    marks = [k for k in ("complex", "falling", "skips") if case.get(k)]
    return (
        "-".join([*(f"{k}={v}" for k, v in case["options"].items() if k != "lr"), *marks])
        or "defaults"
    )


def furthest(trajectory, expected):
    """The largest difference relative to 1 and to the size of the number."""
    return max(
        abs(a - b) / max(1.0, abs(b))
        for row, want in zip(trajectory, expected, strict=True)
        for a, b in zip(row, want, strict=True)
    )


def run(library, optimizer_class, case, made=None):
    """The flat parameters after each of the steps kept, by a class of xpgrad's.

    ``made(values)`` makes a parameter from nested lists, by default ``library.tensor``.
    """
    made = made or (lambda values: library.tensor(values, requires_grad=True))
    dressed = _complex if case.get("complex") else _shaped
    params = [made(dressed(values, shape)) for values, shape in zip(START, SHAPES, strict=True)]
    optimizer = optimizer_class(params, **options(case))
    kept = []
    for step in range(1, STEPS + 1):
        optimizer.param_groups[0]["lr"] = rate(case, case["options"]["lr"], step)
        parts = split(gradient(flat(params)))
        for number, (p, g, shape) in enumerate(zip(params, parts, SHAPES, strict=True)):
            p.grad = None if skipped(case, number, step) else made(dressed(g, shape)).detach()
        optimizer.step()
        if step in KEPT:
            kept.append(flat(params))
    return kept


def flat(params):
    """All numbers in order; a complex one as two."""
    found = []
    for p in params:
        for x in p.detach().reshape((-1,)).tolist():
            found += [x.real, x.imag] if isinstance(x, complex) else [x]
    return found


def _shaped(values, shape):
    return list(values) if len(shape) == 1 else [list(values)]


def _complex(values, _shape):
    return [complex(a, b) for a, b in zip(values[::2], values[1::2], strict=True)]
