"""Level 1: gradients, on raw arrays, of the backend's own precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xpgrad.conformance import checks, tape
from xpgrad.conformance.levels import excuse
from xpgrad.conformance.samples import case_of
from xpgrad.conformance.samples.chosen import CHOSEN, Chosen
from xpgrad.conformance.shapes import shapes_site
from xpgrad.conformance.suite._calls import calls, every, need, widest
from xpgrad.errors import MissingFunctionError

if TYPE_CHECKING:
    from xpgrad.conformance.site import Site

LEVEL = 1


def test_forward_and_gradient_agree_with_numpy(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(checks.agrees_with_reference, calls(site, operation, dtype))


def test_results_have_their_arguments_precision_and_device(site: Site, operation: str) -> None:
    case = case_of(operation)
    for dtype in ["float32"] * case.real + ["complex64"] * case.complex:
        if site.has(dtype):
            every(checks.results_follow_their_arguments, calls(site, operation, dtype))


def test_gradients_keep_shape_dtype_and_device(site: Site, operation: str) -> None:
    case = case_of(operation)
    for dtype in ["float32"] * case.real + ["complex64"] * case.complex:
        if site.has(dtype):
            every(checks.keeps_what_it_was_given, calls(site, operation, dtype))


def test_inputs_and_cotangents_are_never_written(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(checks.writes_nothing, calls(site, operation, dtype))


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda c: f"{c.operation}-{c.by}")
def test_the_derivative_at_a_special_point_is_the_chosen_one(site: Site, chosen: Chosen) -> None:
    try:
        checks.gives_the_chosen(site, chosen)
    except MissingFunctionError as error:
        pytest.skip(excuse(str(error)))


def test_a_branch_that_was_not_taken_gets_zero(site: Site) -> None:
    checks.masks_what_is_infinite(site)


def test_the_tape_keeps_only_what_the_rule_names(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(tape.keeps_only_what_is_named, calls(site, operation, dtype))


# --- the formulas, in double precision: once, where nothing but the formula can be wrong ------------------


def test_first_order_agrees_with_finite_differences(
    site: Site, formula_operation: str, dtype: str
) -> None:
    need(site, dtype)
    every(checks.agrees_with_differences, calls(site, formula_operation, dtype))


def test_first_order_agrees_with_complex_step(site: Site, step_operation: str) -> None:
    need(site, "complex128")
    every(checks.agrees_with_complex_step, calls(site, step_operation, "float64"))


def test_the_word_of_the_operation_is_true(site: Site, formula_operation: str, dtype: str) -> None:
    need(site, dtype)
    every(tape.word_is_true, calls(site, formula_operation, dtype))


def test_the_value_depends_on_nothing_without_a_derivative(
    site: Site, formula_operation: str, dtype: str
) -> None:
    need(site, dtype)
    every(tape.the_rest_does_not_matter, calls(site, formula_operation, dtype))


def test_the_rule_names_only_what_it_reads(site: Site, formula_operation: str) -> None:
    found = tape.names_never_read(
        c for d in widest(site, formula_operation) for c in calls(site, formula_operation, d)
    )
    told = [
        f"the gradient of {p} names {n} and reads only its shape; name like_{n} or shape_{n}"
        for p, n in sorted(found)
    ]
    assert not told, f"{formula_operation}: {'; '.join(told)}"


def test_the_rule_reads_no_value(formula_operation: str, dtype: str) -> None:
    every(tape.runs_without_values, calls(shapes_site(), formula_operation, dtype, static=True))
