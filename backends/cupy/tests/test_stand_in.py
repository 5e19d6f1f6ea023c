"""The backend's logic and mathematics on a stand-in for CuPy: what a laptop can say about a GPU's code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STAND_IN = HERE / "stand_in"


def run(arguments, **environment):
    """A fresh interpreter in which ``cupy`` is the stand-in."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("XPGRAD_", "PYTEST_"))}
    clean["XPGRAD_DISABLE_PLUGINS"] = "xpgrad-special"  # the stand-in has no cupyx.scipy
    path = os.pathsep.join([str(STAND_IN), *filter(None, [clean.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, *arguments],
        env={**clean, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("devices", ["1", "2"])
def test_every_check_passes(devices):
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-rs", "-W", "error"]
    done = run(["-m", "pytest", str(STAND_IN / "checks.py"), *options], STAND_IN_DEVICES=devices)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


PLANT = """
import xpgrad_cupy.kernels as kernels
import pytest, sys
{plant}
sys.exit(pytest.main([{checks!r}, "-q", "-x", "-p", "no:cacheprovider", "-k", {only!r}]))
"""


@pytest.mark.parametrize(
    ("only", "plant"),
    [
        ("pointwise", "kernels.KERNELS['step'] = lambda x: (x >= -1).astype(x.dtype)"),
        ("indexing", "kernels._last_values = lambda x, key, values: values"),
        ("scatter_adds", "import xpgrad_cupy.scatter as s; s.ATOMIC |= {'int8'}"),
        (
            "scatter_adds",
            "import xpgrad_cupy.scatter as s; s._add_atomically = lambda t, i, v: t.__setitem__(i, v)",
        ),
        ("owned_where", "kernels.KERNELS"),
    ],
)
def test_a_wrong_kernel_is_caught(only, plant):
    code = PLANT.format(plant=plant, checks=str(STAND_IN / "checks.py"), only=only)
    done = run(["-c", code])
    wrong = plant != "kernels.KERNELS"  # the last line plants nothing: no false alarm
    assert done.returncode == (1 if wrong else 0), done.stdout[-3000:] + done.stderr[-2000:]


ASK = """
from xpgrad.errors import BackendError
import xpgrad as xp
try:
    print(xp.device("cuda"))
except BackendError as error:
    print(error.part, "|", error)
"""


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"STAND_IN_DRIVER": "0"}, ["driver is missing", "nvidia-smi", "device 'cpu'"]),
        (
            {"STAND_IN_DRIVER": "12040"},
            ["too old", "CUDA 12.4", "13.0", 'pip install "xpgrad[cuda12]"'],
        ),
        ({"STAND_IN_DEVICES": "0"}, ["no GPU is visible", "nvidia-smi -L"]),
        ({"STAND_IN_DEVICES": "0", "CUDA_VISIBLE_DEVICES": "-1"}, ["CUDA_VISIBLE_DEVICES is '-1'"]),
    ],
)
def test_a_start_without_a_gpu_says_which_part_is_missing(environment, words):
    done = run(["-c", ASK], **environment)
    part, _, message = done.stdout.partition(" | ")
    assert part == "device", done.stderr
    for word in words:
        assert word in message


def test_two_wheels_are_named(tmp_path):
    for name in ("cupy-cuda12x", "cupy-cuda13x", "cupyx-something"):
        info = tmp_path / f"{name.replace('-', '_')}-14.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 14.0\n")
    path = os.pathsep.join([str(STAND_IN), str(tmp_path)])
    done = run(["-c", ASK], STAND_IN_DRIVER="0", PYTHONPATH=path)
    assert "cupy-cuda12x, cupy-cuda13x) and they break each other" in done.stdout, done.stderr
    assert "something" not in done.stdout


def test_one_device_pays_for_no_placement():
    code = """
import array_api_compat.cupy as compat
from xpgrad.extend import registry
from xpgrad_cupy import kernels, windows
b = registry.backend("cupy")
print(b.xp is compat, b.kernels() == {**kernels.KERNELS, **windows.KERNELS})
"""
    assert run(["-c", code]).stdout.split() == ["True", "True"]
