"""What a backend must do.  The names of these tests are a public interface."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from xpgrad.conformance import batches, checks, forward, tape
from xpgrad.conformance.samples import Maker, case_of
from xpgrad.conformance.samples.chosen import CHOSEN, Chosen
from xpgrad.conformance.shapes import shapes_site
from xpgrad.conformance.site import Call, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

core = pytest.mark.xpgrad_core
FEW = 3


def calls(
    site: Site, operation: str, dtype: str, *, first: int | None = None, static: bool = False
) -> list[Call]:
    """An operation's samples of one dtype, placed on a site."""
    samples = [
        s
        for s in case_of(operation).samples(Maker(dtype))
        if site.has(s.options.get("dtype", dtype))
    ][:first]
    return [Call(site, operation, s) for s in samples if s.static or not static]


def every(check: Callable[[Call], None], some: Iterable[Call]) -> None:
    """Run a check on all calls and fail with everything that fails."""
    failures = []
    for call in some:
        try:
            check(call)
        except Exception as error:  # noqa: BLE001 - told below, with the operation's name
            notes = "".join(f"\n  {n}" for n in getattr(error, "__notes__", ()))
            failures.append(
                f"{call.name}, sample {call.sample.label!r}: {type(error).__name__}: {error}{notes}"
            )
    if failures:
        more = f"\n… and {len(failures) - FEW} more samples" if len(failures) > FEW else ""
        pytest.fail("\n".join(failures[:FEW]) + more, pytrace=False)


def widest(site: Site, operation: str) -> list[str]:
    """The dtypes of an operation to run where the backend may lack double precision."""
    case = case_of(operation)
    wanted = [("float64", "float32")] * case.real + [("complex128", "complex64")] * case.complex
    return [next((d for d in pair if site.has(d)), pair[1]) for pair in wanted]


def need(site: Site, dtype: str) -> None:
    """Skip what needs a dtype that does not exist here."""
    if not site.has(dtype):
        pytest.skip(f"no {dtype} on {site.xp.backend.name}:{site.device}")


# --- core: required of every backend ------------------------------------------------------------------


@core
def test_the_backend_starts(site: Site) -> None:
    backend = site.xp.backend
    assert backend.devices(), "devices() is empty"
    assert site.device.text in backend.devices()
    assert backend.version() != "unknown", "version() is unknown"
    assert site.has("float64") or site.has("float32"), "no real floating dtype"


@core
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)], ids=str)
def test_values_survive_the_way_there_and_back(site: Site, shape: tuple[int, ...]) -> None:
    for dtype in ("bool", "int64", "int32", "float32", "float64", "complex64", "complex128"):
        if site.has(dtype):
            host = Maker("float64").array(shape).astype(dtype)
            t = site.place(host)
            assert t.dtype.name == dtype
            assert t.device == site.device
            assert site.host(t).tolist() == host.tolist()


