"""Programs written for PyTorch run unchanged and print what PyTorch prints."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PRINTED = json.loads((HERE / "reference_scripts.json").read_text())
OPERATION = re.compile(r"grad_fn=<\w+>")
"""xpgrad names its own operations."""
NUMBER = re.compile(r"-?\d+\.\d*(?:e[+-]?\d+)?|-?\d+")


def run(*arguments, **kwargs):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "xpgrad.compat.torch", *map(str, arguments)],
        capture_output=True, text=True, check=False, **kwargs,
    )  # fmt: skip


def difference(mine, theirs):
    """The first pair of lines whose words differ, or whose numbers differ by more than float32's noise."""
    lines, expected = (OPERATION.sub("grad_fn", text).splitlines() for text in (mine, theirs))
    for a, b in zip(lines, expected, strict=False):
        if NUMBER.sub("#", a).split() != NUMBER.sub("#", b).split():
            return a, b
        for m, n in zip(NUMBER.findall(a), NUMBER.findall(b), strict=True):
            if not math.isclose(float(m), float(n), rel_tol=2e-3, abs_tol=2e-4):
                return a, b
    return None if len(lines) == len(expected) else (len(lines), len(expected))


@pytest.mark.parametrize("name", PRINTED)
def test_the_program_prints_what_it_prints_under_pytorch(name):
    done = run(HERE / "scripts" / name)
    assert done.stderr == ""
    assert done.returncode == 0
    assert difference(done.stdout, PRINTED[name]) is None


def test_a_wrong_number_would_be_seen():
    text = PRINTED["autograd_basics.py"]
    assert difference(text, text) is None
    assert difference(text.replace("4.5", "4.6", 1), text) is not None


def test_every_program_has_a_reference():
    assert {p.name for p in (HERE / "scripts").glob("*.py")} == set(PRINTED)
