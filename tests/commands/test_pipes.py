"""Where nobody reads on, as in `xpgrad doctor | head -1`, a command ends without a traceback."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "words",
    [
        "doctor --json",
        "--help",
        "new-plugin optimizer lion",
        "conformance optimizer SGD -k fixed_point",
        "lint program.py",
    ],
)
def test_a_closed_pipe_ends_a_command_without_a_traceback(tmp_path, words):
    (tmp_path / "program.py").write_text("import xpgrad as xp\nxp.ones(3) + 1.0\n")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "xpgrad", *words.split()],
        cwd=tmp_path,
        env={**os.environ, "XPGRAD_PLUGINS": "xpgrad-numpy,xpgrad-array-api-strict"},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    os.close(writing)
    ended = 0 if words == "--help" else 141  # argparse does not mind
    assert (done.returncode, done.stderr) == (ended, "")
