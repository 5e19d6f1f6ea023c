"""JAX's arrays in xpgrad: never written, traced by jax.jit, and of the dtypes that the configuration allows."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DTypeError

jax = pytest.importorskip("jax", reason='needs JAX: pip install "xpgrad-jax[jax]"')
jnp = jax.numpy


def loss_of(x):
    y = x.clone()
    y[1:] = xp.tanh(y[:-1]) * y[0]
    rows = y[xp.asarray(jnp.asarray([0, 2, 0]))]
    return xp.sum(rows * rows) + xp.logsumexp(y)


# --- under jax.jit ------------------------------------------------------------------------------


def gradient(x):
    (g,) = xp.autograd.grad(loss_of(x), x, create_graph=True)
    (h,) = xp.autograd.grad(xp.sum(g * g), x)
    return h


def test_a_program_with_gradients_of_gradients_is_compiled():
    x = xp.asarray(jnp.asarray([0.5, -1.0, 2.0]), requires_grad=True)
    compiled = jax.jit(gradient)
    np.testing.assert_allclose(compiled(x).numpy(), gradient(x).numpy(), rtol=1e-5)
    assert compiled(x).device == "jax:cpu"


def test_statements_and_masks_are_traced():
    def step(x):
        x = x.clone()
        x[x < 0.0] = 0.0
        x[::-2] += 1.0
        x[xp.asarray(jnp.asarray([1, 1]))] = xp.asarray(jnp.asarray([7.0, 8.0]))
        return x

    x = xp.asarray(jnp.asarray([-1.0, 2.0, -3.0]))
    assert jax.jit(step)(x).tolist() == step(x).tolist() == [1.0, 8.0, 1.0]
    assert x.tolist() == [-1.0, 2.0, -3.0]


def test_what_is_on_the_tape_does_not_leave_a_compiled_function_unseen():
    x = xp.asarray(jnp.ones(2), requires_grad=True)
    with pytest.raises(xp.errors.GraphError, match="detach"):
        jax.jit(lambda t: t * 2)(x)
    assert not jax.jit(lambda t: (t * 2).detach())(x).requires_grad
    assert jax.jit(lambda t: t)(x).requires_grad


def test_jaxs_vmap_runs_over_gradients():
    rows = xp.asarray(jnp.asarray([[0.5, -1.0, 2.0], [1.0, 0.0, -0.5]]), requires_grad=True)
    found = jax.vmap(gradient)(rows)
    for got, row in zip(found, rows.detach(), strict=True):
        np.testing.assert_allclose(got.numpy(), gradient(row.requires_grad_()).numpy(), rtol=1e-5)


def test_a_traced_tensor_is_printed_as_what_it_is():
    said = []
    jax.jit(lambda t: said.append(repr(t)) or t)(xp.asarray(jnp.ones(3)))
    assert "float32[3]" in said[0]


# --- keys ---------------------------------------------------------------------------------------

I, J = np.asarray([2, 0, -1, 2]), np.asarray([[0], [1]], "int32")
MASK = np.asarray([True, False, True])
KEYS = [
    np.s_[1], np.s_[::-1], np.s_[::-2, ::-1], np.s_[2:0:-1, None, 1:], np.s_[..., ::-3], np.s_[5:9:-1],
    (I,), (I, slice(None, None, -1)), (0, slice(None), I), (I, 1, I), (J, I), (MASK,),
    (MASK, slice(None), 0), (None, I, ..., slice(None, None, -1)),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_keys_mean_what_they_mean_to_numpy(key):
    host = np.arange(36, dtype="float32").reshape(3, 3, 4)
    parts = key if isinstance(key, tuple) else (key,)
    ours = tuple(jnp.asarray(k) if isinstance(k, np.ndarray) else k for k in parts)
    x = xp.asarray(jnp.asarray(host), requires_grad=True)
    want = host[key]
    y = x[ours]
    assert y.tolist() == want.tolist()

    weights = np.arange(1.0, 1 + want.size, dtype="float32").reshape(want.shape)
    (g,) = xp.autograd.grad(xp.sum(y * jnp.asarray(weights)), x)
    added = np.zeros_like(host)
    np.add.at(added, key, weights)
    assert g.tolist() == added.tolist()

    z, written = xp.asarray(jnp.asarray(host)), host.copy()
    z[ours] = jnp.asarray(weights)
    for place, value in zip(np.arange(36).reshape(host.shape)[key].flat, weights.flat, strict=True):
        written.reshape(-1)[place] = value  # one after the other: the last stays
    assert z.tolist() == written.tolist()


@pytest.mark.parametrize("key", [3, -4, (0, 5), (..., 0, 9)])
def test_an_integer_outside_is_an_error_as_everywhere(key):
    x = xp.asarray(jnp.zeros((3, 3)))
    with pytest.raises(IndexError):
        x[key]


# --- dtypes and devices -------------------------------------------------------------------------

CODE = """
    import jax, xpgrad as xp
    jax.config.update("jax_enable_x64", {wide})
    backend = xp.device("jax:cpu") and xp.asarray(jax.numpy.ones(2)).backend
    print(xp.asarray([1.0], device="jax:cpu").dtype.name, "float64" in backend.dtypes(),
          xp.asarray([1], device="jax:cpu").dtype.name, [str(d) for d in backend.devices()])
"""


@pytest.mark.parametrize(
    ("wide", "flags", "said"),
    [
        (False, "", "float32 False int32 ['cpu']"),
        (True, "", "float64 True int64 ['cpu']"),
        (True, "--xla_force_host_platform_device_count=2", "float64 True int64 ['cpu:0', 'cpu:1']"),
    ],
)
def test_dtypes_and_devices_are_what_the_configuration_says(monkeypatch, wide, flags, said):
    monkeypatch.setenv("XLA_FLAGS", flags)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    code = textwrap.dedent(CODE.format(wide=wide))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == said, done.stderr


@pytest.mark.skipif(jax.config.jax_enable_x64, reason="64-bit dtypes are enabled")
def test_a_dtype_that_is_not_enabled_is_told_with_how_to_get_it():
    with pytest.raises(DTypeError, match="jax_enable_x64"):
        xp.zeros(2, dtype=xp.float64, device="jax:cpu")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_short_floats_have_gradients(dtype):
    x = xp.asarray(jnp.asarray([1.0, 2.0], dtype=dtype), requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.dtype == dtype
    assert x.grad.tolist() == [2.0, 4.0]
