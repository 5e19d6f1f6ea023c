"""Backends that are right but for one fault each, made of the NumPy backend or of array-api-strict's.

``MUTANTS`` says for each: what is wrong, the level at which the kit must see it, a word its message must hold, and
the operations to look at.  The names are registered as backends by :func:`register`.
"""

import warnings
from types import SimpleNamespace
from typing import Any, NamedTuple

import array_api_strict as strict
import numpy as np

from xpgrad._devices import namespace_of_backend
from xpgrad.errors import PluginWarning
from xpgrad.extend import BackendSpec, hookimpl, register_plugin
from xpgrad_array_api_strict.backend import StrictBackend
from xpgrad_numpy import kernels as numpys
from xpgrad_numpy.backend import NumpyBackend

KEPT = []
CPU = strict.Device("CPU_DEVICE")


class Mutant(NamedTuple):
    fault: str
    level: int
    word: str
    """What the message of the failure must hold."""
    operations: str = "tanh"
    kernels: Any = None
    methods: Any = None
    base: type = NumpyBackend
    device: str | None = None


MUTANTS: dict[str, Mutant] = {}


def mutant(fault, level, word, operations="tanh", **more):
    """Enter a mutant; ``kernels`` and ``methods`` are dictionaries."""
    MUTANTS[f"broken{len(MUTANTS)}"] = Mutant(fault, level, word, operations, **more)


def kernel(fault, level, word, name, function, operations=None, **more):
    """Enter a mutant of one kernel."""
    mutant(fault, level, word, operations or name, kernels={name: function}, **more)


def lower_bound_only(x, min=None, max=None):
    return np.maximum(x, min) if min is not None else x * 1


# --- values ---------------------------------------------------------------------------------------

kernel("off by 1e-5", 0, "tanh", "tanh", lambda x: np.tanh(x) * (1 + 1e-5))
kernel(
    "a constant too much", 0, "sin", "sin", lambda x: np.sin(x) + np.asarray(1e-9, x.dtype) * 1000
)
kernel(
    "computed in float32",
    0,
    "ULP",
    "exp",
    lambda x: np.exp(x.astype("complex64" if x.dtype.kind == "c" else "float32")).astype(x.dtype),
)
kernel(
    "another dtype",
    0,
    "dtype",
    "mean",
    lambda x, axis=None, keepdims=False: np.asarray(
        np.mean(x, axis=axis, keepdims=keepdims), "complex128"
    ),
)
kernel(
    "axis off by one",
    0,
    "sum",
    "sum",
    lambda x, axis=None, dtype=None, keepdims=False: np.sum(
        x, axis=None if axis is None else axis - 1, dtype=dtype, keepdims=keepdims
    ),
)
kernel(
    "keepdims lost", 0, "shape", "max", lambda x, axis=None, keepdims=False: np.max(x, axis=axis)
)
kernel("forgotten conj", 0, "conj", "conj", lambda x: x * 1)
kernel(
    "the second operand transposed",
    0,
    "matmul",
    "matmul",
    lambda a, b: np.matmul(
        a, np.swapaxes(b, -1, -2) if b.ndim > 1 and b.shape[-1] == b.shape[-2] else b
    ),
)
kernel(
    "columns before rows",
    0,
    "reshape",
    "reshape",
    lambda x, shape, copy=None: np.reshape(x, shape, order="F"),
)
kernel(
    "the upper bound ignored",
    0,
    "clip",
    "clip",
    lower_bound_only,
)
kernel("branches exchanged", 0, "where", "where", lambda c, a, b: np.where(c, b, a))
kernel(
    "descending ignored",
    0,
    "sort",
    "sort",
    lambda x, axis=-1, descending=False, stable=True: np.sort(x, axis=axis),
)
kernel(
    "axis ignored",
    0,
    "repeat",
    "repeat",
    lambda x, n, axis=None: np.repeat(x, n, axis=None if axis is None else 0),
)
kernel(
    "order reversed",
    0,
    "concat",
    "concat",
    lambda arrays, axis=0: np.concatenate(list(arrays)[::-1], axis=axis),
)
kernel(
    "exclusive instead of inclusive",
    0,
    "cumulative_sum",
    "cumulative_sum",
    lambda x, axis=None, dtype=None, include_initial=False: (
        np.cumulative_sum(x, axis=axis, include_initial=include_initial) - x[:1] * 0 - 1
    ),
)
kernel("writes into its argument", 0, "read-only", "negative", lambda x: np.negative(x, out=x))
mutant(
    "a wrong order on the way to the host",
    0,
    "came back",
    methods={"to_host": lambda self, x: np.asarray(x).T.reshape(np.shape(x))},
)
mutant(
    "rounds what comes in",
    0,
    "came back",
    methods={
        "asarray": lambda self, obj, dtype=None, device=None, copy=None: np.asarray(
            np.round(obj, 3) if np.asarray(obj).dtype.kind == "f" else obj, dtype=dtype
        )
    },
)
mutant(
    "float32 means float64",
    0,
    "dtype",
    methods={"dtypes": lambda self: {**NumpyBackend.dtypes(self), "float32": np.dtype("float64")}},
)
mutant(
    "asarray copies never",
    0,
    "shares the memory",
    methods={
        "asarray": lambda self, obj, dtype=None, device=None, copy=None: (
            np.asarray(obj, dtype=dtype) if np.ndim(obj) else np.asarray(obj, dtype=dtype)[()]
        )
    },
)
kernel("a misspelled kernel", 0, "did you mean 'square'?", "sqare", lambda x: x * x, "square")
kernel("a kernel that is no function", 0, "expected a function", "windowed", 3, "square")
mutant("says no version", 0, "version", methods={"version": lambda self: "unknown"})

