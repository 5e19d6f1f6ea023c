"""What the levels share: samples placed on a site, and one failure for all that fail."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Final

import pytest

from xpgrad._namespace._operation import describe
from xpgrad.conformance.levels import ESSENTIAL, excuse
from xpgrad.conformance.samples import Maker, Sample, case_of
from xpgrad.conformance.site import Call, Site
from xpgrad.errors import MissingFunctionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FEW = 3


def calls(
    site: Site, operation: str, dtype: str, *, first: int | None = None, static: bool = False
) -> list[Call]:
    """An operation's samples of one dtype, placed on a site."""
    static = static or "data-dependent shapes" in site.lacks
    samples = [
        s
        for s in case_of(operation).samples(Maker(dtype))
        if site.has(s.options.get("dtype", dtype)) and (s.static or not static)
    ]
    for sample in samples[:first]:
        _check_sample(operation, sample)
    return [Call(site, operation, s) for s in samples[:first]]


def every(check: Callable[[Call], None], some: Iterable[Call]) -> None:
    """Run a check on all calls and fail with everything that fails; skip what needs a function that is missing."""
    failures, missing = [], ""
    for call in some:
        try:
            check(call)
        except MissingFunctionError as error:
            if call.name in ESSENTIAL:
                failures.append(f"{call.name}: {error}")
            missing = str(error)
        except Exception as error:  # noqa: BLE001 - told below, with the operation's name
            failures.append(_told(call, error))
    if failures:
        more = f"\n… and {len(failures) - FEW} more samples" if len(failures) > FEW else ""
        pytest.fail("\n".join(failures[:FEW]) + more, pytrace=False)
    if missing:
        pytest.skip(excuse(missing))


def _told(call: Call, error: Exception) -> str:
    """What went wrong, in words: the operation and its sample once, and the author's line."""
    where = f"{call.name}, sample {call.sample.label!r}: "
    text = str(error)
    if isinstance(error, AssertionError) and text.startswith(call.name):
        return text
    notes = "".join(f"\n  {n}" for n in getattr(error, "__notes__", ()))
    if isinstance(error, ValueError) and "read-only" in text:
        notes += "\n  the operation or its rule writes into an array that it was given; it may write none"
    return f"{where}{type(error).__name__}: {text}{notes}{_line_of(error)}"


FOREIGN: Final = frozenset(
    "xpgrad numpy scipy array_api_compat array_api_strict torch jax cupy dask".split()
)
"""Packages in whose lines no author of a plugin looks for a mistake of his own."""


def _line_of(error: Exception) -> str:
    """The last line on the way to an error that is the plugin's own."""
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in FOREIGN and not frame.f_code.co_filename.startswith("<"):
            found = f"\n  at {frame.f_code.co_filename}:{line}, in {frame.f_code.co_name}"
    return found


def _check_sample(name: str, sample: Sample) -> None:
    """A sample names the operation's own arrays and holds arrays."""
    where = f"{name}, sample {sample.label!r}: "
    parameters = describe(name).parameters
    for key, value in sample.arrays.items():
        if key not in parameters:
            pytest.fail(
                f"{where}it has an array {key!r}; the arrays of {name} are {', '.join(describe(name).arrays)}",
                pytrace=False,
            )
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None and not hasattr(each, "dtype"):
                pytest.fail(
                    f"{where}its {key!r} is {each!r}, a {type(each).__name__}; expected a host array, such as "
                    "make.array((2, 3)) or make.integers([0, 1])",
                    pytrace=False,
                )


def widest(site: Site, operation: str) -> list[str]:
    """The dtypes of an operation to run where the backend may lack double precision."""
    case = case_of(operation)
    wanted = [("float64", "float32")] * case.real + [("complex128", "complex64")] * case.complex
    found = [next((d for d in pair if site.has(d)), None) for pair in wanted]
    if not any(found):
        pytest.skip(excuse(f"no dtype of {operation} on {site.xp.backend.name}:{site.device}"))
    return [d for d in found if d is not None]


def need(site: Site, dtype: str) -> None:
    """Skip what needs a dtype that does not exist here."""
    if not site.has(dtype):
        pytest.skip(excuse(f"no {dtype} on {site.xp.backend.name}:{site.device}"))
