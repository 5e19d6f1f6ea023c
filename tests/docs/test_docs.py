"""The code in the README and the docs runs as it stands."""

from __future__ import annotations

import doctest
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
SCRIPT = runpy.run_path(str(ROOT / "tools" / "package_of_page.py"))
LINK = re.compile(r"\]\((?!https?:|#)(?P<target>[^)#]+)[^)]*\)")
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(text: str) -> list[tuple[int, str]]:
    """(first line, code) of every Python block that is meant to run and is no file of the page's package."""
    return [
        (text.count("\n", 0, m.start("code")) + 1, m["code"])
        for m in SCRIPT["BLOCK"].finditer(text)
        if m["tag"].startswith("python") and "no-run" not in m["tag"] and not m["path"]
    ]


def run_page(path: Path, text: str) -> None:
    """Run a page's blocks from top to bottom in one namespace; blocks with prompts are compared with their output."""
    namespace: dict[str, object] = {"__name__": "__docs__"}
    for line, code in blocks(text):
        if ">>>" in code:
            runner = doctest.DocTestRunner(optionflags=OPTIONS)
            test = doctest.DocTestParser().get_doctest(
                code, namespace, f"{path.stem}-{line}", str(path), line
            )
            report: list[str] = []
            runner.run(test, out=report.append, clear_globs=False)
            namespace.update(test.globs)
            assert not runner.failures, "".join(report)
        else:
            padded = "\n" * (line - 1) + code  # tracebacks then name the page's own lines
            exec(compile(padded, str(path), "exec", dont_inherit=True), namespace)  # noqa: S102 - our own page


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_block_of_the_page_runs(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    package_of: Callable[[str], Any],
) -> None:
    text = path.read_text()
    if "pyproject.toml" in SCRIPT["files"](text):  # the page uses the package that it writes
        done = package_of(text).run(__file__, str(path))
        assert done.returncode == 0, done.stderr
        return
    if "register_plugin" in text:  # what a page registers must not outlive it
        done = subprocess.run(
            [sys.executable, __file__, str(path)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return
    monkeypatch.chdir(tmp_path)
    run_page(path, text)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_of_the_page_leads_somewhere(path: Path) -> None:
    for match in LINK.finditer(path.read_text()):
        assert (path.parent / match["target"]).exists(), match["target"]


def test_a_wrong_page_fails() -> None:
    with pytest.raises(AssertionError, match="Expected"):
        run_page(Path("wrong.md"), "```python\n>>> 1 + 1\n3\n```\n")
    with pytest.raises(ZeroDivisionError):
        run_page(Path("wrong.md"), "text\n```python\n1 / 0\n```\n")


if __name__ == "__main__":
    run_page(Path(sys.argv[1]), Path(sys.argv[1]).read_text())
