"""Mutation of every derivative and every optimizer's update: does the conformance kit see each changed node?

python tools/mutation.py --json all.json             # all, about a quarter of an hour on two cores
python tools/mutation.py --only linalg.pinv          # the mutants whose name holds this text
python tools/mutation.py --sample 60 --seed 1        # some of them
python tools/mutation.py --report a.json b.json      # docs/results/mutation.md from the outcomes of such runs

Each mutant lives in a process of its own, forked before any operation was made, where the changed module takes the
place of the real one; then the kit's checks run on the operations whose rules have changed, on NumPy in double
precision, until one fails.  Survivors need a reason in tools/mutation_survivors.toml.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import gc
import json
import platform
import random
import resource
import signal
import sys
import textwrap
import time
import tomllib
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import scipy.special

sys.path.insert(0, str(Path(__file__).parent))
from mutants import KINDS, Mutant, mutants
from mutation_checks import failure_of_operations, failure_of_optimizers, gradients_of
from mutation_targets import TARGETS, Target, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Outcome", "all_mutants", "run", "score", "tested"]

ROOT: Final = Path(__file__).parents[1]
REASONS: Final = ROOT / "tools" / "mutation_survivors.toml"
REPORT: Final = ROOT / "docs" / "results" / "mutation.md"
MEMORY: Final = 6 << 30
FATES: Final = ("killed", "crashed", "timeout", "survived")


class Outcome(NamedTuple):
    """What became of a mutant."""

    name: str
    kind: str
    fate: str
    """killed by a comparison, crashed (an error), timeout, survived; unchanged where no operation's code differs."""
    told: str
    """The check and the message that killed it."""
    seconds: float


def all_mutants(only: Iterable[str] = ("",)) -> list[tuple[Target, Mutant]]:
    """Every mutant whose name holds one of some texts."""
    found = [(t, m) for t in TARGETS for m in mutants(t.text, t.file, t.is_formula)]
    return [(t, m) for t, m in found if any(text in m.name for text in only)]


# --- one mutant ----------------------------------------------------------------------------------------------


def tested(target: Target, mutant: Mutant) -> Outcome:
    """The fate of a mutant, in a child process."""
    start = time.perf_counter()
    fate, told, names = _in_a_child(lambda: _fate(target, mutant))
    if fate == "survived" and not target.optimizers:
        told = f"{told}; {_change(target, mutant, names)}"
    return Outcome(mutant.name, mutant.kind, fate, told, round(time.perf_counter() - start, 2))


def _in_a_child(work: Callable[[], list[Any]]) -> list[Any]:
    """What a function returns in a process of its own; a fate where it raises or does not end."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _live(work, write)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF:
        return ["timeout", "a check did not end", []]
    return json.loads(text) if text else ["crashed", f"status {status}", []]


def _live(work: Callable[[], list[Any]], write: int) -> None:
    """In the child: work, tell, and end."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        warnings.simplefilter("ignore")
        found = work()
    except BaseException as error:  # noqa: BLE001 - a module that cannot be executed is seen by everybody
        found = ["crashed", f"{type(error).__name__}: {error}"[:300], []]
    with os.fdopen(write, "w") as pipe:
        pipe.write(json.dumps(found))
    os._exit(0)


def _fate(target: Target, mutant: Mutant) -> list[Any]:
    """Become the mutant and run the checks: the fate, what it is due to, the names of what has changed."""
    changed = put(target, mutant.tree)
    check = failure_of_optimizers if target.optimizers else failure_of_operations
    fate, told = check(changed) if changed else ("unchanged", "")
    return [fate, told[:300], changed]


def _change(target: Target, mutant: Mutant, names: list[str]) -> str:
    """How far a survivor's gradients lie from the rule's on the kit's samples, in words."""

    def changed() -> list[Any]:
        put(target, mutant.tree)
        return gradients_of(names)

    worst = 0.0
    for got, want in zip(
        _in_a_child(changed), _in_a_child(lambda: gradients_of(names)), strict=True
    ):
        a, b = np.asarray(got), np.asarray(want)
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        off = np.where(same, 0.0, np.abs(a - b)) / max(np.max(np.abs(b), initial=0.0), 1e-300)
        worst = max(worst, float(np.max(off, initial=0.0)))
    return f"gradients differ by at most {worst:.1g} of their size"


def run(
    chosen: list[tuple[Target, Mutant]], *, processes: int = 2, file: Path | None = None
) -> list[Outcome]:
    """The fates of mutants, several at a time, with a line for each that survives; kept in a file as they come."""
    if file is not None:
        file.write_text("", encoding="utf-8")
    gc.collect()
    gc.freeze()
    found = []
    with ThreadPoolExecutor(processes) as pool:
        for number, outcome in enumerate(pool.map(lambda pair: tested(*pair), chosen), 1):
            found.append(outcome)
            if file is not None and outcome.fate != "unchanged":
                with file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(outcome._asdict()) + "\n")
            if outcome.fate in ("survived", "timeout"):
                print(f"{outcome.fate}: {outcome.name}", flush=True)
            if number % 200 == 0:
                print(f"{number} of {len(chosen)}", flush=True)
    return [o for o in found if o.fate != "unchanged"]


