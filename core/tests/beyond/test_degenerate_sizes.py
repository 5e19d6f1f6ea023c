"""No element, one element, no axis: derivatives have a value wherever the function has one."""

import math
import warnings

import numpy as np
import pytest

import xpgrad as xp


@pytest.fixture(params=("numpy", "array_api_strict"))
def backend(request):
    return request.param


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of 0 / 0
        yield


def leaf(backend, *shape):
    values = np.arange(1.0, 1.0 + math.prod(shape)).reshape(shape)
    return xp.asarray(values).to(f"{backend}:cpu").requires_grad_()


def gradient(f, x):
    xp.sum(f(x)).backward()
    return x.grad.detach().to("cpu").numpy()


# --- variances --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["var", "std"])
@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((1,), {"correction": 1}), ((2, 1), {"axis": -1, "correction": 1}), ((1, 2), {"axis": 0, "correction": 1.0}),
        ((0,), {}), ((2, 0), {"axis": -1}), ((0,), {"correction": 1}), ((0, 2), {"axis": 0, "correction": 1}),
    ],
    ids=str,
)  # fmt: skip
def test_the_derivative_of_a_variance_of_too_few_is_nan_as_the_variance_is(
    backend, name, shape, options
):
    x = leaf(backend, *shape)

    def f(x):
        return getattr(xp, name)(x, **options)

    assert bool(xp.all(xp.isnan(f(x))))
    assert gradient(f, x).shape == shape
    assert np.isnan(x.grad.detach().to("cpu").numpy()).all()
    _, tangent = xp.jvp(f, (x.detach(),), (xp.ones_like(x).detach(),))
    assert bool(xp.all(xp.isnan(tangent)))
    assert xp.hessian(lambda x: xp.sum(f(x)))(x.detach()).shape == shape * 2


@pytest.mark.parametrize("correction", [2, 3])
def test_the_derivative_of_an_infinite_variance_is_infinite(backend, correction):
    x = leaf(backend, 2)
    found = gradient(lambda x: xp.var(x, correction=correction), x)
    assert found.tolist() == [-math.inf, math.inf]


# --- reading where there is nothing -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "axis", "indices"),
    [
        ((0, 5), 1, [[0, 1], [1, 2]]), ((0, 5), 1, 3), ((5, 0), 0, [[0, 1], [1, 2]]), ((2, 0, 3), -1, [[[1]]]),
        ((2, 0), 0, 1), ((2, 3), 1, [[], []]), ((0, 3), 0, [[], []]),
    ],
    ids=str,
)  # fmt: skip
def test_take_from_an_empty_array_has_an_empty_gradient(shape, axis, indices):
    """On NumPy: the strict library takes indices of one axis only."""
    x = leaf("numpy", *shape)
    index = xp.asarray(np.asarray(indices, "int64"))

    def f(x):
        return xp.take(x, index, axis=axis)

    want = np.take(x.detach().to("cpu").numpy(), np.asarray(indices, "int64"), axis=axis)
    assert f(x).shape == want.shape
    assert gradient(f, x).tolist() == np.zeros(shape).tolist()
    assert xp.jvp(f, (x.detach(),), (x.detach(),))[1].shape == want.shape


NUMBERS = {
    "take": (lambda x: xp.take(x, xp.zeros(2, dtype=xp.int64, device=x.device), axis=0), 2.0),
    "repeat": (lambda x: xp.repeat(x, 3, axis=0), 3.0),
    "repeat without an axis": (lambda x: xp.repeat(x, 3), 3.0),
    "cumulative_sum": (lambda x: xp.cumulative_sum(x, axis=0), 1.0),
}  # fmt: skip


@pytest.mark.parametrize(("f", "slope"), NUMBERS.values(), ids=NUMBERS)
def test_what_takes_a_number_for_a_line_has_a_gradient_by_it(backend, f, slope):
    x = leaf(backend)
    assert gradient(f, x).shape == ()
    assert x.grad.item() == slope


def test_the_product_up_to_a_number_is_the_number():
    x = xp.tensor(3.0, requires_grad=True)
    y = xp.cumulative_prod(x)
    assert y.tolist() == [3.0]
    (y * 7.0).sum().backward()
    assert x.grad.shape == ()
    assert x.grad.item() == 7.0
