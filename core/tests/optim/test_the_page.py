"""The package that ``docs/plugins/writing-an-optimizer.md`` builds: runs as text, and installs as files."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "plugins" / "writing-an-optimizer.md"
BUILD = "import sys; from flit_core.buildapi import build_wheel; print(build_wheel(sys.argv[1]))"
USE = """
import xpgrad as xp
from xpgrad.extend import registry
p = xp.tensor([1.0, -1.0], requires_grad=True)
(p * p).sum().backward()
xp.optim.Lion([p], lr=0.25).step()
assert p.tolist() == [0.75, -0.75]
assert type(xp.optim.create("LION", [p])).__module__ == "xpgrad_lion.lion"
"""


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_its_blocks_run_in_order():
    names = {"__name__": "page"}
    for block in blocks("python"):
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    assert len(blocks("python")) == 9


def test_its_files_make_a_package_that_is_found(tmp_path):
    marks = ("class Lion(", "hookimpl", "def reference(")
    rule, declaration, reference = (
        next(b for b in blocks("python") if mark in b) for mark in marks
    )
    files = {
        "pyproject.toml": blocks("toml")[0],
        "src/xpgrad_lion/__init__.py": '"""Lion for xpgrad."""\n' + declaration,
        "src/xpgrad_lion/lion.py": rule + reference,
    }
    for name, text in files.items():
        path = tmp_path / "xpgrad-lion" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    folder = tmp_path / "xpgrad-lion"
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(tmp_path / built.stdout.strip()) as wheel:
        wheel.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "XPGRAD_STRICT_PLUGINS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", USE], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
