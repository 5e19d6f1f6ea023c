"""Backends and plugins stand on the public names of xpgrad: what a stranger could use."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for pattern in ("backends/*/src", "plugins/*/src")
    for path in ROOT.glob(f"{pattern}/**/*.py")
)


def private_imports(source):
    """Every private part of xpgrad that a module imports, wherever in it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            paths = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            paths = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for path in paths:
            parts = path.split(".")
            if parts[0] == "xpgrad" and any(part.startswith("_") for part in parts):
                found.append(path)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_plugin_imports_only_public_names(file):
    assert private_imports(file.read_text(encoding="utf-8")) == []


def test_this_check_can_fail():
    source = """
import xpgrad._engine
from xpgrad import _graph
from xpgrad.rules._table import Rule
def f():
    from xpgrad._tensor import Tensor
from xpgrad.extend import Backend
from xpgrad_numpy._private import mine
"""
    assert private_imports(source) == [
        "xpgrad._engine",
        "xpgrad._graph",
        "xpgrad.rules._table.Rule",
        "xpgrad._tensor.Tensor",
    ]