# --- gradients ------------------------------------------------------------------------------------


def lost_duplicates(x, indices, values, axis=0):
    result = np.moveaxis(x.copy(), axis, 0)
    result[indices] += np.moveaxis(values, axis, 0)
    return np.moveaxis(result, 0, axis)


def unindex_lost(values, like, key):
    result = np.zeros(like.shape, values.dtype)
    result[key] = values
    return result


def sum_to_first(x, shape):
    while x.ndim > len(shape):
        x = x[0]
    return numpys.sum_to(x, shape)


def remembers(x):
    KEPT.append(x)
    return np.cos(x)


def writes_its_argument(x, shape):
    x *= 1
    return numpys.sum_to(x, shape)


kernel(
    "+= instead of an addition for each duplicate", 1, "scatter_add", "scatter_add", lost_duplicates
)
kernel("an index read twice counts once", 1, "getitem", "unindex", unindex_lost, "getitem")
kernel("a lost broadcast", 1, "add", "sum_to", sum_to_first, "add")
kernel("keeps its arrays", 1, "outlived", "cos", remembers, "sin")
kernel("writes into the cotangent", 1, "read-only", "sum_to", writes_its_argument, "add")
kernel("1 at 0", 1, "relu", "step", lambda x: np.asarray(x >= 0, x.dtype), "relu")
kernel("NaN at zero", 1, "abs", "sign", lambda x: x / np.abs(x), "sinh")
kernel("no cast back", 1, "dtype", "cast", lambda x, dtype: x, "astype")
kernel("leaky", 1, "relu", "relu", lambda x: np.where(x > 0, x, 0.01 * x))
kernel(
    "the first of duplicates stays", 1, "setitem", "last_writes", lambda like, key: None, "setitem"
)
kernel(
    "adds instead of setting",
    1,
    "setitem",
    "setitem",
    lambda x, values, key: numpys.index_add(x, key, values, own=False),
)
kernel("NaN in a branch not taken", 1, "where", "masked", lambda x, c: x * c, "where")
kernel(
    "widens single precision", 1, "expected float32", "relu",
    lambda x: np.maximum(x, 0) * np.asarray(1.0, "float64"),
)  # fmt: skip
kernel(
    "forgets the bias", 1, "linear", "linear", lambda x, w, b: np.matmul(x, np.swapaxes(w, -1, -2))
)

# --- statements -----------------------------------------------------------------------------------


def shared_put(x, key, values, own):
    x[key] = values
    return x


kernel("writes into a shared buffer", 4, "", "index_put", shared_put, "tanh")
kernel(
    "+= at duplicates of a statement",
    4,
    "ULP",
    "index_add",
    lambda x, key, values, own: _added(x, key, values),
    "tanh",
)
kernel("leaves the old gradient", 4, "gradient", "index_zero", lambda x, key, own: x.copy(), "tanh")


def _added(x, key, values):
    result = x.copy()
    result[key] += values
    return result


# --- devices, random numbers, memory ----------------------------------------------------------------


def noisy(x, indices, values, axis=0):
    return numpys.scatter_add(x, indices, values, axis) * (1 + np.random.default_rng().random() * 1e-15)  # fmt: skip


def noisy_unindex(values, like, key):
    return numpys.unindex(values, like, key) * (
        1 + np.random.default_rng().integers(1, 9) * 2.0**-52
    )


def fails(self, device=None):
    message = "no stream"
    raise RuntimeError(message)


kernel("another sum each time", 6, "bits", "unindex", noisy_unindex, "tanh")
mutant("cannot wait", 6, "no stream", methods={"synchronize": fails})
kernel(
    "creates on the first device", 1, "device", "zeros_like",
    lambda x, dtype=None, device=None: strict.zeros(x.shape, dtype=dtype or x.dtype), "sinh", base=StrictBackend,
    device="device1",
)  # fmt: skip


# --- how they come to be ----------------------------------------------------------------------------


def made(name):
    """The backend of a mutant."""
    chosen = MUTANTS[name]

    def kernels(self):
        return {**chosen.base.kernels(self), **(chosen.kernels or {})}

    body = {"name": name, "kernels": kernels, **(chosen.methods or {})}
    return type(name, (chosen.base,), body)()


def register():
    """Make every mutant a backend by its name."""
    specs = [BackendSpec(n, (), (f"{n}device",), f"broken.backends:make.{n}") for n in MUTANTS]
    plugin = SimpleNamespace(XPGRAD_API=(1, 0), xpgrad_backends=hookimpl(lambda: specs))
    register_plugin(plugin, "broken-backends")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # misspelled kernels
        return [namespace_of_backend(n) for n in MUTANTS]


make = SimpleNamespace(**{n: (lambda n=n: made(n)) for n in MUTANTS})
