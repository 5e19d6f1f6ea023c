"""Slices mean NumPy's on every library, also beyond the end, which the standard leaves out."""

import itertools

import numpy as np
import pytest

import xpgrad as xp

A = np.arange(60.0).reshape(3, 4, 5)
BOUNDS = (None, -99, -4, -1, 0, 2, 3, 99)
SLICES = [slice(*three) for three in itertools.product(BOUNDS, BOUNDS, (None, 2, -1, -3))]


@pytest.fixture(params=["numpy", "array_api_strict"])
def there(request):
    """The array on a library."""
    library = pytest.importorskip(request.param, reason="the library")
    return lambda: xp.asarray(library.asarray(A))


@pytest.mark.parametrize(
    "around",
    [
        lambda k: k,
        lambda k: (..., k),
        lambda k: (slice(None), k, None, 1),
        lambda k: (0, ..., k),
        lambda k: (k, slice(1, 99)),
    ],
    ids=["first", "last", "in the middle", "beside an integer", "two"],
)
def test_every_slice_reads_and_writes_what_numpys_does(there, around):
    x = there()
    for k in SLICES:
        key = around(k)
        np.testing.assert_array_equal(x[key].numpy(), A[key], err_msg=str(key))
        y, expected = there(), A.copy()
        y[key] = -1.0
        expected[key] = -1.0
        np.testing.assert_array_equal(y.numpy(), expected, err_msg=str(key))


def test_the_last_minibatch_may_be_short_and_has_its_gradient(there):
    x = there().requires_grad_()
    for i in range(0, 3, 2):
        xp.sum(x[i : i + 2] ** 2).backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * A)
