"""An elementwise kernel, compiled by the machine's C++ compiler and run in a loop."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from cupy._array import refuse, to_device, unwrap

TYPES = {
    "float32": "float", "float64": "double", "int32": "int", "int64": "long long",
    "complex64": "std::complex<float>", "complex128": "std::complex<double>",
}  # fmt: skip
COMPILER = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)

SOURCE = """
#include <cmath>
#include <complex>
using namespace std;
typedef {T} T;
extern "C" void run(long long n, {pointers}) {{
    for (long long i = 0; i < n; ++i) {{
        {names}
        {body};
    }}
}}
"""


class ElementwiseKernel:
    def __init__(self, in_params, out_params, operation, name="kernel"):
        self.ins = [p.split() for p in in_params.split(",")]
        self.out = out_params.split()
        self.operation, self.name = operation, name
        self.compiled = {}

    def __call__(self, *args):
        refuse(args)
        inputs = [np.asarray(unwrap(a)) for a in args[: len(self.ins)]]
        raw = [p[0] == "raw" for p in self.ins]
        if len(args) > len(self.ins):
            result = args[-1]
            shape = result.shape
            assert result.flags.c_contiguous
        else:
            shapes = [a.shape for a, r in zip(inputs, raw, strict=True) if not r]
            shape = np.broadcast_shapes(*shapes)
            generic = next(a for a, p in zip(inputs, self.ins, strict=True) if p[-2] == "T")
            result = to_device(np.empty(shape, generic.dtype))
        kind = result.dtype.name
        held = []
        for a, p, r in zip(inputs, self.ins, raw, strict=True):
            want = kind if p[-2] == "T" else p[-2]
            if r:
                assert a.dtype == want, (self.name, p, a.dtype)
            held.append(np.ascontiguousarray(a if r else np.broadcast_to(a, shape), dtype=want))
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in [*held, result.view(np.ndarray)]]
        self._compiled(kind)(ctypes.c_longlong(result.size), *pointers)
        return result

    def _compiled(self, kind):
        if kind not in self.compiled:
            assert COMPILER, "no C++ compiler: the kernels of the stand-in cannot run"
            self.compiled[kind] = self._compile(kind)
        return self.compiled[kind]

    def _compile(self, kind):
        pointers, names = [], []
        for *_, kind_name, name in [*self.ins, self.out]:
            c = "T" if kind_name == "T" else TYPES[kind_name]
            raw = ["raw", kind_name, name] in self.ins
            pointers.append(f"{c}* {name if raw else name + '_'}")
            names += [] if raw else [f"{c}& {name} = {name}_[i];"]
        source = SOURCE.format(
            T=TYPES[kind], pointers=", ".join(pointers), names=" ".join(names), body=self.operation
        )
        folder = Path(tempfile.mkdtemp())
        (folder / "kernel.cpp").write_text(source)
        library = folder / "kernel.so"
        command = [COMPILER, "-O1", "-shared", "-fPIC", folder / "kernel.cpp", "-o", library]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{self.name} for {kind}:\n{done.stderr}"
        return ctypes.CDLL(str(library)).run
