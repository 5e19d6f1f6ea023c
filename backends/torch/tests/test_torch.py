"""PyTorch's tensors under xpgrad's tape: one tape, NumPy's keys, sums at duplicates, honest dtypes."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DeviceError

torch = pytest.importorskip("torch", reason='needs PyTorch: pip install "xpgrad-torch[torch]"')


def raw(t):
    return torch.from_dlpack(t.detach())


# --- one tape -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [torch.tensor, lambda v: torch.nn.Parameter(torch.tensor(v))])
def test_a_tensor_that_requires_grad_comes_in_detached(kind):
    theirs = kind([1.0, 2.0]).requires_grad_()
    x = xp.asarray(theirs, requires_grad=True)
    loss = xp.sum(x * theirs + xp.exp(theirs))  # also as an argument
    loss.backward()
    assert theirs.grad is None
    assert not raw(loss).requires_grad
    assert x.grad.tolist() == [1.0, 2.0]


def test_pytorchs_tensor_may_stand_on_either_side():
    x = xp.asarray(torch.ones(2), requires_grad=True)
    theirs = torch.tensor([3.0, 4.0], requires_grad=True)
    for result in (theirs * x, x * theirs):
        assert isinstance(result, xp.Tensor)
        (g,) = xp.autograd.grad(xp.sum(result), x)
        assert g.tolist() == [3.0, 4.0]


def test_nothing_in_a_step_is_on_pytorchs_tape():
    seen = []

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            seen.append(any(isinstance(a, torch.Tensor) and a.requires_grad for a in args))
            return func(*args, **(kwargs or {}))

    x = xp.asarray(torch.rand(3, 4, requires_grad=True), requires_grad=True)
    with Watch():
        g = xp.autograd.grad(xp.sum(xp.tanh(x @ x.T) ** 2), x, create_graph=True)[0]
        xp.sum(g * g).backward()
    assert seen
    assert not any(seen)


def test_a_statement_does_not_reach_the_tensor_that_came_in():
    theirs = torch.zeros(3)
    x = xp.asarray(theirs)
    x[1] = 5.0
    x += 1.0
    assert theirs.tolist() == [0.0, 0.0, 0.0]
    assert x.tolist() == [1.0, 6.0, 1.0]


# --- how arrays come ----------------------------------------------------------------------------


@pytest.mark.parametrize("view", [np.s_[::-1], np.s_[::2], np.s_[:]])
def test_host_arrays_come_whatever_their_strides_and_flags(view):
    host = np.arange(6.0)[view]
    host.flags.writeable = False
    x = xp.asarray(host, device="torch:cpu")
    x[0] = 9.0
    assert x.tolist() == [9.0, *host[1:].tolist()]
    assert host[0] != 9.0


def test_python_numbers_take_pytorchs_default_dtype():
    assert xp.asarray([1.0], device="torch:cpu").dtype == "float32"
    torch.set_default_dtype(torch.float64)
    try:
        assert xp.asarray([1.0], device="torch:cpu").dtype == "float64"
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_short_floats_have_gradients(dtype):
    x = xp.asarray(torch.tensor([1.0, 2.0], dtype=getattr(torch, dtype)), requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.dtype == dtype
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_device_that_is_not_here_is_told_with_those_there_are():
    with pytest.raises(DeviceError, match="it has cpu"):
        xp.device("torch:cuda:99")


# --- keys ---------------------------------------------------------------------------------------

I, J = np.asarray([2, 0, -1, 2]), np.asarray([[0], [1]], "int32")
MASK = np.asarray([True, False, True])
KEYS = [
    np.s_[1], np.s_[-1], np.s_[::-1], np.s_[::-2, ::-1], np.s_[2:0:-1, None, 1:], np.s_[..., ::-3],
    np.s_[:, ::-1, 1], np.s_[5:9:-1], (I,), (I, slice(None, None, -1)), (0, slice(None), I), (I, 1, I),
    (J, I), (slice(None), J), (MASK,), (MASK, slice(None), 0), (None, I, ..., slice(None, None, -1)),
    (np.asarray(1), slice(None), I), (np.asarray(1), np.asarray(2, "uint8")), (J.astype("uint8"),),
    (slice(None), J, ..., I), (I, ..., 1), (..., I, J), (None, slice(None), J, ..., I),
    (slice(None), slice(None, None, -1), J, ...), (MASK, ..., 1),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_keys_mean_what_they_mean_to_numpy(key):
    host = np.arange(36.0).reshape(3, 3, 4)
    parts = key if isinstance(key, tuple) else (key,)
    ours = tuple(torch.from_numpy(k) if isinstance(k, np.ndarray) else k for k in parts)
    x = xp.asarray(torch.from_numpy(host.copy()), requires_grad=True)
    want = host[key]
    y = x[ours]
    assert y.tolist() == want.tolist()

    weights = np.arange(1.0, 1 + want.size).reshape(want.shape)
    (g,) = xp.autograd.grad(xp.sum(y * torch.from_numpy(weights)), x)
    added = np.zeros_like(host)
    np.add.at(added, key, weights)
    assert g.tolist() == added.tolist()

    z, written = xp.asarray(torch.from_numpy(host.copy())), host.copy()
    z[ours] = torch.from_numpy(weights)
    for place, value in zip(np.arange(36).reshape(host.shape)[key].flat, weights.flat, strict=True):
        written.reshape(-1)[place] = value  # one after the other: the last stays
    assert z.tolist() == written.tolist()


def test_of_many_values_at_one_place_the_last_stays():
    n = 100_000
    where = torch.randint(0, 7, (n,), generator=torch.Generator().manual_seed(0))
    x = xp.asarray(torch.zeros(7))
    x[where] = torch.arange(n, dtype=torch.float32)
    want = np.zeros(7)
    want[where.numpy()] = np.arange(n)
    assert x.tolist() == want.tolist()


# --- what PyTorch lacks -------------------------------------------------------------------------


@pytest.mark.parametrize("correction", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("axis", [None, 0, (0, 2)])
def test_variances_take_any_correction(axis, correction):
    host = np.random.default_rng(0).normal(size=(3, 4, 5))
    x = xp.asarray(torch.from_numpy(host))
    for name in ("var", "std"):
        got = getattr(xp, name)(x, axis=axis, correction=correction)
        with np.errstate(all="ignore"):
            want = getattr(np, name)(host, axis=axis, correction=correction)
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-12)


def test_unique_all_tells_the_first_places():
    host = np.asarray([[3, 1, 3], [2, 1, 1]])
    got = xp.unique_all(xp.asarray(torch.from_numpy(host)))
    for ours, theirs in zip(got, np.unique_all(host), strict=True):
        assert ours.tolist() == theirs.tolist()


def test_transforms_of_no_arrays_are_no_arrays():
    x = xp.asarray(torch.zeros(0, 4, dtype=torch.complex64))
    assert xp.fft.fft(x, n=6).shape == (0, 6)
    assert xp.fft.irfftn(
        xp.asarray(torch.zeros(0, 2, 3, dtype=torch.complex64)), axes=(1, 2)
    ).shape == (0, 2, 4)


@pytest.mark.parametrize("name", ["fft", "rfft", "irfft", "hfft", "ihfft"])
def test_a_transform_of_no_elements_is_one_of_zeros(name):
    for shape, axis in (((0,), -1), ((2, 0), 1), ((0, 3), 0)):
        host = np.zeros(shape, "complex128" if name in ("irfft", "hfft") else "float64")
        want = getattr(np.fft, name)(host, n=4, axis=axis)
        x = xp.asarray(torch.from_numpy(host), requires_grad=True)
        got = getattr(xp.fft, name)(x, n=4, axis=axis)
        assert (
            got.shape == want.shape
        )  # whose elements, for irfft and hfft, are whatever was in memory
        assert not bool(xp.any(got != 0.0))
        xp.sum(xp.real(got)).backward()
        assert x.grad.shape == shape


@pytest.mark.parametrize("axes", [1, ((1,), (0,)), ((-1,), (-2,))], ids=str)
def test_tensordot_does_not_stretch_one_element(axes):
    one, three = torch.ones(2, 1), torch.ones(3, 4)
    with pytest.raises(ValueError, match="cannot sum over axes of 1 and 3 elements together"):
        xp.tensordot(xp.asarray(one), xp.asarray(three), axes=axes)
