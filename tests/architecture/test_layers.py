"""Arrows point down: the contracts of import-linter hold, and they can fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint(folder, **environment):
    """Run import-linter on the configuration in a folder."""
    program = shutil.which("lint-imports", path=os.fspath(Path(sys.executable).parent))
    if program is None:
        pytest.fail("import-linter is not installed; it is in the dev group")
    return subprocess.run(
        [program, "--no-cache"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_contracts_hold():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


def planted(tmp_path, file, line):
    """A copy of core with one import that points up."""
    copied = tmp_path / "src"
    shutil.copytree(ROOT / "core" / "src" / "xpgrad", copied / "xpgrad")
    target = copied / "xpgrad" / file
    target.write_text(target.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return lint(tmp_path, PYTHONPATH=os.fspath(copied))


@pytest.mark.parametrize(
    ("file", "line", "contract", "arrow"),
    [
        (
            "_graph.py",
            "import xpgrad._engine",
            "Inside core, arrows point down",
            "xpgrad._graph -> xpgrad._engine",
        ),
        (
            "_engine.py",
            "import cupy",
            "Core imports no array library",
            "xpgrad._engine -> cupy",
        ),
        (
            "rules/_table.py",
            "import pluggy",
            "A rule imports only its own table",
            "xpgrad.rules._table -> pluggy",
        ),
        (
            "_modes.py",
            "import xpgrad_numpy",
            "Core imports no plugin",
            "xpgrad._modes -> xpgrad_numpy",
        ),
    ],
)
def test_an_arrow_that_points_up_is_found(tmp_path, file, line, contract, arrow):
    done = planted(tmp_path, file, line)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [each for each in done.stdout.splitlines() if "BROKEN" in each]
    assert any(contract in each for each in broken), done.stdout
    assert arrow in done.stdout
