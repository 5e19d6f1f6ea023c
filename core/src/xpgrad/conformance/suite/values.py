"""Level 0: the backend starts, arrays come and go, and the standard's functions give NumPy's values and dtypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xpgrad.conformance import lacking, placement, values
from xpgrad.conformance.samples import Maker
from xpgrad.conformance.samples.plain import FUNCTIONS

if TYPE_CHECKING:
    from xpgrad.conformance.site import Site

LEVEL = 0


def test_the_backend_starts(site: Site) -> None:
    backend = site.xp.backend
    assert backend.devices(), "devices() is empty"
    assert site.device.text in backend.devices(), f"devices() lacks {site.device.text}"
    assert backend.version() != "unknown", "version() is unknown"
    assert site.has("float64") or site.has("float32"), "no real floating dtype"


def test_its_kernels_are_called(site: Site) -> None:
    unused = site.xp.unused_kernels()
    assert not unused, "; ".join(unused.values())


def test_what_it_declares_to_lack_is_missing(site: Site) -> None:
    told = lacking.stale(site)
    assert not told, "; ".join(told)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)], ids=str)
def test_values_survive_the_way_there_and_back(site: Site, shape: tuple[int, ...]) -> None:
    for dtype in ("bool", "int64", "int32", "float32", "float64", "complex64", "complex128"):
        if site.has(dtype):
            host = Maker("float64").array(shape).astype(dtype)
            t = site.place(host)
            assert t.dtype.name == dtype, f"{dtype} arrives as {t.dtype.name}"
            assert t.device == site.device, f"an array is on {t.device}, expected {site.device}"
            back = site.host(t).tolist()
            assert back == host.tolist(), f"{dtype} came back as {back}, expected {host.tolist()}"


def test_a_tensor_shares_nothing_with_its_source(site: Site) -> None:
    placement.shares_nothing_with_its_source(site)


def test_asarray_copies_where_it_is_asked_to(site: Site) -> None:
    placement.copies_what_it_is_asked_to(site)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_of_the_standard_gives_numpys_values(site: Site, function: str) -> None:
    values.gives_numpys_values(site, function)
