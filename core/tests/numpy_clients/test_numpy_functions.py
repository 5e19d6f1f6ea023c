"""NumPy's functions beyond the standard: the values are NumPy's, the derivatives right to second order."""

import numpy as np
import pytest

import xpgrad as xp

rng = np.random.default_rng(0)
A, B, V = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=4)
P, T = np.abs(A) + 0.5, rng.normal(size=(2, 3, 4))
HOLES = np.where(A > 1.0, np.nan, A)
MASK = A > 0
DAMPED = [0.1, 0.5, -0.2]


def stated(statement, x, *args, **kwargs):
    """The array after a statement that changes it."""
    x = x.copy()
    assert statement(x, *args, **kwargs) is None
    return x


CALLS = {
    "sinc": (np.sinc, A),
    "deg2rad": (np.deg2rad, A),
    "rad2deg": (np.rad2deg, A),
    "exp2": (np.exp2, A),
    "cbrt": (np.cbrt, P),
    "angle": (np.angle, A),
    "radians and degrees": (lambda x: np.radians(x) + np.degrees(x), A),
    "fmax": (lambda x, y: np.fmax(x + HOLES, y), A, P),
    "fmin": (lambda x, y: np.fmin(x + HOLES, y), A, P),
    "maximum.accumulate": (lambda x: np.maximum.accumulate(x, axis=1), A),
    "minimum.accumulate": (np.minimum.accumulate, V),
    "logaddexp2": (np.logaddexp2, A, P),
    "fmod": (np.fmod, A, P),
    "heaviside": (np.heaviside, A, P),
    "modf": (lambda x: np.modf(x)[0], A),
    "matvec": (np.matvec, A, V),
    "nan_to_num": (lambda x: np.nan_to_num(np.where(MASK, x, np.nan), nan=1.0), A),
    "ptp": (lambda x: np.ptp(x, axis=1), A),
    "median": (np.median, A),
    "median of several axes": (lambda x: np.median(x, axis=(0, 2), keepdims=True), T),
    "quantile": (lambda x: np.quantile(x, [0.25, 0.7], axis=0), A),
    "percentile": (lambda x: np.percentile(x, 30), A),
    "nansum": (lambda x: np.nansum(x + HOLES, axis=1), A),
    "nanmean": (lambda x: np.nanmean(x + HOLES, axis=0), A),
    "nanmax": (lambda x: np.nanmax(x + HOLES, axis=0), A),
    "nanmin": (lambda x: np.nanmin(x + HOLES), A),
    "nanvar": (lambda x: np.nanvar(x + HOLES, axis=1, ddof=1), A),
    "nanstd": (lambda x: np.nanstd(x + HOLES), A),
    "nanprod": (lambda x: np.nanprod(x + HOLES, axis=1), A),
    "nancumprod": (lambda x: np.nancumprod(x + HOLES, axis=1), A),
    "nanmedian": (lambda x: np.nanmedian(x + HOLES, axis=0), A),
    "nanquantile": (lambda x: np.nanquantile(x + HOLES, [0.2, 0.9], axis=1), A),
    "nanpercentile": (lambda x: np.nanpercentile(x + HOLES, 30), A),
    "quantile by hazen": (lambda x: np.quantile(x, 0.3, axis=1, method="hazen"), A),
    "nancumsum": (lambda x: np.nancumsum(x + HOLES), A),
    "sum where": (lambda x: np.sum(x, where=MASK, initial=2.0), A),
    "max where": (lambda x: np.max(x, where=MASK, initial=0.1), A),
    "mean where": (lambda x: np.mean(x, axis=0, where=MASK), A),
    "prod where": (lambda x: np.prod(x, axis=1, where=MASK), A),
    "average": (lambda x, w: np.average(x, axis=0, weights=w), A, P[:, 0]),
    "cov": (np.cov, A),
    "corrcoef": (np.corrcoef, A),
    "trace": (np.trace, A),
    "bincount": (lambda w: np.bincount([0, 2, 2, 1], weights=w), V),
    "trapezoid": (lambda y, x: np.trapezoid(y, x, axis=1), A, V),
    "ediff1d": (np.ediff1d, V),
    "gradient": (lambda x: np.gradient(x, 0.5)[1], A),
    "convolve": (np.convolve, V, A[0, :3]),
    "convolve same": (lambda a, v: np.convolve(a, v, "same"), A[0, :2], V),
    "correlate": (lambda a, v: np.correlate(a, v, "same"), A[0, :3], V),
    "interp": (
        lambda x, y: np.interp(x, [0.0, 1.0, 2.0, 4.0], y),
        np.array([-1.0, 0.3, 2.5, 9.0]),
        V,
    ),
    "interp with a period": (
        lambda x, y: np.interp(x, [0.5, 3.0, 1.5, 2.0], y, period=3.7),
        np.array([-1.0, 0.3, 2.5, 9.0]),
        V,
    ),
    "polyval": (np.polyval, V, A),
    "vander": (np.vander, V),
    "vdot": (np.vdot, V, A[0]),
    "inner": (np.inner, A, P),
    "cross": (np.cross, A[:, :3], V[:3]),
    "kron": (np.kron, A, B),
    "unique": (np.unique, V),
    "partition": (lambda x: np.partition(x, 2), V),
    "unwrap": (lambda x: np.unwrap(4.0 * x), V),
    "select": (lambda x: np.select([MASK, A < -1], [x, x**2], x**3), A),
    "meshgrid": (
        lambda x, y: np.meshgrid(x, y)[1] * np.meshgrid(x, y, indexing="xy")[0],
        V,
        A[:, 0],
    ),
    "diag": (lambda x: np.diag(x, 1), V),
    "diagonal": (lambda x: np.diagonal(x, 0, 1, 2), T),
    "diagflat": (np.diagflat, V),
    "rot90": (lambda x: np.rot90(x, 3), A),
    "flipud": (np.flipud, A),
    "fliplr": (np.fliplr, A),
    "rollaxis": (lambda x: np.rollaxis(x, 2), T),
    "ravel by columns": (lambda x: np.ravel(x, order="F"), A),
    "reshape by columns": (lambda x: np.reshape(x, (4, 3), order="F"), A),
    "take flat": (lambda x: np.take(x, [0, 5, 5]), A),
    "atleast_3d": (np.atleast_3d, A),
    "split": (lambda x: np.split(x, 2, axis=1)[1], A),
    "block": (lambda x, y: np.block([[x, y], [y, x]]), A, P),
    "array_split": (lambda x: np.array_split(x, 3)[0], V),
    "column_stack": (lambda x, y: np.column_stack([x, y]), A, A[:, 0]),
    "dstack": (lambda x, y: np.dstack([x, y]), A, P),
    "vstack": (lambda x, y: np.vstack([x, y]), A, V),
    "hstack": (lambda x: np.hstack([x, DAMPED]), V),
    "append": (np.append, A, V),
    "insert": (lambda x: np.insert(x, 1, 3.0), V),
    "delete": (lambda x: np.delete(x, 1, axis=0), A),
    "compress": (lambda x: np.compress([True, False, True], x, axis=0), A),
    "extract": (lambda x: np.extract(MASK, x), A),
    "resize": (lambda x: np.resize(x, (2, 2)), A),
    "tile": (lambda x: np.tile(x, 2), A),
    "pad": (lambda x: np.pad(x, ((1, 0), (0, 2))), A),
    "pad with a number": (lambda x: np.pad(x, 1, constant_values=2.5), A),
    "pad edge": (lambda x: np.pad(x, 1, mode="edge"), A),
    "pad reflect": (lambda x: np.pad(x, 2, mode="reflect"), A),
    "multiply.outer": (np.multiply.outer, V, A),
    "add.accumulate": (np.add.accumulate, A),
    "round": (lambda x: np.round(x, 1) + x, A),
    "searchsorted": (lambda x: np.searchsorted([-1.0, 0.0, 1.0], np.asarray(V)) + x, V),
    "gradient by places": (
        lambda y, x: np.gradient(y, np.cumsum(x), axis=1),
        A,
        np.abs(V) + 0.3,
    ),
    "gradient of second order at the edges": (
        lambda y: np.gradient(y, 0.5, 2.0, edge_order=2)[0],
        A,
    ),
    "linspace of arrays": (lambda a, b: np.linspace(a, b, 3, axis=1), A[:, 0], A[:, 1]),
    "logspace": (
        lambda a, b: np.logspace(a, 1.0, 4, base=b, endpoint=False),
        A[0],
        np.asarray(1.7),
    ),
    "geomspace": (lambda a, b: np.geomspace(a, b, 4, axis=-1), P[0], P[1]),
    "polyadd": (np.polyadd, V, A[0, :2]),
    "polysub": (np.polysub, V[:2], A[0]),
    "polymul": (lambda p, q: np.polymul(p, np.append(0.0, q)), V, A[0]),
    "polydiv": (lambda u, v: np.concatenate(np.polydiv(u, v)), V, A[0, :2]),
    "polyder": (lambda p: np.polyder(p, 2), V),
    "polyint": (lambda p, k: np.polyint(p, 2, k), V, A[0, :2]),
    "poly": (np.poly, V),
    "poly of a matrix": (lambda x: np.poly(x @ x.T), A),
    "roots": (
        lambda p: np.sort(np.abs(np.roots(np.append(p, 0.0)))),
        np.asarray([1.0, 0.3, 2.0, -0.7]),
    ),
    "polyfit": (
        lambda x, y, w: np.polyfit(x, y, 2, w=w),
        np.asarray([0.0, 0.4, 1.1, 1.9]),
        V,
        P[0],
    ),
    "polyfit of columns": (lambda x, y: np.polyfit(x, y, 1), np.asarray([0.0, 0.4, 1.1]), A),
    "choose": (lambda x, y: np.choose([[0, 1, 1, 0]], [x, y]), A, V),
    "piecewise": (lambda x: np.piecewise(x, [x < -0.5, x > 0.5], [np.exp, 3.0, lambda v: v**3]), A),
    "apply_along_axis": (lambda x: np.apply_along_axis(lambda v: np.outer(v, v[:2]), 1, x), T),
    "apply_over_axes": (lambda x: np.apply_over_axes(np.sum, x, [0, -1]), T),
    "trim_zeros": (lambda x: np.trim_zeros(np.concatenate([[0.0], x, [0.0, 0.0]])), V),
    "fix": (lambda x: np.fix(x) * x, A),
    "infinities": (lambda x: x * np.isposinf(np.where(MASK, np.inf, x)) - x**3 * np.isneginf(x), A),
    "real and complex numbers": (lambda x: x * np.isreal(x) - x**3 * np.iscomplex(x), A),
    "real_if_close": (lambda x: np.real_if_close(x * (1 + 0j)), A),
    "nanargmax and nanargmin": (
        lambda x: x[:, np.nanargmax(x + HOLES) % 4] + x[np.nanargmin(x + HOLES, axis=0)[0]][:3],
        A,
    ),
    "indices of a triangle": (
        lambda x: x[np.tril_indices_from(x, -1)] + x[np.triu_indices_from(x, 1)],
        T[0, :, :3],
    ),
    "indices of the diagonal": (lambda x: x[np.diag_indices_from(x)], T[0, :, :3]),
    "sort of all elements": (lambda x: np.sort(x, axis=None) * np.arange(12.0), A),
    "take_along_axis of all elements": (
        lambda x: np.take_along_axis(x, np.argsort(x, axis=None), None)[:5],
        A,
    ),
    "put_along_axis": (
        lambda x, y: stated(np.put_along_axis, x, np.asarray([[1], [0], [3]]), y, axis=1),
        A,
        P[:, :1],
    ),
    "nan_to_num in place": (lambda x: np.nan_to_num(x + HOLES, copy=False, nan=1.0), A),
    "add.at": (lambda x, y: stated(np.add.at, x, ([0, 0, 2], [1, 1, 3]), y), A, V[:3]),
    "subtract.at": (lambda x, y: stated(np.subtract.at, x, [0, 0], y), V, np.asarray(0.3)),
    "out= of a tensor": (lambda x, y: np.add(np.sin(x), y, out=x * 1.0, where=MASK), A, P),
    "outer of a list": (lambda x: np.outer([1.0, 2.0], x), V),
    "logaddexp.reduce": (lambda x: np.logaddexp.reduce(x, axis=1), A),
    "mean in a dtype": (lambda x: np.mean(x, dtype=np.float64), A),
    "tril of a vector": (lambda x: np.tril(x, -1), V),
    "triu": (lambda x: np.triu(x, k=1), T),
    "copyto": (lambda x, y: stated(np.copyto, x, y, where=MASK), A, P),
    "fill_diagonal": (lambda x, y: stated(np.fill_diagonal, x, y), A, V[:3]),
    "place": (lambda x, y: stated(np.place, x, MASK, y), A, V),
    "put": (lambda x, y: stated(np.put, x, [3, -1, 3, 0], y), A, V),
    "putmask": (lambda x, y: stated(np.putmask, x, MASK, y), A, P),
    "copy and ravel": (lambda x: x.copy().ravel(), A),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_value_and_the_derivative(name):
    function, *arrays = CALLS[name]
    tensors = [xp.tensor(a, requires_grad=True) for a in arrays]
    result, expected = function(*tensors), np.asarray(function(*arrays))
    assert isinstance(result, xp.Tensor)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result.detach(), expected, rtol=1e-12, atol=1e-14)
    assert xp.autograd.gradcheck(function, tensors)


