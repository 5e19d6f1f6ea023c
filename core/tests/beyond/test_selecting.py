"""topk, one_hot, put_along_axis, running extrema, extrema that skip NaN, sinc: values, ties, NaN, derivatives."""

import math
import operator

import numpy as np
import pytest

import xpgrad as xp
from xpgrad._namespace._operations import operation
from xpgrad.autograd import grad, gradcheck, gradgradcheck
from xpgrad.errors import DTypeError, ShapeError

BACKENDS = ("numpy", "array_api_strict")


def on(backend, host):
    """A tensor of a host array on a backend."""
    return xp.asarray(np.asarray(host)).to(f"{backend}:cpu")


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


# --- topk -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("k", [0, 1, 3, 7])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_topk_gives_the_values_of_sorting_and_indices_that_lead_to_them(backend, k, axis, largest):
    rng = np.random.default_rng(k)
    x = rng.integers(0, 5, (7, 7, 7) if axis == 0 else (7, 7)).astype(float)
    x[rng.random(x.shape) < 0.1] = np.nan  # NumPy sorts NaN behind every number
    ordered = np.sort(x, axis=axis)
    wanted = np.take(np.flip(ordered, axis) if largest else ordered, np.arange(k), axis=axis)
    found = xp.topk(on(backend, x), k, axis=axis, largest=largest)
    values, indices = (np.asarray(t.to("cpu").numpy()) for t in found)
    np.testing.assert_array_equal(values, wanted)
    np.testing.assert_array_equal(np.take_along_axis(x, indices, axis), wanted)
    unsorted = xp.topk(on(backend, x), k, axis=axis, largest=largest, sorted=False).values
    np.testing.assert_array_equal(np.sort(unsorted.to("cpu").numpy(), axis), np.sort(wanted, axis))


def test_topk_agrees_with_pytorch_on_nan():
    x = xp.asarray([1.0, math.nan, math.inf, -2.0])
    assert xp.topk(x, 3).indices.tolist() == [1, 2, 0]  # what torch.topk gives, 2.13
    assert xp.topk(x, 3, largest=False).indices.tolist() == [3, 0, 2]


def test_topk_takes_equal_elements_in_their_order(backend):
    found = xp.topk(on(backend, [2.0, 1.0, 2.0, 2.0]), 3)
    assert found.indices.tolist() == [0, 2, 3]
    assert xp.topk(on(backend, [2, 1, 1, 2]), 4, largest=False).indices.tolist() == [1, 2, 0, 3]


def test_topk_is_differentiable_to_second_order(backend):
    x = on(backend, np.random.default_rng(0).permutation(12).reshape(3, 4) / 5.0)
    x.requires_grad_()
    (first,) = grad(xp.sum(xp.topk(x, 2, axis=0).values ** 3), x, create_graph=True)
    (second,) = grad(xp.sum(first), x)
    kept = (np.argsort(np.argsort(x.detach().to("cpu").numpy(), axis=0), axis=0) >= 1).astype(float)
    host = x.detach().to("cpu").numpy()
    np.testing.assert_allclose(first.detach().to("cpu").numpy(), 3 * host**2 * kept)
    np.testing.assert_allclose(second.to("cpu").numpy(), 6 * host * kept)


def test_topk_refuses_what_is_not_there():
    with pytest.raises(ShapeError, match="at most the 3 elements of axis -1, got 4"):
        xp.topk(xp.ones(3), 4)
    with pytest.raises(ShapeError, match="at least 0"):
        xp.topk(xp.ones(3), -1)
    with pytest.raises(ShapeError, match=r"shape \(\) has no axis"):
        xp.topk(1.0, 1)
    with pytest.raises(ShapeError, match="has no axis 2"):
        xp.topk(xp.ones((2, 2)), 1, axis=2)


# --- one_hot --------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0, 1, 2])
def test_one_hot_has_its_axis_where_it_was_asked_for(backend, axis):
    index = np.array([[0, 2, 1], [1, 5, -1]])  # the last two are out of range
    wanted = np.moveaxis(index[..., None] == np.arange(3), -1, axis).astype(float)
    np.testing.assert_array_equal(
        xp.one_hot(on(backend, index), 3, axis=axis).to("cpu").numpy(), wanted
    )