# --- the score -----------------------------------------------------------------------------------------------


EQUIVALENT: Final = "equivalent"
NOT_SEEN: Final = "not seen"
TITLES: Final = {
    EQUIVALENT: "Survivors that compute the same, or the same to double precision",
    NOT_SEEN: "Survivors that the kit does not see",
    "": "Survivors without a reason",
}


def reasons() -> dict[str, tuple[str, str]]:
    """What a survivor is and why, by its name; a reason may hold the mutants of one sentence."""
    tables = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    return {
        name: (kind, reason)
        for kind, table in tables.items()
        for reason, names in table.items()
        for name in names
    }


def share(part: int, whole: int) -> str:
    """``15 of 2300 (0.65 %)``."""
    return f"{part} of {whole} ({100 * part / max(whole, 1):.2f} %)"


def score(outcomes: Iterable[Outcome]) -> str:
    """One line: the survivors among all mutants, and among those that are not equivalent."""
    every, told = list(outcomes), reasons()
    kinds = Counter(told.get(o.name, ("", ""))[0] for o in every if o.fate == "survived")
    alive, same, nothing = kinds.total(), kinds[EQUIVALENT], kinds[""]
    return (
        f"survivors: {share(alive, len(every))} of all mutants; {same} are equivalent; "
        f"{share(alive - same, len(every) - same)} of the others; {nothing} without a reason"
    )


def report(outcomes: list[Outcome], note: str = "") -> str:
    """The page: score, counts by kind, survivors with their reasons."""
    lines = [
        "# Mutation of the rules and the optimizers", "",
        f"Generated by `tools/mutation.py` on {datetime.now(UTC):%Y-%m-%d}; one changed node in each mutant.", "",
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}.", "",
        textwrap.fill(f"**{score(outcomes).capitalize()}.**", 120), "",
        *([textwrap.fill(note, 120), ""] if note else []),
        "`killed`: a comparison of the kit failed; `crashed`: an error was raised; `timeout`: a check took over 20 s.",
        "", f"| kind | what | {' | '.join(FATES)} |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for kind, what in KINDS.items():
        counts = Counter(o.fate for o in outcomes if o.kind == kind)
        lines.append(f"| {kind} | {what} | {' | '.join(str(counts[f]) for f in FATES)} |")
    every = Counter(o.fate for o in outcomes)
    lines.append(f"| all | | {' | '.join(str(every[f]) for f in FATES)} |")
    return "\n".join([*lines, "", *_by_file(outcomes), *_survivors(outcomes)]) + "\n"


def _by_file(outcomes: list[Outcome]) -> list[str]:
    told = reasons()
    lines = ["| file | mutants | survived | of them equivalent |", "|---|---|---|---|"]
    for file in dict.fromkeys(o.name.partition(":")[0] for o in outcomes):
        here = [o for o in outcomes if o.name.startswith(f"{file}:")]
        alive = [o for o in here if o.fate == "survived"]
        same = sum(told.get(o.name, ("", ""))[0] == EQUIVALENT for o in alive)
        lines.append(f"| {file} | {len(here)} | {len(alive)} | {same} |")
    return lines


def _survivors(outcomes: list[Outcome]) -> list[str]:
    """The survivors by what they are, those of one reason together, with how far their gradients are off."""
    told, groups = reasons(), defaultdict(list)
    for o in outcomes:
        if o.fate == "survived":
            groups[told.get(o.name, ("", "no reason"))].append(o)
    lines = []
    for kind, title in TITLES.items():
        here = {reason: found for (k, reason), found in groups.items() if k == kind}
        if here:
            lines += ["", f"## {title}", ""]
        for reason, found in here.items():
            lines.append(f"* {reason}:")
            for o in found:
                off = o.told.partition("differ by at most ")[2].removesuffix(" of their size")
                lines.append(f"  * `{o.name}`{f' (off by {off})' if off else ''}")
    return lines


def main() -> int:
    """Run what was asked for; the exit code is 1 where a survivor has no reason."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only", default=[""], nargs="+", help="mutants whose names hold one of these"
    )
    parser.add_argument("--sample", type=int, default=0, help="so many of them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--json", type=Path, help="keep every outcome in this file, a line for each"
    )
    parser.add_argument("--report", type=Path, nargs="+", help="write the page from these files")
    parser.add_argument("--note", default="", help="a sentence for the page: what was not run")
    asked = parser.parse_args()
    if asked.report:
        rows = [
            json.loads(line)
            for file in asked.report
            for line in file.read_text(encoding="utf-8").splitlines()
        ]
        outcomes = list({r["name"]: Outcome(**r) for r in rows}.values())
        REPORT.write_text(report(outcomes, asked.note), encoding="utf-8")
        print(score(outcomes))
        return 0
    chosen = all_mutants(asked.only)
    if asked.sample:
        chosen = random.Random(asked.seed).sample(chosen, min(asked.sample, len(chosen)))  # noqa: S311
    start = time.perf_counter()
    outcomes = run(chosen, processes=asked.processes, file=asked.json)
    print(f"{score(outcomes)}, {time.perf_counter() - start:.0f} s")
    return int(any(o.fate == "survived" and o.name not in reasons() for o in outcomes))


if __name__ == "__main__":
    sys.exit(main())
