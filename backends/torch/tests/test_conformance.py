"""The conformance kit on this backend: some operations of every chapter, and all that is not about operations."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("torch", reason='needs PyTorch: pip install "xpgrad-torch[torch]"')

FEW = " or ".join(
    (
        "starts declares survive [exp] [where] [getitem] [setitem] [scatter_add] [matmul] "
        "[sum] [std] [softmax] [fft.rfft] [linalg.inv] [convolved] statement layer random "
        "memory moves"
    ).split()
)


def test_the_kit_passes_on_some_operations_of_every_chapter():
    command = [sys.executable, "-m", "xpgrad", "conformance", "backend", "torch", "-k", FEW]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED WHAT RAN" in done.stdout