def test_one_hot_has_the_default_dtype_or_the_one_asked_for():
    index = xp.asarray([1, 0])
    assert xp.one_hot(index, 2).dtype == xp.float64
    assert xp.one_hot(index, 2, dtype=xp.int32).dtype == xp.int32
    with xp.default_dtype(xp.float32):
        assert xp.one_hot(index, 2).dtype == xp.float32
    with pytest.raises(DTypeError, match="indices must be integers, got"):
        xp.one_hot(xp.asarray([1.0]), 2)
    with pytest.raises(DTypeError, match="bool"):
        xp.one_hot(xp.asarray([True]), 2)


# --- writing and reading along an axis --------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("shape", [(2, 3), (1, 3), (2, 1), (1, 1)])
def test_put_along_axis_is_numpys_and_leaves_its_argument_alone(backend, shape, axis):
    rng = np.random.default_rng(1)
    x, values = rng.normal(size=(4, 3) if axis == 0 else (2, 4)), rng.normal(size=shape)
    indices = np.array([[0, 3, 3], [0, 2, 1]])
    wanted = x.copy()
    np.put_along_axis(wanted, indices, values, axis)
    t = on(backend, x)
    found = xp.put_along_axis(t, on(backend, indices), on(backend, values), axis=axis)
    np.testing.assert_array_equal(found.to("cpu").numpy(), wanted)
    np.testing.assert_array_equal(t.to("cpu").numpy(), x)


def test_what_was_written_over_has_a_zero_gradient_also_where_it_was_nan(backend):
    x = on(backend, [[math.nan, 2.0, 3.0]]).requires_grad_()
    values = on(backend, [[1.0, 2.0]]).requires_grad_()
    out = xp.put_along_axis(x, on(backend, [[0, 0]]), values)
    assert out.tolist() == [[2.0, 2.0, 3.0]]
    gx, gv = grad(xp.sum(out * out), [x, values], create_graph=True)
    assert gx.tolist() == [[0.0, 4.0, 6.0]]
    assert gv.tolist() == [[0.0, 4.0]]
    (second,) = grad(xp.sum(gv), values)
    assert second.tolist() == [[0.0, 2.0]]


@pytest.mark.parametrize("index", [[[0, 2]], [[0, 2], [1, 1]], [[2], [0]]])
@pytest.mark.parametrize("rows", [1, 2])
def test_take_along_axis_is_differentiable_where_it_broadcasts(backend, index, rows):
    x = on(backend, np.arange(3.0 * rows).reshape(rows, 3)).requires_grad_()
    indices = on(backend, index)
    out = xp.take_along_axis(x, indices, axis=1)
    (found,) = grad(xp.sum(out**2), x)
    host, wanted = x.detach().to("cpu").numpy(), np.zeros((rows, 3))
    wide = np.broadcast_to(index, (max(rows, len(index)), len(index[0])))
    for (i, _), j in np.ndenumerate(wide):
        wanted[min(i, rows - 1), j] += 2 * host[min(i, rows - 1), j]
    np.testing.assert_allclose(found.to("cpu").numpy(), wanted)


def test_scatter_add_takes_indices_of_any_rank(backend):
    indices = np.array([[0, 2, 2], [-1, 0, 1]])
    values = np.random.default_rng(2).normal(size=(2, 2, 3, 2))
    wanted = np.zeros((2, 3, 2))
    for (i, j), place in np.ndenumerate(indices):
        wanted[:, place] += values[:, i, j]
    args = [on(backend, a) for a in (np.zeros((2, 3, 2)), indices, values)]
    found = xp.scatter_add(*args, axis=1)
    np.testing.assert_allclose(found.to("cpu").numpy(), wanted)


# --- running extrema --------------------------------------------------------------------------------


def last_best(row, better):
    """Where each running extremum is: the last of equal ones, and the last NaN, as in PyTorch's loop."""
    best, found = 0, []
    for j, value in enumerate(row):
        if np.isnan(value) or (not np.isnan(row[best]) and better(value, row[best])):
            best = j
        found.append(best)
    return found


@pytest.mark.parametrize(("name", "better"), [("max", operator.ge), ("min", operator.le)])
def test_running_extrema_and_their_gradients_are_pytorchs_with_ties_and_nan(backend, name, better):
    rng = np.random.default_rng(3)
    for _ in range(40):
        x = rng.integers(0, 4, (3, 7)).astype(float)
        x[rng.random(x.shape) < 0.1] = np.nan
        g = rng.normal(size=x.shape)
        places = np.array([last_best(row, better) for row in x])
        wanted = np.zeros_like(x)
        np.add.at(wanted, (np.arange(3)[:, None], places), g)
        ours = on(backend, x).requires_grad_()
        out = getattr(xp, f"cumulative_{name}")(ours, axis=1)
        out.backward(on(backend, g))
        np.testing.assert_array_equal(
            out.detach().to("cpu").numpy(), np.take_along_axis(x, places, 1)
        )
        np.testing.assert_allclose(ours.grad.to("cpu").numpy(), wanted)


