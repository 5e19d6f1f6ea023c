"""What a layer or a loss must do, on every case it declares.  The names of these tests are a public interface.

In an author's repository::

    pytest_plugins = ["xpgrad.conformance.plugin"]            # conftest.py
    from xpgrad.conformance.test_layer import *               # test_conformance.py
    LAYER = "highway"                                          # which; a pattern such as "conv*" means several
    BACKEND = "numpy"                                          # where; the default
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from xpgrad.conformance.learning import cases, layer_state
from xpgrad.conformance.learning import layer_checks as checks

if TYPE_CHECKING:
    from pathlib import Path

    from xpgrad.conformance.learning.cases import LayerCase
    from xpgrad.conformance.site import Site

LEVEL = 5

known_failures = cases.known_failures
pytest_generate_tests = cases.generate
MODES = pytest.mark.parametrize("mode", ["training", "evaluation"])


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_results_have_their_shape_and_dtype(site: Site, layer_case: LayerCase, kind: str) -> None:
    checks.keeps_shape_and_dtype(site, layer_case, kind)


def test_values_agree_with_a_reference(site: Site, layer_case: LayerCase) -> None:
    checks.agrees_with_reference(site, layer_case)


def test_training_agrees_with_a_reference(site: Site, layer_case: LayerCase) -> None:
    layer_state.trains_as_its_reference(site, layer_case)


def test_what_it_remembers_keeps_no_tape(site: Site, layer_case: LayerCase) -> None:
    layer_state.remembers_no_tape(site, layer_case)


def test_it_is_made_on_a_device_in_a_dtype(site: Site, layer_case: LayerCase) -> None:
    layer_state.is_made_where_it_is_asked_to(site, layer_case)


def test_it_computes_on_another_library(layer_case: LayerCase) -> None:
    layer_state.computes_on_another_library(layer_case)


def test_single_precision_agrees_with_double(site: Site, layer_case: LayerCase) -> None:
    checks.single_agrees_with_double(site, layer_case)


def test_it_computes_as_on_numpy(site: Site, layer_case: LayerCase) -> None:
    checks.agrees_with_numpy(site, layer_case)


@MODES
def test_gradients_agree_with_finite_differences(
    site: Site, layer_case: LayerCase, mode: str
) -> None:
    checks.first_order_agrees(site, layer_case, mode)


@MODES
def test_second_derivatives_agree_with_finite_differences(
    site: Site, layer_case: LayerCase, mode: str
) -> None:
    checks.second_order_agrees(site, layer_case, mode)


def test_names_are_stable(site: Site, layer_case: LayerCase) -> None:
    checks.keeps_names(site, layer_case)


def test_evaluation_is_deterministic_and_remembers_nothing(
    site: Site, layer_case: LayerCase
) -> None:
    checks.switches_modes(site, layer_case)


def test_a_seed_gives_one_layer(site: Site, layer_case: LayerCase) -> None:
    checks.draws_from_the_seed(site, layer_case)


def test_a_layer_survives_a_file(site: Site, layer_case: LayerCase, tmp_path: Path) -> None:
    checks.survives_a_file(site, layer_case, tmp_path)


def test_a_state_of_another_layer_is_refused(site: Site, layer_case: LayerCase) -> None:
    checks.refuses_other_states(site, layer_case)


def test_nothing_floating_goes_to_the_host(site: Site, layer_case: LayerCase) -> None:
    checks.stays_on_its_device(site, layer_case)


def test_inputs_and_parameters_are_not_written(site: Site, layer_case: LayerCase) -> None:
    checks.writes_nothing(site, layer_case)


def test_it_shows_itself(site: Site, layer_case: LayerCase) -> None:
    checks.shows_itself(site, layer_case)


def test_a_deep_copy_is_a_layer_of_its_own(site: Site, layer_case: LayerCase) -> None:
    checks.is_copied(site, layer_case)


def test_it_is_called_with_other_parameters(site: Site, layer_case: LayerCase) -> None:
    checks.is_called_functionally(site, layer_case)


def test_vmap_agrees_with_calls(site: Site, layer_case: LayerCase) -> None:
    checks.is_mapped(site, layer_case)


__all__ = [
    n
    for n, v in list(globals().items())
    if (inspect.isfunction(v) and n.startswith(("test_", "pytest_"))) or n == "known_failures"
]
