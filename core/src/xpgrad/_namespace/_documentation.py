"""The docstring of a generated function, from what the tables know of it."""

from __future__ import annotations

from typing import Final

from xpgrad._signatures import FLOATING_ONLY, SIGNATURES
from xpgrad.rules import CONSTANTS, RULES

__all__ = ["documentation"]

_KINDS: Final = {
    "elementwise": "Differentiable to any order, element by element.",
    "linear": "Differentiable to any order (linear).",
    "multilinear": "Differentiable to any order (linear in each argument).",
    "general": "Differentiable to any order.",
}


def documentation(name: str) -> str:
    """One line on what it is, then dtypes, shapes and the derivative."""
    signature = SIGNATURES.get(name, "")
    lines = [f"``{name}`` of the Array API standard 2025.12, over tensors of any backend.", ""]
    if "x1, x2" in signature:
        lines.append("Shapes: the arguments broadcast against each other.")
    if name in FLOATING_ONLY:
        lines.append("Dtypes: floating; integers are cast to the default dtype first.")
    if name in RULES:
        lines.append(f"Derivative: {_KINDS[RULES[name].kind]}")
    elif name in CONSTANTS:
        lines.append(f"Derivative: none; {CONSTANTS[name]}.")
    return "\n".join(lines)