def test_running_extrema_need_an_axis_but_for_a_vector(backend):
    assert xp.cumulative_max(on(backend, [1, 3, 2])).tolist() == [1, 3, 3]
    assert xp.cumulative_min(on(backend, [3.0, 1.0, 2.0])).tolist() == [3.0, 1.0, 1.0]
    for shape in ((2, 2), ()):
        with pytest.raises(ValueError, match="needs an axis"):
            xp.cumulative_max(on(backend, np.ones(shape)))


def test_a_long_running_maximum_costs_no_square():
    x = xp.asarray(np.random.default_rng(0).normal(size=200_000)).requires_grad_()
    (found,) = grad(xp.sum(xp.cumulative_max(x)), x)
    assert int(xp.sum(found)) == 200_000
    assert int(xp.count_nonzero(found)) < 40


# --- extrema that skip NaN ----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:All-NaN")
@pytest.mark.parametrize(
    "options", [{}, {"axis": 0}, {"axis": (0, 2)}, {"axis": -1, "keepdims": True}]
)
@pytest.mark.parametrize("name", ["nanmax", "nanmin"])
def test_nan_extrema_have_numpys_values(backend, name, options):
    x = np.random.default_rng(4).normal(size=(3, 2, 4))
    x[0, 0, :], x[:, 1, 2], x[1, 1, 1] = np.nan, np.nan, -np.inf
    found = getattr(xp, name)(on(backend, x), **options)
    np.testing.assert_array_equal(found.to("cpu").numpy(), getattr(np, name)(x, **options))
    assert getattr(xp, name)(on(backend, [3, 1, 2])).item() == {"nanmax": 3, "nanmin": 1}[name]


def test_a_nan_extremum_gives_nan_no_gradient_to_any_order(backend):
    x = on(backend, [[math.nan, 2.0, 3.0], [math.nan] * 3]).requires_grad_()
    (first,) = grad(xp.sum(xp.nan_to_num(xp.nanmax(x, axis=1)) ** 3), x, create_graph=True)
    assert first.tolist() == [[0.0, 0.0, 27.0], [0.0, 0.0, 0.0]]
    (second,) = grad(xp.sum(first), x)
    assert second.tolist() == [[0.0, 0.0, 18.0], [0.0, 0.0, 0.0]]


# --- elementary ---------------------------------------------------------------------------------------


def test_sinc_has_its_taylor_coefficients_at_zero_to_sixth_order(backend):
    x = on(backend, 0.0).requires_grad_()
    y, found = xp.sinc(x), []
    for _ in range(7):
        found.append(y.item())
        if y.requires_grad:
            (y,) = grad(y, x, create_graph=True)
    wanted = [0.0 if n % 2 else (-1) ** (n // 2) * math.pi**n / (n + 1) for n in range(7)]
    assert found == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize("n", range(7))
def test_derivatives_of_sinc_are_the_integrals_that_define_them(n):
    """sinc(x) is the integral of cos(pi t x) over t from 0 to 1; Gauss-Legendre quadrature is exact for it."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    t = (nodes + 1.0) / 2.0
    x = np.concatenate([np.linspace(-4.0, 4.0, 41), [1e-8, 1e-4, 0.37]])
    waves = (np.pi * t) ** n * np.cos(np.pi * t * x[:, None] + n * np.pi / 2)
    wanted = waves @ weights / 2.0
    function = operation("sinc_derivative") if n else lambda v, _: xp.sinc(v)
    found = function(xp.asarray(x), n).numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14 * math.pi**n)


def test_elementary_functions_have_numpys_values_and_a_third_derivative(backend):
    x = np.array([-2.5, -0.3, 0.4, 3.0])
    for name in ("cbrt", "exp2", "sinc"):
        found = getattr(xp, name)(on(backend, x)).to("cpu").numpy()
        np.testing.assert_allclose(found, getattr(np, name)(x), rtol=1e-14, atol=1e-15)
        t = on(backend, x).requires_grad_()
        assert gradcheck(getattr(xp, name), (t,))
        assert gradgradcheck(getattr(xp, name), (t,))
    assert xp.cbrt(8).dtype == xp.float64
