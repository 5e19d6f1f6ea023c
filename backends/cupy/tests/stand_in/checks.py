"""Claims about the backend's logic and mathematics, run on the stand-in by `test_stand_in.py`."""

import threading

import cupy
import cupyx
import numpy as np
import pytest
from cupy import cuda
from cupy._kernel import COMPILER

import xpgrad as xp
from xpgrad._devices import namespace_of_backend
from xpgrad._like import Like
from xpgrad.errors import DeviceError
from xpgrad.extend import Backend, registry
from xpgrad.extend.backend import ExtendedNamespace
from xpgrad_cupy import kernels

BACKEND = registry.backend("cupy")
DEVICES = BACKEND.devices()
LAST = len(DEVICES) - 1
needs_compiler = pytest.mark.skipif(not COMPILER, reason="no C++ compiler: kernels cannot run")
many = pytest.mark.skipif(len(DEVICES) == 1, reason="the stand-in has one device in this run")


class Plain(Backend):
    """NumPy without any kernel: everything is the portable default."""

    name = "plain"

    def __init__(self):
        import array_api_compat.numpy

        self.xp = array_api_compat.numpy

    def raw_device(self, kind, index):
        return "cpu"

    def to_host(self, x):
        return x


PORTABLE = ExtendedNamespace(Plain(), {})
OURS = namespace_of_backend("cupy")
RNG = np.random.default_rng(0)


def there(value, device=LAST):
    """The same argument for the backend: arrays of the last device, which is not the current one."""
    if isinstance(value, np.ndarray):
        return BACKEND.asarray(value, device=BACKEND.raw_device("cuda", device))
    if isinstance(value, Like):
        return Like(value.shape, value.dtype, BACKEND.raw_device("cuda", device))
    return tuple(there(v) for v in value) if isinstance(value, tuple) else value


def agree(name, *args, **options):
    """The backend's kernel gives the portable default's values, and changes no argument."""
    assert OURS.provider(name) in {"kernel", "library"}
    ours = tuple(there(a) for a in args)
    before = [BACKEND.to_host(a) for a in ours if isinstance(a, cupy.ndarray)]
    with np.errstate(all="ignore"):  # CuPy warns of nothing
        found = getattr(OURS, name)(*ours, **options)
        wanted = getattr(PORTABLE, name)(*args, **options)
    if wanted is None or isinstance(wanted, bool):
        assert found is wanted
        return
    assert type(found) is cupy.ndarray
    assert found.device.id == LAST
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    np.testing.assert_allclose(BACKEND.to_host(found), wanted, rtol=2e-6, atol=1e-7)
    after = [BACKEND.to_host(a) for a in ours if isinstance(a, cupy.ndarray)]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


X = RNG.normal(size=(4, 5))
FLOATS = [X, X.astype("float32"), np.asfortranarray(X), RNG.normal(size=(3, 4, 2)) * 50]


@pytest.mark.parametrize("x", [*FLOATS, X[0, 0, ...] + np.zeros(()), X[:0]])
@pytest.mark.parametrize("name", ["step", "relu", "is_complex", "is_floating"])
def test_pointwise_kernels(name, x):
    agree(name, np.asarray(x))


@needs_compiler
@pytest.mark.parametrize("x", FLOATS)
def test_fused_kernels(x):
    agree("sigmoid", x)
    for axis in (0, -1):
        agree("softmax", x, axis=axis)
        agree("log_softmax", x, axis=axis)
    for keepdims in (False, True):
        for axis in (None, 1, (0, 1)):
            agree("logsumexp", x, axis=axis, keepdims=keepdims)


