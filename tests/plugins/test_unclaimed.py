"""An array that no backend claims computes through its own namespace, on every device it is met on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytest.importorskip("array_api_strict")

SCRIPT = """
import json
import array_api_strict as library
import xpgrad as xp

found = []
for name in ("CPU_DEVICE", "device1", "device2", "device1"):
    raw = library.asarray([1.0, 2.0, 3.0], device=library.Device(name), dtype=library.float64)
    x = xp.asarray(raw, requires_grad=True)
    y = xp.sum((x * 2.5 + 1) ** 2 / 2.5 + xp.sum(x[1:]) + x[xp.asarray([0, 0, 2])])
    (g,) = xp.autograd.grad(y, x, create_graph=True)
    (h,) = xp.autograd.grad(xp.sum(g * 2.5), x)
    found.append([type(x.backend).__name__, str(x.device), str(g.device), str(h.device), g.tolist(), h.tolist()])
print(json.dumps(found))
"""

TRAINING = """
import json, sys
import numpy
import array_api_strict
import xpgrad as xp
from xpgrad import nn

library, device = (numpy, None) if sys.argv[1] == "numpy" else (array_api_strict, array_api_strict.Device(sys.argv[1]))


def held(values, shape):
    return xp.asarray(library.asarray(numpy.reshape(values, shape), device=device))


xp.manual_seed(3)
model = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1))
rows = numpy.linspace(-1.0, 1.0, 16)
x, target = held(rows, (8, 2)), held(numpy.sin(3 * rows[:8]), (8, 1))
for name, p in list(model.named_parameters()):  # no backend, so no name for .to(): the arrays are handed over
    p.data = held(p.detach().numpy(), p.shape)
optimizer = xp.optim.Adam(model.named_parameters(), lr=0.05)
losses = []
for step in range(30):
    optimizer.zero_grad()
    picked = x[xp.asarray(held(numpy.arange(8) % (step % 7 + 2), (8,)))]
    loss = nn.functional.mse_loss(model(x), target) + 0.01 * xp.sum(picked**2) + 0.01 * xp.sum(model(picked) ** 2)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
state = optimizer.state_dict()["state"]["0.weight"]["exp_avg"]
places = {str(t.device) for t in (loss, state, *model.parameters())}
print(json.dumps([type(loss.backend).__name__, sorted(places), losses]))
"""


def run(script: str, *arguments: str) -> list[Any]:
    environment = {**os.environ, "XPGRAD_DISABLE_PLUGINS": "xpgrad-array-api-strict"}
    command = [sys.executable, "-W", "error", "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("device", ["CPU_DEVICE", "device1"])
def test_a_network_of_unclaimed_arrays_learns_as_on_numpy(device: str) -> None:
    backend, places, losses = run(TRAINING, device)
    assert (backend, places) == ("GenericBackend", [device.lower()])
    on_numpy = run(TRAINING, "numpy")[2]
    assert losses == pytest.approx(on_numpy, rel=1e-9)
    assert losses[-1] < 0.2 * losses[0]


def test_gradients_of_unclaimed_arrays_stay_on_their_devices() -> None:
    rows = run(SCRIPT)
    expected = [2 * 2.5 * (2.5 * x + 1) / 2.5 for x in (1.0, 2.0, 3.0)]
    # x[1:] is read by each of three elements; the indices read 0 twice and 2 once
    expected = [e + r for e, r in zip(expected, (2.0, 3.0, 4.0), strict=True)]
    for place, row in zip(("cpu_device", "device1", "device2", "device1"), rows, strict=True):
        assert row[:4] == ["GenericBackend", place, place, place]
        assert row[4] == pytest.approx(expected)
        assert row[5] == pytest.approx([12.5] * 3)


SECRETIVE = """
import json
import array_api_strict as library
import xpgrad as xp

Array = type(library.asarray(0.0))


def refuses(self, *args, **kwargs):
    raise RuntimeError("not made dense by itself")


Array.__array__ = Array.__buffer__ = refuses
del Array.__dlpack__
x = xp.asarray(library.asarray([1.0, 2.0]), requires_grad=True)
(g,) = xp.autograd.grad(xp.sum(x * x), x)
try:
    g.tolist()
except TypeError as error:
    told = str(error)
Array.__repr__ = Array.__str__ = lambda self: "<two numbers>"
print(json.dumps([repr(x), repr(g), told]))
"""


def test_what_gives_no_values_to_numpy_is_differentiated_and_printed_by_its_own_repr() -> None:
    leaf, grad, told = run(SECRETIVE)
    assert leaf == "tensor(<two numbers>, device='cpu_device', requires_grad=True)"
    assert grad == "tensor(<two numbers>, device='cpu_device')"
    assert "neither by itself nor by DLPack: not made dense by itself" in told
