"""Level 6: devices, transfers, random numbers, determinism, memory."""

from __future__ import annotations

import pytest

from xpgrad.conformance import checks, placement
from xpgrad.conformance.site import Site
from xpgrad.conformance.suite._calls import calls, every, widest

LEVEL = 6


def test_other_devices_give_the_same(
    site: Site, operation: str, other_device: str, thorough: bool
) -> None:
    there = Site.of(site.xp.backend.name, other_device)
    for dtype in widest(there, operation):
        every(
            checks.agrees_with_reference,
            calls(there, operation, dtype, first=None if thorough else 1),
        )
        every(checks.keeps_what_it_was_given, calls(there, operation, dtype, first=1))


def test_results_stay_where_their_arguments_are(site: Site) -> None:
    placement.stays_where_it_is(site)


def test_arrays_of_two_devices_do_not_mix(site: Site) -> None:
    placement.refuses_to_mix(site)


def test_a_tensor_that_moves_keeps_its_place_on_the_tape(site: Site) -> None:
    placement.moves_and_keeps_its_tape(site)


@pytest.mark.parametrize("draw", placement.DRAWS)
def test_random_numbers_are_the_same_everywhere(site: Site, draw: str) -> None:
    placement.draws_as_on_numpy(site, draw)


def test_a_second_run_gives_the_same_bits(site: Site) -> None:
    placement.gives_the_same_bits(site)


def test_synchronize_returns(site: Site) -> None:
    site.xp.backend.synchronize(site.device.text)
    site.xp.backend.synchronize()


def test_memory_is_returned_without_the_garbage_collector(site: Site) -> None:
    placement.returns_its_memory(site)
