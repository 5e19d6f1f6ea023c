"""``__array_namespace_info__``: the standard's inspection object, for every backend and device."""

import json

import pytest

import xpgrad as xp
from xpgrad._devices import Device
from xpgrad.errors import BackendError

STANDARD = {
    "bool": "bool", "int8": "signed integer", "int16": "signed integer", "int32": "signed integer",
    "int64": "signed integer", "uint8": "unsigned integer", "uint16": "unsigned integer",
    "uint32": "unsigned integer", "uint64": "unsigned integer", "float32": "real floating",
    "float64": "real floating", "complex64": "complex floating", "complex128": "complex floating",
}  # fmt: skip
GROUPS = {
    "integral": {"signed integer", "unsigned integer"},
    "numeric": {"signed integer", "unsigned integer", "real floating", "complex floating"},
} | {kind: {kind} for kind in STANDARD.values()}


def info_of(backend):
    try:
        return xp.namespace(backend).__array_namespace_info__()
    except BackendError as error:
        pytest.skip(f"{backend} cannot start here: {error}")


backends = pytest.mark.parametrize("backend", ["numpy", "array_api_strict", "cupy"])


@backends
def test_capabilities_are_the_three_of_the_standard(backend):
    found = info_of(backend).capabilities()
    assert set(found) == {"boolean indexing", "data-dependent shapes", "max dimensions"}
    assert isinstance(found["boolean indexing"], bool)
    assert isinstance(found["data-dependent shapes"], bool)
    assert found["max dimensions"] is None or found["max dimensions"] >= 32


@backends
def test_the_default_device_is_one_of_the_devices_and_is_where_arrays_are_made(backend):
    info = info_of(backend)
    assert isinstance(info.devices(), tuple)
    assert info.default_device() in info.devices()
    assert xp.namespace(backend).zeros(2).device == info.default_device()


@backends
def test_default_dtypes_are_what_numbers_become_on_each_device(backend):
    info, namespace = info_of(backend), xp.namespace(backend)
    for device in (None, *info.devices()):
        found = info.default_dtypes(device=device)
        assert set(found) == {"real floating", "complex floating", "integral", "indexing"}
        made = {k: namespace.asarray([v], device=device).dtype for k, v in (
            ("real floating", 1.0), ("complex floating", 1j), ("integral", 1))}  # fmt: skip
        assert {k: found[k] for k in made} == made


@backends
def test_dtypes_on_each_device_are_those_that_arrays_can_have_there(backend):
    info, namespace = info_of(backend), xp.namespace(backend)
    for device in info.devices():
        found = info.dtypes(device=device)
        assert found.keys() <= STANDARD.keys()
        for name, dtype in found.items():
            assert namespace.zeros(1, dtype=dtype, device=device).dtype == name
        for name in STANDARD.keys() - found.keys():
            with pytest.raises(ValueError, match=name):
                namespace.zeros(1, dtype=name, device=device)


@backends
@pytest.mark.parametrize(
    "kind", [*GROUPS, ("bool", "integral"), ("real floating", "complex floating")]
)
def test_a_kind_selects_dtypes(backend, kind):
    info = info_of(backend)
    kinds = set().union(*(GROUPS[k] for k in ((kind,) if isinstance(kind, str) else kind)))
    every = info.dtypes()
    assert info.dtypes(kind=kind) == {n: d for n, d in every.items() if STANDARD[n] in kinds}
    assert all(xp.isdtype(d, kind) == (STANDARD[n] in kinds) for n, d in every.items())


def test_a_kind_that_the_standard_does_not_have_raises():
    with pytest.raises((ValueError, TypeError), match="floating"):
        info_of("numpy").dtypes(kind="floating")


def test_dtypes_of_devices_without_double_precision_are_left_out():
    info = info_of("array_api_strict")
    assert "float64" not in info.dtypes(device="array_api_strict:no_float64")
    assert "complex64" in info.dtypes(device="array_api_strict:no_float64")
    assert (
        not {"int64", "uint64", "float64", "complex128"}
        & info.dtypes(device="array_api_strict:no_x64").keys()
    )
    assert info.default_dtypes(device="array_api_strict:no_x64")["integral"] == xp.int32


def test_the_answers_are_plain_data():
    info = info_of("numpy")
    assert (
        json.loads(json.dumps({n: d.name for n, d in info.dtypes().items()}))["float32"]
        == "float32"
    )
    info.capabilities()["boolean indexing"] = None
    assert info.capabilities()["boolean indexing"] is True


def test_a_device_is_found_in_a_set_under_its_shortest_text():
    first, second = Device("cupy", "cuda", 0), Device("cupy", "cuda", 1)
    by_text = {"cpu": 0, "device1": 1, "cuda": 2, "cuda:1": 3}
    given = [xp.device("cpu"), xp.device("array_api_strict:device1"), first, second]
    assert [by_text[d] for d in given] == [0, 1, 2, 3]
    by_device = dict(zip(given, range(4), strict=True))
    assert [by_device[text] for text in by_text] == [0, 1, 2, 3]
    assert by_device[Device("cupy", "cuda", None)] == 2
    assert "cuda:2" not in by_device
