"""The scientific examples run in seconds and find what they say they find."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("scipy", reason="the examples minimize with SciPy")

EXAMPLES = Path(__file__).parents[2] / "examples"


def printed(name: str) -> str:
    """What the example prints."""
    command = [sys.executable, str(EXAMPLES / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def numbers(text: str) -> list[float]:
    """The decimal numbers of a line."""
    return [float(n) for n in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", text)]


def test_a_kalman_filter_s_noise_is_found() -> None:
    *pairs, slope = printed("kalman.py").splitlines()
    for line in pairs:
        true, fitted = numbers(line)
        assert fitted == pytest.approx(true, rel=0.2)
    assert numbers(slope)[0] < 1e-4


def test_the_bad_conductor_is_seen_in_the_temperatures() -> None:
    misfit, match = printed("heat.py").splitlines()
    before, after = numbers(misfit)
    assert after < before / 1000
    assert numbers(match)[0] > 0.95


def test_the_barycentre_is_nearer_than_the_mean() -> None:
    before, after = numbers(printed("soft_dtw.py").splitlines()[0])
    assert after < before


def test_the_greeks_are_those_of_black_and_scholes() -> None:
    lines = printed("option_greeks.py").splitlines()
    assert len(lines) == 4
    for line in lines:
        estimate, exact = numbers(line)
        assert estimate == pytest.approx(exact, rel=0.01)
