"""The README's first command does what it says: on real data, repeatably, with any optimizer."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="the digits are scikit-learn's")

SCRIPT = Path(__file__).parents[2] / "examples/digits.py"


def run(output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The example in a process of its own."""
    command = [sys.executable, str(SCRIPT), "--output", str(output), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def accuracy(printed: str) -> float:
    """The printed share of held-out digits, in per cent."""
    match = re.search(r"held-out accuracy: ([\d.]+)%", printed)
    assert match, printed
    return float(match[1])


def test_it_reads_97_of_100_held_out_digits_and_leaves_pictures_and_a_model(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert accuracy(done.stdout) >= 97.0
    assert "saved model predicts the same: True" in done.stdout
    for name in ("loss.png", "misread.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "digits.safetensors").stat().st_size > 10_000


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(tmp_path: Path) -> None:
    first, second, other = (
        run(tmp_path / str(i), "--epochs", "2", "--seed", seed)
        for i, seed in enumerate(("7", "7", "8"))
    )
    numbers = [p.stdout.splitlines()[:2] for p in (first, second, other)]
    assert numbers[0] == numbers[1]
    assert numbers[0] != numbers[2]
    assert (tmp_path / "0/digits.safetensors").read_bytes() == (
        tmp_path / "1/digits.safetensors"
    ).read_bytes()


@pytest.mark.parametrize("optimizer", ["sgd", "Adagrad", "rmsprop", "AdamW"])
def test_any_registered_optimizer_learns(optimizer: str, tmp_path: Path) -> None:
    done = run(tmp_path, "--epochs", "8", "--optimizer", optimizer)
    assert done.returncode == 0, done.stderr
    assert accuracy(done.stdout) > 85.0


def test_an_unknown_optimizer_or_device_is_named_with_the_way_out(tmp_path: Path) -> None:
    assert "did you mean 'Adam'" in run(tmp_path, "--optimizer", "adm").stderr
    assert "no device 'cpu:7'" in run(tmp_path, "--device", "cpu:7").stderr
