"""The way of a stranger, in a fresh environment, from built wheels: scaffold, edit, install, conform, use by name.

Nothing of the source tree is there.  xpgrad's wheels are built; libraries of others are linked, as they are installed,
from the environment that runs the tests, so no network is needed.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHEELS = ("core", "backends/numpy", "plugins/layers", "plugins/adam")
OTHERS = (
    "array-api-compat array-api-strict flit_core iniconfig numpy packaging pluggy pygments pytest "
    "safetensors"
).split()
BUILD = "import sys; from flit_core.buildapi import build_wheel; build_wheel(sys.argv[1])"
PAGE = ROOT / "docs/plugins/writing-an-optimizer.md"
WRITTEN = runpy.run_path(str(ROOT / "tools/package_of_page.py"))["files"](PAGE.read_text())

TRAINING = """
import json, pathlib, sys
import xpgrad as xp
from xpgrad import nn

xp.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = xp.optim.create("lion", model.named_parameters(), lr=0.01, weight_decay=0.01)
x = xp.random.normal((64, 2))
target = xp.sin(x[:, :1]) * x[:, 1:]
losses = []
for step in range(200):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), target)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    if step == 99:
        xp.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "middle.safetensors")
again = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
resumed = xp.optim.Lion(again.named_parameters())
saved = xp.load("middle.safetensors")
again.load_state_dict(saved["model"])
resumed.load_state_dict(saved["optimizer"])
for step in range(100):
    resumed.zero_grad()
    nn.functional.mse_loss(again(x), target).backward()
    resumed.step()
same = all(a.tolist() == b.tolist() for a, b in zip(model.parameters(), again.parameters()))
print(json.dumps([type(optimizer).__module__, losses[0], losses[-1], same]))
"""


class Fresh:
    """A virtual environment and a folder to work in."""

    def __init__(self, folder):
        self.environment, self.folder = folder / "venv", folder / "work"
        self.folder.mkdir()
        wanted = ("HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE")
        self.variables = {k: os.environ[k] for k in wanted if k in os.environ}
        self.variables["PATH"] = f"{self.environment / 'bin'}{os.pathsep}{os.defpath}"
        self.python = self.environment / "bin" / "python"
        self.pytest = (self.python, "-m", "pytest", "-q", "-p", "no:cacheprovider")

    def create(self):
        """With pip if Python brings it, else with uv outside."""
        try:
            venv.create(self.environment, with_pip=True, symlinks=True)
            self.installer = [str(self.python), "-m", "pip", "--isolated", "install", "-q"]
            self.installer += ["--disable-pip-version-check"]
        except subprocess.CalledProcessError:
            uv = shutil.which("uv")
            if uv is None:
                why = "this Python has no ensurepip, and there is no uv: nothing can install"
                assert not os.environ.get("CI"), why
                pytest.skip(why)
            venv.create(self.environment, with_pip=False, symlinks=True, clear=True)
            self.installer = [uv, "pip", "install", "-q", "--offline", "--python", str(self.python)]
        self.site = next(self.environment.glob("lib/python*/site-packages"))

    def link(self, name):
        """Another's library, as it is installed where the tests run."""
        files = distribution(name).files or []
        for top in {f.parts[0] for f in files} - {"..", "__pycache__"}:
            source = Path(str(distribution(name).locate_file(top)))
            if top.endswith(".dist-info"):  # uv does not follow links to these
                shutil.copytree(source, self.site / top)
            else:
                (self.site / top).symlink_to(source)

    def install(self, *what):
        self.run(*self.installer, "--no-index", "--no-build-isolation", *what)

    def run(self, *command, status=0):
        done = subprocess.run(
            [*map(str, command)],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=170,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fresh")
    wheels = folder / "wheels"
    wheels.mkdir()
    for member in WHEELS:
        command = [sys.executable, "-c", BUILD, str(wheels)]
        subprocess.run(command, cwd=ROOT / member, check=True, capture_output=True)
    place = Fresh(folder)
    place.create()
    for name in OTHERS:
        place.link(name)
    place.install(*sorted(wheels.iterdir()))
    return place


def test_nothing_of_the_source_tree_is_there(fresh):
    code = (
        "import sys, xpgrad, xpgrad_numpy; print(xpgrad.__file__, xpgrad_numpy.__file__, *sys.path)"
    )
    found = fresh.run(fresh.python, "-c", code).split()
    assert str(fresh.site) in found[0]
    assert not [path for path in found if Path(path).is_relative_to(ROOT)]


def test_from_the_scaffold_to_a_training_run(fresh):
    fresh.run("xpgrad", "new-plugin", "optimizer", "lion")
    package = fresh.folder / "xpgrad-lion"
    fresh.install("-e", package)
    tests = (*fresh.pytest, package)
    fresh.run(
        *tests, "-k", "follows_its_reference", status=1
    )  # the part that only an author can write

    source = package / "src/xpgrad_lion"
    for name in ("optimizer.py", "reference.py"):
        (source / name).write_text(WRITTEN[f"src/xpgrad_lion/{name}"])
    declared = (source / "__init__.py").read_text()
    edited = declared.replace('"momentum": 0.5', '"betas": (0.8, 0.95)')
    assert edited != declared
    (source / "__init__.py").write_text(edited)

    fresh.run(*tests)
    report = fresh.folder / "report.json"
    assert "CONFORMS" in fresh.run("xpgrad", "conformance", "optimizer", "lion", "--json", report)
    assert json.loads(report.read_text())["conforms"]
    module, first, last, same = json.loads(fresh.run(fresh.python, "-W", "error", "-c", TRAINING))
    assert module == "xpgrad_lion.optimizer"
    assert last < 0.1 * first
    assert same, "a run that was resumed from a file ends elsewhere"


@pytest.mark.parametrize(
    ("kind", "name", "some"),
    [
        ("operation", "soft-step", ""),
        ("layer", "squash", ""),
        ("backend", "mylib", "starts or matmul"),
    ],
)
def test_every_other_scaffold_installs_and_conforms_at_once(fresh, kind, name, some):
    fresh.run("xpgrad", "new-plugin", kind, name)
    package = fresh.folder / f"xpgrad-{name}"
    fresh.install(package)
    found = fresh.run(*fresh.pytest, package, *(["-k", some] if some else []))
    assert " passed" in found
