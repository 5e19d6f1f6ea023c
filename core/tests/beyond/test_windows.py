"""pad and sliding_window_view: NumPy's grammar and values; a gradient is the transpose, so NumPy is the oracle too."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

import xpgrad as xp
from xpgrad.autograd import grad
from xpgrad.errors import ShapeError

many = settings(
    max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
BACKENDS = ("numpy", "array_api_strict")
MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def check_linear(function, numpys, shape, backend):
    """Values are NumPy's; ⟨g, f(t)⟩ = ⟨t, gradient⟩ with NumPy's f; the transpose's transpose is the function."""
    rng = np.random.default_rng(0)
    a, t = np.asarray(rng.normal(size=shape)), np.asarray(rng.normal(size=shape))
    namespace = xp.namespace(backend)
    x = namespace.asarray(a).requires_grad_()
    out, expected = function(x), numpys(a)
    assert out.shape == expected.shape
    np.testing.assert_array_equal(out.detach().numpy(), expected)
    g = np.asarray(rng.normal(size=expected.shape))
    seed = namespace.asarray(g).requires_grad_()
    (found,) = grad(out, [x], seed, create_graph=True)
    np.testing.assert_allclose(
        np.sum(found.detach().numpy() * t), np.sum(g * numpys(t)), atol=1e-10
    )
    (back,) = grad(found, [seed], namespace.asarray(t))
    np.testing.assert_allclose(back.numpy(), numpys(t), atol=1e-14)


widths = st.one_of(
    st.integers(0, 4),
    st.tuples(st.integers(0, 7), st.integers(0, 7)),
    st.sampled_from([(3,), [[1, 2]], ((2,),)]),
)


@st.composite
def paddings(draw):
    shape = tuple(draw(st.lists(st.integers(1, 4), max_size=3)))
    width = draw(widths)
    if shape and draw(st.booleans()):
        width = [draw(st.tuples(st.integers(0, 7), st.integers(0, 7))) for _ in shape]
        width = np.asarray(width) if draw(st.booleans()) else width
        if draw(st.booleans()):
            pairs = {i: tuple(map(int, w)) for i, w in enumerate(width) if draw(st.booleans())}
            width = pairs | ({-1: 2} if len(shape) - 1 not in pairs else {})
    return shape, width, draw(st.sampled_from(MODES))


@pytest.mark.parametrize("backend", BACKENDS)
@many
@given(paddings())
def test_padding_is_numpys_and_its_gradient_the_transpose(backend, padding):
    shape, width, mode = padding
    check_linear(lambda x: xp.pad(x, width, mode), lambda a: np.pad(a, width, mode), shape, backend)


@pytest.mark.parametrize(
    "constants", [2.5, (1.0, -1.0), ((1.0, 2.0), (3.0, 4.0)), [[5], [6]], float("-inf")]
)
@pytest.mark.parametrize("backend", BACKENDS)
def test_constants_stand_where_numpy_puts_them(backend, constants):
    a = np.arange(6.0).reshape(2, 3)
    x = xp.namespace(backend).asarray(a).requires_grad_()
    out = xp.pad(x, ((1, 2), (0, 1)), constant_values=constants)
    expected = np.pad(a, ((1, 2), (0, 1)), constant_values=constants)
    np.testing.assert_array_equal(out.detach().numpy(), expected)
    xp.sum(out[1:3, :3] * out[1:3, :3]).backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * a)


def test_constants_take_the_arrays_dtype():
    assert xp.pad(xp.asarray([1, 2]), 1, constant_values=2.7).tolist() == [2, 1, 2, 2]
    assert xp.pad(xp.ones(1, dtype=xp.float32), 1, constant_values=1).dtype == xp.float32


def test_a_tensor_as_constant_gets_its_gradient():
    c, x = xp.asarray(2.0).requires_grad_(), xp.ones((2, 2))
    xp.sum(xp.pad(x, 1, constant_values=c)).backward()
    assert c.grad.item() == 12.0
    c.grad = None
    np.pad(x, ((1, 0), (0, 0)), constant_values=c).sum().backward()
    assert c.grad.item() == 2.0


