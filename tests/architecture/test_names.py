"""Every public name loads, none is hidden by a module, and the stubs say what the tables say."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import xpgrad as xp
from xpgrad import _public
from xpgrad._chapters import CHAPTERS

ROOT = Path(__file__).parents[2]

LIST_NAMES = """
import importlib, json, pkgutil, sys
import xpgrad
for module in pkgutil.walk_packages(xpgrad.__path__, "xpgrad."):
    if "__main__" in module.name or ".conformance." in module.name:
        continue
    importlib.import_module(module.name)
kinds = {}
for name in xpgrad._public.names():
    kinds[name] = type(getattr(xpgrad, name)).__name__
print(json.dumps(kinds))
"""


def test_no_module_takes_the_name_of_a_public_function() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIST_NAMES], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    kinds = json.loads(done.stdout.splitlines()[-1])
    assert {n for n, kind in kinds.items() if kind == "module"} == set(_public.SUBMODULES)


@pytest.mark.parametrize("name", _public.names())
def test_a_public_name_loads_and_documents_itself(name: str) -> None:
    value = getattr(xp, name)
    if callable(value):
        assert value.__doc__, f"xpgrad.{name} has no docstring"


CHAPTER_NAMES = [f"{c}.{n}" for c in sorted(CHAPTERS) for n in _public.chapter_names(c)]


@pytest.mark.parametrize("name", CHAPTER_NAMES)
def test_a_public_name_of_a_chapter_loads_and_documents_itself(name: str) -> None:
    chapter, last = name.split(".")
    assert getattr(getattr(xp, chapter), last).__doc__, f"xpgrad.{name} has no docstring"


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(AttributeError, match="did you mean .*concat"):
        xp.concatt


def test_the_stubs_are_generated_from_the_tables() -> None:
    # in a process of its own: methods are replaced when they are first used
    command = [sys.executable, str(ROOT / "tools/make_stubs.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_type_marker_ships() -> None:
    packages = [p.parent for p in ROOT.glob("*/**/src/*/__init__.py")]
    assert ROOT / "core/src/xpgrad" in packages
    assert [str(p) for p in packages if not (p / "py.typed").is_file()] == []


MODULES = [
    m.name for m in pkgutil.iter_modules(xp.__path__, "xpgrad.") if not m.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_of_core_imports_alone(name: str) -> None:
    command = [sys.executable, "-c", f"import {name}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
