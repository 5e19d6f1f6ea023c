"""Dask's arrays with a backend of four lines: nothing is computed before it is asked for, unknown sizes are told.

Programs over Dask are in core's tests of the standard; here is what a lazy library asks of a backend.
"""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import xpgrad as xp
from xpgrad import _devices
from xpgrad.extend import Backend, BackendSpec, hookimpl, register_plugin

dask = pytest.importorskip("dask", reason="needs dask")
da = pytest.importorskip("dask.array", reason="needs dask[array]", exc_type=ImportError)
pytest.importorskip("array_api_compat.dask.array", reason="needs Dask's standard namespace")


class LazyBackend(Backend):
    """Dask as its namespace is, and the portable functions."""

    name = "dask_alone"
    xp = sys.modules["array_api_compat.dask.array"]

    def to_host(self, x):
        return np.asarray(x.compute())


class Computed(dask.callbacks.Callback):
    """Counts the computations of a block."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def _start(self, dsk):
        self.count += 1


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    module = ModuleType("home_of_lazy")
    module.LazyBackend = LazyBackend
    monkeypatch.setitem(sys.modules, module.__name__, module)
    specs = [
        BackendSpec("dask_alone", ("dask.array.core:Array",), ("lazy",), "home_of_lazy:LazyBackend")
    ]
    plugin = SimpleNamespace(XPGRAD_API=(1, 0), xpgrad_backends=hookimpl(lambda: specs))
    _devices._by_type.pop(da.Array, None)  # other tests give Dask's arrays homes of their own
    register_plugin(plugin, "home-of-lazy")
    yield
    specs.clear()
    register_plugin(plugin, "home-of-lazy")  # no backend any more
    _devices._by_type.pop(da.Array, None)


def lazy(*shape, chunks=2, requires_grad=False):
    host = np.random.default_rng(len(shape)).normal(size=shape)
    return xp.asarray(da.from_array(host, chunks=chunks), requires_grad=requires_grad)


def rows(x):
    there = np.asarray([0, 2, 2])
    return xp.asarray(da.from_array(there) if x.backend.name == "dask_alone" else there)


PROGRAMS = {
    "elementwise": lambda x: xp.sum(xp.exp(xp.sin(x)) / (1.0 + x * x)),
    "matrix product": lambda x: xp.sum((x @ x.T) ** 2),
    "broadcasting": lambda x: xp.sum((x - xp.mean(x, axis=0)) * xp.sum(x, axis=1, keepdims=True)),
    "softmax": lambda x: xp.sum(xp.log_softmax(x, axis=-1)[:, 0]),
    "slices": lambda x: xp.sum(x[1:, ::2] * x[:-1, ::2]),
    "duplicate rows": lambda x: xp.sum(xp.take(x, rows(x), axis=0) ** 3),
    "masks by where": lambda x: xp.sum(xp.where(x > 0.0, x, 0.1 * x) ** 2),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_neither_forward_nor_backward_nor_a_second_time_computes(program):
    x = lazy(4, 4, requires_grad=True)
    with Computed() as computed:
        value = PROGRAMS[program](x)
        (g,) = xp.autograd.grad(value, x, create_graph=True)
        (h,) = xp.autograd.grad(xp.sum(g * g), x)
        assert computed.count == 0
        host = xp.asarray(x.detach().numpy(), requires_grad=True)
        expected = PROGRAMS[program](host)
        (eg,) = xp.autograd.grad(expected, host, create_graph=True)
        (eh,) = xp.autograd.grad(xp.sum(eg * eg), host)
        for ours, numpys in ((value, expected), (g, eg), (h, eh)):
            np.testing.assert_allclose(ours.detach().numpy(), numpys.detach().numpy(), atol=1e-12)
        assert computed.count == 4  # x, and three results


def test_an_optimizer_computes_nothing():
    x = lazy(4, 4, requires_grad=True)
    optimizer = xp.optim.Adam([x], lr=0.1)
    with Computed() as computed:
        for _ in range(2):
            optimizer.zero_grad()
            PROGRAMS["elementwise"](x).backward()
            optimizer.step()
        assert computed.count == 0


def test_a_value_that_is_asked_for_is_computed():
    with Computed() as computed:
        assert xp.sum(lazy(3)).item() == pytest.approx(
            np.random.default_rng(1).normal(size=3).sum()
        )
        assert computed.count == 1


@pytest.mark.parametrize(
    "program",
    [
        lambda x, chosen: chosen,  # the gradient would go back to unknown places
        lambda x, chosen: (
            chosen.detach() * xp.reshape(xp.sum(x), (1,))
        ),  # … to be summed unknown times
    ],
    ids=["mask", "broadcasting"],
)
def test_a_size_that_is_unknown_is_told_and_not_computed(program):
    x = lazy(4, 4, requires_grad=True)
    with Computed() as computed:
        chosen = x[x > 0.0]
        assert np.isnan(chosen.shape[0])
        loss = xp.sum(program(x, chosen))
        with pytest.raises(ValueError, match="a size is unknown until it is computed"):
            loss.backward()
        assert computed.count == 0
