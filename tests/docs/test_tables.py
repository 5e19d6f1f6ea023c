"""The tables of the documentation are made from xpgrad's own."""

import subprocess
import sys
from pathlib import Path


def test_the_tables_are_what_the_tool_writes() -> None:
    tool = Path(__file__).parents[2] / "tools/make_tables.py"
    done = subprocess.run(
        [sys.executable, str(tool), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