@core
def test_forward_and_gradient_agree_with_numpy(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(checks.agrees_with_reference, calls(site, operation, dtype))


@core
def test_gradients_keep_shape_dtype_and_device(site: Site, operation: str) -> None:
    case = case_of(operation)
    for dtype in ["float32"] * case.real + ["complex64"] * case.complex:
        if site.has(dtype):
            every(checks.keeps_what_it_was_given, calls(site, operation, dtype))


@core
def test_inputs_and_cotangents_are_never_written(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(checks.writes_nothing, calls(site, operation, dtype))


@core
def test_other_devices_give_the_same(
    site: Site, operation: str, other_device: str, thorough: bool
) -> None:
    there = Site.of(site.xp.backend.name, other_device)
    for dtype in widest(there, operation):
        every(
            checks.agrees_with_reference,
            calls(there, operation, dtype, first=None if thorough else FEW),
        )
        every(checks.keeps_what_it_was_given, calls(there, operation, dtype, first=1))


@core
@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda c: f"{c.operation}-{c.by}")
def test_the_derivative_at_a_special_point_is_the_chosen_one(site: Site, chosen: Chosen) -> None:
    checks.gives_the_chosen(site, chosen)


# --- capability: double precision ---------------------------------------------------------------------


def test_first_order_agrees_with_finite_differences(site: Site, operation: str, dtype: str) -> None:
    need(site, dtype)
    every(checks.agrees_with_differences, calls(site, operation, dtype))


def test_first_order_agrees_with_complex_step(site: Site, step_operation: str) -> None:
    need(site, "complex128")
    every(checks.agrees_with_complex_step, calls(site, step_operation, "float64"))


def test_second_order_agrees_with_finite_differences(
    site: Site, operation: str, dtype: str
) -> None:
    need(site, dtype)
    every(checks.second_order_agrees, calls(site, operation, dtype))


def test_the_recorded_pass_agrees_with_the_raw_pass(site: Site, operation: str, dtype: str) -> None:
    need(site, dtype)
    every(checks.recorded_pass_agrees, calls(site, operation, dtype))


def test_the_word_of_the_operation_is_true(site: Site, operation: str, dtype: str) -> None:
    need(site, dtype)
    every(tape.word_is_true, calls(site, operation, dtype))


# --- capability: forward mode ---------------------------------------------------------------------------


def test_forward_mode_agrees_with_finite_differences(
    site: Site, operation: str, dtype: str
) -> None:
    need(site, dtype)
    every(forward.forward_agrees_with_differences, calls(site, operation, dtype))


def test_forward_over_reverse_agrees_with_reverse_over_reverse(
    site: Site, operation: str, dtype: str
) -> None:
    need(site, dtype)
    every(forward.forward_over_reverse_agrees, calls(site, operation, dtype))


def test_third_order_of_elementwise_functions_agrees_with_differences(
    site: Site, elementwise_operation: str, dtype: str
) -> None:
    need(site, dtype)
    every(forward.third_order_agrees, calls(site, elementwise_operation, dtype, first=FEW))


def test_tangents_keep_shape_dtype_and_device(site: Site, operation: str) -> None:
    case = case_of(operation)
    for dtype in ["float32"] * case.real + ["complex64"] * case.complex:
        if site.has(dtype):
            every(forward.forward_keeps, calls(site, operation, dtype))


# --- capability: batches --------------------------------------------------------------------------------


def test_vmap_agrees_with_a_loop(site: Site, operation: str, dtype: str) -> None:
    need(site, dtype)
    every(batches.vmap_agrees_with_a_loop, calls(site, operation, dtype))


def test_gradients_inside_vmap_agree_with_a_loop(site: Site, operation: str, dtype: str) -> None:
    need(site, dtype)
    every(batches.vmap_of_gradients_agrees, calls(site, operation, dtype))


def test_gradients_through_vmap_agree_with_a_loop(site: Site, operation: str, dtype: str) -> None:
    need(site, dtype)
    every(batches.gradients_of_vmap_agree, calls(site, operation, dtype))


# --- the tape -----------------------------------------------------------------------------------------


def test_the_tape_keeps_only_what_the_rule_names(site: Site, operation: str) -> None:
    for dtype in widest(site, operation):
        every(tape.keeps_only_what_is_named, calls(site, operation, dtype))


def test_the_rule_names_only_what_it_reads(site: Site, operation: str) -> None:
    found = tape.names_never_read(
        c for d in widest(site, operation) for c in calls(site, operation, d)
    )
    told = [
        f"the gradient of {p} names {n} and reads only its shape; name like_{n} or shape_{n}"
        for p, n in sorted(found)
    ]
    assert not told, f"{operation}: {'; '.join(told)}"


def test_the_rule_reads_no_value(operation: str, dtype: str) -> None:
    every(tape.runs_without_values, calls(shapes_site(), operation, dtype, static=True))


__all__ = [n for n, v in list(globals().items()) if n.startswith("test_") and inspect.isfunction(v)]
