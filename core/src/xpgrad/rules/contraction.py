"""The derivative of a contraction of two arrays by subscripts: of which :func:`xpgrad.einsum` is made."""

from __future__ import annotations

from typing import Any

from xpgrad.rules._table import multilinear


def _parts(subscripts: str) -> tuple[str, str, str]:
    """``a``, ``b`` and ``c`` of ``a,b->c``."""
    comma, arrow = subscripts.index(","), subscripts.index("->")
    return subscripts[:comma], subscripts[comma + 1 : arrow], subscripts[arrow + 2 :]


def _contract_x1(g: Any, x2: Any, subscripts: str, xp: Any) -> Any:
    a, b, out = _parts(subscripts)
    return xp.contract(g, x2, f"{out},{b}->{a}")


def _contract_x2(g: Any, x1: Any, subscripts: str, xp: Any) -> Any:
    a, b, out = _parts(subscripts)
    return xp.contract(g, x1, f"{out},{a}->{b}")


multilinear("contract", broadcast=False, x1=_contract_x1, x2=_contract_x2)
