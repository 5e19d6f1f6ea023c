"""A program in a folder, and the command `xpgrad` run on it in a fresh interpreter."""

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

PLANTED = """
import os
import numpy as np
from xpgrad.extend import BackendSpec, hookimpl
XPGRAD_API = (1, 0)

@hookimpl
def xpgrad_backends():
    return [BackendSpec("planted", ("planted:Nothing",), ("pretended",), "planted_faults:make")]
"""
FAULTS = """
import os
import numpy as np
from xpgrad_numpy.backend import NumpyBackend
from xpgrad_numpy.kernels import KERNELS

def fails(x, *args, **kwargs):
    raise RuntimeError("planted refusal")

def lost_duplicates(x, key, values, own):
    out = np.array(x)
    out[key] += values
    return out

def single_sum(x, /, *, axis=None, dtype=None, keepdims=False):
    return KERNELS["sum"](x.astype("float32"), axis=axis, keepdims=keepdims).astype(x.dtype)

FAULTS = {
    "none": {},
    "value": {"tanh": lambda x: np.tanh(x) * (1 + 1e-5)},
    "one element": {"exp": lambda x: np.where(np.arange(x.size).reshape(x.shape) == 1, np.exp(x) * 1.001, np.exp(x))},
    "last place": {"exp": lambda x: np.nextafter(np.exp(x), np.inf)},
    "refusal": {"exp": fails},
    "dtype": {"exp": lambda x: np.exp(x).astype("float32")},
    "shape": {"exp": lambda x: np.exp(x).reshape(-1)},
    "nan": {"log": lambda x: np.where(x == 0, np.nan, np.log(x))},
    "sum in float32": {"sum": single_sum},
    "duplicates": {"index_add": lost_duplicates},
    "integers": {"argmax": lambda x, /, *, axis=None, keepdims=False: np.argmin(x, axis=axis, keepdims=keepdims)},
}

class Planted(NumpyBackend):
    name = "planted"

    def devices(self):
        return ("pretended",)

    def raw_device(self, kind, index):
        return None

    def device_of(self, x):
        return "pretended"

    def kernels(self):
        return {**super().kernels(), **FAULTS[os.environ["FAULT"]]}

make = Planted
"""


@dataclass
class Bench:
    """A folder with programs, and a folder where a backend with a planted fault is installed."""

    folder: Path
    site: Path

    def write(self, text, name="program.py"):
        path = self.folder / name
        path.write_text(textwrap.dedent(text).lstrip("\n"))
        return path

    def run(self, *words, fault="none", code=None, environment=None, safe=False):
        """The command's answer; ``code`` is the exit status that is expected.

        ``safe`` keeps the folder off the path, as the installed command does.
        """
        clean = {k: v for k, v in os.environ.items() if not k.startswith("XPGRAD_")}
        done = subprocess.run(
            [sys.executable, *(["-P"] if safe else []), "-m", "xpgrad", *words],
            cwd=self.folder,
            env={
                **clean,
                "PYTHONPATH": str(self.site),
                "FAULT": fault,
                "XPGRAD_CACHE": str(self.site.parent / "cache"),
                **(environment or {}),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    def json(self, *words, fault="none", code=None):
        return json.loads(self.run(*words, "--json", fault=fault, code=code).stdout)


@pytest.fixture
def bench(tmp_path):
    site = tmp_path / "site"
    info = site / "planted-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[xpgrad]\nplanted = planted\n")
    (site / "planted.py").write_text(PLANTED)
    (site / "planted_faults.py").write_text(FAULTS)
    (tmp_path / "work").mkdir()
    return Bench(tmp_path / "work", site)
