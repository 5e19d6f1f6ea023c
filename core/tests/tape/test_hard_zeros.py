"""The NaN policy of masked branches: what is left out gets a hard zero, and `hard_zeros` makes every zero one."""

import numpy as np
import pytest

import xpgrad as xp

DEVICES = ["cpu", "array_api_strict:cpu", "array_api_strict:device1"]


@pytest.fixture(params=DEVICES)
def place(request):
    if request.param != "cpu":
        pytest.importorskip(
            "xpgrad_array_api_strict", reason="the strict backend is in the dev group"
        )
    return lambda *x: xp.asarray(np.asarray(x), device=request.param)


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


BRANCHES = {
    "sqrt": (xp.sqrt, 0.0, 4.0),
    "log": (xp.log, 0.0, 4.0),
    "divide": (lambda x: 1.0 / x, 0.0, 4.0),
    "power": (lambda x: x**0.5, 0.0, 4.0),
    "acosh": (xp.acosh, 1.0, 4.0),
    "product with infinity": (lambda x: x * (1.0 / (x - x)), 1.0, 4.0),
}


def recorded(f):
    def gradient(x):
        leaf = x.detach().requires_grad_()
        return xp.autograd.grad(f(leaf), leaf, create_graph=True)[0]

    return gradient


REVERSE = {"raw": xp.grad, "recorded": recorded}


def masked_sum(branch, x, at):
    return xp.sum(xp.where(x > at, branch(x), xp.zeros_like(x)))


@pytest.mark.parametrize("way", REVERSE)
@pytest.mark.parametrize("name", [n for n in BRANCHES if "product" not in n])
def test_a_branch_thrown_away_has_gradient_zero_under_hard_zeros_and_nan_without(name, way, place):
    branch, at, fine = BRANCHES[name]
    x = place(at, fine)
    f = lambda x: masked_sum(branch, x, at)  # noqa: E731
    without = REVERSE[way](f)(x).tolist()
    assert np.isnan(without[0])
    with xp.hard_zeros():
        first, second = REVERSE[way](f)(x).tolist()
    assert first == 0.0
    assert second == without[1]
    assert np.isfinite(second)


@pytest.mark.parametrize("name", BRANCHES)
def test_a_zero_tangent_stays_zero_under_hard_zeros(name, place):
    branch, at, fine = BRANCHES[name]
    x, move = place(at, fine), place(0.0, 1.0)
    with xp.hard_zeros():
        assert xp.jvp(branch, (x,), (move,))[1].tolist()[0] == 0.0


def test_second_order_under_hard_zeros_is_finite_too(place):
    f = lambda x: masked_sum(xp.sqrt, x, 0.0)  # noqa: E731
    with xp.hard_zeros():
        h = xp.grad(lambda x: xp.sum(xp.grad(f)(x)))(place(0.0, 4.0)).tolist()
    assert h == [0.0, -1 / 32]


def test_hard_zeros_changes_nothing_that_is_finite(place):
    x = place(0.3, -1.2, 2.0)
    f = lambda x: xp.sum(xp.exp(x) * xp.sin(x) / (x * x + 1.0) + xp.maximum(x, -x) ** 3)  # noqa: E731
    plain = xp.grad(f)(x).tolist()
    with xp.hard_zeros():
        np.testing.assert_allclose(xp.grad(f)(x).tolist(), plain, rtol=1e-14)


LEFT_OUT = {
    "where": lambda x: xp.where(xp.asarray(np.array([True, False]), device=x.device), x, xp.zeros_like(x)),
    "maximum": lambda x: xp.maximum(x, 2.0 - x),
    "max": lambda x: xp.max(xp.stack([x, 2.0 - x]), axis=0),
    "clip": lambda x: xp.clip(x, None, 1.0),
    "index": lambda x: xp.take(x, xp.asarray(np.array([0, 0]), device=x.device)),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_OUT)
@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_what_is_left_out_gets_a_hard_zero_whatever_the_cotangent(name, bad, place):
    x = place(3.0, 0.0) if name in ("maximum", "max") else place(0.5, 3.0)
    if name in ("where", "clip", "index"):
        expected, cotangent = 0.0, (place(1.0, bad) if name != "index" else place(1.0, 2.0))
    else:  # the second element lost: its branch is 2 - x
        expected, cotangent = -bad, place(1.0, bad)
    leaf = x.requires_grad_()
    (g,) = xp.autograd.grad(LEFT_OUT[name](leaf), leaf, cotangent)
    np.testing.assert_equal(g.tolist()[1], expected)
