"""On a device that works late, counts and gives nothing away unasked, xpgrad makes no mistake, and others are seen."""

import contextlib
import subprocess
import sys
import types

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DeviceError
from xpgrad.extend import OpSpec, hookimpl, register_plugin
from xpgrad.optim import SGD

pytest.importorskip("xpgrad_fake_device", reason="the fake device is in the dev group")
from xpgrad_fake_device.device import DEVICES, HostConversionError

HERE = "fake:pretend:0"


@pytest.fixture
def device():
    for each in DEVICES:
        each.synchronize()
        each.reset()
    return DEVICES[0]


def placed(*shape, dtype="float64", requires_grad=False, where=HERE):
    host = np.random.default_rng(len(shape)).normal(size=shape)
    return xp.asarray(host, dtype=dtype, device=where, requires_grad=requires_grad)


# --- the device itself --------------------------------------------------------------------------


def test_work_is_done_late(device):
    x = placed(3)
    y = xp.exp(x) + 1.0
    assert device.waiting() == device.counters.launches > 0
    assert y.shape == (3,)
    y.tolist()
    assert device.waiting() == 0
    assert (device.counters.synchronizations, device.counters.to_host) == (1, 1)


def test_a_host_array_changed_before_its_copy_arrives_changed(device):
    host = np.ones(2)
    x = xp.asarray(host, device=HERE)
    host[0] = 5.0
    assert x.tolist() == [5.0, 1.0]


@pytest.mark.parametrize(
    "implicit",
    [float, bool, int, complex, list, np.asarray, lambda x: x.tolist(), lambda x: [0][x]],
)
def test_nothing_is_given_away_unasked(device, implicit):
    raw = HERE_ARRAY(device)
    with pytest.raises(HostConversionError, match=r"pretend:0.*to_host"):
        implicit(raw)
    assert len(device.counters.refused) == 1


def HERE_ARRAY(device):
    from xpgrad_fake_device.namespace import NAMESPACE

    return NAMESPACE.ones((1,), device=device)


@pytest.mark.parametrize("other", ["fake:pretend:1", "numpy:cpu"])
def test_arrays_of_two_devices_do_not_mix(device, other):
    with pytest.raises(DeviceError, match="pretend:0"):
        placed(3) * placed(3, where=other)


# --- xpgrad on it -------------------------------------------------------------------------------


def network(where):
    rng = np.random.default_rng(0)
    made = {
        n: rng.normal(size=s) for n, s in (("w", (4, 8)), ("b", (8,)), ("v", (8, 3)), ("e", (5, 4)))
    }
    return {n: xp.asarray(v, device=where, requires_grad=True) for n, v in made.items()}


def loss_of(p, rows, labels):
    h = xp.relu(p["e"][rows] @ p["w"] + p["b"])
    y = h @ p["v"]
    return xp.mean(xp.logsumexp(y, axis=-1) - xp.take_along_axis(y, labels[:, None], axis=-1)[:, 0])


def data(where):
    rows = xp.asarray(np.asarray([0, 3, 3, 1, 4]), device=where)
    return rows, xp.asarray(np.asarray([0, 2, 1, 1, 0]), device=where)


@pytest.mark.parametrize("order", [1, 2])
def test_a_step_waits_for_nothing_and_copies_nothing(device, order):
    p, (rows, labels) = network(HERE), data(HERE)
    optimizer = SGD(list(p.values()), lr=0.1, momentum=0.9)
    loss_of(p, rows, labels).backward()  # constants are made once
    optimizer.step()
    device.reset()
    for _ in range(3):
        optimizer.zero_grad()
        loss = loss_of(p, rows, labels)
        if order == 2:
            grads = xp.autograd.grad(loss, list(p.values()), create_graph=True)
            loss = loss + sum(xp.sum(g * g) for g in grads)
        loss.backward()
        optimizer.step()
    seen = device.reset()
    assert seen.launches > 100
    assert (seen.synchronizations, seen.to_host) == (0, 0)
    assert not seen.refused
    assert np.isfinite(loss.item())


@pytest.mark.parametrize("name", ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"])
def test_an_optimizer_reads_no_value(device, name):
    make = getattr(xp.optim, name)
    walked = []
    for where in (HERE, "numpy:cpu"):
        p, given = network(where), data(where)
        optimizer = make(list(p.values()), lr=0.01)
        device.reset()
        for _ in range(3):
            optimizer.zero_grad()
            loss_of(p, *given).backward()
            optimizer.step()
        seen = device.reset()
        assert (seen.synchronizations, seen.to_host) == (0, 0)
        walked.append([t.detach().numpy() for t in p.values()])
    for ours, numpys in zip(*walked, strict=True):
        np.testing.assert_allclose(ours, numpys, rtol=1e-12)


def test_moving_is_counted_and_stays_on_the_tape(device):
    x = placed(3, requires_grad=True)
    y = (x * x).to("fake:pretend:1")
    (y * y).sum().backward()
    assert x.grad.device == HERE
    # over, and the cotangent back
    assert (DEVICES[1].counters.to_device, device.counters.to_device) == (1, 2)
    np.testing.assert_allclose(x.grad.numpy(), 4 * x.detach().numpy() ** 3)


# --- programs that are wrong --------------------------------------------------------------------


def forward(x, /, xp):
    """A sum that looks whether there is anything to add up: right on the host, and waits for a device."""
    return xp.sum(x) if bool(xp.any(x != 0)) else xp.sum(x * 0)


def forward_through_numpy(x, /, xp):
    """A cumulative product that goes through NumPy."""
    return xp.asarray(np.cumprod(np.asarray(x)))


@pytest.fixture(scope="module")
def operations():
    module = types.ModuleType("wrong_on_devices")
    module.asks, module.leaves = forward, forward_through_numpy
    sys.modules[module.__name__] = module
    plugin = types.ModuleType("wrong_plugin")
    plugin.XPGRAD_API = (1, 0)

    @hookimpl
    def xpgrad_ops():
        return [
            OpSpec("asks", "wrong_on_devices:asks"),
            OpSpec("leaves", "wrong_on_devices:leaves"),
        ]

    plugin.xpgrad_ops = xpgrad_ops
    register_plugin(plugin)


@pytest.mark.parametrize(("name", "how"), [("asks", "__bool__"), ("leaves", "__array__")])
def test_an_operation_that_takes_values_to_the_host_fails_here_and_not_on_numpy(
    device, operations, name, how
):
    wrong = getattr(xp, name)
    host = placed(3, where="numpy:cpu")
    assert wrong(host).shape in ((), (3,))
    with pytest.raises(HostConversionError, match=how):
        wrong(placed(3))


def test_a_conversion_is_counted_also_where_the_program_catches_it(device):
    raw = HERE_ARRAY(device)
    with contextlib.suppress(TypeError):
        bool(raw)
    assert device.counters.refused == ["__bool__"]


# --- the kit ------------------------------------------------------------------------------------

FEW = "starts survive [take] [scatter_add] [softmax] [linalg.inv] statement random memory mix moves stay"


def test_the_kit_passes_on_it():
    command = [sys.executable, "-m", "xpgrad", "conformance", "backend", "fake"]
    command += ["-k", " or ".join(FEW.split())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED WHAT RAN" in done.stdout
