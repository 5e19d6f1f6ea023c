"""Fake distributions in a folder, and a fresh interpreter that sees them beside the real ones."""

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

HEADER = "from xpgrad.extend import BackendSpec, ComponentSpec, OpSpec, OptimizerSpec, hookimpl\n"
API = "XPGRAD_API = (1, 0)\n"


@dataclass
class Site:
    """A folder of installed distributions."""

    folder: Path

    def add(self, distribution, module, text, *, name=None, version="1.2", api=API):
        """Install a distribution with one declaration module; ``name`` is its entry point's."""
        (self.folder / f"{module}.py").write_text(HEADER + api + textwrap.dedent(text))
        self.entry_points(distribution, f"[xpgrad]\n{name or module} = {module}\n", version)

    def entry_points(self, distribution, text, version="1.2"):
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir(exist_ok=True)
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text(text)

    def module(self, name, text):
        """A module without a distribution: a target."""
        (self.folder / f"{name}.py").write_text(textwrap.dedent(text))

    def run(self, code, *, warn="always", **environment):
        """Run code in a fresh interpreter that sees this folder."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("XPGRAD_", "PYTHONW"))}
        path = os.pathsep.join([str(self.folder), *filter(None, [clean.get("PYTHONPATH")])])
        return subprocess.run(
            [sys.executable, "-W", warn, "-c", textwrap.dedent(code)],
            env={**clean, "PYTHONPATH": path, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def out(self, code, **options):
        """The standard output of code that must succeed."""
        done = self.run(code, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def report(self, **environment):
        code = "import json; from xpgrad.extend import registry as r; print(json.dumps(r.report()))"
        return json.loads(self.out(code, **environment))

    def plugin(self, provenance, **environment):
        """The report's record of one plugin."""
        found = self.report(**environment)["plugins"]
        return next(each for each in found if each["provenance"] == provenance)


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    return Site(folder)
