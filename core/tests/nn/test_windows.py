"""Pooling, and the windows of images as columns, against their definitions; names and options are PyTorch's."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xpgrad as xp
from xpgrad.autograd import grad, gradcheck, gradgradcheck
from xpgrad.errors import ShapeError
from xpgrad.nn import functional as F

many = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def window_starts(n, k, s, p, d, ceil_mode):
    """Where windows begin on an axis: one that reaches over the far end must begin before it."""
    room = (n + 2 * p - d * (k - 1) - 1) / s
    count = (math.ceil(room) if ceil_mode else math.floor(room)) + 1
    return [i * s - p for i in range(count) if not ceil_mode or i == 0 or i * s - p < n]


def pooled(x, size, stride, padding, dilation, ceil_mode, of_window):
    """``of_window(values in the array, places within the padding)`` for each window."""
    space = x.shape[2:]
    starts = [
        window_starts(*args, ceil_mode)
        for args in zip(space, size, stride, padding, dilation, strict=True)
    ]
    result = np.zeros((*x.shape[:2], *map(len, starts)))
    for at in itertools.product(*(range(len(s)) for s in starts)):
        begin = [s[i] for s, i in zip(starts, at, strict=True)]
        places = [
            [b + j * d for j in range(k)] for b, k, d in zip(begin, size, dilation, strict=True)
        ]
        inside = [[q for q in p if 0 <= q < n] for p, n in zip(places, space, strict=True)]
        padded = [
            [q for q in p if -b <= q < n + b]
            for p, n, b in zip(places, space, padding, strict=True)
        ]
        values = x[np.ix_(range(x.shape[0]), range(x.shape[1]), *inside)]
        result[(slice(None), slice(None), *at)] = of_window(values, math.prod(map(len, padded)))
    return result


@st.composite
def pools(draw, *, dilated):
    d = draw(st.integers(1, 3))

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(d))

    size, stride, dilation = each(1, 3), each(1, 3), each(1, 2) if dilated else (1,) * d
    reach = [e * (k - 1) + 1 for k, e in zip(size, dilation, strict=True)]
    padding = tuple(draw(st.integers(0, min(1, r // 2))) for r in reach)
    space = tuple(r + draw(st.integers(0, 4)) for r in reach)
    return (2, 2, *space), size, stride, padding, dilation, draw(st.booleans())


def largest(values, _):
    return values.max(axis=tuple(range(2, values.ndim)))


def check(function, expected, x, backend):
    t = xp.namespace(backend).asarray(x).requires_grad_()
    out = function(t)
    np.testing.assert_allclose(out.detach().numpy(), expected, atol=1e-12)
    return t, out


@pytest.mark.parametrize("backend", ["numpy", "array_api_strict"])
@many
@given(pools(dilated=True))
def test_max_pool_is_the_largest_of_each_window_and_so_is_its_gradient(backend, pool):
    shape, size, stride, padding, dilation, ceil_mode = pool
    x = np.random.default_rng(0).permutation(math.prod(shape)).reshape(shape).astype(float)
    expected = pooled(x, size, stride, padding, dilation, ceil_mode, largest)
    function = getattr(F, f"max_pool{len(size)}d")
    t, out = check(
        lambda t: function(t, size, stride, padding, dilation, ceil_mode), expected, x, backend
    )
    g = np.random.default_rng(1).normal(size=expected.shape)
    (found,) = grad(out, [t], xp.namespace(backend).asarray(g))
    wanted = np.zeros_like(x)  # all values differ: each window has one largest
    np.add.at(wanted.reshape(-1), np.argsort(x.reshape(-1))[expected.astype(int)], g)
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "array_api_strict"])
@many
@given(pools(dilated=False), st.booleans(), st.sampled_from([None, None, 3]))
def test_avg_pool_is_the_mean_of_each_window(backend, pool, include, divisor):
    shape, size, stride, padding, dilation, ceil_mode = pool
    x = np.random.default_rng(0).normal(size=shape)

    def mean(values, padded):
        count = divisor or (padded if include else math.prod(values.shape[2:]))
        return values.sum(axis=tuple(range(2, values.ndim))) / count

    expected = pooled(x, size, stride, padding, dilation, ceil_mode, mean)
    function = getattr(F, f"avg_pool{len(size)}d")
    t, out = check(
        lambda t: function(t, size, stride, padding, ceil_mode, include, divisor),
        expected,
        x,
        backend,
    )
    g, other = (
        np.random.default_rng(i).normal(size=s) for i, s in ((1, expected.shape), (2, shape))
    )
    (found,) = grad(out, [t], xp.namespace(backend).asarray(g))
    pushed = np.sum(g * pooled(other, size, stride, padding, dilation, ceil_mode, mean))
    np.testing.assert_allclose(np.sum(found.numpy() * other), pushed, atol=1e-10)


def test_windows_lie_side_by_side_without_a_stride():
    x = xp.reshape(xp.arange(16.0), (1, 4, 4))
    assert F.max_pool2d(x, 2).tolist() == [[[5.0, 7.0], [13.0, 15.0]]]
    assert F.avg_pool2d(x, (2, 4)).tolist() == [[[3.5], [11.5]]]
    assert F.max_pool2d(xp.reshape(xp.arange(4), (1, 2, 2)), 2, padding=1).tolist() == [
        [[0, 1], [2, 3]]
    ]


def test_equal_largest_elements_share_the_gradient():
    x = xp.asarray([[[2.0, 2.0, 1.0, 2.0]]]).requires_grad_()
    F.max_pool1d(x, 3, 1).sum().backward()
    assert x.grad.tolist() == [[[0.5, 1.0, 0.0, 0.5]]]


@pytest.mark.parametrize("backend", ["numpy", "array_api_strict"])
def test_pools_are_differentiable_to_second_order(backend):
    values = np.random.default_rng(0).permutation(2 * 5 * 6).reshape(1, 2, 5, 6) / 10.0
    x = xp.namespace(backend).asarray(values).requires_grad_()
    for function in (
        lambda x: F.max_pool2d(x * x, 3, 2, 1, ceil_mode=True),
        lambda x: F.avg_pool2d(x * x, 3, 2, 1, count_include_pad=False),
    ):
        assert gradcheck(function, (x,))
        assert gradgradcheck(function, (x,))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: F.max_pool2d(x, 5), "floor((4 + 2 * 0 - 1 * (5 - 1) - 1) / 5) + 1 = 0 windows of 5"),
        (lambda x: F.max_pool2d(x, 3, padding=2), "padding 2 must be at most half of the 3 elements"),
        (lambda x: F.avg_pool1d(x, 2), "takes (batch, channels, *space) of rank 3"),
        (lambda x: F.max_pool2d(x, 2, (1, 2, 3)), "stride must be an integer of at least 1, or 2 of them"),
        (lambda x: F.unfold(x, 5), "does not fit the (4, 4) elements"),
        (lambda x: F.unfold(x[0, 0], 2), "unfold takes rank 4, or 3 without the batch"),
        (lambda x: F.fold(x[0], (5, 5), 2), "4 * 4 = 16 windows of (2, 2)"),
        (lambda x: F.conv1d(x, xp.ones((1, 1, 2, 2))), "conv1d takes a kernel of rank 3"),
        (lambda x: F.conv_transpose3d(x, xp.ones((1, 1, 2, 2))), "conv_transpose3d takes a kernel of rank 5"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_the_formula(call, says):
    with pytest.raises(ShapeError) as caught:
        call(xp.ones((1, 1, 4, 4)))
    assert says in str(caught.value)


def test_indices_of_the_largest_are_refused():
    with pytest.raises(NotImplementedError, match="return_indices"):
        F.max_pool1d(xp.ones((1, 1, 4)), 2, return_indices=True)


# --- columns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["numpy", "array_api_strict"])
@pytest.mark.parametrize(
    ("size", "dilation", "padding", "stride"),
    [(2, 1, 0, 1), ((2, 3), 1, (1, 0), 2), (2, (2, 1), 1, (1, 2)), (1, 1, 0, 1)],
)
def test_columns_are_windows_and_fold_adds_them_up(backend, size, dilation, padding, stride):
    options = {"kernel_size": size, "dilation": dilation, "padding": padding, "stride": stride}
    rng, namespace = np.random.default_rng(0), xp.namespace(backend)
    x, weight = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, *np.broadcast_to(size, 2)))
    t = namespace.asarray(x).requires_grad_()
    columns = F.unfold(t, **options)
    rest = {k: v for k, v in options.items() if k != "kernel_size"}
    convolved = xp.conv(x, weight, **rest)
    product = weight.reshape(4, -1) @ columns.detach().numpy()
    np.testing.assert_allclose(product.reshape(convolved.shape), convolved.numpy(), atol=1e-12)
    g = rng.normal(size=columns.shape)
    (found,) = grad(columns, [t], namespace.asarray(g))
    folded = F.fold(namespace.asarray(g), (5, 6), **options)
    np.testing.assert_allclose(folded.numpy(), found.numpy(), atol=1e-12)
    assert gradcheck(
        lambda c: F.fold(c, (5, 6), **options), (namespace.asarray(g).requires_grad_(),)
    )


def test_columns_without_a_batch():
    x = xp.ones((2, 4, 4))
    columns = F.unfold(x, 2)
    assert columns.shape == (8, 9)
    assert F.fold(columns, 4, 2).tolist() == F.fold(columns[None], 4, 2)[0].tolist()


def test_convolutions_by_the_number_of_dimensions():
    for d in (1, 2, 3):
        conv, back = (getattr(F, f"{name}{d}d") for name in ("conv", "conv_transpose"))
        x, w, b = xp.ones((1, 2, *(5,) * d)), xp.ones((4, 1, *(2,) * d)), xp.ones(4)
        assert (
            conv(x, w, b, 2, 1, 1, 2).tolist()
            == xp.conv(x, w, b, stride=2, padding=1, groups=2).tolist()
        )
        x, w, b = xp.ones((1, 4, *(3,) * d)), xp.ones((4, 1, *(2,) * d)), xp.ones(2)
        same = xp.conv_transpose(x, w, b, stride=2, padding=1, output_padding=1, groups=2)
        assert back(x, w, b, 2, 1, 1, 2, 1).tolist() == same.tolist()
        assert back.__name__ == f"conv_transpose{d}d"
