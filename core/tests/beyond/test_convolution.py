"""conv and conv_transpose against their definition, written out as loops over NumPy arrays.

Both are linear in each argument, so the definition is an oracle for derivatives too: ⟨g, f(…, t, …)⟩ = ⟨t, gradient⟩.
"""

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xpgrad as xp
from xpgrad.autograd import grad
from xpgrad.errors import DeviceError, ShapeError

many = settings(
    max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def terms(space, sizes, stride, dilation):
    """(place in the longer array, in the kernel, in the shorter one) of every product in a convolution."""
    for window in itertools.product(*map(range, space)):
        for place in itertools.product(*map(range, sizes)):
            at = (i * s + j * d for i, j, s, d in zip(window, place, stride, dilation, strict=True))
            yield tuple(at), place, window


def with_zeros(x, pairs):
    return np.pad(x, ((0, 0), (0, 0), *pairs))


def defined_conv(x, weight, bias, *, stride, pairs, dilation, groups):
    x, sizes, out = with_zeros(x, pairs), weight.shape[2:], weight.shape[0] // groups
    space = [
        math.floor((n - d * (k - 1) - 1) / s) + 1
        for n, k, s, d in zip(x.shape[2:], sizes, stride, dilation, strict=True)
    ]
    result = np.zeros((len(x), weight.shape[0], *space), np.result_type(x, weight))
    each = x.shape[1] // groups
    for group in range(groups):
        o, c = slice(group * out, (group + 1) * out), slice(group * each, (group + 1) * each)
        for at, place, window in terms(space, sizes, stride, dilation):
            result[(slice(None), o, *window)] += (
                x[(slice(None), c, *at)] @ weight[(o, slice(None), *place)].T
            )
    return result if bias is None else result + bias.reshape(-1, *(1,) * len(sizes))


def defined_transpose(x, weight, bias, *, stride, padding, output_padding, dilation, groups):
    sizes, space = weight.shape[2:], x.shape[2:]
    longer = [
        (n - 1) * s + d * (k - 1) + 1 + o
        for n, k, s, d, o in zip(space, sizes, stride, dilation, output_padding, strict=True)
    ]
    out, each = weight.shape[1], x.shape[1] // groups
    result = np.zeros((len(x), out * groups, *longer), np.result_type(x, weight))
    for group in range(groups):
        o, c = slice(group * out, (group + 1) * out), slice(group * each, (group + 1) * each)
        for at, place, window in terms(space, sizes, stride, dilation):
            result[(slice(None), o, *at)] += (
                x[(slice(None), c, *window)] @ weight[(c, slice(None), *place)]
            )
    result = result[(..., *(slice(p, n - p) for p, n in zip(padding, longer, strict=True)))]
    return result if bias is None else result + bias.reshape(-1, *(1,) * len(sizes))


@st.composite
def calls(draw, *, transposed):
    d = draw(st.integers(1, 3))

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(d))

    groups = draw(st.sampled_from([1, 1, 2, 3]))
    channels, out = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    stride, dilation, sizes = draw(st.sampled_from([(1,) * d, each(1, 3)])), each(1, 2), each(1, 3)
    padding, batch = each(0, 2), draw(st.sampled_from([1, 2, 2, 0]))
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    if transposed:
        options["output_padding"] = longer = tuple(
            draw(st.integers(0, max(s, e) - 1)) for s, e in zip(stride, dilation, strict=True)
        )
        space = tuple(
            max(1, -(-(2 * p - e * (k - 1) - o) // s) + 1) + draw(st.integers(0, 2))
            for p, k, e, o, s in zip(padding, sizes, dilation, longer, stride, strict=True)
        )
        kernel = (channels, out // groups, *sizes)
    else:
        space = tuple(
            max(1, e * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 4))
            for p, k, e in zip(padding, sizes, dilation, strict=True)
        )
        kernel = (out, channels // groups, *sizes)
    bias = draw(st.sampled_from([None, (out,)]))
    return [(batch, channels, *space), kernel, *([bias] if bias else [])], options


def check(function, defined, shapes, options, backend, kind):
    rng = np.random.default_rng(0)

    def draw(shape):
        x = rng.normal(size=shape)
        return x + 1j * rng.normal(size=shape) if kind == "D" else x

    arrays, others, namespace = (
        [draw(s) for s in shapes],
        [draw(s) for s in shapes],
        xp.namespace(backend),
    )
    tensors = [namespace.asarray(a).requires_grad_() for a in arrays]
    out = function(*tensors, **options)
    expected = defined(*arrays)
    assert out.shape == expected.shape
    np.testing.assert_allclose(out.detach().numpy(), expected, atol=1e-12)
    g = draw(expected.shape)
    found = grad(out, tensors, namespace.asarray(np.conj(g)), create_graph=True)
    for i, gradient in enumerate(found):
        pulled = np.sum(np.conj(gradient.detach().numpy()) * others[i])
        np.testing.assert_allclose(
            pulled, np.sum(g * moved(defined, arrays, {i: others[i]})), atol=1e-10
        )
    cotangent = xp.conj(found[0]) if kind == "D" else found[0]
    line = xp.sum(cotangent * namespace.asarray(others[0]))
    (second,) = grad(line, [tensors[1]], xp.ones_like(line))
    twice = np.sum(g * moved(defined, arrays, {0: others[0], 1: others[1]}))
    np.testing.assert_allclose(np.sum(np.conj(second.numpy()) * others[1]), twice, atol=1e-10)


def moved(defined, arrays, by):
    """The part of the definition that is linear in the arrays of ``by``: without the others' constant terms."""
    at = [by.get(i, a) for i, a in enumerate(arrays)]
    if len(at) > 2 and 2 not in by:
        at = at[:2]
    elif 2 in by:
        at[0] = np.zeros_like(at[0])
    return defined(*at)


def conv_of(options):
    options = dict(options)
    pairs = [(p, p) for p in options.pop("padding")]
    return lambda x, w, b=None: defined_conv(x, w, b, pairs=pairs, **options)


@pytest.mark.parametrize(
    ("backend", "kind"), [("numpy", "d"), ("numpy", "D"), ("array_api_strict", "d")]
)
@many
@given(calls(transposed=False))
def test_a_convolution_is_what_it_is_defined_to_be(backend, kind, call):
    shapes, options = call
    check(xp.conv, conv_of(options), shapes, options, backend, kind)


@pytest.mark.parametrize(
    ("backend", "kind"), [("numpy", "d"), ("numpy", "D"), ("array_api_strict", "d")]
)
@many
@given(calls(transposed=True))
def test_a_transposed_convolution_is_what_it_is_defined_to_be(backend, kind, call):
    shapes, options = call
    check(
        xp.conv_transpose,
        lambda x, w, b=None: defined_transpose(x, w, b, **options),
        shapes,
        options,
        backend,
        kind,
    )


@pytest.mark.parametrize("block", [1, 500, 5000, 50000])
@pytest.mark.parametrize("out", [3, 12])
@pytest.mark.parametrize("stride", [1, 2])
def test_blocks_fit_together(monkeypatch, block, out, stride):
    """However many columns NumPy's kernel takes at a time: parts of an image, or several images."""
    monkeypatch.setattr("xpgrad_numpy.convolution.BLOCK", block)
    options = {"stride": (stride,) * 2, "padding": (1, 0), "dilation": (1, 1), "groups": 1}
    check(xp.conv, conv_of(options), [(5, 2, 9, 7), (out, 2, 3, 2), (out,)], options, "numpy", "d")


@pytest.mark.parametrize("stride", [1, 2])
def test_a_kernel_for_each_channel(stride):
    options = {"stride": (stride,) * 2, "padding": (1, 0), "dilation": (1, 2), "groups": 6}
    check(xp.conv, conv_of(options), [(3, 6, 20, 21), (6, 1, 3, 3)], options, "numpy", "d")


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_same_keeps_the_length_and_gives_the_end_one_more(size, dilation):
    x, w = (
        np.random.default_rng(0).normal(size=(1, 1, 9)),
        np.arange(1.0, size + 1).reshape(1, 1, -1),
    )
    total = dilation * (size - 1)
    pairs = [(total // 2, total - total // 2)]
    expected = defined_conv(x, w, None, stride=(1,), pairs=pairs, dilation=(dilation,), groups=1)
    assert expected.shape == x.shape
    np.testing.assert_allclose(xp.conv(x, w, padding="same", dilation=dilation).numpy(), expected)


def test_one_array_without_a_batch():
    x, w, b = xp.ones((2, 5)), xp.ones((3, 2, 2)), xp.ones(3)
    assert xp.conv(x, w, b).tolist() == xp.conv(x[None], w, b)[0].tolist()
    w = xp.ones((2, 3, 2))
    assert xp.conv_transpose(x, w, b).tolist() == xp.conv_transpose(x[None], w, b)[0].tolist()


def test_arrays_of_several_dtypes_meet_in_the_widest():
    x, w = xp.ones((1, 1, 3), dtype=xp.float32).requires_grad_(), np.ones((1, 1, 2))
    out = xp.conv(x, w)
    assert out.dtype == xp.float64
    out.sum().backward()
    assert (x.grad.dtype, x.grad.tolist()) == (xp.float32, [[[1.0, 2.0, 1.0]]])
    assert xp.conv(np.ones((1, 1, 3), int), w).dtype == xp.float64


@pytest.mark.parametrize(
    ("function", "shapes", "options", "says"),
    [
        ("conv", [(1, 1, 2), (1, 1, 3)], {}, "floor((2 + 0 + 0 - 1 * (3 - 1) - 1) / 1) + 1 windows"),
        ("conv", [(1, 2, 4), (1, 1, 3)], {}, "the kernel takes 1 channels and gives 1; the array has 2"),
        ("conv", [(1, 4, 4), (2, 1, 3)], {"groups": 2}, "the kernel takes 2 channels in 2 groups"),
        ("conv", [(1, 4, 4), (3, 2, 3)], {"groups": 2}, "integer that divides the 3 kernels, got 2"),
        ("conv", [(1, 1, 4), (1, 1, 3)], {"groups": 0}, "groups must be a positive integer"),
        ("conv", [(1, 1, 4, 4), (1, 1, 3)], {}, "expected (batch, channels, *space)"),
        ("conv", [(4,), (3,)], {}, "expected (batch, channels, *space)"),
        ("conv", [(1, 1, 4), (2, 1, 3), (3,)], {}, "the bias must have shape (2,), got (3,)"),
        ("conv", [(1, 1, 4), (1, 1, 3)], {"stride": 0}, "stride must be an integer of at least 1, or 1 of them, got 0"),
        ("conv", [(1, 1, 4), (1, 1, 3)], {"padding": (1, 1)}, "padding must be an integer of at least 0"),
        ("conv", [(1, 1, 4), (1, 1, 3)], {"padding": "full"}, "integers, 'same' or 'valid', got 'full'"),
        ("conv", [(1, 1, 4), (1, 1, 3)], {"padding": "same", "stride": 2}, "padding='same' needs stride 1, got (2,)"),
        ("conv_transpose", [(1, 1, 1), (1, 1, 1)], {"padding": 1}, "- 2 * 1 + 1 * (1 - 1) + 0 + 1 = -1 long"),
        ("conv_transpose", [(1, 1, 4), (1, 1, 3)], {"output_padding": 1}, "output_padding 1 must be less than the"),
        ("conv_transpose", [(1, 1, 4), (2, 1, 3)], {}, "the kernel takes 2 channels and gives 1; the array has 1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_shapes_and_the_formula(function, shapes, options, says):
    with pytest.raises(ShapeError) as caught:
        getattr(xp, function)(*(np.ones(s) for s in shapes), **options)
    assert says in str(caught.value)
    assert f"shape {shapes[0]} with a kernel of shape {shapes[1]}" in str(caught.value)


def test_arrays_on_two_devices_are_refused():
    with pytest.raises(DeviceError, match="conv"):
        xp.conv(xp.ones((1, 1, 3)), xp.namespace("array_api_strict").ones((1, 1, 2)))


def test_the_tangent_has_one_term_for_each_argument():
    rng = np.random.default_rng(0)
    arrays = [xp.asarray(rng.normal(size=s)) for s in ((2, 2, 6), (3, 2, 3), (3,))]
    others = [xp.asarray(rng.normal(size=a.shape)) for a in arrays]
    x, w, _ = arrays
    tx, tw, tb = others
    _, tangent = xp.jvp(lambda *a: xp.conv(*a, stride=2, padding=1), tuple(arrays), tuple(others))
    expected = xp.conv(tx, w, stride=2, padding=1) + xp.conv(x, tw, tb, stride=2, padding=1)
    np.testing.assert_allclose(tangent.numpy(), expected.numpy(), atol=1e-12)


def test_the_third_derivative_of_a_squared_convolution():
    """d³/dε³ Σ conv(x + εt, w + εs)² against a polynomial fitted through five values: it has degree four."""
    rng = np.random.default_rng(0)
    x, t = (xp.asarray(rng.normal(size=(1, 2, 5, 4))) for _ in range(2))
    w, s = (xp.asarray(rng.normal(size=(3, 2, 2, 2))) for _ in range(2))

    def value(e):
        return xp.sum(xp.square(xp.conv(x + e * t, w + e * s, stride=(1, 2), padding=1)))

    third = xp.grad(xp.grad(xp.grad(value)))(0.3)
    points = np.linspace(-1.0, 1.0, 5)
    fitted = np.polynomial.Polynomial.fit(
        points, [value(float(e)).item() for e in points], 4, domain=[]
    )
    np.testing.assert_allclose(third.item(), fitted.deriv(3)(0.3), rtol=1e-9)
