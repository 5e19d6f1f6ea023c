"""The standard's functions on a backend against NumPy's, at each of the backend's own dtypes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from xpgrad._dtypes import dtype_named
from xpgrad._tensor import Tensor
from xpgrad.conformance.levels import excuse
from xpgrad.conformance.oracles import ulps
from xpgrad.conformance.samples.plain import FUNCTIONS, Arrays
from xpgrad.errors import MissingFunctionError

if TYPE_CHECKING:
    from xpgrad.conformance.site import Site

__all__ = ["agrees", "gives_numpys_values"]

DTYPES: Final = {
    "b": ("bool",), "i": ("int8", "int16", "int32", "int64"), "u": ("uint8", "uint16", "uint32", "uint64"),
    "f": ("float32", "float64"), "c": ("complex64", "complex128"), "0": ("float32",),
}  # fmt: skip
CLOSE: Final = 200
"""Units in the last place, of the largest value, between two libraries' functions."""


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def gives_numpys_values(site: Site, function: str) -> None:
    """Values, shapes and dtypes are NumPy's, for every dtype that the function takes and the backend has."""
    row = FUNCTIONS[function]
    site.need(function, static=row.static)
    dtypes = [d for kind in row.kinds for d in DTYPES[kind] if kind == "0" or site.has(d)]
    if not dtypes:
        pytest.skip(excuse(f"no dtype of {function} on {site.xp.backend.name}:{site.device}"))
    failures = []
    for dtype in dtypes:
        try:
            agrees(site, function, dtype)
        except MissingFunctionError as error:
            pytest.skip(excuse(str(error)))
        except Exception as error:  # noqa: BLE001 - told below, with the dtype
            failures.append(f"{function}, {dtype}: {type(error).__name__}: {error}")
    if failures:
        pytest.fail("\n".join(failures), pytrace=False)


def agrees(site: Site, function: str, dtype: str) -> None:
    """The same for one dtype."""
    np, row = _numpy(), FUNCTIONS[function]
    hosts = _hosts(dtype)
    theirs = Arrays(**hosts, dtype=np.dtype, own=np.dtype(dtype), where={})
    with np.errstate(all="ignore"):
        expected = _flat((row.reference or row.call)(np, theirs))
        placed = {name: site.place(h) for name, h in hosts.items()}
        ours = Arrays(
            **placed, dtype=dtype_named, own=dtype_named(dtype), where={"device": site.device}
        )
        found = _flat(row.call(_namespace(), ours))
    assert len(found) == len(expected), f"{len(found)} results, expected {len(expected)}"
    for number, (got, want) in enumerate(zip(found, expected, strict=True)):
        _same(site, number, got, want)


def _hosts(dtype: str) -> dict[str, Any]:
    """Host arrays of a dtype, by the names of :class:`Arrays`."""
    np = _numpy()
    a = np.asarray([[3, 1, 2], [6, 5, 4]])
    b = np.asarray([[1, 3, 2], [2, 1, 3]])
    m = np.asarray([[4, 1, 2], [1, 5, 1], [2, 3, 6]])
    if dtype == "bool":
        a, b, m = a % 2 == 0, b % 2 == 0, m % 2 == 0
    elif dtype.startswith(("float", "complex")):
        a, b = a * 0.13 + 0.05, b * 0.21 + 0.1
    if dtype.startswith("complex"):
        a, b, m = (
            a + 0.3j * b,
            b - 0.2j * a,
            m + 0.5j * np.asarray([[0, 1, 0], [2, 0, 1], [0, 0, 1]]),
        )
    s = m if dtype == "bool" else m + np.conj(m.T)
    return {
        **{n: np.asarray(x, dtype) for n, x in (("a", a), ("b", b), ("v", np.sort(a[0])), ("m", m), ("s", s))},
        "i": np.asarray([2, 0, 1]), "k": np.asarray([[True, False, True], [False, False, True]]),
    }  # fmt: skip


def _namespace() -> Any:
    """The standard's names, by name and by chapter."""
    import xpgrad  # noqa: PLC0415 - a cycle

    return xpgrad


def _flat(results: Any) -> list[Any]:
    return list(results) if isinstance(results, (tuple, list)) else [results]


def _same(site: Site, number: int, got: Any, want: Any) -> None:
    np = _numpy()
    where = f"result {number}"
    if not isinstance(got, Tensor):
        name = getattr(got, "name", got)
        assert name == getattr(want, "name", want), f"{where} is {name!r}, expected {want!r}"
        return
    assert got.device == site.device, f"{where} is on {got.device}, expected {site.device}"
    want = np.asarray(want)
    assert got.shape == want.shape, f"{where} has shape {got.shape}, expected {want.shape}"
    dtype, kind = want.dtype.name, np.dtype(got.dtype.name).kind
    if site.has("int64") and site.has("float64") and site.has(dtype):
        assert got.dtype.name == dtype, f"{where} has dtype {got.dtype.name}, expected {dtype}"
    else:  # the standard leaves open in what a sum is where there is no wide unsigned dtype
        kinds = "iu" if want.dtype.kind == "u" else want.dtype.kind
        assert kind in kinds, f"{where} has dtype {got.dtype.name}, expected like {dtype}"
    host = site.host(got)
    if want.dtype.kind in "fc":
        off = ulps(host, want)
        assert off <= CLOSE, (
            f"{where} is off by {off:.0f} ULP\n  got      {host.tolist()}\n  expected {want.tolist()}"
        )
    else:
        assert host.tolist() == want.tolist(), (
            f"{where} is {host.tolist()}, expected {want.tolist()}"
        )
