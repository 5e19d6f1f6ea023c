"""Values and derivatives where finite differences say nothing: tails, special points, high orders, large arguments."""

import mpmath
import numpy as np
import pytest
import scipy.special

import xpgrad as xp
from xpgrad.conformance.checks import gives_the_chosen
from xpgrad.conformance.samples import case_of, matching
from xpgrad.conformance.site import Site
from xpgrad.errors import MissingRuleError

special = xp.special
mpmath.mp.dps = 40


def slope(name, by, *values):
    """The gradient of the sum by argument ``by``."""
    tensors = [xp.tensor(v) for v in values]
    tensors[by].requires_grad_()
    with np.errstate(all="ignore"):
        out = getattr(special, name)(*tensors)
        (found,) = xp.autograd.grad(xp.sum(out), tensors[by])
    return found.tolist()


CHOSEN = [c for name in matching("special.*") for c in case_of(name).chosen]


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda c: f"{c.operation}-{c.by}")
def test_the_derivative_at_a_special_point_is_the_documented_one(chosen):
    gives_the_chosen(Site.of("numpy"), chosen)


TAILS = [
    ("expit", lambda x: 1 / (2 + mpmath.exp(x) + mpmath.exp(-x)), [-600.0, -40.0, 40.0, 600.0]),
    ("log_expit", lambda x: 1 / (1 + mpmath.exp(x)), [-800.0, -40.0, 40.0, 600.0]),
    (
        "log_ndtr",
        lambda x: mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi) / mpmath.ncdf(x),
        [-1e5, -300.0, -38.0, -1.0, 5.0, 30.0],
    ),
    ("erfcx", lambda x: mpmath.diff(lambda t: mpmath.exp(t * t) * mpmath.erfc(t), x), [-5.0, 0.0]),
]


@pytest.mark.parametrize(("name", "reference", "points"), TAILS)
def test_derivatives_are_accurate_in_the_tails(name, reference, points):
    expected = [float(reference(mpmath.mpf(x))) for x in points]
    np.testing.assert_allclose(slope(name, 0, points), expected, rtol=1e-13)


ORDERS = [
    ("erfinv", mpmath.erfinv, 0.4),
    ("erfcx", lambda x: mpmath.exp(x * x) * mpmath.erfc(x), 0.7),
    ("gamma", mpmath.gamma, 2.3),
    ("loggamma", mpmath.loggamma, 2.3),
    ("digamma", mpmath.digamma, 2.3),
    ("j0", lambda x: mpmath.besselj(0, x), 1.3),
    ("j1", lambda x: mpmath.besselj(1, x), 0.01),
    ("j1", lambda x: mpmath.besselj(1, x), 2.1),
    ("i1", lambda x: mpmath.besseli(1, x), 1.9),
    ("i1e", lambda x: mpmath.besseli(1, x) * mpmath.exp(-abs(x)), -2.2),
    ("y1", lambda x: mpmath.bessely(1, x), 1.3),
    ("i1e", lambda x: mpmath.besseli(1, x) * mpmath.exp(-abs(x)), 1.3),
    ("k1e", lambda x: mpmath.besselk(1, x) * mpmath.exp(x), 1.3),
    ("log_ndtr", lambda x: mpmath.log(mpmath.ncdf(x)), -1.7),
    ("ndtri", lambda p: mpmath.sqrt(2) * mpmath.erfinv(2 * p - 1), 0.7),
    ("expi", mpmath.ei, 1.2),
    ("dawsn", lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x), 0.6),
    ("sinc", mpmath.sincpi, 0.01),
    ("sinc", mpmath.sincpi, 0.9),
    ("exprel", lambda x: mpmath.expm1(x) / x, 0.02),
    ("exprel", lambda x: mpmath.expm1(x) / x, 1.4),
    ("spence", lambda z: mpmath.polylog(2, 1 - z), 0.9),
    ("entr", lambda x: -x * mpmath.log(x), 0.6),
    ("expit", lambda x: 1 / (1 + mpmath.exp(-x)), 2.2),
]


@pytest.mark.parametrize(("name", "reference", "at"), ORDERS)
def test_the_first_four_derivatives_agree_with_mpmath(name, reference, at):
    x = xp.tensor(at, requires_grad=True)
    y = getattr(special, name)(x)
    for n in range(1, 5):
        (y,) = xp.autograd.grad(y, x, create_graph=True)
        expected = float(mpmath.diff(reference, mpmath.mpf(at), n).real)
        assert y.item() == pytest.approx(expected, rel=2e-11), n


def by_first(function):
    return lambda a, *rest: mpmath.diff(lambda t: function(t, *rest), a, h=mpmath.mpf(10) ** -12)


