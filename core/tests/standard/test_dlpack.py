"""DLPack: memory shared with NumPy and with any other object that speaks it, in both directions."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import GraphError

strict = pytest.importorskip("array_api_strict")
DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128".split()
SHAPES = [(), (0,), (3,), (2, 3), (2, 1, 3)]
CPU = (1, 0)


class Foreign:
    """An array of a library that nobody knows: nothing but the protocol, and a record of what it was asked."""

    def __init__(self, array):
        self.array, self.asked = array, []

    def __dlpack__(self, **options):
        self.asked.append(options)
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def numbers(shape, dtype):
    return np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_there_and_back_keeps_values_dtype_and_memory(dtype, shape):
    host = numbers(shape, dtype)
    for given in (host, Foreign(host)):
        x = xp.from_dlpack(given)
        assert (x.dtype, x.shape, str(x.device)) == (dtype, shape, "cpu")
        back = np.from_dlpack(x)
        assert (back.dtype, back.shape) == (host.dtype, shape)
        np.testing.assert_array_equal(back, host)
        assert np.shares_memory(back, host) == bool(host.size)


@pytest.mark.parametrize(
    "take", [lambda a: a[:, ::2], lambda a: a.T, lambda a: a[::-1], lambda a: a[1]]
)
def test_strides_are_kept(take):
    view = take(np.arange(12.0).reshape(3, 4))
    for given in (view, Foreign(view)):
        back = np.from_dlpack(xp.from_dlpack(given))
        assert back.strides == view.strides
        np.testing.assert_array_equal(back, view)


def test_a_tensor_is_written_without_a_trace_in_the_array_it_came_from():
    host = np.arange(3.0)
    for given in (host, Foreign(host)):
        x = xp.from_dlpack(given)
        x[0] = 9.0
        x += 1.0
        assert (host.tolist(), x.tolist()) == ([0.0, 1.0, 2.0], [10.0, 2.0, 3.0])


@pytest.mark.parametrize("copy", [None, False, True])
def test_read_only_arrays_are_read_and_stay_as_they_are(copy):
    host = np.arange(3.0)
    host.flags.writeable = False
    for given in (host, Foreign(host)):
        x = xp.from_dlpack(given, copy=copy)
        back = np.from_dlpack(x)
        assert np.shares_memory(back, host) is (copy is not True)
        assert not (back.flags.writeable and np.shares_memory(back, host))
        x[0] = 9.0
        assert (host.tolist(), x.tolist()) == ([0.0, 1.0, 2.0], [9.0, 1.0, 2.0])


def test_nobody_writes_a_tensor_through_what_it_exports():
    x = xp.asarray([1.0, 2.0])
    kept = (x.detach().requires_grad_() ** 2).sum()  # the tape holds the same memory
    for shared in (np.from_dlpack(x), np.from_dlpack(x, copy=False)):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 9.0
    copied = np.from_dlpack(x, copy=True)
    copied[0] = 9.0
    assert (x.tolist(), kept.item()) == ([1.0, 2.0], 5.0)


@pytest.mark.parametrize("copy", [None, False, True])
def test_copy_says_whether_memory_is_shared(copy):
    host = np.arange(3.0)
    for given in (host, Foreign(host)):
        assert np.shares_memory(np.from_dlpack(xp.from_dlpack(given, copy=copy)), host) is (
            copy is not True
        )
    x = xp.asarray(host)
    assert (xp.from_dlpack(x, copy=copy) is x) is (copy is not True)
    assert np.shares_memory(np.from_dlpack(x, copy=copy), np.from_dlpack(x)) is (copy is not True)


@pytest.mark.parametrize(
    "device", ["array_api_strict:cpu", "array_api_strict:device1", "numpy:cpu"]
)
@pytest.mark.parametrize("copy", [None, True])
def test_device_says_where_the_tensor_is(device, copy):
    for given in (np.arange(3.0), Foreign(np.arange(3.0)), xp.arange(3.0), strict.arange(3.0)):
        x = xp.from_dlpack(given, device=device, copy=copy)
        assert f"{x.backend.name}:{x.device}" == device
        assert xp.from_dlpack(x, device="numpy:cpu").tolist() == [0.0, 1.0, 2.0]


def test_each_namespace_takes_foreign_arrays_to_its_own_device():
    for backend in ("numpy", "array_api_strict"):
        x = xp.namespace(backend).from_dlpack(Foreign(np.arange(3.0)))
        assert (x.backend.name, x.tolist()) == (backend, [0.0, 1.0, 2.0])


def test_the_device_of_the_protocol_is_the_library_s():
    for backend in ("numpy", "array_api_strict"):
        x = xp.namespace(backend).ones(3)
        assert x.__dlpack_device__() == x._cell.raw.__dlpack_device__() == CPU
        x.requires_grad_()
        assert x.__dlpack_device__() == CPU  # tells nothing that the tape should know


def test_options_are_those_of_the_library():
    x = xp.ones(3)
    assert "dltensor_versioned" in repr(x.__dlpack__(max_version=(1, 0)))
    assert "versioned" not in repr(x.__dlpack__())
    x.__dlpack__(dl_device=CPU, copy=True, max_version=(1, 0), stream=None)
    with pytest.raises(BufferError):
        x.__dlpack__(dl_device=(2, 0))
    with pytest.raises(RuntimeError, match="stream"):
        x.__dlpack__(stream=1)
    foreign = Foreign(np.ones(3))
    xp.from_dlpack(foreign)
    assert foreign.asked[0]["max_version"] >= (1, 0)


@pytest.mark.parametrize("backend", ["numpy", "array_api_strict"])
def test_tracked_tensors_raise_and_say_detach_whatever_is_asked(backend):
    x = xp.namespace(backend).asarray([1.0, 2.0], requires_grad=True)
    for t in (x, x * 2, x[0]):
        for options in ({}, {"copy": True}, {"max_version": (1, 0)}, {"dl_device": CPU}):
            with pytest.raises(GraphError, match=r"detach\(\)"):
                t.__dlpack__(**options)
        assert np.from_dlpack(t.detach()).tolist() == t.tolist()


def test_a_tracked_tensor_stays_on_the_tape_of_its_own_namespace():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    for taken in (
        xp.from_dlpack(x),
        xp.from_dlpack(x * 1, copy=True),
        xp.from_dlpack(x, device="array_api_strict:cpu"),
    ):
        (found,) = xp.autograd.grad((taken**2).sum(), x)
        assert found.tolist() == [2.0, 4.0]


def test_an_element_is_an_array_of_no_dimension():
    for element in (xp.asarray([1.0, 2.0])[1], xp.sum(xp.ones(2))):
        assert element.__dlpack_device__() == CPU
        back = np.from_dlpack(element)
        assert (back.shape, back.tolist()) == ((), 2.0)


@pytest.mark.parametrize("given", [[1.0], 1.0, object(), "text"])
def test_what_has_no_dlpack_raises_and_says_asarray(given):
    with pytest.raises(TypeError, match=rf"got {type(given).__name__}; use asarray"):
        xp.from_dlpack(given)