@needs_compiler
def test_fused_kernels_at_the_edges():
    agree("sigmoid", np.asarray([-800.0, -1.0, 0.0, 800.0, np.inf, -np.inf]))
    agree("sigmoid", np.asarray([1 + 2j, -0.3j]))
    agree("logsumexp", np.asarray([[-np.inf, -np.inf], [0.0, 1000.0]]), axis=1)
    agree("log_softmax", np.asarray([[1000.0, 0.0], [-1000.0, 0.0]]))


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min"])
def test_reductions(name):
    for axis in (None, 0, -1, (0, 1)):
        for keepdims in (False, True):
            agree(name, X, axis=axis, keepdims=keepdims)
    agree(name, np.asarray([3, 1, 2], dtype="int32"))


def test_shapes():
    agree("reshape", X, (5, 4))
    agree("reshape", X.T, (20,))
    agree("broadcast_to", X[:1], (4, 5))
    agree("permute_dims", X, (1, 0))
    agree("matrix_transpose", RNG.normal(size=(2, 3, 4)))
    for shape in ((4, 5), (1, 5), (4, 1), (5,), (1,), (), (1, 1)):
        agree("sum_to", X, shape)
    agree("cast", X, np.dtype("float32"))
    with pytest.raises(ValueError, match="without a copy"):
        OURS.reshape(OURS.matrix_transpose(there(X)), (20,), copy=False)
    again = there(X)
    copied = OURS.reshape(again, (4, 5), copy=True)
    assert not np.shares_memory(copied, again)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric", "wrap"])
def test_padding(mode):
    agree("padded", X, ((1, 2), (0, 3)), mode)
    agree("padded", X[:, 0], ((0, 0),), mode)


WINDOWS = [
    ((5,), (0,), (2,), (1,), (1,)), ((9,), (0,), (3,), (2,), (2,)), ((6,), (0,), (5,), (1,), (1,)),
    ((6,), (0,), (2,), (2,), (1,)), ((4, 5), (1, 0), (3, 2), (2, 1), (1, 2)),
    ((7,), (0, 0), (2, 3), (1, 1), (1, 1)), ((2, 3), (), (), (), ()),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "options"), [(w[0], w[1:]) for w in WINDOWS])
def test_windows(shape, options):
    x = RNG.normal(size=shape)
    agree("windows", x, *options)
    agree("windows", np.asfortranarray(x), *options)
    values = PORTABLE.windows(x, *options)
    agree("unwindowed", RNG.normal(size=values.shape), shape, *options)


def test_convolution_is_the_portable_one_on_these_kernels():
    x, weight = RNG.normal(size=(2, 4, 7, 6)), RNG.normal(size=(6, 2, 3, 2))
    options = (((1, 1), (0, 1)), (2, 1), (1, 2), 2)
    for name, args in (("convolved", (x, weight)), ("contract", (X, X.T.copy(), "ij,jk->ki"))):
        given = options if name == "convolved" else ()
        found = getattr(OURS, name)(*(there(a) for a in args), *given)
        wanted = getattr(PORTABLE, name)(*args, *given)
        np.testing.assert_allclose(BACKEND.to_host(found), wanted, rtol=1e-12)


