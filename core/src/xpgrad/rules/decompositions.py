"""Derivatives of matrix decompositions.

Formulas are those of the literature, which are written for the conjugated cotangent (the gradient in PyTorch's
convention), so each rule conjugates on its way in and out.  Sources: Giles (2008); I. Murray, "Differentiation
of the Cholesky decomposition" (2016); S. F. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra
functions" (2010), for QR; J. Townsend, "Differentiating the singular value decomposition" (2016), Z.-Q. Wan and S.-X.
Zhang (2019) for complex matrices; C. Boeddeker et al., "On the computation of complex-valued gradients" (2017) for eig.

Where eigenvalues or singular values are equal, vectors are not functions of the matrix.  The pair's part of the
cotangent is dropped (a hard zero), so that functions which do not depend on the choice keep finite, right gradients.
"""

from __future__ import annotations

from typing import Any

from xpgrad.rules._table import general
from xpgrad.rules.linalg import conj, mH, mT


def _diagonal(x: Any, xp: Any) -> Any:
    return xp.linalg.diagonal(x)


def _over(x: Any, difference: Any, xp: Any) -> Any:
    """``x / difference``; a hard zero where the difference is zero, on the diagonal and between equal values."""
    zero = difference == 0
    safe = xp.where(zero, xp.ones_like(difference), difference)
    return xp.masked(x / safe, ~xp.broadcast_to(zero, x.shape))


def _columns(values: Any) -> Any:
    """Values as a row over the columns of matrices."""
    return values[..., None, :]


# --- Cholesky ---------------------------------------------------------------------------------------


def _cholesky(g: Any, out: Any, upper: bool, xp: Any) -> Any:
    """L⁻ᴴ Φ(Lᴴ gL) L⁻¹, made Hermitian; Φ takes the lower triangle with half the diagonal."""
    g = conj(g, xp)
    low, g = (mH(out, xp), mH(g, xp)) if upper else (out, g)
    phi = xp.tril(mH(low, xp) @ g)
    phi = 0.5 * (phi + xp.tril(phi, k=-1))
    lh = mH(low, xp)
    left = xp.linalg.solve(lh, phi)
    whole = mH(xp.linalg.solve(lh, mH(left, xp)), xp)
    return conj(0.5 * (whole + mH(whole, xp)), xp)


general("linalg.cholesky", x=_cholesky)

# --- eigenvalues ------------------------------------------------------------------------------------


def _hermitian(values: Any, vectors: Any, gvalues: Any, gvectors: Any, xp: Any) -> Any:
    """V (diag(gλ) + Vᴴ gV / (λj - λi)) Vᴴ, made Hermitian."""
    vh = mH(vectors, xp)
    inner = None
    if gvectors is not None:
        difference = values[..., None, :] - values[..., :, None]
        inner = _over(vh @ gvectors, difference, xp)
    result = None
    if gvalues is not None:
        result = (vectors * _columns(gvalues)) @ vh
    if inner is not None:
        part = vectors @ inner @ vh
        result = part if result is None else result + part
    return 0.5 * (result + mH(result, xp))


def _eigh(g: Any, out: Any, xp: Any) -> Any:
    vectors = None if g.eigenvectors is None else conj(g.eigenvectors, xp)
    found = _hermitian(out.eigenvalues, out.eigenvectors, g.eigenvalues, vectors, xp)
    return conj(found, xp)


def _eigvalsh(g: Any, x: Any, xp: Any) -> Any:
    vectors = xp.linalg.eigh(x)[1]
    return conj(_hermitian(None, vectors, g, None, xp), xp)


def _eig(g: Any, out: Any, xp: Any) -> Any:
    """V⁻ᴴ (diag(gλ) + (Vᴴ gV - Vᴴ V Re diag(Vᴴ gV)) / conj(λj - λi)) Vᴴ, for columns of norm one."""
    values, vectors = out
    vh = mH(vectors, xp)
    inner = None
    if g.eigenvectors is not None:
        w = vh @ conj(g.eigenvectors, xp)
        kept = xp.astype(xp.real(_diagonal(w, xp)), w.dtype)
        difference = xp.conj(values[..., None, :] - values[..., :, None])
        inner = _over(w - (vh @ vectors) * _columns(kept), difference, xp)
    if g.eigenvalues is not None:
        diagonal = xp.diagonal_matrix(conj(g.eigenvalues, xp))
        inner = diagonal if inner is None else inner + diagonal
    return conj(xp.linalg.solve(vh, inner @ vh), xp)


def _eigvals(g: Any, x: Any, xp: Any) -> Any:
    vh = mH(xp.linalg.eig(x)[1], xp)
    return conj(xp.linalg.solve(vh, conj(g, xp)[..., :, None] * vh), xp)


general("linalg.eigh", outputs=("eigenvalues", "eigenvectors"), x=_eigh)
general("linalg.eigvalsh", x=_eigvalsh)
general("linalg.eig", outputs=("eigenvalues", "eigenvectors"), x=_eig)
general("linalg.eigvals", x=_eigvals)

