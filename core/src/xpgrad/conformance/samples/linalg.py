"""Samples of the extension ``linalg``: well-conditioned matrices, with eigenvalues and singular values apart.

Hermitian matrices are made of free ones (``prepare``), and of vectors that are known up to a phase only the projections
are looked at (``observe``), so that finite differences mean something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad._namespace._operations import operation, tensor_namespace
from xpgrad.conformance.samples._make import CASES, Case, Maker, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Samples = Callable[[Maker], Iterator[Sample]]

xp: Final = tensor_namespace
BATCHES: Final = ((), (2,), (2, 1), (0,))


def _conjugated(x: Any) -> Any:
    return xp.conj(x) if x.dtype.is_complex else x


def _mH(x: Any) -> Any:  # noqa: N802 - the standard's name
    return _conjugated(xp.matrix_transpose(x))


def _matrix(make: Maker, batch: tuple[int, ...], m: int, n: int, shift: float = 0.0) -> Any:
    """A matrix with singular values apart: random, with a growing diagonal."""
    np = make.np
    a = make.array((*batch, m, n), -1.0, 1.0)
    steps = np.zeros((m, n))
    np.fill_diagonal(steps, shift + 1.5 * np.arange(1, min(m, n) + 1))
    return (a + steps).astype(a.dtype)


def _definite(make: Maker, batch: tuple[int, ...], n: int) -> Any:
    np = make.np
    a = _matrix(make, batch, n, n)
    return (a @ np.conj(np.swapaxes(a, -1, -2)) + np.eye(n)).astype(a.dtype)


def _hermitian(tensors: dict[str, Any]) -> dict[str, Any]:
    x = tensors["x"]
    return {"x": 0.5 * (x + _mH(x))}


def _projections(vectors: Any) -> Any:
    """``v vᴴ`` of every column: what a phase does not change."""
    columns = xp.matrix_transpose(vectors)
    return columns[..., :, None] * _conjugated(columns)[..., None, :]


def _flat(*parts: Any) -> Any:
    widest = next((p.dtype for p in parts if p.dtype.is_complex), parts[0].dtype)
    flat = [operation("reshape")(p, (-1,)) for p in parts]
    return operation("concat")([p if p.dtype == widest else p.astype(widest) for p in flat])


def _values_and_projections(result: Any) -> Any:
    return _flat(result[0], _projections(result[1]))


def _rising(values: Any) -> Any:
    """Eigenvalues by their real part: nobody promises an order, and libraries differ in single precision."""
    return xp.take_along_axis(values, xp.argsort(xp.real(values), axis=-1), axis=-1)


def _rising_values_and_projections(result: Any) -> Any:
    values, vectors = result
    order = xp.argsort(xp.real(values), axis=-1)[..., None, :]
    order = xp.broadcast_to(order, vectors.shape)
    return _values_and_projections((_rising(values), xp.take_along_axis(vectors, order, axis=-1)))


def _svd_parts(k: int) -> Callable[[Any], Any]:
    """The values, the projections on the first k vectors of both sides, and on all the others together."""

    def observe(result: Any) -> Any:
        u, s, vh = result
        v = _mH(vh)
        parts = [
            s,
            _projections(u[..., :, :k]),
            _projections(v[..., :, :k]),
            u[..., :, :k] @ vh[..., :k, :],
        ]
        parts += [m[..., :, k:] @ _mH(m[..., :, k:]) for m in (u, v)]
        return _flat(*parts)

    return observe


def _qr_parts(n: int) -> Callable[[Any], Any]:
    """R, the first n columns of Q, and the projection on all the others together."""

    def observe(result: Any) -> Any:
        q, r = result
        rest = q[..., :, n:]
        return _flat(q[..., :, :n], r, rest @ _mH(rest))

    return observe


def _only_q(n: int) -> Callable[[Any], Any]:
    """The first n columns of Q, and no R."""
    return lambda result: result[0][..., :, :n]


def _only_r(n: int) -> Callable[[Any], Any]:  # noqa: ARG001 - R has no columns to choose from
    """R, and no Q."""
    return lambda result: result[1]


# --- square matrices --------------------------------------------------------------------------------


def _square(*, sizes: tuple[int, ...] = (1, 3), definite: bool = False, **rest: Any) -> Samples:
    """One array of square matrices, in stacks."""

    def samples(make: Maker) -> Iterator[Sample]:
        for batch in BATCHES:
            for n in sizes:
                x = _definite(make, batch, n) if definite else _matrix(make, batch, n, n)
                yield Sample(f"{batch} of {n} x {n}", {"x": x}, **rest)
        yield Sample("0 x 0", {"x": make.array((0, 0))}, **rest)
        x = make.np.asfortranarray(_definite(make, (), 2) if definite else _matrix(make, (), 2, 2))
        yield Sample("transposed", {"x": x}, **rest)

    return samples


def _cholesky(make: Maker) -> Iterator[Sample]:
    for upper in (False, True):
        for batch in BATCHES:
            x = _definite(make, batch, 3)
            yield Sample(f"{batch} upper={upper}", {"x": x}, {"upper": upper}, prepare=_hermitian)


def _solve(make: Maker) -> Iterator[Sample]:
    for a, b in (
        ((3, 3), (3, 2)), ((3, 3), (3,)), ((2, 3, 3), (2, 3, 1)), ((2, 3, 3), (3, 2)), ((3, 3), (2, 3, 2)),
        ((2, 1, 2, 2), (3, 2, 2)), ((2, 3, 3), (3,)), ((3, 3), (3, 3)), ((1, 1), (1, 1)), ((3, 3), (3, 0)),
    ):  # fmt: skip
        x1 = _matrix(make, a[:-2], a[-2], a[-1], 1.5)
        yield Sample(f"{a} {b}", {"x1": x1, "x2": make.array(b)})


# --- any matrices -----------------------------------------------------------------------------------

SHAPES: Final = ((3, 3), (4, 2), (2, 4), (1, 3), (3, 1))


def _any(*, names: tuple[dict[str, Any], ...] = ({},), parts: Any = None) -> Samples:
    """One array of matrices, tall, wide and square, in stacks, with every choice of options."""

    def samples(make: Maker) -> Iterator[Sample]:
        for options in names:
            for m, n in SHAPES:
                for batch in ((), (2,)):
                    k = min(m, n) if parts is not None else 0
                    observe = None if parts is None else parts(k)
                    x = _matrix(make, batch, m, n)
                    yield Sample(
                        f"{batch} of {m} x {n} {options}", {"x": x}, options, observe=observe
                    )

    return samples


def _qr(make: Maker) -> Iterator[Sample]:
    yield from _any(names=_MODES, parts=_qr_parts)(make)
    yield from _any(parts=_only_q)(make)
    yield from _any(parts=_only_r)(make)


def _of_rank_one(tensors: dict[str, Any]) -> dict[str, Any]:
    x = tensors["x"]
    return {"x": x[..., :, :1] @ x[..., :1, :]}


def _pinv(make: Maker) -> Iterator[Sample]:
    yield from _any()(make)
    for m, n in ((3, 3), (4, 2), (2, 4)):
        x = _matrix(make, (2,), m, n)
        yield Sample(f"{m} x {n} of rank 1", {"x": x}, prepare=_of_rank_one)


def _with_its_negative(tensors: dict[str, Any]) -> dict[str, Any]:
    """Every size twice, so that the largest and the smallest are ties."""
    x = tensors["x"]
    return {"x": operation("concat")([x, -x], axis=-1)}


def _diagonal(make: Maker) -> Iterator[Sample]:
    for shape in ((3, 3), (2, 4), (4, 2), (2, 2, 3)):
        for offset in (0, 1, -1, 2):
            yield Sample(f"{shape} offset {offset}", {"x": make.array(shape)}, {"offset": offset})
    yield Sample("empty", {"x": make.array((0, 2, 2))}, {})


def _vector_norm(make: Maker) -> Iterator[Sample]:
    away = (0.0,)
    for ord_ in (2, 1, 3, 2.5, 0.5, -1, -2, 0, float("inf"), -float("inf")):
        for options in ({}, {"axis": -1}, {"axis": (0, 2), "keepdims": True}):
            x = make.array((2, 3, 2), avoid=away)
            yield Sample(f"ord {ord_} {options}", {"x": x}, {**options, "ord": ord_})
    for ord_ in (float("inf"), -float("inf")):
        x = make.array((2, 3), avoid=away)
        tied: dict[str, Any] = {"axis": -1, "ord": ord_}
        yield Sample(f"ties, ord {ord_}", {"x": x}, tied, prepare=_with_its_negative)
    yield Sample("0-d", {"x": make.array((), 0.5, 1.0)}, {})
    yield Sample("one element", {"x": make.array((1, 2), avoid=away)}, {"axis": 0})
    yield Sample("strided", {"x": make.array((3, 2), avoid=away, layout="strided")}, {"axis": 0})


def _cross(make: Maker) -> Iterator[Sample]:
    for a, b, axis in (
        ((3,), (3,), -1), ((2, 3), (2, 3), -1), ((3, 2), (3, 2), -2), ((2, 3), (1, 3), -1), ((2, 3), (4, 1, 3), -1),
        ((0, 3), (3,), -1),
    ):  # fmt: skip
        yield Sample(
            f"{a} {b} axis {axis}", {"x1": make.array(a), "x2": make.array(b)}, {"axis": axis}
        )


def _outer(make: Maker) -> Iterator[Sample]:
    for a, b in ((2, 3), (1, 1), (0, 2)):
        yield Sample(f"{a} by {b}", {"x1": make.array((a,)), "x2": make.array((b,))})


def _diagonal_matrix(make: Maker) -> Iterator[Sample]:
    for shape in ((3,), (2, 3), (0,), (2, 1)):
        yield Sample(str(shape), {"x": make.array(shape)})


def _enter(name: str, samples: Samples, *, step: bool = False) -> None:
    CASES[name] = Case(name, samples, complex=True, step=step)


_FULL: Final = ({"full_matrices": False}, {"full_matrices": True})
_MODES: Final = ({"mode": "reduced"}, {"mode": "complete"})

_enter("linalg.cholesky", _cholesky)
_enter("linalg.inv", _square(), step=True)
_enter("linalg.det", _square(), step=True)
_enter("cofactor", _square(sizes=(2, 3)))
_enter("linalg.slogdet", _square())
_enter("linalg.eigh", _square(definite=True, prepare=_hermitian, observe=_values_and_projections))
_enter("linalg.eigvalsh", _square(definite=True, prepare=_hermitian))
_enter("linalg.eig", _square(observe=_rising_values_and_projections))
_enter("linalg.eigvals", _square(observe=_rising))
_enter("linalg.solve", _solve, step=True)
_enter("linalg.pinv", _pinv)
_enter("linalg.svd", _any(names=_FULL, parts=_svd_parts))
_enter("linalg.svdvals", _any())
_enter("linalg.qr", _qr)
_enter("linalg.vector_norm", _vector_norm)
_enter("linalg.diagonal", _diagonal, step=True)
_enter("diagonal_matrix", _diagonal_matrix, step=True)
_enter("linalg.cross", _cross, step=True)
_enter("linalg.outer", _outer, step=True)