KEYS = [
    1, -1, slice(1, 3), (slice(None), 2), (1, 2), (None, 1), Ellipsis, (Ellipsis, None, slice(0, 2)),
    np.asarray([0, 2, 0, -1]), np.asarray([[1, 1], [0, 3]]), (np.asarray([1, 1, 3]), np.asarray([0, 0, -1])),
    (slice(None), np.asarray([2, 2])), (np.asarray([1, 1]), slice(1, 3)), (np.asarray([0]),), np.asarray(2),
    X > 0, X[:, 0] > 0, np.zeros(0, dtype="int64"), (slice(None), X[0] > 0), np.asarray([0, 0], dtype="int32"),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indexing(key):
    picked = X[key]
    like = Like(X.shape, X.dtype, "cpu")
    agree("getitem", X, key)
    agree("unindex", RNG.normal(size=picked.shape), like, key)
    agree("positions", like, key)
    agree("last_writes", like, key)
    for values in (np.asarray(RNG.normal(size=picked.shape)), np.asarray(7.0), np.asarray([7.0])):
        if values.ndim <= picked.ndim:
            agree("setitem", X, values, key)
    agree("index_add", X, key, RNG.normal(size=picked.shape), own=False)
    agree("index_zero", X, key, own=False)
    agree("setitem", X, np.asarray(RNG.normal(size=(1, *picked.shape))), key)


DTYPES = "float32 float64 complex64 complex128 int64 int32 int16 int8 uint8 uint64 float16".split()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("deterministic", [False, True])
def test_scatter_adds_duplicates_in_every_dtype(dtype, deterministic):
    if deterministic and (
        not COMPILER or dtype not in ("float32", "float64", "int64", "complex128")
    ):
        pytest.skip("the stand-in compiles the segment sums for the dtypes C++ has")
    x = RNG.integers(0, 9, (4, 3)).astype(dtype)
    values = RNG.integers(0, 9, (3, 6)).astype(dtype)
    indices = np.asarray([0, 3, 3, -1, 1, 0])
    wanted = np.array(x.T)
    np.add.at(wanted, (slice(None), indices), values)
    ours = there(x.T), there(indices), there(values)
    if deterministic:
        with BACKEND.deterministic():
            found = OURS.scatter_add(*ours, axis=1)
    else:
        found = OURS.scatter_add(*ours, axis=1)
    assert found.dtype == dtype
    np.testing.assert_array_equal(BACKEND.to_host(found), wanted)


def test_scatter_adds_at_indices_of_any_rank():
    indices = RNG.integers(-3, 3, (2, 4))
    for axis, shape in ((0, (2, 4, 5)), (1, (3, 2, 4)), (-1, (3, 2, 4))):
        x = RNG.normal(size=(3, 5) if axis == 0 else (3, 3))
        agree("scatter_add", x, indices, RNG.normal(size=shape), axis=axis)


def test_negative_integers_wrap_as_numpys_do():
    x = there(np.asarray([5, -5]))
    found = OURS.scatter_add(x, there(np.asarray([0, 1, 1])), there(np.asarray([-7, -1, 3])))
    np.testing.assert_array_equal(BACKEND.to_host(found), [-2, -3])


@needs_compiler
def test_deterministic_sums_do_not_call_the_atomics(monkeypatch):
    def refused(*_):
        raise AssertionError

    monkeypatch.setattr(cupyx, "scatter_add", refused)
    x, i, v = there(np.zeros(3)), there(np.asarray([2, 2, 0])), there(np.asarray([1.0, 2.0, 4.0]))
    with BACKEND.deterministic():
        np.testing.assert_array_equal(BACKEND.to_host(OURS.scatter_add(x, i, v)), [4, 0, 3])
    with pytest.raises(AssertionError):
        OURS.scatter_add(x, i, v)


def test_put_along_axis_accumulates():
    like = Like((4, 5), X.dtype, "cpu")
    for axis, shape in ((1, (4, 7)), (0, (3, 5)), (-1, (4, 2))):
        indices = RNG.integers(0, like.shape[axis], shape)
        agree("put_along_axis_add", RNG.normal(size=shape), indices, like, axis)
    agree("put_along_axis_add", RNG.normal(size=(4, 2)), np.asarray([[0, 0]]), like, 1)


def test_of_duplicate_places_the_last_value_stays_in_memory_that_may_be_reused():
    x, key = there(np.zeros((3, 2))), there(np.asarray([1, 1, 0, 1]))
    values = there(np.arange(8.0).reshape(4, 2))
    with BACKEND.on_device(DEVICES[LAST]):
        result = OURS.index_put(x, key, values, True)
    assert result is x
    np.testing.assert_array_equal(BACKEND.to_host(x), [[4, 5], [6, 7], [0, 0]])


def test_an_owned_buffer_is_reused_also_where_it_is_not_contiguous():
    x = there(np.asfortranarray(X))
    key, values = there(np.asarray([0, 0])), there(np.ones((2, 5)))
    wanted = X.copy()
    wanted[0] += 2
    np.testing.assert_allclose(BACKEND.to_host(OURS.index_add(x, key, values, True)), wanted)


# --- devices --------------------------------------------------------------------------------------


def test_devices_and_their_errors():
    assert xp.device("cuda") == "cuda:0"
    assert xp.zeros(3, device=DEVICES[LAST]).device == DEVICES[LAST]
    for wrong in ("cuda:9", "cupy:tpu:0"):
        with pytest.raises(DeviceError, match=r"this process sees cuda:0.*CUDA_VISIBLE_DEVICES"):
            xp.device(wrong)
    with pytest.raises(DeviceError, match="expected one like"):
        BACKEND.on_device("cuda:x")


def test_creation_lands_on_the_device_asked_for():
    device = DEVICES[LAST]
    made = [
        xp.zeros((2, 2), device=device), xp.ones(2, device=device), xp.full(2, 3.0, device=device),
        xp.arange(4, device=device), xp.linspace(0, 1, 3, device=device), xp.eye(2, device=device),
        xp.asarray([1.0, 2.0], device=device), xp.asarray(X, device=device),
    ]  # fmt: skip
    made += [xp.zeros_like(made[0]), xp.ones_like(made[0]), xp.full_like(made[0], 2.0)]
    assert [str(t.device) for t in made] == [device] * len(made)
    assert {t._cell.raw.device.id for t in made} == {LAST}
    assert cuda.get_device_id() == 0


def test_arrays_come_and_leave():
    host = X.copy()
    t = xp.asarray(host, device="cuda:0")
    host[0] = 0
    np.testing.assert_array_equal(t.numpy(), X)
    raw = t._cell.raw
    assert BACKEND.asarray(raw) is raw
    assert BACKEND.asarray(raw, copy=False) is raw
    assert BACKEND.asarray(raw, copy=True) is not raw
    assert BACKEND.asarray(raw, dtype=np.dtype("float32")).dtype == "float32"
    with pytest.raises(ValueError, match="uncopied"):
        BACKEND.asarray(raw, dtype=np.dtype("float32"), copy=False)
    with pytest.raises(ValueError, match="host memory"):
        BACKEND.asarray(X, copy=False)
    assert type(BACKEND.to_host(raw)) is np.ndarray
    assert ("asnumpy", 0) in cupy.LOG


def test_memory_that_numpy_does_not_own_is_copied_at_once():
    """Page-locked memory is copied while the program goes on."""
    cupy.LOG.clear()
    BACKEND.asarray(X[1:])
    BACKEND.asarray(np.frombuffer(bytearray(16), dtype="float64"))
    assert [name for name, _ in cupy.LOG] == ["array", "array blocking"]


def test_a_buffer_is_owned_where_it_is_no_view_and_no_other_librarys():
    x = there(X)
    assert BACKEND.owns_buffer(x)
    with BACKEND.on_device(DEVICES[LAST]):
        for view in (x[1], x.T, x.reshape(-1), kernels.broadcast_to(x, (2, 4, 5))):
            assert not BACKEND.owns_buffer(view)
    x._mem = cuda.UnownedMemory()
    assert not BACKEND.owns_buffer(x)


@many
def test_a_copy_across_devices_waits_for_both_streams():
    x = there(X.T, 0)
    cuda.LOG.clear()
    moved = BACKEND.asarray(x, device=cuda.Device(1))
    assert moved.device.id == 1
    assert cuda.LOG == [
        ("record", 0, "null"), ("wait", 1, (0, "null")), ("record", 1, "null"), ("wait", 0, (1, "null")),
    ]  # fmt: skip
    np.testing.assert_array_equal(BACKEND.to_host(moved), X.T)
    with pytest.raises(ValueError, match="uncopied"):
        BACKEND.asarray(x, device=cuda.Device(1), copy=False)


@many
def test_a_copy_uses_the_users_streams():
    x = there(X, 0)
    cuda.LOG.clear()
    with cuda.Stream():
        BACKEND.asarray(x, device=cuda.Device(1))
    assert cuda.LOG[0] == ("record", 0, "own")


@many
def test_mixed_devices_are_named_before_cupy_is_asked():
    a, b = xp.asarray(X, device="cuda:0"), xp.asarray(X, device="cuda:1")
    with pytest.raises(DeviceError, match=r"cuda:0 and cuda:1.*\.to\("):
        xp.maximum(a, b)
    with pytest.raises(DeviceError, match=r"cuda:0 and cuda:1"):
        xp.concat([a, b])
    key = BACKEND.asarray([0, 1], device=cuda.Device(0))
    assert OURS.getitem(b._cell.raw, key).device.id == 1


@many
def test_the_current_device_is_given_back_also_after_an_error():
    with pytest.raises(ValueError, match="shape"):
        OURS.reshape(there(X), (3, 3))
    assert cuda.get_device_id() == 0


def test_synchronize_and_memory():
    cuda.LOG.clear()
    BACKEND.synchronize()
    BACKEND.synchronize(DEVICES[LAST])
    numbers = [*range(len(DEVICES)), LAST]
    wanted = [("synchronize", i) for i in numbers]
    assert wanted == cuda.LOG
    assert BACKEND.memory_info(DEVICES[LAST]) == (64, 256, 1000 + LAST, 2000)
    cupy.LOG.clear()
    BACKEND.free_all_blocks()
    assert ("free_all_blocks", LAST) in cupy.LOG


def test_threads_have_their_own_current_device():
    seen = []

    def work(number):
        x = there(X, number)
        for _ in range(200):
            y = OURS.maximum(x, x)
            seen.append(y.device.id == number)

    threads = [threading.Thread(target=work, args=(i % len(DEVICES),)) for i in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(seen) == 800
    assert all(seen)


# --- random ---------------------------------------------------------------------------------------


def test_numbers_are_numpys():
    ours, host = BACKEND.rng(7), registry.backend("numpy").rng(7)
    np.testing.assert_array_equal(ours.random((3,)), host.random((3,)))
    np.testing.assert_array_equal(ours.integers(0, 99, (3,)), host.integers(0, 99, (3,)))


def test_native_numbers_are_drawn_on_the_device():
    g = BACKEND.native_rng(7, DEVICES[LAST])
    for made in (g.random((3,)), g.standard_normal((2, 2)), g.integers(0, 5, (4,))):
        assert made.device.id == LAST
    device = f"cupy:{DEVICES[LAST]}"
    for generator in ("native", xp.Generator(7, device, native=True)):
        for drawn in (xp.random.normal(3, generator=generator, device=device),
                      xp.random.choice(9, 4, replace=False, generator=generator, device=device)):  # fmt: skip
            assert drawn.device == device


# --- the whole ------------------------------------------------------------------------------------


def network(w, x, labels):
    """A gather with duplicates, a matrix product, an assignment and a log-softmax."""
    h = xp.tanh(xp.matmul(x[xp.asarray([0, 0, 2, 1])], w))
    h[1] = h[0] * 2.0
    scores = xp.log_softmax(h, axis=-1) if COMPILER else h
    return -xp.sum(xp.take_along_axis(scores, labels, axis=1))


def test_gradients_are_those_of_numpy():
    w, x = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 5))
    grads = []
    for device in ("cpu", DEVICES[LAST]):
        tensors = [xp.tensor(a, device=device, requires_grad=True) for a in (w, x)]
        labels = xp.asarray([[0], [2], [1], [1]], device=device)
        network(*tensors, labels).backward()
        grads.append([t.grad.numpy() for t in tensors])
    for a, b in zip(*grads, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)
