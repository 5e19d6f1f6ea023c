"""Programs and their gradients over Dask: a graph is built, forward and backward, nothing is computed on the way."""

import runpy
import sys
import traceback
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.extend import Backend, BackendSpec, hookimpl, register_plugin

dask = pytest.importorskip("dask", reason="a library whose arrays are graphs")
da = pytest.importorskip("dask.array", reason="Dask without arrays", exc_type=ImportError)
standard = pytest.importorskip("array_api_compat.dask.array", reason="Dask's standard namespace")
KIT = runpy.run_path(str(Path(__file__).with_name("programs.py")))
PROGRAMS, run, on_numpy = (KIT[n] for n in ("PROGRAMS", "run", "on_numpy"))


def hot(indices, extent):
    return indices[..., None] == da.arange(extent)


def getitem(x, key):
    if isinstance(key, tuple) and len(key) == x.ndim == 2 and all(hasattr(k, "dtype") for k in key):
        return da.take(x.reshape(-1), key[0] * x.shape[1] + key[1])  # Dask has one array in a key
    return x[key]


def scatter_add(x, indices, values, axis=0):
    rows = da.moveaxis(values, axis, 0)
    at = hot(indices, x.shape[axis]).reshape((len(indices), x.shape[axis]) + (1,) * (x.ndim - 1))
    return x + da.moveaxis(da.where(at, rows[:, None, ...], 0).sum(axis=0), 0, axis)


def take_along_axis(x, indices, axis=-1):
    x, indices = da.moveaxis(x, axis, -1), da.moveaxis(indices, axis, -1)
    found = da.where(hot(indices, x.shape[-1]), x[..., None, :], 0).sum(axis=-1)
    return da.moveaxis(found, -1, axis)


class Lazy(Backend):
    """All that Dask needs to be a backend: what its namespace lacks, and a scatter that asks for no value."""

    name, xp = "dask", standard

    def kernels(self):
        return {f.__name__: f for f in (getitem, scatter_add, take_along_axis)}

    def to_host(self, x):
        return np.asarray(x)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    module = ModuleType("home_of_dask")
    module.Lazy = Lazy
    monkeypatch.setitem(sys.modules, module.__name__, module)
    specs = [BackendSpec("dask", ("dask.array.core:Array",), ("dasked",), "home_of_dask:Lazy")]
    plugin = SimpleNamespace(XPGRAD_API=(1, 0), xpgrad_backends=hookimpl(lambda: specs))
    register_plugin(plugin, "home-of-dask")
    yield
    specs.clear()
    register_plugin(plugin, "home-of-dask")  # no backend any more


@pytest.fixture
def computed():
    """Where in the code something was computed."""
    places = []

    def scheduler(graph, keys, **options):
        places.append(
            [f"{f.filename}:{f.lineno} {f.line}" for f in traceback.extract_stack()][-12:-1]
        )
        return dask.get(graph, keys, **options)

    with dask.config.set(scheduler=scheduler):
        yield places


def there(array, chunks=-1):
    return xp.asarray(da.from_array(array, chunks=chunks))


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_computed_forward_or_backward(name, computed):
    program = PROGRAMS[name]
    found = run(program.function, [there(a) for a in program.arrays], there)
    assert computed == []
    assert all(isinstance(t._cell.raw, da.Array) for t in found)
    for raw, wanted in zip(
        dask.compute(*[t._cell.raw for t in found]), on_numpy(program), strict=True
    ):
        np.testing.assert_allclose(raw, wanted, rtol=1e-10, atol=1e-11)
    assert len(computed) == 1


@pytest.mark.parametrize("name", ["training_step", "attention", "normalizing"])
def test_nothing_is_computed_where_the_rows_are_in_several_pieces(name, computed):
    program = PROGRAMS[name]
    tensors = [there(a, (2, *(-1,) * (a.ndim - 1))) for a in program.arrays]
    found = run(program.function, tensors, there)
    assert computed == []
    for t, wanted in zip(found, on_numpy(program), strict=True):
        np.testing.assert_allclose(t._cell.raw.compute(), wanted, rtol=1e-10, atol=1e-11)


def test_nothing_is_computed_for_second_derivatives_and_forward_mode(computed):
    x, v = KIT["numbers"](3, 4), np.cos(KIT["numbers"](3, 4))

    def twice(a, b):
        first = xp.grad(lambda t: xp.sum(xp.softmax(xp.sin(t), axis=1) ** 3))
        return xp.jvp(first, (a,), (b,))[1], xp.grad(lambda t: xp.sum(first(t) * b))(a)

    found = twice(there(x), there(v))
    assert computed == []
    for t, wanted in zip(found, twice(xp.asarray(x), xp.asarray(v)), strict=True):
        np.testing.assert_allclose(t._cell.raw.compute(), wanted.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("ask", [bool, float, lambda t: t.item(), lambda t: t.tolist(), str])
def test_a_value_that_is_asked_for_is_counted(ask, computed):
    ask(xp.sum(there(np.ones(3))))
    assert len(computed) >= 1
