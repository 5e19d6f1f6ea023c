"""Initial values have PyTorch's distributions and change nothing but the values."""

import math
from statistics import NormalDist

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import ShapeError
from xpgrad.nn import Parameter, init

SHAPE = (60, 40, 2)
FAN_IN, FAN_OUT = 80, 120


@pytest.fixture(autouse=True)
def _seeded():
    xp.manual_seed(0)


RANDOM = [init.uniform_, init.normal_, init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_,
          init.kaiming_normal_, init.trunc_normal_, init.orthogonal_]  # fmt: skip
ALL = [*RANDOM, init.ones_, init.zeros_, lambda t: init.constant_(t, 3.0)]


@pytest.mark.parametrize("function", ALL)
def test_the_tensor_stays_the_same_leaf_of_the_same_dtype(function):
    p = Parameter(xp.zeros((4, 3), dtype=xp.float32))
    alias = p.detach()
    assert function(p) is p
    assert p.is_leaf
    assert p.requires_grad
    assert p.dtype == xp.float32
    assert p.shape == (4, 3)
    assert alias.tolist() == p.tolist()


@pytest.mark.parametrize("function", RANDOM)
def test_a_seed_decides_and_a_generator_may_be_given(function):
    def drawn(**options):
        return function(xp.zeros((4, 3)), **options).tolist()

    xp.manual_seed(5)
    first = drawn()
    assert first != drawn()
    assert first == drawn(generator=xp.Generator().manual_seed(5))


@pytest.mark.parametrize(
    ("function", "bound"),
    [
        (lambda t: init.uniform_(t, -2.0, 2.0), 2.0),
        (init.xavier_uniform_, math.sqrt(6 / (FAN_IN + FAN_OUT))),
        (lambda t: init.xavier_uniform_(t, gain=2.0), 2 * math.sqrt(6 / (FAN_IN + FAN_OUT))),
        (init.kaiming_uniform_, math.sqrt(6 / FAN_IN)),
        (lambda t: init.kaiming_uniform_(t, a=math.sqrt(5)), 1 / math.sqrt(FAN_IN)),
        (
            lambda t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="relu"),
            math.sqrt(6 / FAN_OUT),
        ),
    ],
)
def test_uniform_values_fill_their_bounds(function, bound):
    values = function(xp.zeros(SHAPE)).numpy()
    assert bound * 0.99 < np.abs(values).max() <= bound
    assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.05)


@pytest.mark.parametrize(
    ("function", "mean", "std"),
    [
        (lambda t: init.normal_(t, 3.0, 0.5), 3.0, 0.5),
        (init.xavier_normal_, 0.0, math.sqrt(2 / (FAN_IN + FAN_OUT))),
        (init.kaiming_normal_, 0.0, math.sqrt(2 / FAN_IN)),
        (lambda t: init.kaiming_normal_(t, nonlinearity="linear"), 0.0, math.sqrt(1 / FAN_IN)),
    ],
)
def test_normal_values_have_their_mean_and_deviation(function, mean, std):
    values = function(xp.zeros(SHAPE)).numpy()
    assert values.mean() == pytest.approx(mean, abs=0.1 * std)
    assert values.std() == pytest.approx(std, rel=0.05)


@pytest.mark.parametrize(("a", "b"), [(-2.0, 2.0), (-1.0, 3.0), (1.5, 1.6), (4.0, 5.0)])
def test_truncated_normal_values_have_their_distribution(a, b):
    values = init.trunc_normal_(xp.zeros(4000), 0.5, 1.0, a, b).numpy()
    assert a <= values.min()
    assert values.max() <= b
    normal = NormalDist(0.5, 1.0)
    middle = float(np.median(values))
    share = (normal.cdf(middle) - normal.cdf(a)) / (normal.cdf(b) - normal.cdf(a))
    assert share == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 3), (3, 3)])
def test_orthogonal_rows_or_columns_are_orthonormal(shape):
    q = init.orthogonal_(xp.zeros(shape), gain=2.0).numpy().reshape(shape[0], -1) / 2.0
    small = q @ q.T if q.shape[0] <= q.shape[1] else q.T @ q
    np.testing.assert_allclose(small, np.eye(len(small)), atol=1e-12)


def test_constants_are_constant():
    assert init.constant_(xp.zeros(2), 3.0).tolist() == [3.0, 3.0]
    assert init.ones_(xp.zeros(2)).tolist() == [1.0, 1.0]
    assert init.eye_(xp.zeros((2, 3))).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_gains_are_pytorchs():
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("leaky_relu", 0.2) == math.sqrt(2 / 1.04)
    with pytest.raises(ValueError, match="unknown nonlinearity 'sin'"):
        init.calculate_gain("sin")
    with pytest.raises(ValueError, match="not a valid number"):
        init.calculate_gain("leaky_relu", "steep")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.xavier_uniform_(xp.zeros(3)), "at least 2 axes"),
        (lambda: init.orthogonal_(xp.zeros(3)), "at least 2 axes"),
        (lambda: init.eye_(xp.zeros(3)), "2 axes, got shape"),
    ],
)
def test_a_vector_has_no_fans(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="'fan_in' or 'fan_out'"):
        init.kaiming_normal_(xp.zeros((2, 2)), mode="fan")
    with pytest.raises(ValueError, match="a must be less than b"):
        init.trunc_normal_(xp.zeros(2), a=1.0, b=1.0)
    with pytest.warns(UserWarning, match="does nothing"):
        init.kaiming_uniform_(xp.zeros((0, 2)))
