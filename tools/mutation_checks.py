"""The kit's checks on single operations and optimizers, one after the other until one fails."""

from __future__ import annotations

import functools
import importlib.util
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from xpgrad._namespace._operations import NODES, OPERATIONS
from xpgrad._support import matches
from xpgrad.conformance import batches, checks, forward, tape
from xpgrad.conformance.learning import optimizer_forms as forms
from xpgrad.conformance.learning import optimizer_steps as steps
from xpgrad.conformance.learning.cases import optimizer_cases
from xpgrad.conformance.learning.problems import PROBLEMS
from xpgrad.conformance.programs import agrees_with_numpy
from xpgrad.conformance.samples import Maker, case_of
from xpgrad.conformance.samples.beyond import BEYOND
from xpgrad.conformance.samples.chosen import CHOSEN
from xpgrad.conformance.samples.statements import PROGRAMS
from xpgrad.conformance.shapes import shapes_site
from xpgrad.conformance.site import Call, Site, rule_of
from xpgrad.conformance.suite._calls import FEW, calls
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xpgrad.conformance.learning.cases import OptimizerCase

__all__ = ["failure_of_operations", "failure_of_optimizers", "gradients_of"]

SECONDS: Final = 20
STATEMENTS: Final = {"getitem", "setitem", "unindex", "add_at"}
Check = tuple[int, str, "Callable[[], Any]"]


def failure_of_operations(names: list[str]) -> tuple[str, str]:
    """The first check that fails on one of these operations; quick checks come first."""
    site = Site.of("numpy")
    return _first_failure([c for n in names for c in _of_operation(site, n)])


def failure_of_optimizers(names: list[str]) -> tuple[str, str]:
    """The first check that fails on one of these optimizers, under any of its declared cases."""
    site = Site.of("numpy")
    return _first_failure([c for n in names for c in _of_optimizer(site, n)])


def _first_failure(rows: list[Check]) -> tuple[str, str]:
    for _, told, check in sorted(rows, key=lambda row: row[0]):
        signal.setitimer(
            signal.ITIMER_PROF, SECONDS
        )  # of the processor: a busy machine kills nobody
        try:
            check()
        except pytest.skip.Exception:
            continue
        except (AssertionError, pytest.fail.Exception) as error:
            return "killed", f"{told}: {error}"
        except Exception as error:  # noqa: BLE001 - an error is a failure
            return "crashed", f"{told}: {type(error).__name__}: {error}"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    return "survived", f"{len(rows)} checks passed"


def _of_operation(site: Site, name: str) -> Iterator[Check]:
    case = case_of(name)
    known = registry.ops()[name].known_failures if name in registry.ops() else {}
    both = ["float64"] * case.real + ["complex128"] * case.complex
    small = ["float32"] * case.real + ["complex64"] * case.complex
    rows = [
        (0, "first_order_agrees_with_finite_differences", checks.agrees_with_differences, both),
        (1, "the_recorded_pass_agrees", checks.recorded_pass_agrees, both),
        (2, "gradients_keep_shape_dtype_and_device", checks.keeps_what_it_was_given, small),
        (2, "tangents_keep_shape_dtype_and_device", forward.forward_keeps, small),
        (3, "inputs_and_cotangents_are_never_written", checks.writes_nothing, both),
        (4, "second_order_agrees", checks.second_order_agrees, both),
        (5, "the_word_of_the_operation_is_true", tape.word_is_true, both),
        (5, "the_value_depends_on_nothing_without_a_derivative", tape.the_rest_does_not_matter, both),
        (6, "the_tape_keeps_only_what_is_named", tape.keeps_only_what_is_named, both),
        (1, "forward_mode_agrees_with_differences", forward.forward_agrees_with_differences, both),
        (8, "forward_over_reverse_agrees", forward.forward_over_reverse_agrees, both),
        (9, "vmap_agrees_with_a_loop", batches.vmap_agrees_with_a_loop, both),
        (10, "gradients_inside_vmap_agree", batches.vmap_of_gradients_agrees, both),
        (11, "gradients_through_vmap_agree", batches.gradients_of_vmap_agree, both),
    ]  # fmt: skip
    if case.step and case.real:
        rows.append(
            (1, "first_order_agrees_with_complex_step", checks.agrees_with_complex_step, both[:1])
        )
    if rule_of(name).kind == "elementwise":
        rows.append((12, "third_order_agrees", forward.third_order_agrees, both))
    for rank, test, check, dtypes in rows:
        for dtype in dtypes:
            told = f"{test} [{name}-{dtype}]"
            yield rank, told, lambda check=check, d=dtype: _each(check, site, name, d)
    if name in STATEMENTS:
        yield (
            20,
            f"the rule as it is written [{name}]",
            lambda: _by_the_rule_alone(site, name, both),
        )
    for told, check in _on_the_whole(site, name, both):
        if not any(matches(p, told) for p in known):
            yield 3, told, check


def _each(check: Callable[[Any], None], site: Site, name: str, dtype: str) -> None:
    for call in _calls(site, name, dtype)[: FEW if check is forward.third_order_agrees else None]:
        check(call)


@functools.cache
def _calls(site: Site, name: str, dtype: str) -> list[Any]:
    return calls(site, name, dtype)


