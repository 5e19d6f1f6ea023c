"""Level 2: derivatives of gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpgrad.conformance import checks
from xpgrad.conformance.suite._calls import calls, every, need, widest

if TYPE_CHECKING:
    from xpgrad.conformance.site import Site

LEVEL = 2


def test_second_order_agrees_with_numpy(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(checks.second_order_agrees_with_reference, calls(site, operation, dtype))


def test_the_recorded_pass_agrees_with_the_raw_pass(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(checks.recorded_pass_agrees, calls(site, operation, dtype))


# --- the formulas -----------------------------------------------------------------------------------------


def test_second_order_agrees_with_finite_differences(
    site: Site, formula_operation: str, dtype: str
) -> None:
    need(site, dtype)
    every(checks.second_order_agrees, calls(site, formula_operation, dtype))
