"""Several backends in one process: each with its own model, and one model across several of them."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad import nn
from xpgrad.errors import DeviceError

PLACES = {
    "numpy": ("numpy:cpu", "numpy"),
    "strict": ("array_api_strict:device1", "array_api_strict"),
    "fake": ("fake:pretend:1", "xpgrad_fake_device"),
    "torch": ("torch:cpu", "torch"),
    "jax": ("jax:cpu", "jax"),
}


@pytest.fixture(params=PLACES)
def there(request):
    device, library = PLACES[request.param]
    pytest.importorskip(library, reason=f"needs {library}")
    return device


@pytest.fixture(params=["numpy", "strict", "torch"])
def here(request):
    device, library = PLACES[request.param]
    pytest.importorskip(library, reason=f"needs {library}")
    return device


X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(6, 2)).astype("float32")


def model(device, seed=0):
    """A network on a device, with the same numbers everywhere."""
    rng = np.random.default_rng(seed)
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))
    for p in net.parameters():
        p.data = xp.asarray(rng.normal(size=p.shape).astype("float32"), device=device)
    return net


def loss_of(net, device):
    x, y = xp.asarray(X, device=device), xp.asarray(Y, device=device)
    return xp.mean((net(x) - y) ** 2)


def steps(pairs, n=4):
    """Training steps of several models in turn; the losses of each."""
    optimizers = [xp.optim.Adam(net.parameters(), lr=0.05) for net, _ in pairs]
    losses = [[] for _ in pairs]
    for _ in range(n):
        for (net, device), optimizer, seen in zip(pairs, optimizers, losses, strict=True):
            optimizer.zero_grad()
            loss = loss_of(net, device)
            loss.backward()
            optimizer.step()
            seen.append(loss.item())
    return losses


def values(net):
    return [p.detach().numpy() for p in net.parameters()]


def test_each_backend_trains_its_own_model(here, there):
    alone = model(here)
    (expected,) = steps([(alone, here)])
    one, other = model(here), model(there)
    first, second = steps([(one, here), (other, there)])
    assert first == expected
    for a, b in zip(values(one), values(alone), strict=True):
        assert np.array_equal(a, b)
    np.testing.assert_allclose(second, expected, rtol=1e-4)
    for a, b in zip(values(other), values(alone), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
    assert {str(p.backend.name) for p in other.parameters()} == {xp.device(there).backend}


def test_a_model_across_two_backends_has_the_gradients_of_one(here, there):
    def gradients(second_place):
        first, second = model(here, 0)[0], model(second_place, 2)[2]
        h = xp.tanh(first(xp.asarray(X, device=here)))
        y = second(h.to(second_place))
        loss = xp.mean((y - xp.asarray(Y, device=second_place)) ** 2)
        loss.backward()
        parameters = [*first.parameters(), *second.parameters()]
        for p in parameters:
            assert p.grad.device == p.device
        return [p.grad.numpy() for p in parameters]

    for across, alone in zip(gradients(there), gradients(here), strict=True):
        np.testing.assert_allclose(across, alone, rtol=1e-4, atol=1e-6)


def test_a_tensor_that_moves_keeps_its_place_on_the_tape(here, there):
    host = np.asarray([0.5, -1.0, 2.0], "float32")
    x = xp.asarray(host, device=here, requires_grad=True)
    (g,) = xp.autograd.grad(xp.sum((x**2).to(there) ** 2), x, create_graph=True)
    assert g.device == x.device
    (h,) = xp.autograd.grad(xp.sum(g.to(there) ** 2), x)
    np.testing.assert_allclose(g.detach().numpy(), 4 * host**3, rtol=1e-5)
    np.testing.assert_allclose(h.numpy(), 96 * host**5, rtol=1e-5)
    assert h.device == x.device


def test_moving_is_linear_in_forward_mode(here, there):
    x, t = (xp.asarray(np.asarray(v, "float32"), device=here) for v in ([1.0, 2.0], [3.0, -1.0]))
    value, tangent = xp.jvp(lambda x: (x * x).to(there) * 2.0, (x,), (t,))
    assert value.device == there
    assert tangent.device == there
    assert tangent.tolist() == [12.0, -8.0]


def test_tensors_of_two_backends_do_not_mix_unasked(here, there):
    if xp.device(here) == xp.device(there):
        pytest.skip("one place")
    a, b = (xp.asarray(X, device=d) for d in (here, there))
    with pytest.raises(DeviceError, match="move one of them"):
        a + b