# --- singular values --------------------------------------------------------------------------------


def _skew(x: Any, xp: Any) -> Any:
    return x - mH(x, xp)


def _thin(m: Any, k: int) -> Any:
    """The first k columns."""
    return m[..., :, :k]


def _outside(u: Any, gu: Any, values: Any, k: int, xp: Any) -> Any:
    """What the cotangent of vectors says of directions outside the first k of them, over the singular values.

    With all vectors at hand, those beyond the k-th turn against the first ones.
    """
    u1, g1 = _thin(u, k), _thin(gu, k)
    found = g1 - u1 @ (mH(u1, xp) @ g1)
    if u.shape[-1] > k:
        u2, g2 = u[..., :, k:], gu[..., :, k:]
        found = found - u2 @ mH(mH(u1, xp) @ g2, xp)
    return _over(found, xp.broadcast_to(_columns(values), found.shape), xp)


def _total(terms: list[Any]) -> Any:
    result = terms[0]
    for t in terms[1:]:
        result = result + t
    return result


def _svd(g: Any, out: Any, xp: Any) -> Any:
    u, s, vh = out
    k = s.shape[-1]
    gu = None if g.U is None else conj(g.U, xp)
    gv = None if g.Vh is None else mT(g.Vh, xp)  # the conjugate transpose of conj(gVh)
    v = mH(vh, xp)
    u1, v1 = _thin(u, k), _thin(v, k)
    v1h = mH(v1, xp)
    squares = s * s
    difference = squares[..., None, :] - squares[..., :, None]
    terms = [] if g.S is None else [xp.diagonal_matrix(xp.cast(g.S, u.dtype))]
    if gu is not None:
        turn = _skew(mH(u1, xp) @ _thin(gu, k), xp)
        terms.append(_over(turn, difference, xp) * _columns(s))
        if xp.is_complex(u):  # the phase that U and V share
            terms.append(xp.diagonal_matrix(_over(_diagonal(turn, xp), 2.0 * s, xp)))
    if gv is not None:
        turn = _skew(v1h @ _thin(gv, k), xp)
        terms.append(s[..., :, None] * _over(turn, difference, xp))
    result = u1 @ _total(terms) @ v1h
    if gu is not None and u.shape[-2] > k:
        result = result + _outside(u, gu, s, k, xp) @ v1h
    if gv is not None and v.shape[-2] > k:
        result = result + u1 @ mH(_outside(v, gv, s, k, xp), xp)
    return conj(result, xp)


def _svdvals(g: Any, x: Any, xp: Any) -> Any:
    u, _, vh = xp.linalg.svd(x, full_matrices=False)
    return conj((u * _columns(xp.cast(g, u.dtype))) @ vh, xp)


general("linalg.svd", outputs=("U", "S", "Vh"), x=_svd)
general("linalg.svdvals", x=_svdvals)

# --- QR ---------------------------------------------------------------------------------------------


def _qr_tall(q: Any, r: Any, gq: Any, gr: Any, xp: Any) -> Any:
    """(gQ + Q copyltu) R⁻ᴴ for the first n columns of Q; columns beyond them turn against the first ones."""
    n = r.shape[-1]
    q1, r1 = _thin(q, n), r[..., :n, :]
    m = None if gr is None else xp.triu(gr[..., :n, :] @ mH(r1, xp))
    rest = None
    if gq is not None:
        g1 = _thin(gq, n)
        inner = mH(q1, xp) @ g1
        m = -inner if m is None else m - inner
        rest = g1
        if q.shape[-1] > n:
            rest = rest - q[..., :, n:] @ mH(mH(q1, xp) @ gq[..., :, n:], xp)
    upper = xp.triu(m)
    half = 0.5 * (upper + xp.triu(upper, k=1))  # the diagonal: half
    both = half + mH(half, xp)
    whole = q1 @ both if rest is None else rest + q1 @ both
    return mH(xp.linalg.solve(r1, mH(whole, xp)), xp)


def _qr(g: Any, x: Any, out: Any, xp: Any) -> Any:
    q, r = out
    gq = None if g.Q is None else conj(g.Q, xp)
    gr = None if g.R is None else conj(g.R, xp)
    m, n = x.shape[-2:]
    if m >= n:
        return conj(_qr_tall(q, r, gq, gr, xp), xp)
    # wide: the last columns are R2 = Qᴴ A2
    right = x[..., :, m:]
    r1 = _thin(r, m)
    parts_r = (None, None) if gr is None else (_thin(gr, m), gr[..., :, m:])
    if parts_r[1] is not None:
        turned = right @ mH(parts_r[1], xp)
        gq = turned if gq is None else gq + turned
    first = _qr_tall(q, r1, gq, parts_r[0], xp)
    last = xp.zeros_like(right) if parts_r[1] is None else q @ parts_r[1]
    return conj(xp.concat([first, last], axis=-1), xp)


general("linalg.qr", outputs=("Q", "R"), x=_qr)
