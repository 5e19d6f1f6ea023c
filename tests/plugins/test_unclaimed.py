"""An array that no backend claims computes through its own namespace, on every device it is met on."""

from __future__ import annotations

import json
import os
import subprocess
import sys

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


def test_gradients_of_unclaimed_arrays_stay_on_their_devices() -> None:
    environment = {**os.environ, "XPGRAD_DISABLE_PLUGINS": "xpgrad-array-api-strict"}
    command = [sys.executable, "-W", "error", "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    expected = [2 * 2.5 * (2.5 * x + 1) / 2.5 for x in (1.0, 2.0, 3.0)]
    # x[1:] is read by each of three elements; the indices read 0 twice and 2 once
    expected = [e + r for e, r in zip(expected, (2.0, 3.0, 4.0), strict=True)]
    for place, row in zip(
        ("cpu_device", "device1", "device2", "device1"), json.loads(done.stdout), strict=True
    ):
        assert row[:4] == ["GenericBackend", place, place, place]
        assert row[4] == pytest.approx(expected)
        assert row[5] == pytest.approx([12.5] * 3)
