"""``xpgrad compare A B SCRIPT``: a program on two backends side by side, up to the first operation that differs.

Each operation of the program and of its backward passes runs on both, each on its own values.  Where the results are
too far apart, the second backend computes once more from the first one's inputs: if they agree then, the operation only
amplified what earlier roundings left, and the run goes on from the first one's values; if not, it has been found.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from xpgrad._cli.replay.agreement import (
    INFINITE,
    Difference,
    Tolerance,
    apart,
    each_element_counts,
    precision,
    unknown,
)
from xpgrad._cli.replay.pair import Call, Pair, install
from xpgrad._cli.replay.program import Place, Program, words_of
from xpgrad._devices import namespace_of_backend
from xpgrad.errors import XpgradError
from xpgrad.extend import portable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["main"]

NOTHING: Final = "no operation of xpgrad was seen"
SHOWN: Final = 3
"""How many operations that amplify roundings are told of."""
USAGE: Final = "xpgrad compare A B (SCRIPT | -m MODULE) [the program's arguments] [options] [-- more arguments]"


class DivergedError(BaseException):
    """Ends the program, whatever it catches."""


@dataclass
class Divergence:
    """Where two backends part."""

    operation: str
    place: Place
    providers: tuple[str, str]
    difference: Difference
    limit: float
    inside: str = ""
    """The portable function of core that called the operation."""


@dataclass
class Referee:
    """Runs the second backend and compares."""

    program: Program
    tolerance: Tolerance
    operations: int = 0
    backward: int = 0
    most: Difference = Difference(0.0, 0.0)  # noqa: RUF009 - immutable
    most_at: str = ""
    amplified: dict[str, Difference] = field(default_factory=dict)
    found: Divergence | None = None
    substitutes: dict[str, str] = field(default_factory=dict)

    def follow(self, call: Call, found: Any) -> Any:
        """The second backend's part; stops the program where it diverges."""
        if self.tolerance.ignores(call.name):
            return call.pairs.mirrored(found)
        place = self.program.here()
        self.operations += 1
        self.backward += bool(place.backward_of)
        second, difference = self._second(call, found)
        if self._fine(call, found, difference):
            self._note(call, place, difference)
            return second
        again, alone = self._second(call.mapped(_from_the_first), found)
        if self._fine(call, found, alone):
            self._amplify(call, place, difference)
            return again if difference.ulps < INFINITE else call.pairs.mirrored(found)
        self._found(call, place, alone)
        raise DivergedError

    def _found(self, call: Call, place: Place, difference: Difference) -> None:
        """Note a divergence; of what core composes of other operations, the first of those that diverges."""
        providers = (call.provider(0), call.provider(1))
        limit = self.tolerance.limit(call.name, difference.dtype)
        self.found = whole = Divergence(call.name, place, providers, difference, limit)
        composed = portable.bound(call.name, call.pairs) if "portable" in providers else None
        if composed is None:
            return
        again = call.mapped(_from_the_first)
        try:
            composed(*again.args, **again.kwargs)
        except DivergedError:
            inner = whole if self.found is None else self.found
            self.found = replace(inner, place=place, inside=call.name)
        except Exception:  # noqa: BLE001 - not composed of what pairs can do
            self.found = whole

    @staticmethod
    def _second(call: Call, found: Any) -> tuple[Any, Difference]:
        try:
            second = call.run(1)
        except Exception as error:  # noqa: BLE001 - each library refuses in its own way
            return None, Difference(INFINITE, INFINITE, why=f"{type(error).__name__}: {error}")
        return second, apart(call, found, second)

    def _fine(self, call: Call, found: Any, difference: Difference) -> bool:
        limit = self.tolerance.limit(call.name, difference.dtype)
        if difference.ulps <= limit:
            return True
        if difference.ulps == INFINITE or each_element_counts(call.name):
            return False
        # a sum of terms that cancel is as accurate as its terms are large
        return difference.largest <= limit * precision(difference.dtype)[0] * _magnitude(call)

    def _note(self, call: Call, place: Place, difference: Difference) -> None:
        if difference.ulps > self.most.ulps:
            self.most, self.most_at = difference, f"{call.name}, {place}"

    def _amplify(self, call: Call, place: Place, difference: Difference) -> None:
        key = f"{place}: {call.name}"
        old = self.amplified.get(key)
        if old is None or old.ulps < difference.ulps:
            self.amplified[key] = difference


