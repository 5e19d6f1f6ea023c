"""Polynomials as NumPy's old functions take them: coefficients in one line, the highest power first."""

from __future__ import annotations

import sys
from typing import Any

import xpgrad as xp
from xpgrad.compat.numpy._linear_algebra import lstsq
from xpgrad.compat.numpy._lines import convolve, vander
from xpgrad.compat.numpy._table import composed

__all__: list[str] = []


@composed
def polyval(p: Any, x: Any) -> Any:
    result = xp.zeros_like(xp.asarray(x))
    for i in range(len(p)):
        result = result * x + p[i]
    return result


def _line(p: Any) -> Any:
    """The coefficients as a line."""
    return xp.asarray(p).reshape(-1)


def _without_leading_zeros(p: Any) -> Any:
    p = _line(p)
    kept = sys.modules["numpy"].nonzero(p.detach().numpy())[0]
    return p[int(kept[0]) :] if len(kept) else p[-1:]


def _sum(a1: Any, a2: Any, sign: float) -> Any:
    p, q = _line(a1), _line(a2)
    size = max(p.size, q.size)
    long = [xp.concat([xp.zeros(size - a.size, dtype=a.dtype, device=a.device), a]) for a in (p, q)]
    return long[0] + sign * long[1]


@composed
def polyadd(a1: Any, a2: Any) -> Any:
    return _sum(a1, a2, 1.0)


@composed
def polysub(a1: Any, a2: Any) -> Any:
    return _sum(a1, a2, -1.0)


@composed
def polymul(a1: Any, a2: Any) -> Any:
    return convolve(_without_leading_zeros(a1), _without_leading_zeros(a2))


@composed
def polydiv(u: Any, v: Any) -> Any:
    """Long division: the quotient, and the remainder without leading zeros."""
    rest, v = _line(u) + 0.0, _line(v) + 0.0
    steps = rest.size - v.size + 1
    if steps < 1:
        return xp.zeros_like(rest[:1]), rest
    quotient = []
    for k in range(steps):
        quotient.append(rest[k] / v[0])
        tail = rest[k : k + v.size] - quotient[-1] * v
        rest = xp.concat([rest[:k], tail, rest[k + v.size :]])
    np = sys.modules["numpy"]
    first = 0
    while first < rest.size - 1 and np.allclose(rest[first].detach().numpy(), 0, rtol=1e-14):
        first += 1
    return xp.stack(quotient), rest[first:]


@composed
def polyder(p: Any, m: int = 1) -> Any:
    p = _line(p)
    for _ in range(m):
        p = p[:-1] * xp.arange(p.size - 1, 0, -1, dtype=p.dtype, device=p.device)
    return p


@composed
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    p = _line(p)
    constants = _line(0.0 if k is None else k)
    constants = xp.broadcast_to(constants, (m,)) if constants.size == 1 else constants
    for i in range(m):
        powers = xp.arange(p.size, 0, -1, dtype=p.dtype, device=p.device)
        p = xp.concat([p / powers, xp.astype(constants[i : i + 1], p.dtype)])
    return p


@composed
def poly(seq_of_zeros: Any) -> Any:
    """The monic polynomial with these zeros; of a square matrix, its characteristic polynomial."""
    zeros = xp.asarray(seq_of_zeros)
    zeros = xp.linalg.eigvals(zeros) if zeros.ndim == 2 else zeros.reshape(-1)
    result = xp.ones(1, dtype=zeros.dtype, device=zeros.device)
    for i in range(zeros.size):
        result = convolve(result, xp.stack([xp.ones_like(zeros[i]), -zeros[i]]))
    if zeros.dtype.is_complex:
        np = sys.modules["numpy"]
        host = zeros.detach().numpy()
        if np.all(np.sort(host) == np.sort(host.conjugate())):
            return xp.real(result)
    return result


@composed
def roots(p: Any) -> Any:
    """The eigenvalues of the companion matrix; complex, also where NumPy's happen to be real."""
    p = _without_leading_zeros(p)
    used = sys.modules["numpy"].nonzero(p.detach().numpy())[0]
    zeros = p.size - 1 - int(used[-1]) if len(used) else 0
    p = p[: p.size - zeros]
    found = xp.zeros(0, dtype=xp.result_type(p.dtype, xp.complex64).dtype, device=p.device)
    if p.size > 1:
        below = xp.eye(p.size - 2, p.size - 1, dtype=p.dtype, device=p.device)
        found = xp.linalg.eigvals(xp.concat([-(p[1:] / p[0])[None, :], below]))
    return xp.concat([found, xp.zeros(zeros, dtype=found.dtype, device=p.device)])


@composed
def polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The least-squares polynomial, by the scaled Vandermonde matrix."""
    if full or cov is not False:
        message = (
            "numpy.polyfit of a tensor gives the coefficients only: it does not take full= or cov="
        )
        raise TypeError(message)
    x, y = xp.asarray(x) + 0.0, xp.asarray(y) + 0.0
    left = vander(x, deg + 1)
    if w is not None:
        w = xp.asarray(w)
        left, y = left * w[:, None], y * (w[:, None] if y.ndim == 2 else w)
    scale = xp.sqrt(xp.sum(left * left, axis=0))
    found = lstsq(left / scale, y, xp.finfo(x.dtype).eps * x.size if rcond is None else rcond)[0]
    return found / (scale[:, None] if y.ndim == 2 else scale)
