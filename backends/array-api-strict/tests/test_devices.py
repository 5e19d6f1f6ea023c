"""The referee's devices: reached by its name, kept apart, and narrow where they say so."""

import pytest

import xpgrad as xp
from xpgrad.errors import DeviceError

NAMES = ("cpu", "device1", "device2", "no_float64", "no_x64")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_made_on_a_device_stays_there(name):
    x = xp.tensor([1.0, 2.0, 3.0], device=f"array_api_strict:{name}", requires_grad=True)
    (g,) = xp.autograd.grad(xp.sum(xp.cumulative_sum(x) ** 2), x)
    assert x.device == g.device == f"array_api_strict:{name}"
    assert g.tolist() == [20.0, 18.0, 12.0]


def test_the_plain_text_cpu_is_numpys():
    assert xp.device("cpu").backend == "numpy"
    assert xp.device("array_api_strict:cpu").backend == "array_api_strict"


@pytest.mark.parametrize(
    ("name", "floating", "integer"),
    [
        ("cpu", "float64", "int64"),
        ("no_float64", "float32", "int64"),
        ("no_x64", "float32", "int32"),
    ],
)
def test_python_numbers_take_the_widest_dtypes_that_a_device_has(name, floating, integer):
    where = f"array_api_strict:{name}"
    assert xp.asarray([1.0], device=where).dtype == floating
    assert xp.asarray([1], device=where).dtype == integer
    assert xp.argmax(xp.asarray([1.0, 3.0], device=where)).dtype == integer


def test_an_unknown_device_is_told_with_those_there_are():
    with pytest.raises(DeviceError, match="device1, device2"):
        xp.device("array_api_strict:device7")
