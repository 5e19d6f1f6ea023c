"""What an operation of a plugin must do: what core's must, on its own samples.  The names are a public interface.

In an author's repository::

    pytest_plugins = ["xpgrad.conformance.plugin"]            # conftest.py
    from xpgrad.conformance.test_operation import *           # test_conformance.py
    OPERATIONS = "special.*"                                   # which
    BACKEND = "numpy"                                          # where; the default
"""

from __future__ import annotations

import inspect

import pytest

from xpgrad.conformance import checks, test_backend
from xpgrad.conformance.foreign import foreign_site
from xpgrad.conformance.levels import at_level, excuse
from xpgrad.conformance.plugin import OVER
from xpgrad.conformance.samples import case_of
from xpgrad.conformance.site import Call, Site, rule_of
from xpgrad.conformance.suite._calls import calls, every, widest
from xpgrad.errors import DeviceError, MissingRuleError
from xpgrad.extend import registry

LEVEL = 0

_NOT_SHARED = "other_devices"
"""A backend must compute on all of its devices; an operation may refuse one."""

for _name in test_backend.__all__:
    _test = getattr(test_backend, _name)
    if OVER.keys() & inspect.signature(_test).parameters.keys() and _NOT_SHARED not in _name:
        globals()[_name] = _test


def test_values_agree_with_the_reference(site: Site, operation: str) -> None:
    reference = registry.op_target(operation, "reference")
    if reference is None:
        message = f"no reference: {operation} names none, so nothing says that its values are right"
        pytest.skip(excuse(message))

    def check(call: Call) -> None:
        sample = call.sample
        if sample.prepare is not None:
            return  # its arrays are not what the operation is given
        given = sample.arrays | sample.options
        first = [given.pop(p) for p in call.positional if p in given]
        expected = reference(*first, **given)
        checks.assert_close(call, "the value", call.value(call.values), expected)

    for dtype in widest(site, operation):
        every(check, calls(site, operation, dtype))


def test_no_kernel_misses_its_name(site: Site, operation: str) -> None:
    told = [t for t in site.xp.unused_kernels().values() if t.endswith(f"mean {operation!r}?")]
    assert not told, "; ".join(told)


@at_level(1)
def test_it_computes_on_another_library(operation: str) -> None:
    there = foreign_site()
    for dtype in widest(there, operation):
        every(checks.agrees_with_reference, calls(there, operation, dtype, first=3))


@at_level(1)
def test_its_special_points_have_the_chosen_derivatives(site: Site, operation: str) -> None:
    for chosen in case_of(operation).chosen:
        assert chosen.operation == operation, f"a point of {chosen.operation} among {operation}'s"
        checks.gives_the_chosen(site, chosen)


@at_level(6)
def test_other_devices_give_the_same_or_refuse(
    site: Site, operation: str, other_device: str
) -> None:
    there = Site.of(site.xp.backend.name, other_device)
    for dtype in widest(there, operation):
        for call in calls(there, operation, dtype, first=1):
            try:
                checks.agrees_with_reference(call)
            except DeviceError as refused:
                assert other_device in str(refused), "the error does not name the device"


@at_level(1)
def test_every_parameter_has_samples_or_says_that_it_has_no_derivative(operation: str) -> None:
    case, rule = case_of(operation), rule_of(operation)
    dtype = "float64" if case.real else "complex128"
    covered = {
        name.partition("[")[0]
        for call in calls(Site.of("numpy"), operation, dtype)
        for name in call.values
    }
    for parameter in rule.vjps.keys() - covered:
        with pytest.raises(MissingRuleError, match=parameter):
            rule.vjps[parameter](None, *rule.needs[parameter])


__all__ = [n for n, v in list(globals().items()) if n.startswith("test_") and inspect.isfunction(v)]
