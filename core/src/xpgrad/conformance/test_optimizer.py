"""What an optimizer must do, on every case it declares.  The names of these tests are a public interface.

In an author's repository::

    pytest_plugins = ["xpgrad.conformance.plugin"]            # conftest.py
    from xpgrad.conformance.test_optimizer import *           # test_conformance.py
    OPTIMIZER = "lion"                                         # which; a pattern such as "adam*" means several
    BACKEND = "numpy"                                          # where; the default
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from xpgrad.conformance.foreign import foreign_site
from xpgrad.conformance.learning import cases
from xpgrad.conformance.learning import optimizer_forms as forms
from xpgrad.conformance.learning import optimizer_steps as steps
from xpgrad.conformance.learning.problems import PROBLEMS

if TYPE_CHECKING:
    from pathlib import Path

    from xpgrad.conformance.learning.cases import OptimizerCase
    from xpgrad.conformance.site import Site

LEVEL = 5

known_failures = cases.known_failures
pytest_generate_tests = cases.generate


@pytest.mark.parametrize("start", steps.STARTS)
def test_it_follows_its_reference(site: Site, optimizer_case: OptimizerCase, start: str) -> None:
    steps.follows_its_reference(site, optimizer_case, start)


def test_its_defaults_are_its_references(site: Site, optimizer_case: OptimizerCase) -> None:
    steps.has_its_references_defaults(site, optimizer_case)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_it_converges(site: Site, optimizer_case: OptimizerCase, problem: str) -> None:
    steps.converges(site, optimizer_case, problem)


def test_a_zero_gradient_is_a_fixed_point(site: Site, optimizer_case: OptimizerCase) -> None:
    steps.rests_at_zero(site, optimizer_case)


def test_it_gives_the_same_bits_again(site: Site, optimizer_case: OptimizerCase) -> None:
    steps.gives_the_same_bits(site, optimizer_case)


def test_it_walks_as_on_numpy(site: Site, optimizer_case: OptimizerCase) -> None:
    steps.walks_as_on_numpy(site, optimizer_case)


def test_it_walks_on_another_library(optimizer_case: OptimizerCase) -> None:
    steps.walks_as_on_numpy(foreign_site(), optimizer_case)
    steps.keeps_places(foreign_site(), optimizer_case)


def test_nothing_goes_to_the_host(optimizer_case: OptimizerCase) -> None:
    steps.asks_for_no_value(optimizer_case)


def test_maximize_turns_the_gradient_round(site: Site, optimizer_case: OptimizerCase) -> None:
    steps.mirrors(site, optimizer_case)


def test_a_step_returns_the_loss_of_its_closure(site: Site, optimizer_case: OptimizerCase) -> None:
    steps.returns_the_loss(site, optimizer_case)


@pytest.mark.parametrize("kind", ["float32", "float64", "complex64", "complex128"])
def test_dtypes_are_kept(site: Site, optimizer_case: OptimizerCase, kind: str) -> None:
    steps.keeps_dtypes(site, optimizer_case, kind)


def test_arrays_stay_in_their_library_and_on_their_device(
    site: Site, optimizer_case: OptimizerCase
) -> None:
    steps.keeps_places(site, optimizer_case)


def test_gradients_and_old_parameters_are_not_written(
    site: Site, optimizer_case: OptimizerCase
) -> None:
    steps.writes_into_nothing(site, optimizer_case)


def test_without_a_gradient_nothing_changes(site: Site, optimizer_case: OptimizerCase) -> None:
    steps.leaves_alone_what_has_no_gradient(site, optimizer_case)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 2, 1)], ids=str)
def test_parameters_of_every_shape_move(
    site: Site, optimizer_case: OptimizerCase, shape: tuple[int, ...]
) -> None:
    steps.takes_every_shape(site, optimizer_case, shape)


def test_a_resumed_run_is_the_uninterrupted_one(site: Site, optimizer_case: OptimizerCase) -> None:
    forms.resumes(site, optimizer_case)


def test_the_state_survives_a_file(
    site: Site, optimizer_case: OptimizerCase, tmp_path: Path
) -> None:
    forms.survives_a_file(site, optimizer_case, tmp_path)


def test_a_state_that_does_not_fit_is_refused(site: Site, optimizer_case: OptimizerCase) -> None:
    forms.refuses_other_states(site, optimizer_case)


def test_groups_have_options_of_their_own(site: Site, optimizer_case: OptimizerCase) -> None:
    forms.has_groups(site, optimizer_case)


def test_parameters_come_in_any_form(site: Site, optimizer_case: OptimizerCase) -> None:
    forms.takes_parameters_in_any_form(site, optimizer_case)


def test_bad_options_are_refused(site: Site, optimizer_case: OptimizerCase) -> None:
    forms.refuses_bad_options(site, optimizer_case)


def test_every_form_gives_the_same(site: Site, optimizer_case: OptimizerCase) -> None:
    forms.every_form_agrees(site, optimizer_case)


def test_steps_are_differentiated(site: Site, optimizer_case: OptimizerCase) -> None:
    forms.is_differentiated(site, optimizer_case)


def test_a_new_rate_counts_at_once(site: Site, optimizer_case: OptimizerCase) -> None:
    forms.uses_the_rate_of_the_step(site, optimizer_case)


def test_a_schedule_moves_the_rate_and_resumes(site: Site, optimizer_case: OptimizerCase) -> None:
    forms.follows_its_schedule(site, optimizer_case)


__all__ = [
    n
    for n, v in list(globals().items())
    if (inspect.isfunction(v) and n.startswith(("test_", "pytest_"))) or n == "known_failures"
]
