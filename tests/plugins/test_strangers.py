"""Packages of strangers, built and installed from their own folders, with no edit to xpgrad."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

STRANGERS = Path(__file__).parent / "strangers"
BUILD = "import sys; from flit_core.buildapi import build_wheel; print(build_wheel(sys.argv[1]))"

TRAIN = """
import json
import xpgrad as xp

device = xp.device("third:cpu")
x = xp.asarray([1.0, -2.0], device=device, requires_grad=True)
optimizer = xp.optim.Lion([x], lr=0.25)
for _ in range(2):
    optimizer.zero_grad()
    xp.sum(x * x).backward()
    optimizer.step()
print(json.dumps([x.detach().tolist(), str(x.device), x.device.backend]))
"""


def install(site, name, tmp_path):
    """What pip does with a folder: build its wheel, unpack the wheel."""
    folder = shutil.copytree(STRANGERS / name, tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / done.stdout.strip()) as wheel:
        wheel.extractall(site.folder)


@pytest.fixture
def strangers(site, tmp_path):
    install(site, "third-backend", tmp_path)
    install(site, "third-optimizer", tmp_path)
    return site


def test_a_strangers_backend_and_optimizer_work_as_if_they_were_ours(strangers):
    values, device, backend = json.loads(strangers.out(TRAIN, warn="error"))
    assert values == [0.5, -1.5]
    assert (device, backend) == ("cpu", "third")


def test_a_broken_plugin_beside_them_changes_nothing_but_what_doctor_says(strangers, tmp_path):
    before = strangers.run(TRAIN)
    report = strangers.report()
    install(strangers, "third-broken", tmp_path)
    after = strangers.run(TRAIN)
    assert after.returncode == before.returncode == 0, after.stderr
    assert after.stdout == before.stdout
    assert after.stderr.count("PluginWarning: ") == 1
    changed = strangers.report()
    broken = [each for each in changed["plugins"] if each not in report["plugins"]]
    assert [each["provenance"] for each in broken] == ["third-broken:broken"]
    assert "a_library_nobody_installed" in broken[0]["cause"]
    rest = {key: value for key, value in changed.items() if key != "plugins"}
    assert rest == {key: value for key, value in report.items() if key != "plugins"}


def test_a_strangers_backend_differentiates(strangers):
    code = """
        import xpgrad as xp
        x = xp.asarray([1.0, -2.0], device="third:cpu", requires_grad=True)
        xp.sum(xp.exp(x) * x).backward()
        print(type(x.grad.numpy()).__name__, x.grad.device.backend)
        print(xp.device("third:cpu"), [d.backend for d in xp.devices()].count("third"))
    """
    assert strangers.out(code, warn="error").splitlines() == ["ndarray third", "cpu 1"]


def test_an_array_of_the_strangers_library_finds_its_backend(strangers):
    code = """
        import array_api_strict
        import xpgrad as xp
        x = xp.asarray(array_api_strict.asarray([1.0, 2.0]))
        print(x.device.backend)
    """
    ours = "xpgrad-array-api-strict"  # claims them too, and is first
    assert strangers.out(code, warn="error", XPGRAD_DISABLE_PLUGINS=ours) == "third"
