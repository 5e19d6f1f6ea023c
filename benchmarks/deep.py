"""A chain of 100,000 nodes: CPU seconds forward, backward and when it is dropped; bytes per node; peak.

Each system runs in processes of its own, because memory is read off the process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

from harness import arguments, available, row, save

NODES = 100_000
COLUMNS = ("forward s", "backward s", "drop s", "sum s", "bytes per node", "peak MB")


def memory(field: str) -> float:
    """Bytes of this process in memory: now (``VmRSS``) or at most so far (``VmHWM``)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition(f"{field}:")[2].split()[0]) * 1024


def chain(lib: Any, times: int) -> tuple[Any, Any]:
    """``y * w`` again and again, on 0-d values."""
    w = lib.asarray(0.999999, dtype=lib.float64)
    w.requires_grad_()
    y = w
    for _ in range(times):
        y = y * w
    return w, y


def once(system: str) -> None:
    """Print one system's numbers as JSON."""
    lib = available(system)[system]
    w, y = chain(lib, 10)
    y.backward()
    before = memory("VmRSS")
    times = [process_time()]
    w, y = chain(lib, NODES)
    times.append(process_time())
    held = memory("VmRSS") - before
    y.backward()
    times.append(process_time())
    gradient = float(w.grad)
    del y
    times.append(process_time())
    peak = memory("VmHWM") - before
    assert abs(gradient - (NODES + 1) * 0.999999**NODES) < 1e-6 * gradient
    spans = [b - a for a, b in pairwise(times)]
    print(json.dumps([*spans, sum(spans), held / NODES, peak / 1e6]))


def measured(system: str) -> list[float]:
    """One run in a fresh process."""
    command = [sys.executable, __file__, "--one", system]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this file
    return list(json.loads(done.stdout))


def main() -> None:
    """Interleave the systems and show the medians."""
    rounds = 2 if arguments().quick else 7
    seen: dict[str, list[list[float]]] = {s: [] for s in available("xpgrad", "torch")}
    for _ in range(rounds):
        for system, runs in seen.items():
            runs.append(measured(system))
    medians = {s: [statistics.median(c) for c in zip(*r, strict=True)] for s, r in seen.items()}
    lines = [row([f"{NODES:,} nodes", *COLUMNS]), row(["---", *["---:"] * len(COLUMNS)])]
    lines += [row([s, *(f"{v:.3g}" for v in values)]) for s, values in medians.items()]
    target = "\n\nTarget: under 0.6 s in all, under 1,000 bytes per node."
    save("deep", "\n".join(lines) + target, medians)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        once(sys.argv[2])
    else:
        main()
