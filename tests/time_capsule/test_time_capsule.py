"""What was built for a plugin interface once runs unmodified, and what was saved once loads.  See README.md."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CAPSULES = sorted(path.parent for path in HERE.glob("api_*/SHA256SUMS"))
STRICT = {"XPGRAD_STRICT_PLUGINS": "1"}  # a plugin that is left out is an error


@pytest.fixture(scope="module", params=CAPSULES, ids=lambda path: path.name)
def capsule(request):
    return request.param


@pytest.fixture(scope="module")
def python(capsule, tmp_path_factory):
    """Run Python where the wheels are installed: unpacked, as pip does with pure ones."""
    site = tmp_path_factory.mktemp("site")
    for wheel in (capsule / "wheels").glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("XPGRAD_", "PYTEST_"))}

    def run(*command):
        done = subprocess.run(
            [sys.executable, *map(str, command)],
            cwd=site,
            env={**clean, **STRICT, "PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            check=False,
            timeout=170,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_there_are_capsules():
    assert [path.name for path in CAPSULES][:1] == ["api_1_0"]


def test_nothing_in_it_has_changed(capsule):
    kept = dict(reversed(x.split("  ")) for x in (capsule / "SHA256SUMS").read_text().splitlines())
    wheels = {f"wheels/{path.name}" for path in (capsule / "wheels").iterdir()}
    assert wheels == {name for name in kept if name.startswith("wheels/")}
    assert {"program.py", "checkpoint.safetensors", "numbers.json"} <= kept.keys()
    for name, sum_ in kept.items():
        assert hashlib.sha256((capsule / name).read_bytes()).hexdigest() == sum_, name


def test_its_plugins_are_found(python):
    report = json.loads(python("-m", "xpgrad", "doctor", "--json"))
    text = json.dumps(report)
    for name in ("capsule", "capsule.soft", "CapsuleGate", "CapsuleDrift", "CapsuleBalanced"):
        assert f'"{name}"' in text, name


@pytest.mark.parametrize("device", ["cpu", "capsule:cpu"])
def test_its_checkpoint_loads_and_training_goes_on_bit_for_bit(capsule, python, device):
    checkpoint = capsule / "checkpoint.safetensors"
    found = python(capsule / "program.py", "go-on", checkpoint, device)
    assert json.loads(found) == json.loads((capsule / "numbers.json").read_text())


def test_its_program_from_the_start_gives_the_same_bits(capsule, python, tmp_path):
    found = python(capsule / "program.py", "begin", tmp_path / "checkpoint.safetensors")
    assert json.loads(found) == json.loads((capsule / "numbers.json").read_text())


KIT = {
    "operation": 'OPERATIONS = "capsule.*"',
    "optimizer": 'OPTIMIZER = "capsule*"',
    "layer": 'LAYER = "CapsuleGate"',
    "backend": 'BACKEND = "capsule"',
}
CLAIMS = """
test_values_agree_with_the_reference test_first_order_agrees_with_finite_differences
test_it_follows_its_reference test_a_resumed_run_is_the_uninterrupted_one
test_gradients_agree_with_finite_differences test_a_layer_survives_a_file
test_forward_and_gradient_agree_with_numpy[matmul] test_forward_and_gradient_agree_with_numpy[getitem]
""".split()
"""By name, because the names are a public interface; claims that came later are not held against a capsule."""


def test_the_kit_still_has_the_claims_that_they_were_made_for(python, tmp_path):
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["xpgrad.conformance.plugin"]')
    for kind, constant in KIT.items():
        text = f"from xpgrad.conformance.test_{kind} import *\n\n{constant}\n"
        (tmp_path / f"test_{kind}.py").write_text(text)
    options = ["-q", "-rA", "-p", "no:cacheprovider", f"--rootdir={tmp_path}"]
    found = python("-m", "pytest", *options, "-k", " or ".join(CLAIMS), tmp_path)
    for claim in CLAIMS:
        assert f"::{claim}" in found, claim
