"""Arrays of every library: its own SciPy where it has one, the host on the CPU, a clear error elsewhere."""

import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.special

import xpgrad as xp
from xpgrad.errors import DeviceError
from xpgrad_special import kernels

X = np.asarray([0.3, 0.7])
NAMES = ["erfinv", "digamma", "i0e", "log_ndtr", "xlogy", "gammainc", "entr", "expit", "zeta"]


def arguments(name):
    return {"xlogy": (X, X), "gammainc": (X + 1, X), "zeta": (X + 2, X)}.get(name, (X,))


def kernels_of(namespace):
    return kernels.of(SimpleNamespace(xp=SimpleNamespace(__name__=namespace)))


def test_numpy_arrays_are_computed_by_scipy_itself():
    namespace = xp.tensor([1.0])._xp
    assert namespace.provider("special.i0e") == "kernel"
    assert namespace.provider("gammaln") == "kernel"
    assert namespace.provider("special.softmax") == "portable"
    assert xp.erf(xp.asarray([1j])).tolist() == [scipy.special.erf(1j)]


def test_an_unknown_library_gets_no_kernels():
    assert kernels_of("someone.arrays") is None


@pytest.mark.parametrize("name", NAMES)
def test_jax_arrays_are_computed_by_jax_also_under_jit(name):
    jax = pytest.importorskip("jax", reason="JAX is not a dependency")
    jax.config.update("jax_enable_x64", True)

    def total(*arrays):
        tensors = [xp.asarray(a, requires_grad=True) for a in arrays]
        y = getattr(xp.special, name)(*tensors)
        (g,) = xp.autograd.grad(xp.sum(y), tensors[-1])
        return y._cell.raw, g._cell.raw

    places = tuple(map(jax.numpy.asarray, arguments(name)))
    value, slope = jax.jit(total)(*places)
    np.testing.assert_allclose(value, getattr(scipy.special, name)(*arguments(name)), rtol=1e-12)
    own = jax.grad(lambda *a: getattr(jax.scipy.special, name)(*a).sum(), len(places) - 1)
    np.testing.assert_allclose(slope, own(*places), rtol=1e-11)


def test_jax_arrays_take_the_host_where_jax_has_no_such_function():
    jax = pytest.importorskip("jax", reason="JAX is not a dependency")
    jax.config.update("jax_enable_x64", True)
    x = xp.asarray(jax.numpy.asarray(X), requires_grad=True)
    y = xp.special.k0e(x)
    assert isinstance(y._cell.raw, jax.Array)
    np.testing.assert_allclose(y.tolist(), scipy.special.k0e(X), rtol=1e-14)


ABSENT = (
    "erfi dawsn ndtri_exp jv yv iv ive kv kve spence hyp1f1 hyp2f1 betaincc stdtr stdtrit"
).split()


def test_cupy_has_the_functions_that_the_readme_does_not_except():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two wheels: the machine's matter
        cupy = pytest.importorskip(
            "cupyx.scipy.special", reason="no CuPy wheel", exc_type=ImportError
        )
    names = [*kernels.ELEMENTWISE, "lambertw"]
    assert sorted(n for n in names if not hasattr(cupy, n)) == sorted(ABSENT)
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert all(f"`{n}`" in readme for n in ABSENT if n not in ("ive", "kve"))


@pytest.mark.parametrize("name", NAMES)
def test_dask_arrays_stay_lazy(name):
    dask_array = pytest.importorskip("dask.array", reason="Dask is not a dependency")
    kernel = kernels_of("array_api_compat.dask.array").get(f"special.{name}")
    y = kernel(*(dask_array.from_array(a, chunks=1) for a in arguments(name)))
    assert isinstance(y, dask_array.Array)
    np.testing.assert_allclose(y.compute(), getattr(scipy.special, name)(*arguments(name)))


@pytest.mark.parametrize("name", [n for n in NAMES if n not in kernels.NOT_TORCH])
def test_pytorch_has_the_same_functions_under_the_same_names(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not a dependency")
    kernel = kernels_of("array_api_compat.torch")[f"special.{name}"]
    y = kernel(*map(torch.from_numpy, arguments(name)))
    np.testing.assert_allclose(y, getattr(scipy.special, name)(*arguments(name)), rtol=1e-12)


def test_other_arrays_on_the_cpu_go_by_way_of_the_host():
    strict = pytest.importorskip("array_api_strict", reason="it is in the dev group")
    x = xp.asarray(strict.asarray(X, dtype=strict.float32), requires_grad=True)
    y = xp.special.erfinv(x)
    assert isinstance(y._cell.raw, type(strict.asarray(0)))
    assert y.dtype == xp.float32
    y.sum().backward()
    wanted = np.sqrt(np.pi) / 2 * np.exp(scipy.special.erfinv(X) ** 2)
    np.testing.assert_allclose(x.grad.tolist(), wanted, rtol=1e-6)


def test_a_device_that_nobody_serves_is_refused_by_name():
    pytest.importorskip("array_api_strict", reason="it is in the dev group")
    x = xp.asarray([0.5], device="array_api_strict:device1")
    with pytest.raises(DeviceError, match=r"special\.erfinv.*'device1'.*\.to\('cpu'\)"):
        xp.special.erfinv(x)


@pytest.mark.parametrize(
    "name", ["xlogy", "log_ndtr", "expit", "digamma", "softmax", "sinc", "boxcox"]
)
def test_what_has_a_formula_runs_on_every_device(name):
    pytest.importorskip("array_api_strict", reason="it is in the dev group")
    count = 2 if name in ("xlogy", "boxcox") else 1
    x = xp.asarray(X, device="array_api_strict:device1").requires_grad_()
    y = getattr(xp.special, name)(*[x] * count)
    assert str(y.device) == "device1"
    np.testing.assert_allclose(y.tolist(), getattr(scipy.special, name)(*[X] * count), rtol=1e-13)
    y.sum().backward()
    assert str(x.grad.device) == "device1"
