"""The portable special functions are as accurate as their documentation says, without a warning."""

import mpmath
import numpy as np
import pytest

import xpgrad as xp
from xpgrad._devices import namespace_of_backend
from xpgrad.errors import DTypeError
from xpgrad.extend.portable import FUNCTIONS

mpmath.mp.dps = 40
REFERENCE = {
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "erfcx": lambda x: mpmath.exp(x * x) * mpmath.erfc(x),
    "gammaln": lambda x: mpmath.re(mpmath.loggamma(x)),
    "digamma": mpmath.digamma,
    "digamma_derivative": lambda x, n: mpmath.polygamma(n, x),
}
RANGES = [
    ("erf", -6.5, 6.5, 3),
    ("erf", 1e-300, 1e-8, 3),
    ("erfc", -6.5, 9.0, 7),
    ("erfc", 9.0, 26.5, 7),
    ("erfcx", -9.2, 50.0, 5),
    ("erfcx", 50.0, 1e30, 5),
    ("gammaln", -2.0, 0.0, 5),
    ("gammaln", 1e-30, 10.0, 5),
    ("gammaln", 0.99, 1.01, 5),
    ("gammaln", 1.99, 2.01, 5),
    ("gammaln", 10.0, 1e6, 5),
    ("digamma", 1e-30, 10.0, 4),
    ("digamma", 1.46, 1.463, 4),
    ("digamma", 10.0, 1e6, 4),
]


def portable(name, *args):
    return FUNCTIONS[name](namespace_of_backend("numpy"), *args)


def points(low, high, dtype):
    rng = np.random.default_rng(3)
    if low > 0 and high / low > 1e3:
        x = np.exp(rng.uniform(np.log(low), np.log(high), 300))
    else:
        x = rng.uniform(low, high, 300)
    return x.astype(dtype)


def worst(x, got, reference):
    """The largest error in units in the last place; numbers below the normal ones are not judged."""
    kind = np.finfo(x.dtype)
    errors = [0.0]
    for value, result in zip(x.tolist(), got.tolist(), strict=True):
        exact = reference(mpmath.mpf(value))
        if float(kind.tiny) <= abs(exact) <= float(kind.max):
            unit = mpmath.mpf(2) ** (mpmath.floor(mpmath.log(abs(exact), 2)) - kind.nmant)
            errors.append(float(abs(result - exact) / unit))
    return max(errors)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "low", "high", "ulps"), RANGES)
def test_values_are_accurate_to_a_few_units_in_the_last_place(name, low, high, ulps, dtype):
    x = points(low, high, dtype)
    got = portable(name, x)
    assert got.dtype == dtype
    assert worst(x, got, REFERENCE[name]) <= ulps


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_derivatives_of_digamma_are_accurate(n, dtype):
    x = points(0.05, 40.0, dtype)
    got = portable("digamma_derivative", x, n)
    assert worst(x, got, lambda v: REFERENCE["digamma_derivative"](v, n)) <= 5 + n


@pytest.mark.parametrize("name", ["gammaln", "digamma"])
def test_between_the_poles_the_absolute_error_is_small(name):
    x = points(-6.9, -2.1, "float64")
    exact = np.asarray([float(REFERENCE[name](mpmath.mpf(v))) for v in x.tolist()])
    assert np.max(np.abs(portable(name, x) - exact) / (1 + np.abs(exact))) < 2e-14


INF, NAN = float("inf"), float("nan")
EDGES = {
    "erf": ([0.0, INF, -INF, NAN, 1e300], [0.0, 1.0, -1.0, NAN, 1.0]),
    "erfc": ([0.0, INF, -INF, NAN, 1e300], [1.0, 0.0, 2.0, NAN, 0.0]),
    "erfcx": ([0.0, INF, -INF, NAN, -1e300], [1.0, 0.0, INF, NAN, INF]),
    "gammaln": ([0.0, -1.0, 1.0, 2.0, INF, -INF, NAN, 1.7e308], [INF, INF, 0.0, 0.0, INF, INF, NAN, INF]),
    "digamma": ([0.0, -0.0, -1.0, INF, NAN], [-INF, INF, NAN, INF, NAN]),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_the_edges_have_their_values_and_give_no_warning(name):
    x, expected = EDGES[name]
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_array_equal(portable(name, np.asarray(x)), expected)
        np.testing.assert_array_equal(portable(name, np.asarray(x[:4], "float32")), expected[:4])


@pytest.mark.parametrize("name", ["erf", "erfc", "gammaln"])
def test_what_is_not_real_is_refused(name):
    with pytest.raises(DTypeError, match="real"):
        FUNCTIONS[name](namespace_of_backend("numpy"), np.asarray([1j]))


def test_gammaln_can_be_differentiated_again_and_again():
    x = xp.tensor([0.7, 3.3], requires_grad=True)
    y = xp.gammaln(x)
    for n in range(1, 6):
        (y,) = xp.autograd.grad(xp.sum(y), x, create_graph=True)
        expected = [float(mpmath.polygamma(n - 1, v)) for v in (0.7, 3.3)]
        np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-14)