@pytest.mark.parametrize("name", CALLS)
def test_the_derivative_has_a_derivative(name):
    function, *arrays = CALLS[name]

    tensors = [xp.tensor(a, requires_grad=True) for a in arrays]
    assert xp.autograd.gradgradcheck(lambda *args: function(*args) ** 2, tensors)


def test_the_second_derivative_of_sinc_at_zero_is_minus_a_third_of_pi_squared():
    x = xp.tensor(0.0, requires_grad=True)
    (slope,) = xp.autograd.grad(np.sinc(x), x, create_graph=True)
    (bend,) = xp.autograd.grad(slope, x)
    np.testing.assert_allclose(bend, -(np.pi**2) / 3.0)


def test_what_cannot_be_kept_is_refused_by_name():
    x = xp.tensor(V, requires_grad=True)
    for call, text in (
        (lambda: np.nansum(x, out=np.zeros(())), "out="),
        (lambda: np.pad(x, 1, mode="mean"), "modes constant"),
        (lambda: np.quantile(x, 0.5, method="inverted_cdf", weights=V), "does not take weights="),
        (lambda: np.percentile(x, 50, method="inverted_cdf", weights=V), "no weights"),
        (lambda: np.unique(x, return_counts=True), "unique_all"),
        (lambda: np.histogram(x), "numpy.histogram"),
        (lambda: np.polyfit(x, x, 1, full=True), "numpy.polyfit"),
        (lambda: np.copyto(V.copy(), x), "numpy.copyto"),
    ):
        with pytest.raises(TypeError, match=text):
            call()


