"""One call of every function of the standard, to be run on NumPy and on a backend: for values, not for derivatives.

A row says for which kinds of dtypes the call is defined: b(ool), i(nt), u(int), f(loat), c(omplex), or 0 for none.
The call gets a namespace and :class:`Arrays` of one dtype; results may be arrays, tuples, numbers or dtypes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FUNCTIONS", "Arrays", "Row"]


class Arrays(NamedTuple):
    """What a call works on; every field is an array of the namespace but the last three."""

    a: Any
    """2 by 3; floating ones between 0.1 and 0.9, integers from 1 to 6."""
    b: Any
    """2 by 3, others."""
    v: Any
    """3 elements, ascending."""
    m: Any
    """3 by 3, well conditioned."""
    s: Any
    """3 by 3, Hermitian and positive definite."""
    i: Any
    """Integers: [2, 0, 1]."""
    k: Any
    """Booleans, 2 by 3."""
    dtype: Callable[[str], Any]
    """The namespace's dtype of a name."""
    own: Any
    """The dtype under test."""
    where: dict[str, Any]
    """The keyword ``device`` for functions that create."""


class Row(NamedTuple):
    """A call of a function."""

    kinds: str
    call: Callable[[Any, Arrays], Any]
    reference: Callable[[Any, Arrays], Any] | None = None
    """What NumPy is asked instead, where it spells the standard's call in another way."""
    static: bool = True
    """The result's shape follows from shapes alone."""


FUNCTIONS: Final[dict[str, Row]] = {}


def _unary(kinds: str, names: str, shift: float = 0) -> None:
    def row(name: str) -> Row:
        return Row(kinds, lambda xp, t: getattr(xp, name)(t.a + shift if shift else t.a))

    FUNCTIONS.update({name: row(name) for name in names.split()})


def _binary(kinds: str, names: str) -> None:
    def row(name: str) -> Row:
        return Row(
            kinds, lambda xp, t: (getattr(xp, name)(t.a, t.b), getattr(xp, name)(t.b[0, :], t.a))
        )

    FUNCTIONS.update({name: row(name) for name in names.split()})


def _reduction(kinds: str, names: str) -> None:
    def row(name: str) -> Row:
        return Row(
            kinds,
            lambda xp, t: (
                getattr(xp, name)(t.a),
                getattr(xp, name)(t.a, axis=1),
                getattr(xp, name)(t.b, axis=0, keepdims=True),
            ),
        )

    FUNCTIONS.update({name: row(name) for name in names.split()})


_unary("iufc", "abs negative positive square sign isfinite isinf isnan round")
_unary(
    "fc",
    "exp expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh atanh sqrt reciprocal",
)
_unary("fc", "acosh", shift=1.0)
_unary("iuf", "ceil floor trunc")
_unary("f", "signbit")
_unary("fc", "conj real")
_unary("c", "imag")
_unary("b", "logical_not")
_unary("biu", "bitwise_invert")
_binary("iufc", "add subtract multiply pow")
_binary("fc", "divide")
_binary("iuf", "maximum minimum floor_divide remainder less less_equal greater greater_equal")
_binary("f", "copysign hypot logaddexp nextafter atan2")
_binary("biufc", "equal not_equal")
_binary("b", "logical_and logical_or logical_xor")
_binary("biu", "bitwise_and bitwise_or bitwise_xor")
_binary("iu", "bitwise_left_shift bitwise_right_shift")
_reduction("iufc", "sum prod")
_reduction("fc", "mean")
_reduction("iuf", "max min argmax argmin")
_reduction("f", "std var")
_reduction("biufc", "all any count_nonzero")

