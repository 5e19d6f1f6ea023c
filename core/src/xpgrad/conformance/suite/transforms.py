"""Level 3: forward mode, vmap, and third order of what is elementwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpgrad.conformance import batches, forward, nested_batches
from xpgrad.conformance.samples import case_of
from xpgrad.conformance.suite._calls import FEW, calls, every, need, widest

if TYPE_CHECKING:
    from xpgrad.conformance.site import Site

LEVEL = 3


def test_forward_mode_agrees_with_numpy(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(forward.forward_agrees_with_reference, calls(site, operation, dtype))


def test_tangents_keep_shape_dtype_and_device(site: Site, operation: str) -> None:
    case = case_of(operation)
    for dtype in ["float32"] * case.real + ["complex64"] * case.complex:
        if site.has(dtype):
            every(forward.forward_keeps, calls(site, operation, dtype))


def test_vmap_agrees_with_a_loop(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(batches.vmap_agrees_with_a_loop, calls(site, operation, dtype))


def test_gradients_inside_vmap_agree_with_a_loop(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(batches.vmap_of_gradients_agrees, calls(site, operation, dtype))


def test_gradients_through_vmap_agree_with_a_loop(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(batches.gradients_of_vmap_agree, calls(site, operation, dtype))


def test_vmap_inside_vmap_agrees_with_loops(site: Site, formula_operation: str) -> None:
    for dtype in widest(site, formula_operation)[:1]:  # what goes wrong there has no dtype
        every(nested_batches.nested_vmap_agrees, calls(site, formula_operation, dtype))


# --- the formulas -----------------------------------------------------------------------------------------


def test_forward_mode_agrees_with_finite_differences(
    site: Site, formula_operation: str, dtype: str
) -> None:
    need(site, dtype)
    every(forward.forward_agrees_with_differences, calls(site, formula_operation, dtype))


def test_forward_over_reverse_agrees_with_reverse_over_reverse(
    site: Site, formula_operation: str, dtype: str
) -> None:
    need(site, dtype)
    every(forward.forward_over_reverse_agrees, calls(site, formula_operation, dtype))


def test_third_order_of_elementwise_functions_agrees_with_differences(
    site: Site, elementwise_operation: str, dtype: str
) -> None:
    need(site, dtype)
    every(forward.third_order_agrees, calls(site, elementwise_operation, dtype, first=FEW))
