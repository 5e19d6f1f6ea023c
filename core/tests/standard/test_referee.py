"""Every operation with a derivative on the strict library's other devices, which lack dtypes, with its flags off."""

import pytest

import xpgrad as xp
from xpgrad.conformance import checks
from xpgrad.conformance.samples import CASES
from xpgrad.conformance.site import Site
from xpgrad.conformance.suite._calls import calls, every, widest

strict = pytest.importorskip("array_api_strict", reason="the strict backend is in the dev group")
pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")

DEVICES = ("device1", "no_float64", "no_x64")


def without_dynamic_shapes():
    return strict.ArrayAPIStrictFlags(boolean_indexing=False, data_dependent_shapes=False)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_numpy_s_and_need_no_dynamic_shapes(name, device):
    site = Site.of("array_api_strict", device)
    for dtype in widest(site, name):
        static = calls(site, name, dtype, first=2, static=True)
        assert static, f"{name} has no sample of {dtype} whose shape is known"
        with without_dynamic_shapes():
            every(checks.agrees_with_reference, static)
            every(checks.keeps_what_it_was_given, static[:1])
        dynamic = [c for c in calls(site, name, dtype) if not c.sample.static]
        every(checks.agrees_with_reference, dynamic)


DYNAMIC = {
    "a mask": lambda x: x[x > 1.0],
    "unique_values": xp.unique_values,
    "nonzero": xp.nonzero,
    "repeat": lambda x: xp.repeat(x, xp.asarray([1, 2, 1], device=x.device)),
}


@pytest.mark.parametrize("name", DYNAMIC)
def test_with_the_flags_off_the_library_refuses_dynamic_shapes(name):
    x = xp.asarray([3.0, 1.0, 2.0], device="array_api_strict:device1")
    DYNAMIC[name](x)
    with (
        without_dynamic_shapes(),
        pytest.raises(RuntimeError, match="data_dependent_shapes|boolean_indexing"),
    ):
        DYNAMIC[name](x)
    DYNAMIC[name](x)
