"""The conformance kit on this backend: some operations of every chapter, and all that is not about operations."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("jax", reason='needs JAX: pip install "xpgrad-jax[jax]"')

FEW = " or ".join(("starts declares survive [getitem] [scatter_add] test_a_statement").split())


def test_the_kit_passes_on_some_operations_of_every_chapter():
    command = [sys.executable, "-m", "xpgrad", "conformance", "backend", "jax", "-k", FEW]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED WHAT RAN" in done.stdout
