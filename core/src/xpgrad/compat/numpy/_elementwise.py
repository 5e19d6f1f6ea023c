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
    result = xp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
    if copy:
        return result
    x[...] = result
    return x


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


COMPOSED["fix"] = xp.trunc


@composed
def i0(x: Any) -> Any:
    return xp.special.i0(x)


@composed
def isposinf(x: Any, out: None = None) -> Any:
    return xp.logical_and(xp.isinf(x), x > 0)


@composed
def isneginf(x: Any, out: None = None) -> Any:
    return xp.logical_and(xp.isinf(x), x < 0)


@composed
def isreal(x: Any) -> Any:
    return ~iscomplex(x)


@composed
def iscomplex(x: Any) -> Any:
    return xp.imag(x) != 0 if x.dtype.is_complex else xp.zeros_like(x, dtype=xp.bool)


@composed
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part, if the imaginary part is small everywhere."""
    if not a.dtype.is_complex:
        return a
    limit = tol * xp.finfo(a.dtype).eps if tol > 1 else tol
    return xp.real(a) if bool(xp.all(xp.abs(xp.imag(a.detach())) < limit).item()) else a


def _spaced(start: Any, stop: Any, num: int, endpoint: bool) -> Any:
    """Numbers in equal steps from start to stop, along a new first axis."""
    start, stop = xp.asarray(start), xp.asarray(stop)
    width = stop - start
    shares = sys.modules["numpy"].linspace(0.0, 1.0, num, endpoint=endpoint)
    return start + width * xp.asarray(shares, device=width.device).reshape(
        (num,) + (1,) * width.ndim
    )


@composed
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, *, device: None = None,
) -> Any:  # fmt: skip
    found = xp.moveaxis(_spaced(start, stop, num, endpoint), 0, axis)
    found = found if dtype is None else xp.astype(found, dtype)
    return (found, (stop - start) / (num - 1 if endpoint else num)) if retstep else found


@composed
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:  # fmt: skip
    found = xp.moveaxis(base ** _spaced(start, stop, num, endpoint), 0, axis)
    return found if dtype is None else xp.astype(found, dtype)


@composed
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:  # fmt: skip
    ratio = xp.asarray(stop) / start
    found = xp.moveaxis(start * ratio ** _spaced(xp.zeros_like(ratio), 1.0, num, endpoint), 0, axis)
    return found if dtype is None else xp.astype(found, dtype)
