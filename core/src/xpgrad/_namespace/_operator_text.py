"""The text of a binary operator: like the function's, with short ways for tensors and Python scalars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpgrad._namespace._forward_text import RESULT, call_lines, promotion_lines, record_lines
from xpgrad._signatures import FLOATING_ONLY

if TYPE_CHECKING:
    from xpgrad._namespace._operation import Operation

__all__ = ["operator_lines"]

SYMBOLS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "pow": "**"}
"""Operators that mean the library's function when both arrays have one floating dtype; they cost less."""


_SCALAR_POWER = (
    "if (type(x2) is int or type(x2) is float) and x1._xp.is_floating(x1._cell.raw):",
    "    return OPERATION('scalar_pow')(x1, x2)",
)


def operator_lines(operation: Operation, method: str, *, swap: bool) -> list[str]:
    """A binary operator: like the function, with a short way for tensors and Python scalars."""
    own, other = ("x2", "x1") if swap else ("x1", "x2")
    tracks = bool(operation.active)
    body = [] if swap or operation.name != "pow" else list(_SCALAR_POWER)
    body += [f"xp = {own}._xp", f"a_{own} = {own}._cell.raw"]
    body += [f"n_{own} = {own}._node"] if tracks else []
    body += [
        f"if isinstance({other}, Tensor) and {other}._xp is xp:",
        f"    a_{other} = {other}._cell.raw",
    ]
    body += [f"    n_{other} = {other}._node", "    scalar_operand = False"] if tracks else []
    body += [f"    cls = {own}._result", f"    if cls is Tensor: cls = {other}._result"]
    body += [f"elif type({other}) in SCALARS:", f"    a_{other} = scalar(xp, {other}, a_{own})"]
    body += [f"    n_{other} = None", "    scalar_operand = True"] if tracks else []
    body += [
        f"    cls = {own}._result",
        "else:",
        f"    return operator_fallback(FUNCTION(), x1, x2, {other})",
    ]
    body += (
        _operator_call(operation)
        if tracks
        else [*promotion_lines(operation), *call_lines(operation)]
    )
    body += RESULT
    body += (
        record_lines(operation, "tracked", _operator_fix(operation))
        if tracks
        else record_lines(operation)
    )
    return [
        f"def {method}({own}, {other}, /):",
        *("    " + line for line in [*body, "return result"]),
    ]


def _operator_call(operation: Operation) -> list[str]:
    floating = operation.name in FLOATING_ONLY
    symbol = SYMBOLS.get(operation.name)
    short = f"a_x1 {symbol} a_x2" if symbol else f"xp.{operation.name}(a_x1, a_x2)"
    where = " and xp.follows_arrays" if symbol else ""
    guard = "" if floating else "if a_x1.dtype is not a_x2.dtype: "
    return [
        "tracked = n_x1 is not None or n_x2 is not None",
        "try:",
        f"    if tracked and a_x1.dtype is a_x2.dtype{where}: out = {short}",
        "    else:",
        f"        {guard}a_x1, a_x2 = promote(xp, a_x1, a_x2, {floating})",
        f"        out = xp.{operation.name}(a_x1, a_x2)",
        "except Exception as error:",
        f"    raise explain(error, {operation.name!r}, (x1, x2))",
    ]


def _operator_fix(operation: Operation) -> str:
    """A Python scalar needs nothing undone; shapes are compared for two tensors only."""
    same = "(scalar_operand or a_x1.shape == a_x2.shape)"
    if operation.name == "matmul":
        same = "a_x1.ndim == 2 == a_x2.ndim"
    return f"None if {same} and a_x1.dtype is a_x2.dtype else edge_fix((raw_of(x1), raw_of(x2)), out, xp, True)"
