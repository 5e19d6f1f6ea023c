"""Each short way of NumPy's kernels gives what the long way gives, on both sides of its limits."""

from types import SimpleNamespace

import numpy as np
import pytest

from xpgrad_numpy import kernels, selection

SHAPES = [(), (1,), (0, 3), (7, 5), (64, 128), (300, 257)]
DTYPES = ["float16", "float32", "float64", "complex64"]
RNG = np.random.default_rng(0)


def sample(shape, dtype):
    return np.asarray(RNG.standard_normal(shape)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES[:3])
@pytest.mark.parametrize("shape", SHAPES)
def test_relu_and_step_are_maximum_and_greater(shape, dtype):
    x = sample(shape, dtype)
    for view in (x, x.T, x[..., ::2] if x.ndim else x):
        got = kernels.relu(view)
        assert got.dtype == x.dtype
        np.testing.assert_array_equal(got, np.maximum(view, 0))
        np.testing.assert_array_equal(kernels.step(view), (view > 0).astype(dtype))


def test_relu_keeps_nan():
    assert np.isnan(kernels.relu(np.full(1000, np.nan))).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_masked_is_a_hard_zero(shape, dtype):
    x = sample(shape, dtype)
    x[...] = np.where(x.real > 1, np.inf, x)
    condition = np.asarray(x.real < 1)
    for a, c in ((x, condition), (x.T, condition.T)):
        got = kernels.masked(a, c)
        assert got.dtype == x.dtype
        np.testing.assert_array_equal(got, np.where(c, a, 0))


@pytest.mark.parametrize("shape", [(7, 5), (300, 257), (70000, 2), (3, 4, 5)])
@pytest.mark.parametrize("dtype", DTYPES[1:])
def test_sum_to_is_a_sum(shape, dtype):
    x = sample(shape, dtype)
    for to in (shape[1:], (1, *shape[1:]), shape[-1:], ()):
        lead = tuple(range(len(shape) - len(to)))
        want = x.sum(axis=lead)
        if to[:1] == (1,):
            want = want.sum(axis=0, keepdims=True)
        got = kernels.sum_to(x, to)
        assert got.shape == to
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-1)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("n", [0, 1, 50])
def test_scatter_add_adds_duplicates_and_counts_from_the_end(axis, n):
    x = sample((6, 4, 3), "float64")
    indices = RNG.integers(-x.shape[axis], x.shape[axis], n)
    moved = np.moveaxis(x, axis, 0)
    values = sample((n, *moved.shape[1:]), "float64")
    want = moved.copy()
    for i, row in zip(indices, values, strict=True):
        want[i] += row
    got = kernels.scatter_add(x, indices, np.moveaxis(values, 0, axis), axis)
    np.testing.assert_allclose(got, np.moveaxis(want, 0, axis))


def test_rows_are_added_into_an_array_in_fortran_order():
    x = np.zeros((4, 3), order="F")
    kernels.index_add(x, np.array([1, 1, -1]), np.ones((3, 3)), own=True)
    np.testing.assert_array_equal(x, np.outer([0, 2, 0, 1], [1, 1, 1]))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("n", [1, 4])
def test_put_along_axis_adds(axis, n):
    shape = (n, 5) if axis == 0 else (5, n)
    indices = RNG.integers(0, 5, shape)
    values = sample(shape, "float64")
    want = np.zeros((5, 5))
    for place, value in np.ndenumerate(values):
        where = list(place)
        where[axis] = indices[place]
        want[tuple(where)] += value
    like = SimpleNamespace(shape=(5, 5))
    np.testing.assert_allclose(selection.put_along_axis_add(values, indices, like, axis), want)


@pytest.mark.parametrize("dtype", [*DTYPES, "int64"])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_mean_is_numpys(dtype, axis, keepdims):
    x = (10 * sample((3, 4, 5), dtype)).astype(dtype)
    got, want = (f(x, axis=axis, keepdims=keepdims) for f in (kernels.mean, np.mean))
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_axis_moves_are_numpys():
    x = sample((3, 4, 5), "float64")
    for a in range(-3, 3):
        np.testing.assert_array_equal(kernels.flip(x, axis=a), np.flip(x, a))
        for b in range(-3, 3):
            np.testing.assert_array_equal(kernels.moveaxis(x, a, b), np.moveaxis(x, a, b))
    np.testing.assert_array_equal(kernels.flip(x), np.flip(x))
    for a in range(-4, 4):
        assert kernels.expand_dims(x, a).shape == np.expand_dims(x, a).shape
    assert kernels.expand_dims(x, (0, 2)).shape == (1, 3, 1, 4, 5)
    with pytest.raises(IndexError):
        kernels.expand_dims(x, 4)
    with pytest.raises(ValueError, match="size"):
        kernels.squeeze(x, 0)


@pytest.mark.parametrize(
    "shapes", [((3, 4), (4, 2)), ((3, 0), (0, 2)), ((4,), (4, 2)), ((2, 3, 4), (4, 2))]
)
def test_matmul_is_numpys(shapes):
    a, b = (sample(s, "float64") for s in shapes)
    np.testing.assert_allclose(kernels.matmul(a, b), np.matmul(a, b))


EDGES = np.asarray([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-320, -1e308, 1.5, -40.0])


def with_edges(shape, dtype):
    x = sample(shape, "float64")
    x.reshape(-1)[: EDGES.size] = EDGES[: x.size]
    with np.errstate(over="ignore"):
        return x.astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_where_gives_the_bits_that_were_chosen(shape, dtype):
    x, y, c = with_edges(shape, dtype), -with_edges(shape, dtype), sample(shape, "float64") > 0
    for turn in (lambda a: a, lambda a: a.T):
        got = kernels.where(turn(c), turn(x), turn(y))
        assert got.dtype == x.dtype
        assert got.tobytes() == np.where(turn(c), turn(x), turn(y)).tobytes()


@pytest.mark.parametrize("orders", ["<>", "><", ">>"])
def test_where_knows_the_order_of_bytes(orders):
    x, y = (sample((300, 257), "float64").astype(f"{order}f8") for order in orders)
    c = sample((300, 257), "float64") > 0
    np.testing.assert_array_equal(kernels.where(c, x, y), np.where(c, x, y))


@pytest.mark.parametrize("dtype", [*DTYPES, "int64"])
@pytest.mark.parametrize("exponent", [-4, -3, -2, -1, 0, 1, 2, 3.0, 4, 0.5, 5])
def test_powers_by_products_are_powers(exponent, dtype):
    exponent = abs(exponent) if dtype == "int64" else exponent  # which has no negative powers
    x = sample((7, 5), dtype) if dtype in ("complex64", "int64") else with_edges((7, 5), dtype)
    with np.errstate(all="ignore"):
        got, want = kernels.scalar_pow(x, exponent), x**exponent
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=1e-12 if dtype == "float64" else 1e-5)
    np.testing.assert_array_equal(np.signbit(got.real), np.signbit(want.real))


@pytest.mark.parametrize("dtype", DTYPES[:3])
@pytest.mark.parametrize("shape", SHAPES)
def test_softplus_is_logaddexp_with_zero(shape, dtype):
    x = with_edges(shape, dtype)
    with np.errstate(all="ignore"):
        got, want = kernels.softplus(x), np.logaddexp(x, np.zeros((), dtype))
    assert got.dtype == x.dtype
    np.testing.assert_allclose(
        got, want, rtol=1e-13 if dtype == "float64" else 1e-3 if dtype == "float16" else 1e-6
    )
