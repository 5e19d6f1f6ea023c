"""The docstring of a generated function, from what the tables know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xpgrad._namespace._meanings import CHOSEN, EXAMPLES, MEANINGS
from xpgrad._signatures import BINARY, COMPLEX_ONLY, FLOATING_ONLY, REAL_ONLY, UNARY
from xpgrad.rules import CONSTANTS

if TYPE_CHECKING:
    from xpgrad._namespace._operation import Operation

__all__ = ["documentation"]

_KINDS: Final = {
    "elementwise": "to any order, element by element",
    "linear": "to any order (linear)",
    "multilinear": "to any order (linear in each argument)",
    "general": "to any order",
}


def _broadcasts(operation: Operation) -> bool:
    """Whether all arrays broadcast against each other, not only what lies outside a product."""
    several = len(operation.arrays) > 1 and operation.name != "matmul"
    rule = operation.rule
    return several and (operation.signature == BINARY if rule is None else rule.broadcast)


def _shapes(operation: Operation) -> list[str]:
    if _broadcasts(operation):
        return ["Shapes: the arguments broadcast against each other."]
    if "keepdims" in operation.parameters:
        return [
            "Shapes: without the axes reduced (None: all of them); keepdims=True leaves them with length one."
        ]
    unary = operation.signature == UNARY and operation.name != "matrix_transpose"
    return ["Shapes: the result has that of x."] if unary else []


def _errors(operation: Operation) -> str:
    several = operation.sequence or len(operation.arrays) > 1
    return (
        "TypeError for what is no array"
        + ("; DeviceError for arrays on two devices" if several else "")
        + ("; ShapeError for shapes that do not broadcast" if _broadcasts(operation) else "")
    )


def documentation(operation: Operation) -> str:
    """One line on what it is, then shapes, dtypes, the derivative, errors and an example."""
    name, rule = operation.name, operation.rule
    lines = [
        MEANINGS.get(name, f"``{name}``, an operation of xpgrad's own."),
        "",
        *_shapes(operation),
    ]
    if name in FLOATING_ONLY:
        lines.append("Dtypes: floating; integers are cast to the default dtype first.")
    elif name in REAL_ONLY:
        lines.append("Dtypes: real floating; integers are cast to the default dtype first.")
    elif name in COMPLEX_ONLY:
        lines.append(
            "Dtypes: complex; real arrays are cast to the complex dtype of their size first."
        )
    if rule is not None:
        chosen = f"; chosen: {CHOSEN[name]}" if name in CHOSEN else ""
        lines.append(f"Derivative: {_KINDS[rule.kind]}{chosen}.")
    else:
        lines.append(f"Derivative: none; {CONSTANTS.get(name, 'no rule is known')}.")
    lines.append(f"Raises: {_errors(operation)}.")
    if name in EXAMPLES:
        lines += ["", EXAMPLES[name]]
    return "\n".join(lines)
