"""What it costs to have xpgrad: seconds of import beyond the standard library's and pluggy's, and bytes on disk."""

from __future__ import annotations

import marshal
import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from harness import arguments, row, save

AFTER = "import pluggy, importlib.metadata"
IMPORTS = {
    "pluggy and importlib.metadata": ("pass", AFTER),
    "**xpgrad, after these**": (AFTER, "import xpgrad"),
    "a first operation, after these, xpgrad and numpy": (
        f"{AFTER}, numpy, xpgrad", "xpgrad.tensor(1.0, requires_grad=True) * 2.0",
    ),
    "numpy": ("pass", "import numpy"),
    "torch": ("pass", "import torch"),
}  # fmt: skip
"""A statement whose time counts, and one before it; in a fresh interpreter."""
PACKAGES = "xpgrad xpgrad_numpy xpgrad_layers xpgrad_adam xpgrad_adagrad xpgrad_rmsprop xpgrad_cupy".split()
CLOCK = "import time\n{}\na = time.process_time()\n{}\nprint(time.process_time() - a)"


def milliseconds(before: str, statement: str) -> float:
    """CPU time of a statement in a fresh interpreter."""
    command = [sys.executable, "-c", CLOCK.format(before, statement)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - a table
    return float(done.stdout) * 1e3


def kilobytes(package: str) -> tuple[float, float]:
    """What a package's files take, and the bytecode that an installer adds."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return 0.0, 0.0
    files = [
        f
        for f in Path(spec.origin).parent.rglob("*")
        if f.is_file() and f.suffix not in (".pyc", ".so")
    ]
    texts = [(f.read_text(), str(f)) for f in files if f.suffix == ".py"]
    bytecode = sum(
        len(marshal.dumps(compile(t, name, "exec", dont_inherit=True))) + 16 for t, name in texts
    )
    return sum(f.stat().st_size for f in files) / 1e3, bytecode / 1e3


def main() -> None:
    """Interleave the statements and show the medians."""
    rounds = 3 if arguments().quick else 15
    wanted = {t: s for t, s in IMPORTS.items() if t != "torch" or find_spec("torch")}
    seen: dict[str, list[float]] = {title: [] for title in wanted}
    for _ in range(rounds):
        for title, statement in wanted.items():
            seen[title].append(milliseconds(*statement))
    medians = {title: statistics.median(times) for title, times in seen.items()}
    sizes = {p: kilobytes(p) for p in PACKAGES}
    lines = [row(["import", "CPU ms"]), row(["---", "---:"])]
    lines += [row([title, f"{ms:.1f}"]) for title, ms in medians.items()]
    lines += ["", row(["package", "kB of files", "kB of bytecode"]), row(["---", "---:", "---:"])]
    lines += [row([p, f"{kb:.0f}", f"{pyc:.0f}"]) for p, (kb, pyc) in sizes.items() if kb]
    files, bytecode = (sum(s[i] for s in sizes.values()) for i in (0, 1))
    lines += [row(["**together**", f"**{files:.0f}**", f"**{bytecode:.0f}**"])]
    target = "\n\nTarget: under 15 ms, under 2,000 kB."
    save("size", "\n".join(lines) + target, {"milliseconds": medians, "kilobytes": sizes})


if __name__ == "__main__":
    main()
