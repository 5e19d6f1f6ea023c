"""Nothing grows unseen: files of at most 400 lines, functions of at most 40, a machine of at most 6,000."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    p
    for pattern in ("core/src", "backends/*/src", "plugins/*/src")
    for p in ROOT.glob(f"{pattern}/**/*.py")
)
FILE_LIMIT, FUNCTION_LIMIT, CORE_LIMIT = 400, 40, 6000

COMPOSED = tuple(
    f"_namespace/{name}.py"
    for name in (
        "contraction _subscripts convolution elementary frequencies _spectra linear_algebra missing_values quantiles "
        "selecting windows"
    ).split()
)

LONG_FILES = {
    "core/src/xpgrad/_tensor.py": "the handle: one class, every member of which a user sees",
}
LONG_FUNCTIONS = {
    "core/src/xpgrad/_engine.py:run": "the hot loop of backward: calls would cost what they save",
}


def code_lines(source: str) -> set[int]:
    """The numbers of the lines that hold code: no blanks, comments or docstrings."""
    lines: set[int] = set()
    layout = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in layout:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def long_functions(source: str) -> list[str]:
    """The functions with more than the limit of lines of code."""
    lines = code_lines(source)
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and len(lines & set(range(node.lineno, (node.end_lineno or node.lineno) + 1)))
        > FUNCTION_LIMIT
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_fits_on_a_few_screens(path: Path) -> None:
    length = len(path.read_text().splitlines())
    assert length <= FILE_LIMIT or name_of(path) in LONG_FILES, length


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_function_fits_on_one_screen(path: Path) -> None:
    found = [f"{name_of(path)}:{name}" for name in long_functions(path.read_text())]
    assert [f for f in found if f not in LONG_FUNCTIONS] == []


def test_the_exceptions_are_still_needed() -> None:
    assert all(len((ROOT / f).read_text().splitlines()) > FILE_LIMIT for f in LONG_FILES)
    for entry in LONG_FUNCTIONS:
        file, name = entry.split(":")
        assert name in long_functions((ROOT / file).read_text())


PACKAGE = ROOT / "core/src/xpgrad"
ASIDE = ("nn/", "optim/", "compat/", "conformance/", "_cli/", "__main__.py", "autograd/_check.py")
"""What has never counted; the command line and gradcheck belong to the kit."""
CHAPTERS = {
    "rules": (("rules/",), 1200),
    "portable defaults": (("extend/portable/",), 1300),
    "functions composed of others": (COMPOSED, 1700),
    "random numbers": (("random/", "_random.py", "_generator.py"), 700),
    "transforms": (("transforms/", "_tree.py"), 3000),
    "files": (("serialization.py",), 200),
}
"""Chapters beside the machine, each with its own limit (decision 0010)."""


def part_of(path: Path) -> str:
    """The chapter a module of core belongs to; ``machine`` for the rest, empty for what does not count."""
    name = path.relative_to(PACKAGE).as_posix()
    if name.startswith(ASIDE):
        return ""
    return next((c for c, (starts, _) in CHAPTERS.items() if name.startswith(starts)), "machine")


def test_no_part_of_core_grows_past_its_limit() -> None:
    sizes: dict[str, int] = {}
    for path in PACKAGE.rglob("*.py"):
        part = part_of(path)
        sizes[part] = sizes.get(part, 0) + len(code_lines(path.read_text()))
    limits = {chapter: limit for chapter, (_, limit) in CHAPTERS.items()} | {"machine": CORE_LIMIT}
    assert {p: n for p, n in sizes.items() if p and n >= limits[p]} == {}


def test_these_checks_can_fail() -> None:
    body = "\n".join(f"    x = {i}" for i in range(FUNCTION_LIMIT + 1))
    assert long_functions(f"def f():\n{body}\n") == ["f"]
    assert code_lines('"""text"""\n\n# note\nx = 1\n') == {4}