def _from_the_first(pair: Pair) -> Pair:
    """A pair whose second side has the values of the first."""
    first = pair.sides[0]
    return Pair(first, pair.xp.backend.following(first), pair.xp)


def _absolute(pair: Pair) -> Pair:
    """A pair whose first side is not negative."""
    xp = pair.xp.backend.sides[0]
    raw = pair.sides[0]
    if not xp.is_floating(raw):
        return pair
    return Pair(xp.astype(xp.abs(raw), raw.dtype), pair.sides[1], pair.xp)


def _magnitude(call: Call) -> float:
    """The largest element that the operation gives for the absolute values of what it was given."""
    try:
        result = call.mapped(_absolute).run(0)
        parts = result if isinstance(result, (tuple, list)) else (result,)
        xp = call.pairs.backend.sides[0]
        sizes = [float(xp.backend.to_host(xp.max(xp.abs(p)))) for p in parts if xp.is_floating(p)]
    except Exception:  # noqa: BLE001 - then the result's own size has to do
        return 0.0
    return max((s for s in sizes if s < INFINITE), default=0.0)


# --- the command ------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xpgrad compare", usage=USAGE, allow_abbrev=False,
        description="Run a program on two backends and stop at the first operation whose results are too far apart. "
        "Exit status: 0 if the backends agree, 1 if not, 2 if the program or a backend failed or no operation ran.",
    )  # fmt: skip
    parser.add_argument("first", metavar="A", help="the backend whose values the program sees")
    parser.add_argument("second", metavar="B", help="the backend that is held against it")
    parser.add_argument(
        "script", metavar="SCRIPT | -m MODULE",
        help="the program, as python takes it; what it prints goes to standard error. Its arguments come after it; "
        "those that are called like the options below come after --",
    )  # fmt: skip
    limits = parser.add_mutually_exclusive_group()
    limits.add_argument(
        "--ulp", type=float, metavar="N",
        help="units in the last place that are too many (default: 64 for each element of elementwise operations, 1024 "
        "of the largest element for others, more for linear algebra)",
    )  # fmt: skip
    limits.add_argument("--rtol", type=float, metavar="R", help="the same as a relative difference")
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="OPERATION",
        help="do not compare it (a pattern such as 'linalg.*'); may be repeated",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the comparison: 0 if the backends agree, 1 if not, 2 if the program or a backend fails."""
    words, after, module = words_of(argv, before=2, valued=("--ulp", "--rtol", "--ignore"))
    options, rest = _parser().parse_known_args(words)
    wrong = next(filter(None, map(unknown, options.ignore)), "")
    if wrong:
        return _complain(wrong)
    try:
        program = Program(options.script, [*rest, *after], module=module)
    except FileNotFoundError as error:
        return _complain(str(error))
    referee = Referee(program, Tolerance(options.ulp, options.rtol, tuple(options.ignore)))
    try:
        sides = [namespace_of_backend(name) for name in (options.first, options.second)]
    except XpgradError as error:
        return _complain(str(error))
    referee.substitutes = install(sides[0], sides[1], referee).backend.substitutes
    failed = ""
    try:
        status = program.run()
        failed = f"the program ended with status {status}" if status else ""
    except DivergedError:
        pass
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the program's own, shown as Python shows it
        program.show(error)
        failed = f"the program failed on {options.first}: {type(error).__name__}: {error}"
    names = (options.first, options.second)
    if options.json:
        print(json.dumps(record(referee, names, failed), indent=1))
    else:
        print("\n".join(render(referee, names, failed)))
    return 1 if referee.found else 2 if failed or not referee.operations else 0


def _complain(text: str) -> int:
    print(f"xpgrad compare: {text}", file=sys.stderr)
    return 2


def render(referee: Referee, names: tuple[str, str], failed: str) -> Iterator[str]:
    """The result as lines of text."""
    found = referee.found
    if found is not None:
        yield from _diverged(found, names)
        return
    script, both = referee.program.path, " and ".join(names)
    if not referee.operations:
        why = f"{failed}; before that {NOTHING}" if failed else NOTHING
        yield f"{script}: nothing was compared: {why}"
        return
    if failed:
        yield f"{script}: {failed}; up to there {referee.operations} operations agree on {both}"
        return
    split = f"{referee.operations - referee.backward} forward, {referee.backward} backward"
    yield f"{script}: {referee.operations} operations agree on {both} ({split})"
    if referee.most.ulps:
        yield f"the largest difference: {_ulps(referee.most)} at {referee.most_at}"
    for dtype, other in referee.substitutes.items():
        yield f"{names[1]} has no {dtype}: {other} stood for it"
    worst = sorted(referee.amplified.items(), key=lambda pair: -pair[1].ulps)
    for place, difference in worst[:SHOWN]:
        yield f"{place} amplifies earlier roundings to {_ulps(difference)}; alone it agrees"
    if len(worst) > SHOWN:
        yield f"so do {len(worst) - SHOWN} other operations, less"


def _ulps(difference: Difference) -> str:
    if difference.ulps * precision(difference.dtype)[0] >= 1 or difference.ulps == INFINITE:
        return f"{difference.largest:.3g}"  # as large as the number itself
    return f"{difference.largest:.3g} = {difference.ulps:.3g} ULP of {difference.dtype}"


def _diverged(found: Divergence, names: tuple[str, str]) -> Iterator[str]:
    place, difference = found.place, found.difference
    what = f"backward of {place.backward_of}: " if place.backward_of else ""
    within = f", in {found.inside}," if found.inside else ""
    yield f"{place}: {what}{found.operation}{within} diverges"
    if place.text:
        yield f"    {place.text}"
    if place.called_at:
        yield f"  differentiated at line {place.called_at}"
    for name, provider in zip(names, found.providers, strict=True):
        yield f"  {name}: {provider}"
    if difference.why:
        yield f"  {difference.why}"
        return
    at = f" at {list(difference.where)}" if difference.where else ""
    yield f"  {names[0]} {difference.values[0]!r}, {names[1]} {difference.values[1]!r}{at}"
    yield f"  largest difference {_ulps(difference)}, allowed {found.limit:.3g}"


def record(referee: Referee, names: tuple[str, str], failed: str) -> dict[str, Any]:
    """The result as data."""
    found = referee.found
    data: dict[str, Any] = {
        "script": referee.program.path, "backends": list(names),
        "agree": found is None and not failed and referee.operations > 0,
        "failed": failed or ("" if found or referee.operations else NOTHING),
        "operations": referee.operations, "backward": referee.backward,
        "largest_ulps": referee.most.ulps, "largest_at": referee.most_at, "amplified": list(referee.amplified),
        "substitutes": referee.substitutes,
    }  # fmt: skip
    if found is not None:
        finite = found.difference.ulps < INFINITE
        data["divergence"] = {
            "operation": found.operation, "inside": found.inside, "file": found.place.file, "line": found.place.line,
            "source": found.place.text, "backward_of": found.place.backward_of, "called_at": found.place.called_at,
            "providers": dict(zip(names, found.providers, strict=True)), "dtype": found.difference.dtype,
            "why": found.difference.why, "index": list(found.difference.where),
            "values": list(map(repr, found.difference.values)),
            "largest": found.difference.largest if finite else None,
            "ulps": found.difference.ulps if finite else None, "limit": found.limit,
        }  # fmt: skip
    return data