def test_the_tangent_of_constants_is_zero():
    _, tangent = xp.jvp(lambda x: xp.pad(x, 1, constant_values=7.0), (xp.ones(1),), (xp.ones(1),))
    assert tangent.tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("width", "options", "error", "says"),
    [
        ((1, 2, 3), {}, ShapeError, r"a pair (before, after) or 2 such pairs, one for each axis of shape (2, 0)"),
        (((1, 2), (3, 4), (5, 6)), {}, ShapeError, "or 2 such pairs"),
        (-1, {}, ShapeError, "at least 0, got -1"),
        (1.5, {}, TypeError, "made of integers"),
        ({2: 1}, {}, ShapeError, "axis 2"),
        (1, {"mode": "edge"}, ShapeError, "axis 1 of shape (2, 0) is empty"),
        (1, {"mode": "mean"}, ValueError, "one of constant, edge, reflect, symmetric, wrap"),
    ],
)  # fmt: skip
def test_widths_that_do_not_fit_are_refused(width, options, error, says):
    with pytest.raises(error) as caught:
        xp.pad(xp.zeros((2, 0)), width, **options)
    assert says in str(caught.value)


def test_numpys_pad_records():
    x = xp.ones((2, 2)).requires_grad_()
    np.pad(x, ((1, 0), (0, 2)), "symmetric").sum().backward()
    assert x.grad.tolist() == [[4.0, 4.0], [2.0, 2.0]]
    with pytest.raises(TypeError, match="takes the modes"):
        np.pad(x, 1, "mean")
    with pytest.raises(TypeError, match="takes the modes"):
        np.pad(x, 1, "reflect", reflect_type="odd")


# --- windows ----------------------------------------------------------------------------------------


@st.composite
def views(draw):
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=3)))
    axis = draw(
        st.one_of(st.none(), st.lists(st.integers(-len(shape), len(shape) - 1), max_size=3))
    )
    left, window = list(shape), []
    for a in range(len(shape)) if axis is None else axis:
        k = draw(st.integers(1, left[a]))
        left[a] -= k - 1
        window.append(k)
    if len(window) == 1 and draw(st.booleans()):
        return shape, window[0], axis if axis is None else axis[0]
    return shape, tuple(window), axis if axis is None else tuple(axis)


@pytest.mark.parametrize("backend", BACKENDS)
@many
@given(views())
def test_windows_are_numpys_and_their_gradient_the_transpose(backend, view):
    shape, window, axis = view
    check_linear(
        lambda x: xp.sliding_window_view(x, window, axis),
        lambda a: sliding_window_view(a, window, axis),
        shape,
        backend,
    )


@pytest.mark.parametrize("shape", [(40, 50), (1000,)])
@pytest.mark.parametrize("share", [0.1, 0.9])
def test_large_windows_and_few_windows_add_up_right(shape, share):
    window = tuple(int(n * share) for n in shape)
    check_linear(
        lambda x: xp.sliding_window_view(x, window),
        lambda a: sliding_window_view(a, window),
        shape,
        "numpy",
    )


def test_windows_are_values_and_no_aliases():
    x = xp.arange(5.0)
    w = xp.sliding_window_view(x, 3)
    before = w.tolist()
    x[1] = 70.0
    assert w.tolist() == before
    w[0, 0] = -1.0
    w += 1.0
    assert x.tolist() == [0.0, 70.0, 2.0, 3.0, 4.0]
    assert w.tolist()[1] == [2.0, 3.0, 4.0]


def test_windows_of_a_recorded_array_survive_a_write_to_it():
    x = xp.ones(4).requires_grad_()
    y = x * 2.0
    w = xp.sliding_window_view(y, 2)
    out = xp.sum(w * w)
    y[0] = 9.0
    out.backward()
    assert x.grad.tolist() == [8.0, 16.0, 16.0, 8.0]


def test_nothing_is_kept_of_the_array():
    x = xp.ones(1000).requires_grad_()
    y = x * 1.0
    w = xp.sum(xp.sliding_window_view(y, 10), axis=1)
    kept = weakref.ref(y._cell.raw)
    del y
    gc.collect()
    assert kept() is None
    xp.sum(w).backward()
    assert x.grad[500].item() == 10.0


@pytest.mark.parametrize(
    ("window", "axis", "says"),
    [
        (4, 1, "it does not fit along axis 1"),
        ((2, 2, 2), None, "all the axes of the array must have one size each"),
        (2, (0, 1), "axis=(0, 1) of the array must have one size each"),
        (2, 2, "no axis 2"),
        (-1, 0, "does not fit"),
        (0, 0, "an empty window has no place"),
    ],
)
def test_windows_that_do_not_fit_are_refused(window, axis, says):
    with pytest.raises(ShapeError) as caught:
        xp.sliding_window_view(xp.zeros((2, 3)), window, axis)
    assert says in str(caught.value)
    assert "shape (2, 3)" in str(caught.value)


def test_numpys_windows_record():
    x = xp.arange(4.0).requires_grad_()
    sliding_window_view(x, 2).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0, 2.0, 1.0]