BY_PARAMETER = [
    (
        "gammainc",
        by_first(lambda a, x: mpmath.gammainc(a, 0, x, regularized=True)),
        [(0.001, 0.3), (0.05, 2.0), (0.5, 0.001), (0.5, 0.5), (3.0, 2.0), (10.0, 25.0), (100.0, 90.0),
         (1000.0, 1030.0), (10000.0, 9900.0), (2.0, 60.0), (50.0, 200.0)],
    ),
    (
        "betainc",
        by_first(lambda a, b, x: mpmath.betainc(a, b, 0, x, regularized=True)),
        [(0.05, 0.05, 0.5), (0.5, 0.5, 0.999), (0.5, 2.0, 0.001), (2.0, 3.0, 0.4), (20.0, 30.0, 0.45),
         (300.0, 200.0, 0.6), (2.0, 300.0, 0.01), (300.0, 2.0, 0.99), (2.0, 3.0, 0.9999)],
    ),
    (
        "zeta",
        by_first(mpmath.zeta),
        [(1.01, 1.0), (1.5, 0.1), (2.0, 1.0), (4.0, 0.3), (8.0, 20.0), (40.0, 1.5)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "reference", "points"), BY_PARAMETER)
def test_derivatives_by_parameters_agree_with_mpmath(name, reference, points):
    columns = [list(c) for c in zip(*points, strict=True)]
    expected = [float(reference(*map(mpmath.mpf, p))) for p in points]
    np.testing.assert_allclose(slope(name, 0, *columns), expected, rtol=2e-11)


def test_the_second_derivative_by_a_parameter_agrees_with_mpmath():
    a = xp.tensor([0.7, 4.0], requires_grad=True)
    (first,) = xp.autograd.grad(
        xp.sum(special.gammainc(a, xp.tensor([0.4, 5.0]))), a, create_graph=True
    )
    (second,) = xp.autograd.grad(xp.sum(first), a)
    expected = [
        float(
            mpmath.diff(lambda t, x=x: mpmath.gammainc(t, 0, x, regularized=True), mpmath.mpf(v), 2)
        )
        for v, x in ((0.7, 0.4), (4.0, 5.0))
    ]
    np.testing.assert_allclose(second.tolist(), expected, rtol=1e-10)


@pytest.mark.parametrize("name", ["jv", "kv", "ive", "expn", "polygamma"])
def test_an_order_without_a_derivative_says_so(name):
    order, x = xp.tensor(2.0, requires_grad=True), xp.tensor(1.5)
    y = getattr(special, name)(order, x)
    with pytest.raises(MissingRuleError, match=rf"special\.{name} has no derivative by"):
        y.backward()


@pytest.mark.parametrize("order", [1, 1.5])
@pytest.mark.parametrize("name", ["jv", "yv", "iv", "kv", "kve"])
def test_a_number_for_an_order_beside_a_complex_argument(name, order):
    at = 0.7 + 0.3j
    z = xp.tensor(at, requires_grad=True)
    y = getattr(special, name)(order, z)
    assert y.item() == pytest.approx(getattr(scipy.special, name)(order, at), rel=1e-14)
    xp.real(y).backward()
    slope = (
        getattr(scipy.special, name)(order, at + 1e-6)
        - getattr(scipy.special, name)(order, at - 1e-6)
    ) / 2e-6
    assert z.grad.item() == pytest.approx(slope.conjugate(), rel=1e-8)


def test_where_a_function_is_not_holomorphic_it_says_what_to_write_instead():
    z = xp.tensor(0.5 + 0.3j, requires_grad=True)
    with pytest.raises(MissingRuleError, match=r"write special\.iv\(v, z\)"):
        xp.real(special.ive(1.0, z)).backward()


def test_orders_may_be_numbers_integers_or_floating():
    x = xp.tensor([0.5, 2.5], dtype=xp.float32)
    for order in (2, 2.0, xp.tensor(2), xp.tensor([2, 2]), np.asarray(2)):
        y = special.jv(order, x)
        assert y.dtype == xp.float32
        np.testing.assert_allclose(y.tolist(), scipy.special.jv(2, [0.5, 2.5]), rtol=1e-6)


@pytest.mark.parametrize("name", ["digamma", "erfinv", "i0e", "xlogy", "gammainc", "polygamma"])
def test_whole_numbers_are_taken_as_floating_ones(name):
    whole = [2, 3] if name in ("xlogy", "gammainc", "polygamma") else [1]
    wide = getattr(special, name)(*(xp.asarray([n, n]) for n in whole))
    assert wide.dtype == xp.float64
    np.testing.assert_allclose(
        wide.tolist(), [getattr(scipy.special, name)(*map(float, whole))] * 2
    )


def test_names_that_scipy_does_not_have_are_refused_with_a_hint():
    with pytest.raises(AttributeError, match="did you mean .*gammainc"):
        _ = special.gaminc


def test_every_operation_has_scipys_name_or_another_reason():
    from xpgrad_special import xpgrad_ops

    for spec in xpgrad_ops():
        assert hasattr(scipy.special, spec.name.partition(".")[2])
