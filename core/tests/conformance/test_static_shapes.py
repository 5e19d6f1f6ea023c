"""No rule needs a shape that depends on values: all run where the library refuses such shapes."""

import pytest

from xpgrad.conformance import checks
from xpgrad.conformance.samples import CASES, Maker
from xpgrad.conformance.site import Call, Site


@pytest.mark.parametrize("name", CASES)
def test_a_rule_needs_no_boolean_index_and_no_data_dependent_shape(name):
    pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")
    from array_api_strict import ArrayAPIStrictFlags

    site, case = Site.of("array_api_strict", "device1"), CASES[name]
    with ArrayAPIStrictFlags(boolean_indexing=False, data_dependent_shapes=False):
        for sample in case.samples(Maker("float64" if case.real else "complex128")):
            if sample.static:
                checks.recorded_pass_agrees(Call(site, name, sample))