ELSEWHERE = (
    "median cov diag rot90 block bincount interp partition select convolve insert piecewise geomspace put polyder "
    "choose"
).split()


@pytest.mark.parametrize("name", [*ELSEWHERE, "pad edge", "mean where", "gradient by places"])
def test_tensors_of_another_library_stay_in_it(name):
    strict = pytest.importorskip("array_api_strict", reason="the other library")
    function, *arrays = CALLS[name]
    there = [xp.asarray(strict.asarray(a)).requires_grad_() for a in arrays]
    here = [xp.tensor(a, requires_grad=True) for a in arrays]
    result = function(*there)
    assert result.backend.name == there[0].backend.name != "numpy"
    result.sum().backward()
    function(*here).sum().backward()
    for a, b in zip(there, here, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad, atol=1e-12)


UNTRACKED = {
    "histogram": lambda a: np.histogram(a, bins=3),
    "unravel_index": lambda a: np.unravel_index(np.argmax(a), a.shape),
    "lexsort": lambda a: np.lexsort((a[0], a[1])),
    "union1d": lambda a: np.union1d(a[0], a[1]),
    "gcd": lambda a: np.gcd(a.astype(np.int64), 4),
    "spacing": np.spacing,
    "frexp": np.frexp,
    "add.reduceat": lambda a: np.add.reduceat(a, [0, 2]),
    "bincount": lambda a: np.bincount(abs(a[0]).astype(np.int64)),
}


