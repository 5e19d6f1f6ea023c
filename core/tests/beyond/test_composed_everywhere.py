"""The composed functions on every device of a second library, in single precision, and in forward mode."""

import math

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.autograd import grad

X = np.random.default_rng(6).permutation(np.linspace(-2.0, 2.0, 12)).reshape(3, 4)
GAPS = np.where(np.arange(12).reshape(3, 4) % 5 == 0, np.nan, X)
INDEX = np.array([[0, 3, 0, 1]])

CALLS = {
    "topk": (lambda x: xp.topk(x, 2).values, X),
    "one_hot": (lambda x: x @ xp.one_hot(xp.argmax(x, axis=0), 4, dtype=x.dtype), X),
    "put_along_axis": (
        lambda x: xp.put_along_axis(x, xp.argmax(x, axis=0, keepdims=True), x[:1, :], axis=0),
        X,
    ),
    "cumulative_max": (lambda x: xp.cumulative_max(x, axis=1), X),
    "nansum": (lambda x: xp.nansum(x, axis=0), GAPS),
    "nanprod": (lambda x: xp.nanprod(x, axis=0), GAPS),
    "nanmean": (lambda x: xp.nanmean(x, axis=1), GAPS),
    "nanvar": (lambda x: xp.nanvar(x, axis=1, correction=1), GAPS),
    "nanstd": (xp.nanstd, GAPS),
    "nanmax": (lambda x: xp.nanmax(x, axis=1), GAPS),
    "nan_to_num": (lambda x: xp.nan_to_num(x, nan=2.0), GAPS),
    "median": (lambda x: xp.median(x, axis=1), X),
    "quantile": (lambda x: xp.quantile(x, [0.2, 0.9], axis=0), X),
    "nanquantile": (lambda x: xp.nanquantile(x, 0.4, axis=0), GAPS),
    "interp": (lambda x: xp.interp(x, xp.sort(x[0, :]), x[1, :]), X),
    "interp with a period": (lambda x: xp.interp(x, x[0, :], x[1, :], period=3.5), X),
    "fmax": (lambda x: xp.fmax(x, 0.5 * xp.nan_to_num(x[0, :])), GAPS),
    "heaviside": (lambda x: xp.heaviside(x, 0.5) * x, X),
    "angle": (lambda x: xp.angle(x + 1j * xp.square(x)), X),
    "kron": (lambda x: xp.kron(x, x[:2, :1]), X),
    "logaddexp2": (lambda x: xp.logaddexp2(x, x[:1, :]), X),
    "degrees": (lambda x: xp.sinc(xp.deg2rad(xp.exp2(xp.cbrt(xp.rad2deg(x))))), X),
}


def host(t):
    return t.detach().to("numpy:cpu").numpy()


def value_and_gradient(function, x):
    x = x.requires_grad_()
    out = function(x)
    weights = xp.reshape(xp.arange(float(out.size), dtype=out.dtype, device=out.device), out.shape)
    (found,) = grad(out, x, xp.cos(weights))
    assert (found.dtype, found.device) == (x.dtype, x.device)
    return host(out), host(found)


@pytest.mark.parametrize("device", ["cpu", "device1", "no_float64", "no_x64"])
@pytest.mark.parametrize("name", CALLS)
def test_every_device_gives_the_same_and_keeps_dtype_and_device(name, device):
    function, array = CALLS[name]
    dtype = "float32" if device.startswith("no_") else "float64"
    there = xp.asarray(array.astype(dtype)).to(f"array_api_strict:{device}")
    wanted = value_and_gradient(function, xp.asarray(array))
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    for found, want in zip(value_and_gradient(function, there), wanted, strict=True):
        np.testing.assert_allclose(found, want, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", CALLS)
def test_single_precision_stays_single(name):
    function, array = CALLS[name]
    out = function(xp.asarray(array.astype("float32")))
    assert out.dtype == xp.float32


@pytest.mark.parametrize("name", CALLS)
def test_forward_mode_agrees_with_differences(name):
    function, array = CALLS[name]
    direction = np.random.default_rng(7).normal(size=array.shape)
    _, tangent = xp.jvp(function, (xp.asarray(array),), (xp.asarray(direction),))
    step = 1e-6
    ahead, behind = (host(function(xp.asarray(array + s * direction))) for s in (step, -step))
    np.testing.assert_allclose(host(tangent), (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", CALLS)
def test_forward_over_reverse_agrees_with_reverse_over_reverse(name):
    function, array = CALLS[name]
    x, v = xp.asarray(array), xp.asarray(np.random.default_rng(8).normal(size=array.shape))

    def first(t):
        return xp.grad(lambda u: xp.sum(function(u) ** 3))(t)

    _, forward = xp.jvp(first, (x,), (v,))
    reverse = xp.grad(lambda t: xp.sum(first(t) * v))(x)
    np.testing.assert_allclose(host(forward), host(reverse), rtol=1e-9, atol=1e-9)
    assert not np.isnan(host(forward)).any()
    assert math.isfinite(float(np.sum(host(reverse))))


@pytest.mark.parametrize("name", CALLS)
def test_vmap_agrees_with_a_loop_also_for_gradients(name):
    function, array = CALLS[name]
    rows = np.random.default_rng(9).permuted(np.stack([array, array - 0.1, array * 1.3]), axis=2)

    def gradient(x):
        return xp.grad(lambda v: xp.sum(xp.nan_to_num(function(v)) ** 2))(x)

    for f in (function, gradient):
        found = host(xp.vmap(f)(xp.asarray(rows)))
        wanted = np.stack([host(f(xp.asarray(row))) for row in rows])
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CALLS)
def test_gradients_run_where_jax_tells_no_value(name):
    jax = pytest.importorskip("jax", reason="the library that traces")
    function, array = CALLS[name]
    if name == "angle":
        array = array + 0.01  # JAX's abs of a complex number is another rounding near the axes
    wanted = value_and_gradient(function, xp.asarray(array))[1]

    def gradient(raw):
        x = xp.asarray(raw).requires_grad_()
        out = function(x)
        weights = xp.cos(xp.reshape(xp.arange(float(out.size), dtype=out.dtype), out.shape)).numpy()
        return grad(out, x, xp.asarray(jax.numpy.asarray(weights)))[0]._cell.raw

    with jax.enable_x64(True):
        found = jax.jit(gradient)(jax.numpy.asarray(array))
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-10, atol=1e-12)