_ALL: Final[dict[str, Callable[[Any, Arrays], Any]]] = {
    "asarray": lambda xp, t: (xp.asarray(t.a), xp.asarray(t.a, copy=True)),
    "astype": lambda xp, t: [xp.astype(t.a, t.dtype(n)) for n in ("bool", "int32", "float32")
                             if "complex" not in str(t.own)],
    "broadcast_arrays": lambda xp, t: tuple(xp.broadcast_arrays(t.v, t.a)),
    "broadcast_to": lambda xp, t: xp.broadcast_to(t.v, (2, 3)),
    "can_cast": lambda xp, t: [xp.can_cast(t.own, t.dtype(n)) for n in ("bool", "int64", "float64", "complex128")],
    "concat": lambda xp, t: (xp.concat([t.a, t.b]), xp.concat([t.a, t.b], axis=None)),
    "empty_like": lambda xp, t: xp.empty_like(t.a) is None,
    "expand_dims": lambda xp, t: xp.expand_dims(t.a, axis=1),
    "flip": lambda xp, t: (xp.flip(t.a), xp.flip(t.a, axis=1)),
    "full_like": lambda xp, t: xp.full_like(t.a, 1),
    "isdtype": lambda xp, t: [xp.isdtype(t.own, k) for k in
                              ("bool", "signed integer", "unsigned integer", "real floating", "numeric")],
    "matrix_transpose": lambda xp, t: xp.matrix_transpose(t.a),
    "meshgrid": lambda xp, t: (*xp.meshgrid(t.v, t.v), *xp.meshgrid(t.v, t.v, indexing="ij")),
    "moveaxis": lambda xp, t: xp.moveaxis(t.a, 0, 1),
    "ones_like": lambda xp, t: xp.ones_like(t.a),
    "permute_dims": lambda xp, t: xp.permute_dims(t.a, (1, 0)),
    "repeat": lambda xp, t: (xp.repeat(t.a, 2), xp.repeat(t.a, 3, axis=1)),
    "reshape": lambda xp, t: xp.reshape(t.a, (3, -1)),
    "result_type": lambda xp, t: xp.result_type(t.a, t.own),
    "roll": lambda xp, t: (xp.roll(t.a, 1), xp.roll(t.a, (1, -1), axis=(0, 1))),
    "squeeze": lambda xp, t: xp.squeeze(t.a[:1, ...], axis=0),
    "stack": lambda xp, t: (xp.stack([t.a, t.b]), xp.stack([t.a, t.b], axis=-1)),
    "take": lambda xp, t: xp.take(t.a, t.i, axis=1),
    "take_along_axis": lambda xp, t: xp.take_along_axis(t.m, xp.stack([t.i, t.i]), axis=0),
    "tile": lambda xp, t: xp.tile(t.a, (2, 1)),
    "tril": lambda xp, t: (xp.tril(t.m), xp.tril(t.m, k=-1)),
    "triu": lambda xp, t: (xp.triu(t.m), xp.triu(t.m, k=1)),
    "unstack": lambda xp, t: tuple(xp.unstack(t.a, axis=1)),
    "where": lambda xp, t: xp.where(t.k, t.a, t.b),
    "zeros_like": lambda xp, t: xp.zeros_like(t.a),
    "eye": lambda xp, t: xp.eye(2, 3, k=1, dtype=t.own, **t.where),
    "full": lambda xp, t: xp.full((2, 2), 1, dtype=t.own, **t.where),
    "ones": lambda xp, t: xp.ones((2, 3), dtype=t.own, **t.where),
    "zeros": lambda xp, t: xp.zeros((0, 3), dtype=t.own, **t.where),
    "empty": lambda xp, t: xp.empty((2, 3), dtype=t.own, **t.where) is None,
    "isin": lambda xp, t: xp.isin(t.a, t.b[0, :]),
}  # fmt: skip
FUNCTIONS.update({name: Row("biufc", call) for name, call in _ALL.items()})
FUNCTIONS["isin"] = FUNCTIONS["isin"]._replace(kinds="iu")

