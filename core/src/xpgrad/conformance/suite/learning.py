"""Level 5: optimizers and layers walk where they walk on NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xpgrad.conformance import training

if TYPE_CHECKING:
    from xpgrad.conformance.site import Site

LEVEL = 5


@pytest.mark.parametrize("optimizer", training.optimizers())
def test_an_optimizer_walks_as_on_numpy(site: Site, optimizer: str) -> None:
    training.walks_as_on_numpy(site, optimizer)


@pytest.mark.parametrize("layer", training.LAYERS)
def test_a_layer_gives_numpys_values_and_gradients(site: Site, layer: str) -> None:
    training.layer_agrees_with_numpy(site, layer)


def test_a_network_learns_and_its_state_comes_back(site: Site) -> None:
    training.learns_and_comes_back(site)
