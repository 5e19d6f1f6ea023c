"""What NumPy takes and the standard does not promise has right derivatives on NumPy."""

import pytest

from xpgrad.conformance import checks, forward
from xpgrad.conformance.samples import Maker
from xpgrad.conformance.samples.beyond import BEYOND
from xpgrad.conformance.site import Call, Site


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("operation", BEYOND)
def test_both_orders_agree_with_finite_differences(operation, dtype):
    for sample in BEYOND[operation](Maker(dtype)):
        call = Call(Site.of("numpy"), operation, sample)
        checks.agrees_with_differences(call)
        checks.recorded_pass_agrees(call)
        checks.second_order_agrees(call)
        forward.forward_agrees_with_differences(call)