def _on_the_whole(site: Site, name: str, dtypes: list[str]) -> Iterator[tuple[str, Any]]:
    """What is no check of a single sample: special points, names that are not read, values that are."""
    for chosen in (*CHOSEN, *case_of(name).chosen):
        if chosen.operation == name:
            yield f"special point [{name}]", lambda c=chosen: checks.gives_the_chosen(site, c)
    if name in BEYOND:
        yield f"beyond the standard [{name}]", lambda: _beyond(site, name)
    if name == "where":
        yield "masks [where]", lambda: checks.masks_what_is_infinite(site)
    yield (
        f"test_the_rule_names_only_what_it_reads[{name}]",
        lambda: _names_are_read(site, name, dtypes),
    )
    for dtype in dtypes:
        told = f"the_rule_reads_no_value [{name}-{dtype}]"
        yield told, lambda d=dtype: _runs_without_values(name, d)
    if importlib.util.find_spec("array_api_strict"):
        yield f"strict arrays [{name}]", lambda: _on_strict_arrays(name, dtypes)
    for program in PROGRAMS.values() if name in STATEMENTS else ():
        yield "statements", lambda program=program: agrees_with_numpy(site, program)


def _by_the_rule_alone(site: Site, name: str, dtypes: list[str]) -> None:
    """Statements have a backward by hand beside their rule: here, the one that is generated from the rule."""
    for table in (NODES, OPERATIONS):
        table.pop(name, None)
    _calls.cache_clear()
    for dtype in dtypes:
        for check in (
            checks.agrees_with_differences,
            checks.keeps_what_it_was_given,
            checks.second_order_agrees,
        ):
            _each(check, site, name, dtype)


def _beyond(site: Site, name: str) -> None:
    for dtype in ("float64", "complex128"):
        for sample in BEYOND[name](Maker(dtype)):
            checks.agrees_with_differences(Call(site, name, sample))
            checks.second_order_agrees(Call(site, name, sample))


def _on_strict_arrays(name: str, dtypes: list[str]) -> None:
    """Only what the standard promises is used: a condition is boolean, an index an integer."""
    strict = Site.of("array_api_strict")
    for dtype in dtypes if strict.why_not(name) is None else ():
        for call in calls(strict, name, dtype):
            checks.agrees_with_reference(call)


def _runs_without_values(name: str, dtype: str) -> None:
    for call in calls(shapes_site(), name, dtype, static=True):
        tape.runs_without_values(call)


def _names_are_read(site: Site, name: str, dtypes: list[str]) -> None:
    found = tape.names_never_read(c for d in dtypes for c in calls(site, name, d))
    if found:
        pytest.fail(f"never read: {sorted(found)}")


def _of_optimizer(site: Site, name: str) -> Iterator[Check]:
    """What quickly tells a wrong update from a right one comes first."""
    for case in optimizer_cases(name):
        for rank, told, check in _of_case(site, case):
            yield rank, f"{told} [{case}]", check


def _of_case(site: Site, case: OptimizerCase) -> Iterator[Check]:
    def partial(check: Any, *more: Any) -> Callable[[], Any]:
        return lambda: check(site, case, *more)

    for start in steps.STARTS:
        yield 0, f"reference, {start}", partial(steps.follows_its_reference, start)
    for rank, check in enumerate(OF_A_CASE, 1):
        yield rank, check.__name__, partial(check)
    for dtype in ("float32", "float64", "complex64", "complex128"):
        yield 30, f"dtypes, {dtype}", partial(steps.keeps_dtypes, dtype)
    for shape in ((), (0,), (2, 0, 3), (1, 2, 1)):
        yield 31, f"shape {shape}", partial(steps.takes_every_shape, shape)
    for problem in PROBLEMS:
        yield 32, f"converges, {problem}", partial(steps.converges, problem)
    yield 33, "file", lambda: _survives_a_file(site, case)


def _survives_a_file(site: Site, case: OptimizerCase) -> None:
    with tempfile.TemporaryDirectory() as folder:
        forms.survives_a_file(site, case, Path(folder))


OF_A_CASE: Final = (
    steps.has_its_references_defaults, steps.rests_at_zero, forms.resumes, forms.has_groups, forms.every_form_agrees,
    forms.uses_the_rate_of_the_step, steps.mirrors, steps.returns_the_loss, steps.keeps_places,
    steps.writes_into_nothing, steps.leaves_alone_what_has_no_gradient, forms.refuses_other_states,
    forms.takes_parameters_in_any_form, forms.refuses_bad_options, forms.is_differentiated,
    forms.follows_its_schedule, steps.gives_the_same_bits, steps.walks_as_on_numpy,
)  # fmt: skip


# --- how much a survivor changes -------------------------------------------------------------------------


def gradients_of(names: list[str]) -> list[Any]:
    """Every gradient of the samples of these operations, in order, as flat lists of real numbers."""
    site, found = Site.of("numpy"), []
    for name in names:
        case = case_of(name)
        for dtype in ["float64"] * case.real + ["complex128"] * case.complex:
            for call in calls(site, name, dtype):
                g = checks.cotangent(call.value(call.values))
                tensors = call.tensors(requires_grad=True)
                hosts = map(site.host, checks.raw_gradients(call, tensors, g).values())
                found += [h.reshape(-1).view("float64").tolist() for h in hosts]
    return found
