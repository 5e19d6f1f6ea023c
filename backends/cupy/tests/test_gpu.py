"""What only a GPU can show: the conformance kit, gradients, several devices, streams, flat memory."""

import subprocess
import sys

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import BackendError
from xpgrad.extend import registry

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def backend():
    try:
        return registry.backend("cupy")
    except BackendError as error:
        pytest.skip(f"no GPU here: {error}")


@pytest.fixture(scope="module")
def last(backend):
    """The last device: not the current one where there are several."""
    return backend.devices()[-1]


def test_the_conformance_kit_passes(backend):
    command = [sys.executable, "-m", "xpgrad", "conformance", "backend", "cupy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def loss(w, x, labels):
    h = xp.tanh(xp.matmul(x[xp.asarray([0, 0, 2, 1])], w))
    h[1] = h[0] * 2.0
    return -xp.sum(xp.take_along_axis(xp.log_softmax(h, axis=-1), labels, axis=1))


def test_gradients_are_those_of_numpy(backend):
    rng = np.random.default_rng(0)
    w, x = rng.normal(size=(5, 3)), rng.normal(size=(3, 5))
    grads = []
    for device in ("cpu", "cuda:0"):
        tensors = [xp.tensor(a, device=device, requires_grad=True) for a in (w, x)]
        loss(*tensors, xp.asarray([[0], [2], [1], [1]], device=device)).backward()
        grads.append([t.grad.numpy() for t in tensors])
    for a, b in zip(*grads, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize("dtype", "float16 float32 float64 complex64 complex128 int64 int8".split())
def test_scatter_accumulates_duplicates(backend, dtype):
    from xpgrad._devices import namespace_of_backend

    kernels = namespace_of_backend("cupy")
    rng = np.random.default_rng(1)
    host = [rng.integers(0, 4, (3, 2)), np.asarray([0, 2, 2, -1]), rng.integers(0, 4, (4, 2))]
    wanted = host[0].astype(dtype)
    np.add.at(wanted, host[1], host[2].astype(dtype))
    x, i, v = (backend.asarray(a) for a in (host[0].astype(dtype), host[1], host[2].astype(dtype)))
    np.testing.assert_array_equal(backend.to_host(kernels.scatter_add(x, i, v)), wanted)
    with backend.deterministic():
        np.testing.assert_array_equal(backend.to_host(kernels.scatter_add(x, i, v)), wanted)


def test_deterministic_sums_are_the_same_bits(backend):
    rng = np.random.default_rng(2)
    table = xp.tensor(rng.normal(size=(50, 8)).astype("float32"), device="cuda", requires_grad=True)
    rows = xp.asarray(rng.integers(0, 50, 100_000), device="cuda")
    weights = xp.asarray(rng.normal(size=(100_000, 8)).astype("float32"), device="cuda")
    seen = set()
    for _ in range(5):
        table.grad = None
        with backend.deterministic():
            xp.sum(table[rows] * weights).backward()
        seen.add(table.grad.numpy().tobytes())
    assert len(seen) == 1


def test_of_duplicate_places_the_last_value_stays(backend):
    x, key = np.zeros(3), np.arange(100_000) % 3
    t = xp.tensor(x, device="cuda")
    t[xp.asarray(key, device="cuda")] = xp.asarray(np.arange(100_000.0), device="cuda")
    x[key] = np.arange(100_000.0)
    np.testing.assert_array_equal(t.numpy(), x)


def test_work_stays_on_its_device(backend, last):
    x = xp.tensor(np.ones((3, 3)), device=last, requires_grad=True)
    xp.sum(xp.exp(x) * x).backward()
    assert x.grad.device == last
    assert backend.synchronize(last) is None


def test_arrays_travel_between_devices(backend, last):
    if len(backend.devices()) == 1:
        pytest.skip("one GPU")
    x = np.random.default_rng(3).normal(size=(1000, 1000))
    t = xp.tensor(x, device="cuda:0").to(last)
    assert t.device == last
    np.testing.assert_array_equal(t.to("cuda:0").numpy(), x)


def test_a_users_stream_is_used(backend):
    import cupy

    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        t = xp.tensor(np.arange(1e6), device="cuda", requires_grad=True)
        xp.sum(t * t).backward()
        np.testing.assert_array_equal(t.grad.numpy(), 2 * np.arange(1e6))


def test_memory_is_flat_over_steps(backend):
    w = xp.tensor(np.ones((256, 256)), device="cuda", requires_grad=True)
    used = []
    for _ in range(60):
        w.grad = None
        xp.sum(xp.tanh(xp.matmul(w, w))).backward()
        used.append(backend.memory_info().used)
    assert len(set(used[10:])) == 1
    held = backend.memory_info().held
    backend.free_all_blocks()
    assert backend.memory_info().held <= held


def test_native_numbers_are_reproducible(backend):
    first, again = (backend.native_rng(5).random((1000,)) for _ in range(2))
    np.testing.assert_array_equal(backend.to_host(first), backend.to_host(again))
    assert 0.4 < float(backend.to_host(first).mean()) < 0.6
