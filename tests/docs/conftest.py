"""The packages that pages write, built and installed as pip would, each in a folder of its own."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xpgrad.extend.tables import FIRST_PARTY

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from flit_core.buildapi import build_wheel; print(build_wheel(sys.argv[1]))"
OURS = [name for name in FIRST_PARTY if "array-api-strict" not in name]
"""Beside the page's own package; a second backend for the arrays that one page claims stays out."""


@dataclass
class Written:
    """A page's package: its folder, and where its wheel is unpacked."""

    folder: Path
    site: Path
    name: str

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python where the package is installed; a plugin that is left out is an error."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("XPGRAD_", "PYTEST_"))}
        plugins = {"XPGRAD_PLUGINS": ",".join([*OURS, self.name]), "XPGRAD_STRICT_PLUGINS": "1"}
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env={**clean, "PYTHONPATH": str(self.site), **plugins, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=170,
        )


def install(text: str, into: Path) -> Written:
    """Write a page's package, build its wheel, unpack the wheel."""
    folder, site = into / "package", into / "site"
    site.mkdir(parents=True)
    SCRIPT["write"](text, folder)
    name = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"]
    command = [sys.executable, "-c", BUILD, str(into)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(into / done.stdout.strip()) as wheel:
        wheel.extractall(site)
    return Written(folder, site, name)


SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "package_of_page.py"))


@pytest.fixture(scope="session")
def package_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Written]:
    """The installed package of a page's text; made once."""
    made: dict[str, Written] = {}

    def of(text: str) -> Written:
        if text not in made:
            made[text] = install(text, tmp_path_factory.mktemp("page"))
        return made[text]

    return of
