"""Measures several systems side by side: interleaved rounds in one process, CPU time, one thread, medians.

Import this module before any array library: it sets the number of threads, which they read when loaded.
What a system must compute is checked against NumPy's numbers before anything is timed.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import platform
import random
import statistics
import sys
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"
if hasattr(os, "sched_setaffinity"):
    # the last processor at hand: the first one serves more interrupts
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np  # noqa: E402 - after the number of threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

OUTPUT = Path(__file__).parent / "output"
BATCH_SECONDS = 0.02
"""A batch repeats a call until it takes this long, so that the clock's grain does not matter."""


@dataclass(frozen=True)
class Workload:
    """One row of a table: the same work done by several systems."""

    name: str
    systems: Mapping[str, Callable[[], Any]]
    """Each does the work once and returns the numbers that must agree (arrays, or nothing)."""
    units: int = 1
    """How many nodes, rows or steps one call is; results are per unit."""
    rtol: float = 1e-6


@dataclass
class Result:
    """Median microseconds per unit of each system, and the spread (half the interquartile range)."""

    name: str
    micros: dict[str, float] = field(default_factory=dict)
    spread: dict[str, float] = field(default_factory=dict)


def available(*modules: str) -> dict[str, Any]:
    """The modules that are installed; a line for each that is not."""
    found = {}
    for module in modules:
        try:
            found[module] = importlib.import_module(module)
        except ImportError as error:
            print(f"left out: {module} ({error})", file=sys.stderr)
    if "torch" in found:
        found["torch"].set_num_threads(1)
    return found


def agreeing(workload: Workload) -> dict[str, Callable[[], Any]]:
    """The systems that can do the work; every one's numbers are NumPy's.

    Raises:
        AssertionError: which one's are not, and by how much.
    """
    others = dict(workload.systems)
    able = {"numpy": others.pop("numpy")}
    want = able["numpy"]()
    for system, work in others.items():
        try:
            got = work()
        except (
            Exception
        ) as error:  # other people's limits, such as a recursion limit, are a finding
            if system == "xpgrad":
                raise
            print(f"left out: {system} in {workload.name} ({type(error).__name__})")
            continue
        able[system] = work
        for number, (a, b) in enumerate(zip(want or (), got or (), strict=True)):
            np.testing.assert_allclose(
                np.asarray(b), a, rtol=workload.rtol, atol=workload.rtol * float(np.max(np.abs(a))),
                err_msg=f"{workload.name}: output {number} of {system} is not NumPy's",
            )  # fmt: skip
    return able


def batch(work: Callable[[], Any], times: int) -> float:
    """CPU seconds of one call, from ``times`` of them."""
    start = process_time()
    for _ in range(times):
        work()
    return (process_time() - start) / times


def measure(workload: Workload, rounds: int) -> Result:
    """Time the systems in ``rounds`` interleaved rounds, each in a new order."""
    systems = agreeing(workload)
    gc.collect()
    gc.freeze()  # what is loaded by now is nobody's garbage
    times = {s: max(1, int(BATCH_SECONDS / batch(work, 2))) for s, work in systems.items()}
    seen: dict[str, list[float]] = {s: [] for s in systems}
    for _ in range(rounds):
        for system in random.sample(list(seen), len(seen)):
            gc.collect()
            seen[system].append(batch(systems[system], times[system]))
    result = Result(workload.name)
    for system, seconds in seen.items():
        micros = [s * 1e6 / workload.units for s in seconds]
        result.micros[system] = statistics.median(micros)
        low, _, high = statistics.quantiles(micros, n=4) if len(micros) > 1 else (micros[0],) * 3
        result.spread[system] = (high - low) / 2
    return result


# --- what is shown ----------------------------------------------------------------------------------


def machine() -> dict[str, str]:
    """Where and with which versions the numbers were taken."""
    versions = {"python": platform.python_version(), "processor": processor()}
    for name in ("numpy", "torch", "jax", "autograd", "mygrad", "casadi", "pytensor"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def processor() -> str:
    """The processor's name and how many of it there are."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} processors"


def table(results: Iterable[Result], unit: str, target: str = "") -> str:
    """A Markdown table: microseconds of each system, and xpgrad's ratio to PyTorch and NumPy."""
    results = list(results)
    order = ("xpgrad", "torch", "jax", "autograd", "mygrad", "casadi", "pytensor", "numpy")
    systems = [s for s in order if any(s in r.micros for r in results)]
    head = [f"µs per {unit}", *systems, "xpgrad / PyTorch", "xpgrad / NumPy"]
    lines = [row(head), row(["---", *["---:"] * (len(head) - 1)])]
    for r in results:
        cells = [f"{r.micros[s]:.3g}" if s in r.micros else "-" for s in systems]
        lines.append(row([r.name, *cells, ratio(r, "torch"), ratio(r, "numpy")]))
    return "\n".join(lines) + (f"\n\nTarget: {target}." if target else "")


def row(cells: Iterable[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def ratio(result: Result, other: str) -> str:
    """How many times as long as another system xpgrad takes."""
    if other not in result.micros:
        return "-"
    return f"{result.micros['xpgrad'] / result.micros[other]:.2f}"


def save(name: str, text: str, results: Any) -> None:
    """Print the table and write it, with the numbers, to ``output/name.json``."""
    print(text)
    OUTPUT.mkdir(exist_ok=True)
    content = {"table": text, "machine": machine(), "results": results}
    (OUTPUT / f"{name}.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def arguments() -> argparse.Namespace:
    """``--quick``: few rounds and small sizes; ``--only TEXT``: the workloads whose name contains it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    return parser.parse_args()


def main(
    name: str, workloads: Mapping[str, Callable[[], Workload]], unit: str, target: str = ""
) -> None:
    """Measure the workloads of a file one after the other, and save the table."""
    options = arguments()
    results = []
    for title, make in workloads.items():
        if options.only not in title:
            continue
        print(f"… {title}", file=sys.stderr, flush=True)
        results.append(measure(make(), rounds=3 if options.quick else 11))
    save(name, table(results, unit, target), [vars(r) for r in results])