@pytest.mark.parametrize("name", UNTRACKED)
def test_what_has_no_derivative_numpy_computes_for_tensors_that_need_none(name):
    found, expected = UNTRACKED[name](xp.asarray(A)), UNTRACKED[name](A)
    found, expected = (r if isinstance(r, tuple) else (r,) for r in (found, expected))
    for f, e in zip(found, expected, strict=True):
        assert isinstance(f, xp.Tensor)
        np.testing.assert_array_equal(f, e)
        assert f.dtype == np.asarray(e).dtype


def test_a_tracked_tensor_a_transform_and_another_library_say_what_to_do(tmp_path):
    strict = pytest.importorskip("array_api_strict", reason="the other library")
    with pytest.raises(TypeError, match=r"numpy\.spacing .*no derivative.*detach\(\)"):
        np.spacing(xp.tensor(V, requires_grad=True))
    with pytest.raises(TypeError, match=r"numpy\.union1d .*transforms"):
        xp.vmap(lambda v: np.union1d(v, v))(xp.asarray(A))
    with pytest.raises(TypeError, match=r"numpy\.union1d .*\.numpy\(\)"):
        np.union1d(xp.asarray(strict.asarray(V)), V)
    with pytest.raises(TypeError, match=r"numpy\.maximum\.at .*scatter_add"):
        np.maximum.at(xp.asarray(V), [0], 1.0)
    np.save(tmp_path / "v.npy", xp.asarray(V))
    np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), V)
