"""NumPy's elementwise functions that the standard does not have."""

# ruff: noqa: ARG001 - the signatures are NumPy's

from __future__ import annotations

import math
import sys
from typing import Any, Final

import xpgrad as xp
from xpgrad.compat.numpy._table import COMPOSED, composed

__all__ = ["UFUNCS_COMPOSED"]


def fmod(x1: Any, x2: Any) -> Any:
    """The remainder with the sign of the dividend."""
    rest = xp.remainder(xp.abs(x1), xp.abs(x2))
    return xp.where(x1 < 0, -rest, rest)


UFUNCS_COMPOSED: Final[dict[str, Any]] = {
    "fmod": fmod, "ldexp": lambda x1, x2: x1 * 2.0 ** xp.asarray(x2), "modf": lambda x: (x - xp.trunc(x), xp.trunc(x)),
    "divmod": lambda x1, x2: (xp.floor_divide(x1, x2), xp.remainder(x1, x2)),
    "matvec": lambda x1, x2: xp.matmul(x1, xp.asarray(x2)[..., None])[..., 0],
    "vecmat": lambda x1, x2: xp.matmul(xp.conj(x1) if x1.dtype.is_complex else x1, x2),
}  # fmt: skip


@composed
def nan_to_num(
    x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    return xp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@composed
def round_(a: Any, decimals: int = 0, out: None = None) -> Any:
    return xp.round(a) if decimals == 0 else xp.round(a * 10.0**decimals) / 10.0**decimals


COMPOSED["around"] = round_


@composed
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2.0 * math.pi) -> Any:
    """The corrections are whole periods: constants."""
    host = p.detach().numpy()
    right = sys.modules["numpy"].unwrap(host, discont, axis, period=period)
    return p + xp.asarray(right - host, device=p.device)


@composed
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        beside = choice if isinstance(choice, xp.Tensor) else result
        device = beside.device if isinstance(beside, xp.Tensor) else None
        result = xp.where(xp.asarray(condition, device=device), choice, result)
    return result
