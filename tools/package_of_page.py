"""Write the package that a page of ``docs/plugins`` builds in its text.

``python tools/package_of_page.py docs/plugins/writing-an-optimizer.md FOLDER``

A block of code is a file if the line before it is the file's path, alone and in backquotes, with a colon; blocks of
one path are parts of one file, in their order.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

BLOCK: Final = re.compile(
    r"(?:^`(?P<path>[\w./-]+)`:\n\n)?^```(?P<tag>[^\n]*)\n(?P<code>.*?)^```[ ]*$",
    re.MULTILINE | re.DOTALL,
)


def files(page: str) -> dict[str, str]:
    """Path and text of every file that a page writes."""
    found: dict[str, str] = {}
    for block in BLOCK.finditer(page):
        if path := block["path"]:
            found[path] = f"{found[path]}\n\n{block['code']}" if path in found else block["code"]
    return found


def write(page: str, folder: Path) -> None:
    """Write a page's files under ``folder``."""
    for path, text in files(page).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    page, folder = map(Path, sys.argv[1:])
    write(page.read_text(encoding="utf-8"), folder)