_SOME: Final[dict[str, Row]] = {
    "arange": Row("if", lambda xp, t: (xp.arange(3, dtype=t.own, **t.where),
                                     xp.arange(1, 7, 2, dtype=t.own, **t.where))),
    "linspace": Row("f", lambda xp, t: xp.linspace(0, 1, 5, dtype=t.own, **t.where)),
    "clip": Row("iuf", lambda xp, t: (xp.clip(t.a, t.b, None), xp.clip(t.a, max=t.b))),
    "cumulative_sum": Row("iufc", lambda xp, t: (xp.cumulative_sum(t.a, axis=1),
                                                 xp.cumulative_sum(t.v, include_initial=True))),
    "cumulative_prod": Row("iufc", lambda xp, t: (xp.cumulative_prod(t.a, axis=0),
                                                  xp.cumulative_prod(t.v, include_initial=True))),
    "diff": Row("ifc", lambda xp, t: (xp.diff(t.a), xp.diff(t.a, axis=0, prepend=t.b[:1, ...]))),
    "finfo": Row("fc", lambda xp, t: [float(getattr(xp.finfo(t.own), n))
                                      for n in ("eps", "max", "min", "smallest_normal")]),
    "iinfo": Row("iu", lambda xp, t: [int(getattr(xp.iinfo(t.own), n)) for n in ("bits", "max", "min")]),
    "broadcast_shapes": Row("0", lambda xp, _: tuple(xp.broadcast_shapes((2, 1), (3,)))),
    "matmul": Row("iufc", lambda xp, t: (xp.matmul(t.a, t.m), xp.matmul(t.m, t.v))),
    "tensordot": Row("iufc", lambda xp, t: (xp.tensordot(t.a, t.m, axes=1),
                                            xp.tensordot(t.a, t.b, axes=((0, 1), (0, 1))))),
    "vecdot": Row("iufc", lambda xp, t: xp.vecdot(t.a, t.b)),
    "nonzero": Row("biufc", lambda xp, t: tuple(xp.nonzero(t.a)), static=False),
    "unique_all": Row("biuf", lambda xp, t: tuple(xp.unique_all(t.a)), static=False),
    "unique_counts": Row("biuf", lambda xp, t: tuple(xp.unique_counts(t.a)), static=False),
    "unique_inverse": Row("biuf", lambda xp, t: tuple(xp.unique_inverse(t.a)), static=False),
    "unique_values": Row("iuf", lambda xp, t: xp.sort(xp.unique_values(t.a)), static=False),
    "searchsorted": Row("iuf", lambda xp, t: (xp.searchsorted(t.v, t.b[0, :]),
                                              xp.searchsorted(t.v, t.v, side="right"))),
    "sort": Row("iuf", lambda xp, t: (xp.sort(t.a), xp.sort(t.a, axis=0, descending=True)),
                lambda np, t: (np.sort(t.a), np.sort(t.a, axis=0)[::-1])),
    "argsort": Row("iuf", lambda xp, t: (xp.argsort(t.v), xp.argsort(t.b, axis=1, descending=True)),
                   lambda np, t: (np.argsort(t.v), np.argsort(-t.b.astype(float), axis=1, kind="stable"))),
    "from_dlpack": Row("f", lambda xp, t: xp.from_dlpack(t.a)),
    "linalg.cholesky": Row("fc", lambda xp, t: (xp.linalg.cholesky(t.s), xp.linalg.cholesky(t.s, upper=True))),
    "linalg.cross": Row("ifc", lambda xp, t: xp.linalg.cross(t.a, t.b)),
    "linalg.det": Row("fc", lambda xp, t: xp.linalg.det(t.m)),
    "linalg.diagonal": Row("iufc", lambda xp, t: (xp.linalg.diagonal(t.m), xp.linalg.diagonal(t.m, offset=1))),
    "linalg.eig": Row("fc", lambda xp, t: _rebuilt(xp, *xp.linalg.eig(t.m), inverse=True),
                      lambda _, t: t.m + 0j),
    "linalg.eigh": Row("fc", lambda xp, t: (xp.linalg.eigh(t.s)[0], _rebuilt(xp, *xp.linalg.eigh(t.s)))),
    "linalg.eigvals": Row("fc", lambda xp, t: xp.sum(xp.linalg.eigvals(t.m)), lambda np, t: np.trace(t.m) + 0j),
    "linalg.eigvalsh": Row("fc", lambda xp, t: xp.linalg.eigvalsh(t.s)),
    "linalg.inv": Row("fc", lambda xp, t: xp.linalg.inv(t.m)),
    "linalg.matmul": Row("iufc", lambda xp, t: xp.linalg.matmul(t.a, t.m)),
    "linalg.matrix_norm": Row("fc", lambda xp, t: [xp.linalg.matrix_norm(t.m, ord=o) for o in ("fro", "nuc", 1, 2)]),
    "linalg.matrix_power": Row("fc", lambda xp, t: (xp.linalg.matrix_power(t.m, 3), xp.linalg.matrix_power(t.m, -1))),
    "linalg.matrix_rank": Row("fc", lambda xp, t: xp.linalg.matrix_rank(t.m)),
    "linalg.matrix_transpose": Row("biufc", lambda xp, t: xp.linalg.matrix_transpose(t.a)),
    "linalg.outer": Row("iufc", lambda xp, t: xp.linalg.outer(t.v, t.v)),
    "linalg.pinv": Row("fc", lambda xp, t: xp.linalg.pinv(t.a)),
    "linalg.qr": Row("fc", lambda xp, t: xp.matmul(*xp.linalg.qr(t.m))),
    "linalg.slogdet": Row("fc", lambda xp, t: tuple(xp.linalg.slogdet(t.m))),
    "linalg.solve": Row("fc", lambda xp, t: (xp.linalg.solve(t.m, t.v), xp.linalg.solve(t.m, t.s))),
    "linalg.svd": Row("fc", lambda xp, t: _from_svd(xp, *xp.linalg.svd(t.a, full_matrices=False))),
    "linalg.svdvals": Row("fc", lambda xp, t: xp.linalg.svdvals(t.a)),
    "linalg.tensordot": Row("iufc", lambda xp, t: xp.linalg.tensordot(t.a, t.m, axes=1)),
    "linalg.trace": Row("ifc", lambda xp, t: xp.linalg.trace(t.m)),
    "linalg.vecdot": Row("iufc", lambda xp, t: xp.linalg.vecdot(t.a, t.b)),
    "linalg.vector_norm": Row("fc", lambda xp, t: [xp.linalg.vector_norm(t.a, ord=o, axis=1)
                                                   for o in (1, 2, float("inf"))]),
    "fft.fft": Row("c", lambda xp, t: (xp.fft.fft(t.a), xp.fft.fft(t.a, n=5, axis=0, norm="ortho"))),
    "fft.ifft": Row("c", lambda xp, t: (xp.fft.ifft(t.a), xp.fft.ifft(t.a, n=2, norm="forward"))),
    "fft.fftn": Row("c", lambda xp, t: xp.fft.fftn(t.a)),
    "fft.ifftn": Row("c", lambda xp, t: xp.fft.ifftn(t.a)),
    "fft.rfft": Row("f", lambda xp, t: xp.fft.rfft(t.a)),
    "fft.irfft": Row("c", lambda xp, t: xp.fft.irfft(t.a)),
    "fft.rfftn": Row("f", lambda xp, t: xp.fft.rfftn(t.a)),
    "fft.irfftn": Row("c", lambda xp, t: xp.fft.irfftn(t.a)),
    "fft.hfft": Row("c", lambda xp, t: xp.fft.hfft(t.a)),
    "fft.ihfft": Row("f", lambda xp, t: xp.fft.ihfft(t.a)),
    "fft.fftshift": Row("fc", lambda xp, t: xp.fft.fftshift(t.a)),
    "fft.ifftshift": Row("fc", lambda xp, t: xp.fft.ifftshift(t.a, axes=1)),
    "fft.fftfreq": Row(
        "0", lambda xp, t: xp.fft.fftfreq(5, d=0.5, dtype=t.own, **t.where),
        lambda xp, t: xp.astype(xp.fft.fftfreq(5, d=0.5), t.own),
    ),
    "fft.rfftfreq": Row(
        "0", lambda xp, t: xp.fft.rfftfreq(6, dtype=t.own, **t.where),
        lambda xp, t: xp.astype(xp.fft.rfftfreq(6), t.own),
    ),
}  # fmt: skip
FUNCTIONS.update(_SOME)


def _rebuilt(xp: Any, values: Any, vectors: Any, *, inverse: bool = False) -> Any:
    """The matrix of eigenvalues and eigenvectors."""
    back = xp.linalg.inv(vectors) if inverse else xp.conj(xp.matrix_transpose(vectors))
    return xp.matmul(vectors * values[None, :], back)


def _from_svd(xp: Any, u: Any, s: Any, vh: Any) -> Any:
    """The matrix of its singular values and vectors."""
    return s, xp.matmul(u * xp.astype(s, u.dtype)[None, :], vh)
