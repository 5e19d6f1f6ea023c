"""Make a time capsule, once: ``python tests/time_capsule/build.py api_1_0``.

Builds the wheels of ``sources/``, runs ``program.py`` with them, keeps the checkpoint that it wrote and the numbers
that it printed, and the sums of all of these.  Refuses to do it a second time: see README.md.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

BUILD = "import sys; from flit_core.buildapi import build_wheel; build_wheel(sys.argv[1])"
DATE = "1767225600"  # the same bytes whenever it is built


def main(name: str) -> int:
    """Build; 1 if there is one already."""
    capsule = Path(__file__).parent / name
    wheels = capsule / "wheels"
    if wheels.exists():
        print(f"{wheels} exists. A time capsule is never rebuilt: make a new one beside it")
        return 1
    wheels.mkdir()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": DATE}
    for source in sorted((capsule / "sources").iterdir()):
        command = [sys.executable, "-c", BUILD, str(wheels)]
        subprocess.run(command, cwd=source, env=environment, check=True)
    with tempfile.TemporaryDirectory() as site:
        for wheel in wheels.iterdir():
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(site)
        checkpoint = str(capsule / "checkpoint.safetensors")
        command = [sys.executable, str(capsule / "program.py"), "begin", checkpoint]
        environment = {**os.environ, "PYTHONPATH": site, "XPGRAD_STRICT_PLUGINS": "1"}
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    (capsule / "numbers.json").write_bytes(done.stdout)
    kept = [capsule / n for n in ("program.py", "checkpoint.safetensors", "numbers.json")]
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(capsule).as_posix()}"
        for path in [*sorted(wheels.iterdir()), *kept]
    ]
    (capsule / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
