"""Write the tables of the documentation that are made from xpgrad's own: ``python tools/make_tables.py [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import xpgrad
from xpgrad._namespace._meanings import CHOSEN
from xpgrad._signatures import INTERNAL
from xpgrad.extend import registry
from xpgrad.rules import CONSTANTS
from xpgrad.transforms import vmap_coverage

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCS = Path(__file__).parents[1] / "docs"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def chosen() -> str:
    """What was chosen where there is no derivative, by function."""
    rows = ((f"`{name}`", text) for name, text in sorted(CHOSEN.items()))
    return table(("function", "its derivative"), rows)


def constants() -> str:
    """The functions without a derivative, by reason."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in sorted(CONSTANTS.items()):
        if name not in INTERNAL:
            by_reason.setdefault(reason, []).append(f"`{name}`")
    rows = ((", ".join(names), reason) for reason, names in sorted(by_reason.items()))
    return table(("functions", "why"), rows)


def coverage() -> str:
    """How vmap batches each operation of core."""
    by_word: dict[str, list[str]] = {}
    for name, word in vmap_coverage().items():
        if name in registry.ops():
            continue
        by_word.setdefault(word, []).append(f"`{name}`")
    own = [w for w in by_word if not w.startswith("not covered")]
    rows = (
        (word, ", ".join(by_word[word]))
        for word in (*sorted(own), *sorted(set(by_word) - set(own)))
    )
    return table(("how", "operations"), rows)


TABLES = {
    "derivatives-the-contract.md": {"chosen": chosen, "constants": constants},
    "transforms/vmap-coverage.md": {"coverage": coverage},
}


def filled(text: str, name: str, content: str) -> str:
    """The text with what stands between the markers of ``name`` replaced."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        message = f"no markers for {name!r}"
        raise SystemExit(message)
    return f"{before}{begin}\n{content}\n\n{end}{after}"


def main() -> int:
    """Write the tables, or with ``--check`` say which are out of date."""
    xpgrad.add  # noqa: B018 - loads the namespace
    stale = 0
    for page, tables in TABLES.items():
        path = DOCS / page
        text = new = path.read_text(encoding="utf-8")
        for name, make in tables.items():
            new = filled(new, name, make())
        if new == text:
            continue
        if "--check" in sys.argv:
            sys.stdout.write(f"{page} is out of date: python tools/make_tables.py\n")
            stale += 1
        else:
            path.write_text(new, encoding="utf-8")
            sys.stdout.write(f"wrote {path}\n")
    return stale


if __name__ == "__main__":
    sys.exit(main())
