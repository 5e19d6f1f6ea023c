"""Programs and their gradients where a library allows least: no shapes from values, no doubles, no writing."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import xpgrad as xp

KIT = runpy.run_path(str(Path(__file__).with_name("programs.py")))
PROGRAMS, run, host, on_numpy = (KIT[n] for n in ("PROGRAMS", "run", "host", "on_numpy"))
EACH = pytest.mark.parametrize("name", PROGRAMS)


@pytest.fixture
def nothing_from_values():
    strict = pytest.importorskip(
        "array_api_strict", reason="the strict library is in the dev group"
    )
    pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")
    strict.set_array_api_strict_flags(boolean_indexing=False, data_dependent_shapes=False)
    yield
    strict.reset_array_api_strict_flags()


def there(array, device):
    if device.startswith("no_"):
        array = array.astype("float32" if array.dtype.kind == "f" else "int32")
    return xp.asarray(array).to(f"array_api_strict:{device}")


@EACH
def test_gradients_on_numpy_are_those_of_differences(name):
    for found, wanted in zip(
        on_numpy(PROGRAMS[name])[1:], KIT["by_differences"](PROGRAMS[name]), strict=True
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)


@EACH
@pytest.mark.parametrize("device", ["cpu", "device1", "no_float64", "no_x64"])
@pytest.mark.usefixtures("nothing_from_values")
def test_a_program_needs_no_shape_from_values_on_any_device(name, device):
    program = PROGRAMS[name]
    tensors = [there(a, device) for a in program.arrays]
    found = run(program.function, tensors, lambda a: there(a, device))
    tolerance = 2e-5 if device.startswith("no_") else 1e-11
    for t, wanted in zip(found, on_numpy(program), strict=True):
        assert (t.device, t.dtype) == (device, tensors[0].dtype)
        np.testing.assert_allclose(host(t), wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.usefixtures("nothing_from_values")
def test_the_flags_are_off_in_these_tests():
    x = xp.asarray([1.0, -1.0], device="array_api_strict:cpu")
    for refused in (lambda: x[x > 0], lambda: xp.unique_values(x), lambda: xp.nonzero(x)):
        with pytest.raises(RuntimeError, match="disabled for array-api-strict"):
            refused()


@EACH
def test_read_only_arrays_are_shared_and_never_written(name):
    program, arrays = PROGRAMS[name], [a.copy() for a in PROGRAMS[name].arrays]
    for a in arrays:
        a.flags.writeable = False
    tensors = [xp.asarray(a) for a in arrays]
    assert all(np.shares_memory(np.asarray(t), a) for t, a in zip(tensors, arrays, strict=True))
    for t, wanted in zip(run(program.function, tensors, frozen), on_numpy(program), strict=True):
        np.testing.assert_array_equal(host(t), wanted)


def frozen(array):
    array.flags.writeable = False
    return xp.asarray(array)
