"""Run the benchmarks, each file in a process of its own, and rewrite the tables of docs/performance.md.

    python benchmarks/run.py [nodes rows steps deep size rosenbrock] [--quick]

``--quick`` takes few rounds, to see that everything runs; it leaves the document as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent
DOCUMENT = HERE.parent / "docs" / "performance.md"
NAMES = ("nodes", "steps", "rows", "deep", "size", "rosenbrock")


def arguments() -> argparse.Namespace:
    """Which benchmarks, and how long."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return options


def progress(names: Sequence[str]) -> Iterator[str]:
    """The names one by one, under a progress bar where ``rich`` is installed."""
    with contextlib.suppress(ImportError):
        from rich.console import Console  # noqa: PLC0415 - a nicety
        from rich.progress import track  # noqa: PLC0415 - same

        yield from track(names, description="benchmarks", console=Console(stderr=True))
        return
    yield from names


def between(text: str, name: str, content: str) -> str:
    """The document with what stands between the markers of ``name`` replaced."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        message = f"{DOCUMENT} has no markers for {name!r}"
        raise SystemExit(message)
    return f"{before}{begin}\n{content}\n\n{end}{after}"


def main() -> None:
    """Run, then write."""
    options = arguments()
    names = options.names or list(NAMES)
    quick = ["--quick"] if options.quick else []
    for name in progress(names):
        command = [sys.executable, str(HERE / f"{name}.py"), *quick]
        subprocess.run(command, check=True)  # noqa: S603 - files of this folder
    if options.quick:
        return
    text = DOCUMENT.read_text(encoding="utf-8")
    for name in names:
        written = json.loads((HERE / "output" / f"{name}.json").read_text(encoding="utf-8"))
        text = between(text, name, written["table"])
        facts = ", ".join(f"{k} {v}" for k, v in written["machine"].items())
    DOCUMENT.write_text(between(text, "machine", facts), encoding="utf-8")


if __name__ == "__main__":
    main()
