"""The derivative of a contraction of two arrays by subscripts: of which :func:`xpgrad.einsum` is made."""

from __future__ import annotations

from typing import Any

from xpgrad.rules._table import multilinear


def _turned(subscripts: str, by: int) -> str:
    """``c,b->a`` or ``c,a->b`` for ``a,b->c``."""
    comma, arrow = subscripts.index(","), subscripts.index("->")
    a, b, out = subscripts[:comma], subscripts[comma + 1 : arrow], subscripts[arrow + 2 :]
    return f"{out},{b}->{a}" if by == 1 else f"{out},{a}->{b}"


def _contract_x1(g: Any, x2: Any, subscripts: str, xp: Any) -> Any:
    return xp.contract(g, x2, _turned(subscripts, 1))


def _contract_x2(g: Any, x1: Any, subscripts: str, xp: Any) -> Any:
    return xp.contract(g, x1, _turned(subscripts, 2))


multilinear("contract", broadcast=False, x1=_contract_x1, x2=_contract_x2)
