"""Reductions that skip NaN, quantiles, interpolation and small elementary functions, against NumPy and differences."""

import math
import warnings

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.autograd import grad, gradcheck, gradgradcheck
from xpgrad.errors import ShapeError

RNG = np.random.default_rng(5)
A, T = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 2, 4))
HOLES = T.copy()
HOLES[0, 0, :2], HOLES[:, 1, 2], HOLES[2, :, 0] = np.nan, np.nan, np.nan
AXES = (
    {},
    {"axis": 0},
    {"axis": -1, "keepdims": True},
    {"axis": (0, 2)},
    {"axis": (1, -3), "keepdims": True},
)


def on(backend, host):
    return xp.asarray(np.asarray(host)).to(f"{backend}:cpu")


def host(t):
    return t.detach().to("cpu").numpy()


@pytest.fixture(params=("numpy", "array_api_strict"))
def backend(request):
    return request.param


def numpys(name, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all-NaN lines
        return getattr(np, name)(*args, **options)


# --- skipping NaN -----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", AXES, ids=str)
@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmedian"])
def test_the_values_are_numpys(backend, name, options):
    found = getattr(xp, name)(on(backend, HOLES), **options)
    np.testing.assert_allclose(host(found), numpys(name, HOLES, **options), rtol=1e-13)


@pytest.mark.parametrize("name", ["nanvar", "nanstd"])
def test_a_line_with_too_few_elements_has_no_variance(backend, name):
    x = on(backend, [[1.0, math.nan, math.nan], [1.0, 2.0, math.nan], [math.nan] * 3])
    found = getattr(xp, name)(x, axis=1, correction=1)
    np.testing.assert_allclose(host(found), numpys(name, host(x), axis=1, ddof=1))


def test_the_variance_of_complex_numbers_is_that_of_both_parts(backend):
    re, im = (on(backend, v).requires_grad_() for v in (HOLES, 0.3 * HOLES**2))
    whole = xp.nanvar(re + 1j * im, axis=0)
    np.testing.assert_allclose(host(whole), numpys("nanvar", host(re) + 1j * host(im), axis=0))
    parts = xp.nanvar(re, axis=0) + xp.nanvar(im, axis=0)
    for found, wanted in zip(
        grad(xp.sum(whole**2), (re, im)), grad(xp.sum(parts**2), (re, im)), strict=True
    ):
        np.testing.assert_allclose(host(found), host(wanted))


@pytest.mark.parametrize("options", AXES[1:4], ids=str)
@pytest.mark.parametrize(
    "name", ["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nanmedian"]
)
def test_gradients_are_those_of_the_elements_that_are_there_to_second_order(backend, name, options):
    """gradcheck of the function of the present elements alone; NaN receives exactly zero."""
    there = ~np.isnan(HOLES)
    line = on(backend, HOLES[there]).requires_grad_()
    numbers = np.zeros(HOLES.shape, dtype=np.int64)
    numbers[there] = np.arange(there.sum())
    mask, places = on(backend, there), on(backend, numbers)

    def function(v):
        whole = xp.where(
            mask, xp.reshape(xp.take(v, xp.reshape(places, (-1,))), HOLES.shape), math.nan
        )
        return xp.nan_to_num(getattr(xp, name)(whole, **options)) ** 2

    assert gradcheck(function, (line,))
    assert gradgradcheck(function, (line,))
    x = on(backend, HOLES).requires_grad_()
    (first,) = grad(xp.sum(getattr(xp, name)(x, **options) ** 3), x, create_graph=True)
    (second,) = grad(xp.sum(first * first), x)
    assert not np.isnan(host(first)).any()
    assert not host(first)[~there].any()
    assert not np.isnan(host(second)).any()
    assert not host(second)[~there].any()


@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmedian"])
def test_a_line_of_nothing_but_nan_has_a_zero_gradient(backend, name):
    x = on(backend, [[math.nan] * 3, [1.0, 2.0, 4.0]]).requires_grad_()
    (first,) = grad(xp.sum(getattr(xp, name)(x, axis=1)), x, create_graph=True)
    assert host(first)[0].tolist() == [0.0] * 3
    assert host(first)[1].any()


def test_without_spread_the_standard_deviation_has_the_chosen_zero_gradient(backend):
    x = on(backend, [2.0, math.nan, 2.0]).requires_grad_()
    (first,) = grad(xp.nanstd(x), x, create_graph=True)
    (second,) = grad(xp.sum(first), x, allow_unused=True, materialize_grads=True)
    assert host(first).tolist() == host(second).tolist() == [0.0] * 3


def test_integers_and_complex_numbers_are_summed_too(backend):
    assert xp.nansum(on(backend, [1, 2])).item() == 3
    assert xp.nanmean(on(backend, [1, 2])).item() == 1.5
    z = np.array([1.0 + 2.0j, np.nan, 3.0j])
    for name in ("nansum", "nanprod", "nanmean"):
        assert getattr(xp, name)(on(backend, z)).item() == pytest.approx(numpys(name, z))
    assert xp.nansum(on(backend, np.float32([1, 2])), dtype=xp.float64).dtype == xp.float64


def test_nan_to_num_is_numpys_and_what_was_replaced_gets_zero(backend):
    x = np.array([1.5, np.nan, np.inf, -np.inf])
    for options in ({}, {"nan": 7.0}, {"posinf": 1.0, "neginf": -2.0}):
        found = xp.nan_to_num(on(backend, x), **options)
        assert host(found).tolist() == np.nan_to_num(x, **options).tolist()
    z = np.array([complex(np.nan, 1.0), complex(2.0, -np.inf)])
    assert host(xp.nan_to_num(on(backend, z))).tolist() == np.nan_to_num(z).tolist()
    assert xp.nan_to_num(on(backend, [1, 2])).tolist() == [1, 2]
    t = on(backend, x).requires_grad_()
    (first,) = grad(xp.sum(xp.nan_to_num(t, posinf=2.0, neginf=2.0) ** 3), t, create_graph=True)
    (second,) = grad(xp.sum(first), t)
    assert host(first).tolist() == [6.75, 0.0, 0.0, 0.0]
    assert host(second).tolist() == [9.0, 0.0, 0.0, 0.0]


# --- quantiles ----------------------------------------------------------------------------------------

METHODS = (
    "linear", "hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf", "lower", "higher",
    "nearest", "midpoint",
)  # fmt: skip
SHARES = ([0.0, 0.1, 0.25, 0.5, 0.61, 1.0], 0.3, [[0.2, 0.7]])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("options", AXES, ids=str)
def test_quantiles_are_numpys(backend, method, options):
    for q in SHARES:
        for name, x in (("quantile", T), ("quantile", HOLES), ("nanquantile", HOLES)):
            found = getattr(xp, name)(on(backend, x), q, method=method, **options)
            flat = numpys(name, x, np.reshape(q, (-1,)), method=method, **options)
            wanted = flat.reshape(
                np.shape(q) + flat.shape[1:]
            )  # NumPy's nanquantile mixes up q's axes
            np.testing.assert_allclose(host(found), wanted, rtol=1e-12, err_msg=f"{name} {q}")


@pytest.mark.parametrize("n", [1, 2, 5, 6])
@pytest.mark.parametrize("method", METHODS)
def test_quantiles_of_short_lines_with_ties_are_numpys(method, n):
    x = np.random.default_rng(n).integers(0, 3, (20, n)).astype(float)
    q = np.linspace(0.0, 1.0, 21)
    found = xp.quantile(xp.asarray(x), q, axis=1, method=method)
    np.testing.assert_allclose(found.numpy(), np.quantile(x, q, axis=1, method=method), atol=1e-14)


@pytest.mark.parametrize("method", METHODS)
def test_quantiles_are_differentiable_to_second_order(backend, method):
    x = on(backend, T).requires_grad_()

    def function(v):
        return xp.quantile(v, [0.13, 0.55], axis=(0, 2), method=method) ** 3

    assert gradcheck(function, (x,))
    assert gradgradcheck(function, (x,))


@pytest.mark.parametrize("method", METHODS[:6])
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_a_quantile_is_differentiable_by_its_share(backend, name, method):
    x = on(backend, HOLES[1] if name == "nanquantile" else A).requires_grad_()
    q = on(backend, [0.31, 0.52]).requires_grad_()
    if name == "nanquantile":
        assert gradcheck(lambda s: xp.nanquantile(x.detach(), s, axis=0, method=method), (q,))
    else:
        assert gradcheck(lambda v, s: xp.quantile(v, s, axis=1, method=method) ** 2, (x, q))
        assert gradgradcheck(lambda v, s: xp.quantile(v, s, axis=1, method=method) ** 2, (x, q))


def test_shares_can_be_batched(backend):
    x = on(backend, A)
    shares = [0.0, 0.3, 1.0]
    found = xp.vmap(lambda q: xp.quantile(x, q, axis=1))(on(backend, shares))
    np.testing.assert_allclose(host(found), np.quantile(A, shares, axis=1))


def test_medians_share_between_the_two_in_the_middle(backend):
    x = on(backend, [4.0, 1.0, 3.0, 2.0]).requires_grad_()
    (found,) = grad(xp.median(x), x)
    assert host(found).tolist() == [0.0, 0.0, 0.5, 0.5]
    assert xp.median(on(backend, [3, 1, 2])).item() == 2.0
    assert math.isnan(xp.median(on(backend, [1.0, math.nan, 2.0])).item())


def test_an_infinite_neighbour_that_is_not_read_does_no_harm(backend):
    x = on(backend, [1.0, 2.0, math.inf]).requires_grad_()
    value = xp.quantile(x, 0.5)
    (found,) = grad(value, x)
    assert value.item() == 2.0
    assert host(found).tolist() == [0.0, 1.0, 0.0]


def test_shares_outside_and_other_methods_are_refused():
    x = xp.ones(3)
    for q in (-0.1, 1.1, math.nan, [0.5, 2.0]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            xp.quantile(x, q)
    assert np.isnan(xp.quantile(x, xp.asarray([-0.1, 0.5, 1.1])).numpy()).tolist() == [1, 0, 1]
    with pytest.raises(ValueError, match="method must be one of linear, .* got 'median'"):
        xp.quantile(x, 0.5, method="median")
    with pytest.raises(ShapeError, match=r"no elements: shape \(0, 3\)"):
        xp.quantile(xp.ones((0, 3)), 0.5, axis=0)


# --- interpolation ------------------------------------------------------------------------------------

KNOTS, HEIGHTS = np.array([-1.0, 0.5, 1.0, 3.0]), np.array([2.0, -1.0, 0.0, 5.0])
PLACES = np.array([[-2.0, -1.0, 0.2], [0.5, 0.9, 1.7], [3.0, 9.0, -0.3]])


@pytest.mark.parametrize(
    "options", [{}, {"left": -7.0}, {"right": 8.0}, {"period": 2.3}, {"period": -2.3}], ids=str
)
def test_interp_is_numpys(backend, options):
    for heights in (HEIGHTS, HEIGHTS + 1j * KNOTS):
        args = [on(backend, a) for a in (PLACES, KNOTS, heights)]
        wanted = np.interp(PLACES, KNOTS, heights, **options)
        np.testing.assert_allclose(host(xp.interp(*args, **options)), wanted, atol=1e-14)
    assert xp.interp(0.75, KNOTS, HEIGHTS).item() == np.interp(0.75, KNOTS, HEIGHTS)
    assert xp.interp([3, 7], [5], [9]).tolist() == [9.0, 9.0]


def test_interp_passes_through_its_points_jumps_and_ends(backend):
    at = [-math.inf, 1.0, 2.0, 3.0, math.inf, math.nan]
    knots, heights = [1.0, 2.0, 2.0, 3.0], [0.0, 1.0, 5.0, 6.0]  # a jump at 2
    found = xp.interp(*(on(backend, a) for a in (at, knots, heights)))
    np.testing.assert_array_equal(host(found), np.interp(at, knots, heights))
    assert host(found)[:5].tolist() == [0.0, 0.0, 5.0, 6.0, 6.0]


@pytest.mark.parametrize("period", [None, 2.3])
def test_interp_is_differentiable_by_everything_to_second_order(backend, period):
    x = on(backend, [-2.0, 0.1, 0.8, 2.0, 5.0]).requires_grad_()
    rest = [
        on(backend, a).requires_grad_()
        for a in (KNOTS, HEIGHTS, *([] if period is None else [period]))
    ]

    def function(at, knots, heights, p=None):
        return xp.interp(at, knots, heights, period=p) ** 2

    assert gradcheck(function, (x, *rest))
    assert gradgradcheck(function, (x, *rest))


def test_interp_is_differentiable_by_what_is_beyond_its_ends(backend):
    x = on(backend, [-2.0, 4.0, 1.0]).requires_grad_()
    left, right = (on(backend, v).requires_grad_() for v in (1.5, 2.5))
    out = xp.interp(x, on(backend, KNOTS), on(backend, HEIGHTS), left, right)
    assert host(out).tolist() == [1.5, 2.5, 0.0]
    gx, gl, gr = grad(xp.sum(out * out), [x, left, right])
    assert (host(gx).tolist(), gl.item(), gr.item()) == ([0.0, 0.0, 0.0], 3.0, 5.0)


def test_at_a_point_interp_has_the_slope_to_its_right(backend):
    x = on(backend, KNOTS).requires_grad_()
    (found,) = grad(xp.sum(xp.interp(x, on(backend, KNOTS), on(backend, HEIGHTS))), x)
    assert host(found).tolist() == [-2.0, 2.0, 2.5, 0.0]


def test_interp_refuses_points_that_do_not_fit():
    for knots, heights in (([1.0, 2.0], [1.0]), ([[1.0]], [[1.0]]), ([], [])):
        with pytest.raises(ShapeError, match="one dimension and one length of at least 1"):
            xp.interp(
                0.0, xp.asarray(knots, dtype=xp.float64), xp.asarray(heights, dtype=xp.float64)
            )


# --- elementary ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fmax", "fmin"])
def test_fmax_and_fmin_take_the_number_beside_nan(backend, name):
    values = np.array([1.0, np.nan, 2.0, np.nan, 3.0, -np.inf])
    others = np.array([2.0, 5.0, np.nan, np.nan, 3.0, np.nan])
    x, y = (on(backend, v).requires_grad_() for v in (values, others))
    out = getattr(xp, name)(x, y)
    np.testing.assert_array_equal(host(out), getattr(np, name)(values, others))
    gx, gy = (host(g) for g in grad(xp.sum(out), [x, y]))
    first = {"fmax": [0.0, 0.0, 1.0, 0.0, 0.5, 1.0], "fmin": [1.0, 0.0, 1.0, 0.0, 0.5, 1.0]}[name]
    assert gx.tolist() == first
    assert gy.tolist() == [1.0 - v for v in first]
    assert (
        getattr(xp, name)(on(backend, [1, 5]), 3).tolist() == getattr(np, name)([1, 5], 3).tolist()
    )


def test_heaviside_is_numpys_and_gives_its_middle_a_gradient(backend):
    x = np.array([-1.0, 0.0, -0.0, 2.0, np.nan])
    t, middle = on(backend, x).requires_grad_(), on(backend, 0.25).requires_grad_()
    out = xp.heaviside(t, middle)
    np.testing.assert_array_equal(host(out), np.heaviside(x, 0.25))
    gx, gm = grad(xp.sum(out[:4]), [t, middle], allow_unused=True, materialize_grads=True)
    assert (host(gx).tolist(), gm.item()) == ([0.0] * 5, 2.0)
    np.testing.assert_array_equal(host(xp.heaviside(on(backend, [-3, 0, 3]), 0.5)), [0.0, 0.5, 1.0])


def test_angle_is_numpys_with_a_gradient_for_complex_numbers_alone(backend):
    z = np.array([1.0 + 1.0j, -2.0 + 0.5j, -1.0j])
    for deg in (False, True):
        np.testing.assert_allclose(host(xp.angle(on(backend, z), deg=deg)), np.angle(z, deg=deg))
        real = np.array([1.0, -2.0, 0.0])
        np.testing.assert_allclose(
            host(xp.angle(on(backend, real), deg=deg)), np.angle(real, deg=deg)
        )
    t = on(backend, z).requires_grad_()
    assert gradcheck(xp.angle, (t,))
    assert gradgradcheck(lambda v: xp.angle(v) ** 2, (t,))


def test_kron_is_numpys_and_linear_in_each(backend):
    for shape1, shape2 in (
        ((2, 3), (4,)),
        ((2,), (3, 2)),
        ((2, 1, 2), (2, 2)),
        ((), (3,)),
        ((0, 2), (2, 2)),
    ):
        a, b = RNG.normal(size=shape1), RNG.normal(size=shape2)
        x, y = on(backend, a).requires_grad_(), on(backend, b).requires_grad_()
        np.testing.assert_allclose(host(xp.kron(x, y)), np.kron(a, b))
        if a.size:
            assert gradcheck(xp.kron, (x, y))
            assert gradgradcheck(xp.kron, (x, y))


def test_logaddexp2_and_degrees_are_numpys(backend):
    a, b = np.array([1.0, 1000.0, -np.inf]), np.array([2.0, 1000.0, 3.0])
    found = xp.logaddexp2(on(backend, a), on(backend, b))
    np.testing.assert_allclose(host(found), np.logaddexp2(a, b), rtol=1e-15)
    np.testing.assert_allclose(host(xp.rad2deg(on(backend, A))), np.rad2deg(A), rtol=1e-15)
    np.testing.assert_allclose(host(xp.deg2rad(on(backend, A))), np.deg2rad(A), rtol=1e-15)


def test_isclose_is_numpys(backend):
    a = np.array([1.0, 1.0, np.inf, np.inf, np.nan, 1e-9, 3.0])
    b = np.array([1.0 + 1e-6, 1.1, np.inf, -np.inf, np.nan, 0.0, np.inf])
    for options in ({}, {"equal_nan": True}, {"rtol": 0.2}, {"atol": 0.0}):
        found = xp.isclose(on(backend, a), on(backend, b), **options)
        assert found.tolist() == np.isclose(a, b, **options).tolist()
    assert xp.allclose(on(backend, [1, 2]), on(backend, [1, 2]))
    assert not xp.allclose(on(backend, [1.0, 2.0]), 2.0)
