"""What the levels share: samples placed on a site, and one failure for all that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xpgrad.conformance.levels import ESSENTIAL, excuse
from xpgrad.conformance.samples import Maker, case_of
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
            notes = "".join(f"\n  {n}" for n in getattr(error, "__notes__", ()))
            failures.append(
                f"{call.name}, sample {call.sample.label!r}: {type(error).__name__}: {error}{notes}"
            )
    if failures:
        more = f"\n… and {len(failures) - FEW} more samples" if len(failures) > FEW else ""
        pytest.fail("\n".join(failures[:FEW]) + more, pytrace=False)
    if missing:
        pytest.skip(excuse(missing))


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
