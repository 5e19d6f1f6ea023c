"""The packages that the pages for authors build in their text conform, and are as small as the pages say."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = Path(__file__).parents[2] / "docs/plugins"
PACKAGES = ("writing-a-backend", "writing-a-layer", "writing-an-operation", "writing-an-optimizer")
SOME = {
    "writing-a-backend": [
        "-k",
        "starts or matmul or scatter_add or unindex",
    ]
}
"""All of a backend's kit takes longer than a test may; the referee's backend, with its arrays, passes all of it."""
TREE = re.compile(r"^```text\n(?P<root>xpgrad-\w+)/\n(?P<lines>.*?)^```", re.MULTILINE | re.DOTALL)
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def text_of(page: str) -> str:
    return (PAGES / f"{page}.md").read_text()


def lines_of_code(folder: Path) -> int:
    """Lines that are neither empty nor a comment, in all Python files of a folder; docstrings count."""
    lines = set()
    for path in folder.rglob("*.py"):
        with path.open("rb") as file:
            for token in tokenize.tokenize(file.readline):
                if token.type not in {*LAYOUT, tokenize.ENCODING, tokenize.ENDMARKER}:
                    lines |= {(path, n) for n in range(token.start[0], token.end[0] + 1)}
    return len(lines)


@pytest.mark.parametrize("page", PACKAGES)
def test_the_package_of_the_page_passes_its_own_tests(
    page: str, package_of: Callable[[str], Any]
) -> None:
    options = ["-q", "-p", "no:cacheprovider", *SOME.get(page, ())]
    done = package_of(text_of(page)).run("-m", "pytest", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("PASSED WHAT RAN" if page in SOME else "CONFORMS") in done.stdout


@pytest.mark.parametrize("page", PACKAGES)
def test_the_page_lists_the_files_that_it_writes(
    page: str, package_of: Callable[[str], Any]
) -> None:
    tree = TREE.search(text_of(page))
    assert tree is not None
    package = package_of(text_of(page))
    assert tree["root"] == package.name
    listed = {line.split()[0] for line in tree["lines"].splitlines()}
    files = {f.relative_to(package.folder) for f in package.folder.rglob("*") if f.is_file()}
    assert listed == {f.as_posix() for f in files if "__pycache__" not in f.parts}


def test_an_optimizer_is_at_most_forty_lines(package_of: Callable[[str], Any]) -> None:
    package = package_of(text_of("writing-an-optimizer"))
    assert 20 < lines_of_code(package.folder / "src") <= 40


def test_a_backend_is_at_most_sixty_lines(package_of: Callable[[str], Any]) -> None:
    package = package_of(text_of("writing-a-backend"))
    assert 30 < lines_of_code(package.folder / "src") <= 60


WRONG = {
    "writing-an-operation": ("g / (1 + xp.abs(x)) ** 2", "g / (1 + xp.abs(x)) ** 3"),
    "writing-an-optimizer": ("1 - betas[1]) * g}", "1 - betas[0]) * g}"),
    "writing-a-layer": ("(changed - input)", "(changed + input)"),
}


@pytest.mark.parametrize("page", WRONG)
def test_a_wrong_rule_in_the_text_is_found(page: str, package_of: Callable[[str], Any]) -> None:
    right, wrong = WRONG[page]
    text = text_of(page)
    assert right in text
    done = package_of(text.replace(right, wrong, 1)).run(
        "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"
    )
    assert done.returncode == 1
    assert "FAILED" in done.stdout


PAPERS = """
from xpgrad.extend import OptimizerSpec, hookimpl

XPGRAD_API = (1, 0)
RULES = {
    "ScheduleFreeSGD": ("sgd", {"lr": 0.1}, {"lr": 0.05, "beta": 0.5, "weight_decay": 0.1, "warmup": 7}),
    "ScheduleFreeAdamW": ("adamw", {"lr": 0.02}, {"lr": 0.05, "betas": (0.8, 0.95), "weight_decay": 0.1, "warmup": 5}),
    "Prodigy": ("prodigy", {}, {"lr": 0.5, "d0": 1e-3}),
}


@hookimpl
def xpgrad_optimizers():
    return [
        OptimizerSpec(f"Paper{rule}", f"page:{rule}", reference=f"page:{reference}_reference", cases=cases)
        for rule, (reference, *cases) in RULES.items()
    ]
"""


def test_the_optimizers_from_papers_conform(
    package_of: Callable[[str], Any], tmp_path: Path
) -> None:
    """As if each were a package; `run` of another page's package has the environment for it."""
    block = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
    (tmp_path / "page.py").write_text("\n".join(block.findall(text_of("optimizers-from-papers"))))
    (tmp_path / "papers.py").write_text(PAPERS)
    info = tmp_path / "papers-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: papers\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[xpgrad]\npapers = papers\n")
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["xpgrad.conformance.plugin"]\n')
    test = "from xpgrad.conformance.test_optimizer import *\n\nOPTIMIZER = 'Paper*'\n"
    (tmp_path / "test_papers.py").write_text(test)
    options = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}")
    done = package_of(text_of("writing-an-optimizer")).run(
        *options,
        str(tmp_path),
        PYTHONPATH=str(tmp_path),
        XPGRAD_PLUGINS="xpgrad-numpy,xpgrad-adam,papers",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("ScheduleFreeSGD", "ScheduleFreeAdamW", "Prodigy"):
        assert f"class {name}(" in text_of("optimizers-from-papers")
    assert "CONFORMS" in done.stdout
