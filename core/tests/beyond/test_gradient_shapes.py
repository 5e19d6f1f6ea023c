"""A gradient has the shape of its array, whatever sizes happen to be equal, one or zero."""

from functools import partial

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.autograd import gradcheck, gradgradcheck
from xpgrad.errors import ShapeError

RNG = np.random.default_rng(11)


@pytest.fixture(params=("numpy", "array_api_strict"))
def backend(request):
    return request.param


def leaf(backend, *shape):
    return xp.asarray(RNG.normal(size=shape)).to(f"{backend}:cpu").requires_grad_()


def host(t):
    return t.detach().to("cpu").numpy()


# --- products of vectors ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "axis"),
    [
        ((2, 2), (2,), -1), ((2,), (2, 2), -1), ((2, 2, 2), (2, 2), -2), ((2, 2, 2), (1, 2), -1), ((2, 1), (2, 2), 0),
        ((2,), (2, 2), 0), ((2, 3), (2, 3, 3), 0), ((2, 3, 3), (3, 3), 1),
    ],
)  # fmt: skip
def test_vecdot_of_square_arrays_has_gradients_of_their_shapes(backend, first, second, axis):
    x, y = leaf(backend, *first), leaf(backend, *second)
    f = partial(xp.vecdot, axis=axis)
    assert gradcheck(f, (x, y))
    assert gradgradcheck(f, (x, y))
    assert np.allclose(host(f(x, y)), np.vecdot(host(x), host(y), axis=axis))


def test_the_gradient_of_vecdot_by_the_smaller_array_is_a_sum():
    y = xp.asarray([1.0, 2.0], requires_grad=True)
    xp.vecdot(xp.ones((2, 2)), y).sum().backward()
    assert y.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    "shapes", [((3,), (3, 2)), ((3, 2), (3,)), ((3, 3), (3,)), ((3, 1), (3, 2, 2))]
)
def test_cross_along_an_axis_counted_from_the_front_is_numpys(backend, shapes):
    x, y = (leaf(backend, *s) for s in shapes)
    f = partial(xp.linalg.cross, axis=0)
    assert np.allclose(host(f(x, y)), np.linalg.cross(host(x), host(y), axis=0))
    assert gradcheck(f, (x, y))


@pytest.mark.parametrize("f", [xp.vecdot, xp.linalg.cross])
def test_vmap_of_a_product_along_a_first_axis_is_a_loop(f):
    x, y = xp.asarray(RNG.normal(size=(2, 3))), xp.asarray(RNG.normal(size=(2, 3, 2)))
    one = partial(f, axis=0)
    assert bool(xp.all(xp.vmap(one)(x, y) == xp.stack([one(x[i], y[i]) for i in (0, 1)])))


def test_an_axis_that_one_array_lacks_is_refused():
    with pytest.raises(ShapeError, match="axis 1 is out of range for arrays of 1 and 2 axes"):
        xp.vecdot(xp.ones(2), xp.ones((2, 2)), axis=1)


# --- matrices and vectors ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tril", "triu"])
@pytest.mark.parametrize("shape", [(), (3,), (0,)])
def test_a_triangle_of_what_is_no_matrix_is_refused(backend, name, shape):
    x = leaf(backend, *shape)
    with pytest.raises(ShapeError, match=rf"{name} needs matrices, got shape \("):
        getattr(xp, name)(x)


@pytest.mark.parametrize("shapes", [((2, 2), (3,)), ((3,), (2, 2)), ((), (3,)), ((1, 3), (1, 2))])
def test_the_outer_product_of_what_are_no_vectors_is_refused(backend, shapes):
    x, y = (leaf(backend, *s) for s in shapes)
    with pytest.raises(ShapeError, match=r"linalg.outer needs two vectors, got shapes \("):
        xp.linalg.outer(x, y)


def test_numpys_outer_product_still_flattens():
    x, y = leaf("numpy", 2, 2), leaf("numpy", 3)
    assert np.outer(x, y).shape == (4, 3)
    assert gradcheck(np.outer, (x, y))


# --- differences ------------------------------------------------------------------------------------

ENDS = [{"prepend": 0}, {"append": 1}, {"prepend": 0, "append": 1}, {"prepend": 1, "append": 0}]


@pytest.mark.parametrize("difference", [xp.diff, np.diff])
@pytest.mark.parametrize("options", [{"axis": 0}, {"axis": -1, "n": 2}], ids=str)
@pytest.mark.parametrize("ends", ENDS, ids=str)
def test_a_number_before_or_after_stands_for_a_slice(backend, difference, options, ends):
    """0 is the number, 1 a slice of length one."""
    x, number, axis = leaf(backend, 3, 4), leaf(backend), options["axis"]
    part = leaf(backend, *((1, 4) if axis == 0 else (3, 1)))

    def f(x, *given):
        return difference(x, **options, **{k: given[i] for k, i in ends.items()})

    assert gradcheck(f, (x, number, part))
    assert gradgradcheck(f, (x, number, part))
    hosts = {k: host((number, part)[i]) for k, i in ends.items()}
    np.testing.assert_allclose(host(f(x, number, part)), np.diff(host(x), **options, **hosts))
    rows = xp.stack([x, 2.0 * x]).detach()
    each = xp.stack([f(row, number, part) for row in rows])
    np.testing.assert_allclose(host(xp.vmap(lambda row: f(row, number, part))(rows)), host(each))


def test_a_python_number_before_keeps_the_dtype_and_has_no_gradient(backend):
    x = leaf(backend, 3)
    out = xp.diff(x, prepend=0)
    assert out.dtype == xp.float64
    xp.sum(out).backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0]
