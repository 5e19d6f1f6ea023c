"""Whether what a backend declares to lack is lacking: what can be asked is asked, so a declaration cannot go stale."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from xpgrad._chapters import CHAPTERS, split
from xpgrad._dtypes import STANDARD
from xpgrad._support import DYNAMIC, is_operation
from xpgrad.conformance import checks, values
from xpgrad.conformance.levels import CORE_LEVELS, ESSENTIAL, LEVELS, name_of
from xpgrad.conformance.samples import CASES, Maker, case_of
from xpgrad.conformance.samples.plain import FUNCTIONS
from xpgrad.conformance.site import Call
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from xpgrad.conformance.site import Site

__all__ = ["stale"]

CAPABILITIES: Final = {*CHAPTERS, DYNAMIC, *(name_of(n) for n, _ in enumerate(LEVELS))}
"""What may be lacking beside dtypes and operations."""
SHOWN: Final = 4


def stale(site: Site) -> list[str]:
    """What is declared to be lacking and works, is required of every backend, or is not of this world."""
    return [told for name in site.lacks if (told := _fault(site, name)) is not None]


def _fault(site: Site, name: str) -> str | None:
    if name in ESSENTIAL or name in {name_of(n) for n in CORE_LEVELS}:
        return f"lacks {name!r}, which is required of every backend"
    if name in CHAPTERS:
        return _chapter(site, name)
    if name in STANDARD:
        works, how = site.has(name), "has it"
    elif name == DYNAMIC:
        works, how = _dynamic(site), "masks are read and written right"
    elif name in CAPABILITIES:
        return None  # a level is believed
    elif name in FUNCTIONS or is_operation(name):
        works, how = _works(site, name), "its samples run right"
    else:
        return f"lacks {name!r}, which is no dtype, chapter, level or operation"
    return f"lacks {name!r}, and {how}" if works else None


def _chapter(site: Site, chapter: str) -> str | None:
    """The functions of a chapter that the library itself has and that give what NumPy does."""
    names = sorted({*CASES, *FUNCTIONS})
    own = [
        n for n in names if split(n)[0] == chapter and site.xp.provider(n) in ("kernel", "library")
    ]
    right = [n for n in own if _works(site, n)]
    if not right:
        return None
    more = f" and {len(right) - SHOWN} more" if len(right) > SHOWN else ""
    return f"lacks {chapter!r}, and {', '.join(right[:SHOWN])}{more} run right; declare the functions that are lacking"


def _works(site: Site, name: str) -> bool:
    """Whether there is something to ask of a function, and every answer is NumPy's."""
    asked = [*_values(site, name), *_derivatives(site, name)]
    return bool(asked) and all(map(_succeeds, asked))


def _values(site: Site, name: str) -> Iterable[Callable[[], Any]]:
    if name in FUNCTIONS:
        kinds = [d for kind in FUNCTIONS[name].kinds for d in values.DTYPES[kind]]
        for dtype in filter(site.has, kinds):
            yield partial(values.agrees, site, name, dtype)


def _derivatives(site: Site, name: str) -> Iterable[Callable[[], Any]]:
    spec = registry.ops().get(name)
    if name in CASES or (spec is not None and spec.samples):
        for call in _calls(site, name):
            yield partial(checks.agrees_with_reference, call)


def _calls(site: Site, name: str, *, dynamic: bool = False) -> Iterable[Call]:
    """An operation's samples of the widest dtypes: those whose shape follows from values, or the others."""
    case = case_of(name)
    for pair, wanted in (
        (("float64", "float32"), case.real),
        (("complex128", "complex64"), case.complex),
    ):
        dtype = next(filter(site.has, pair), None)
        if wanted and dtype is not None:
            for sample in case.samples(Maker(dtype)):
                if sample.static is not dynamic and site.has(sample.options.get("dtype", dtype)):
                    yield Call(site, name, sample)


def _dynamic(site: Site) -> bool:
    calls = [c for name in ("getitem", "setitem") for c in _calls(site, name, dynamic=True)]
    return bool(calls) and all(_succeeds(partial(checks.agrees_with_reference, c)) for c in calls)


def _succeeds(ask: Callable[[], Any]) -> bool:
    try:
        ask()
    except BaseException as error:  # a failure of pytest's is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return False
    return True
