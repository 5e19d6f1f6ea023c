"""Keys mean to NumPy and to us the same, with a key for each element of a batch and with one for all."""

import numpy as np
import pytest

import xpgrad as xp

RNG = np.random.default_rng(3)
HOST = RNG.normal(size=(2, 2, 3, 4))
OWN, SHARED = np.asarray([[0, 1, 1], [1, 0, 1]]), np.asarray([[0, 2, 1], [1, 1, -1]])
ALL = slice(None)
KEYS = [  # "i": an array of one axis, which the elements may each have for themselves; "j": of two, shared
    (ALL, "i", ..., "j"), ("i", ..., "j"), ("i", ..., 0), (..., "i", "j"), (ALL, "i", "j", ...),
    (ALL, "i", ..., "j", None), ("i", ..., "j", "i"), (None, ALL, "i", ..., 1), (0, "i", ..., 2),
    (ALL, ..., "i", ALL), (None, "i", ..., None, "j"),
]  # fmt: skip


def filled(key, i, j):
    return tuple((i if k == "i" else j) if isinstance(k, str) else k for k in key)


@pytest.fixture(params=("numpy", "array_api_strict"))
def up(request):
    return lambda a: xp.asarray(a).to(f"{request.param}:cpu")


def same(got, want):
    np.testing.assert_array_equal(got.detach().to("cpu").numpy(), want)


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_an_ellipsis_that_stands_for_no_axis_parts_arrays(up, key):
    x, want = up(HOST[0]), HOST[0][filled(key, OWN[0], SHARED)]
    ours = filled(key, up(OWN[0]), up(SHARED))
    same(x[ours], want)

    weights = np.arange(1.0, 1 + want.size).reshape(want.shape)
    added = np.zeros_like(HOST[0])
    np.add.at(added, filled(key, OWN[0], SHARED), weights)
    same(xp.grad(lambda x: xp.sum(x[ours] * up(weights)))(x), added)


@pytest.mark.parametrize("key", KEYS, ids=str)
@pytest.mark.parametrize("dims", [(0, 0), (None, 0), (0, None)], ids=str)
def test_it_does_so_for_each_element_of_a_batch(up, key, dims):
    x = HOST if dims[0] == 0 else HOST[0]
    i = OWN if dims[1] == 0 else OWN[0]
    got = xp.vmap(lambda x, i: x[filled(key, i, up(SHARED))], in_dims=dims)(up(x), up(i))
    each = [
        (HOST[n if dims[0] == 0 else 0])[filled(key, OWN[n if dims[1] == 0 else 0], SHARED)]
        for n in (0, 1)
    ]
    same(got, np.stack(each))


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_it_does_so_where_an_element_is_written(up, key):
    weights = RNG.normal(size=(2, *HOST[0][filled(key, OWN[0], SHARED)].shape))

    def write(x, i, w):
        y = x.clone()
        y[filled(key, i, up(SHARED))] = w
        return y

    want = HOST.copy()
    for n in (0, 1):
        want[n][filled(key, OWN[n], SHARED)] = weights[n]
    same(xp.vmap(write)(up(HOST), up(OWN), up(weights)), want)
