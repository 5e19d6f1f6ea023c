"""The last result of each plugin's conformance run, kept for ``xpgrad doctor``."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

__all__ = ["folder", "last_results", "remember"]

KEPT = (
    "kind",
    "name",
    "provider",
    "library",
    "device",
    "xpgrad",
    "date",
    "verdict",
    "conforms",
    "levels",
)


def folder() -> Path:
    """Where results are kept: ``$XPGRAD_CACHE``, else the user's cache."""
    own = os.environ.get("XPGRAD_CACHE")
    if own:
        return Path(own) / "conformance"
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(home) if home else Path.home() / ".cache") / "xpgrad" / "conformance"


def remember(report: dict[str, Any]) -> None:
    """Keep what a run said; where nothing can be written, nothing is kept."""
    name = re.sub(r"\W+", "-", f"{report['kind']}-{report['name']}-{report['device'] or ''}").strip(
        "-"
    )
    try:
        folder().mkdir(parents=True, exist_ok=True)
        kept = {k: report[k] for k in KEPT}
        (folder() / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    except OSError:
        return


def last_results() -> list[dict[str, Any]]:
    """What was kept, in order of name."""
    found = []
    for file in sorted(folder().glob("*.json")):
        try:
            found.append(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    return found
