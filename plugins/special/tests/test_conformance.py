"""The package passes the kit, as a stranger's package would."""

import subprocess
import sys

import pytest

ON_STRICT = "reference or agree_with_numpy or keep_shape or devices or recorded"
"""What a second library adds: another provider of values, and refusal of what the standard does not allow."""


def conformance(*args):
    command = [sys.executable, "-m", "xpgrad", "conformance", "operation", *args, "-W", "error"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_every_operation_conforms_on_numpy():
    done = conformance("special.*")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "CONFORMS" in done.stdout


@pytest.mark.slow
def test_every_operation_gives_the_same_on_array_api_strict_and_its_devices():
    done = conformance("special.*", "--backend", "array_api_strict", "-k", ON_STRICT)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


WRONG = """
import sys
import xpgrad_special.error_functions as chapter
from xpgrad.extend import elementwise
from xpgrad.conformance.cli import main

chapter.ERFINV = elementwise("special.erfinv", y=lambda g, out: g * (1.0 + 1e-6) * out)
sys.exit(main(["operation", "special.erfinv", "-k", "float64"]))
"""


def test_the_kit_finds_a_wrong_rule():
    done = subprocess.run(
        [sys.executable, "-c", WRONG], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "special.erfinv" in done.stdout
    assert "gradient of y is off" in done.stdout


def test_a_pattern_that_fits_nothing_is_no_success():
    done = conformance("spezial.*")
    assert done.returncode == 2
    assert "no installed operation" in done.stdout
