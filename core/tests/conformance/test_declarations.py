"""What a backend declares to lack or to fail is believed, printed, and cannot go stale."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from xpgrad._support import matches
from xpgrad.conformance import lacking
from xpgrad.conformance.reporting import PROPERTY, Outcome, Reporter
from xpgrad.conformance.site import Site
from xpgrad.extend import registry

DECLARED = """
from dataclasses import replace

from xpgrad.extend import registry

specs = registry.backend_specs


def declared():
    found = specs()
    return {{**found, "numpy": replace(found["numpy"], lacks={lacks!r}, known_failures={known!r})}}


registry.backend_specs = declared
"""
WORDS = "[tanh] or [sinh] or starts or vmap_agrees"


@pytest.fixture
def run(tmp_path):
    def with_declaration(lacks=None, known=None, *options):
        text = DECLARED.format(lacks=lacks or {}, known=known or {})
        (tmp_path / "declaring.py").write_text(text)
        done = subprocess.run(
            [sys.executable, "-m", "xpgrad", "conformance", "backend", "numpy", "--json", "r.json", "-p", "declaring",
             *options],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
            env={**os.environ, "PYTHONPATH": os.fspath(tmp_path), "XPGRAD_CACHE": os.fspath(tmp_path)},
        )  # fmt: skip
        return done, json.loads((tmp_path / "r.json").read_text())

    return with_declaration


def outcomes(report, word):
    return {t["test"]: t["outcome"] for t in report["tests"] if word in t["test"]}


def test_what_is_lacking_is_skipped_with_its_reason(run):
    done, report = run({"sinh": "no such unit", "L3": "planned"}, None, "-k", WORDS)
    assert done.returncode == 0, done.stdout
    assert set(outcomes(report, "[sinh]").values()) == {"skipped"}
    assert set(outcomes(report, "vmap_agrees").values()) == {"skipped"}
    assert set(outcomes(report, "[tanh]").values()) == {"passed", "skipped"}
    assert "numpy lacks sinh: no such unit" in done.stdout
    assert report["lacks"] == {"sinh": "no such unit", "L3": "planned"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("float64", "lacks 'float64', and has it"),
        ("add", "lacks 'add', which is required of every backend"),
        ("L1", "lacks 'L1', which is required of every backend"),
        ("flaot64", "lacks 'flaot64', which is no dtype, chapter, level or operation"),
    ],
)
def test_a_declaration_that_cannot_be_is_a_failure(run, name, told):
    done, _ = run({name: "because"}, None, "-k", "declares")
    assert done.returncode == 1
    assert told in done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("softmax", "and its samples run right"),
        ("nonzero", "and its samples run right"),
        ("linalg.eig", "and its samples run right"),
        ("fft", "and fft.fft, fft.fftfreq, fft.fftn, fft.fftshift and 10 more run right"),
        ("data-dependent shapes", "and masks are read and written right"),
    ],
)
def test_what_works_after_all_is_a_failure(name, told):
    site = Site.of("numpy")
    site.lacks = {name: "because", "L3": "a level is believed"}
    (found,) = lacking.stale(site)
    assert found.startswith(f"lacks {name!r}, {told}")


def test_what_is_lacking_indeed_is_believed(tmp_path):
    code = """
import broken.partial
from xpgrad.conformance import lacking
from xpgrad.conformance.site import Site
site = Site.of("partial")
site.lacks = dict.fromkeys(["float64", "complex64", "linalg", "fft", "linalg.svd", "fft.rfft", "L3"], "because")
assert not lacking.stale(site), lacking.stale(site)
site.lacks = {"special": "because", "linalg.diagonal": "because"}
print(lacking.stale(site))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (
        "lacks 'linalg.diagonal', and its samples run right" in done.stdout
    )  # core's own serves it


def test_a_known_failure_that_passes_fails_the_run(run):
    done, report = run(None, {"test_vmap_agrees_with_a_loop[tanh]": "an issue"}, "-k", "[tanh]")
    assert done.returncode == 1
    assert outcomes(report, "vmap_agrees_with_a_loop[tanh]") == {
        "test_vmap_agrees_with_a_loop[tanh]": "failed"
    }


def test_a_pattern_means_tests_by_name_and_stars():
    assert matches("test_vmap*[*conv*]", "test_vmap_agrees[convolved]")
    assert matches("test_vmap_agrees", "test_vmap_agrees[convolved]")
    assert not matches("test_vmap*[conv]", "test_vmap_agrees[convolved]")


def test_a_pattern_that_means_no_test_is_no_conformance(monkeypatch):
    spec = replace(registry.backend_specs()["numpy"], known_failures={"test_nothing": "an issue"})
    monkeypatch.setattr(registry, "backend_specs", lambda: {"numpy": spec})
    reporter = Reporter(None)
    reporter.name = "numpy"
    reporter.tests = {str(n): Outcome("test", n, None, "passed") for n in (0, 1)}
    assert reporter.verdict == "DOES NOT CONFORM: known failures that mean no test: test_nothing"
    reporter.found = {"test_nothing"}
    assert reporter.verdict == "CONFORMS"


def test_only_runs_one_test_and_a_failure_prints_the_command(run):
    done, report = run(
        {"add": "because"}, None, "--only", "test_what_it_declares_to_lack_is_missing"
    )
    assert len(report["tests"]) == 1
    command = "xpgrad conformance backend numpy --only 'test_what_it_declares_to_lack_is_missing'"
    assert command in done.stdout
    assert report["tests"][0]["replay"] == command


def test_random_shapes_run_where_asked(run):
    pytest.importorskip("hypothesis")
    done, report = run(None, None, "--fuzz", "5", "-k", "random_shapes and [exp]")
    assert done.returncode == 0, done.stdout
    assert outcomes(report, "random_shapes") == {"test_random_shapes_agree[exp]": "passed"}


def test_a_partial_namespace_gets_an_honest_matrix(tmp_path):
    code = """
import sys
import broken.partial
from xpgrad.conformance.cli import main
words = "[linalg or [fft or [tanh or [matmul or [cofactor or [real"
sys.exit(main(["backend", "partial", "--json", "r.json", "-k", words]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parent), "XPGRAD_CACHE": os.fspath(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["missing_dtypes"] == ["float64", "complex64", "complex128"]
    assert set(report["operations"]["tanh"].values()) == {"passed"}
    assert set(report["operations"]["linalg.svd"].values()) == {"skipped"}
    assert set(report["operations"]["cofactor"].values()) == {"skipped"}  # made of svd
    assert "partial has no linalg, and core has no portable default for it" in done.stdout
    assert "no float64, complex64, complex128 on partial" in done.stdout


def test_distributed_tests_are_one_run(tmp_path):
    """What only workers know, the patterns they met and what was left out, reaches the verdict."""
    pytest.importorskip("xdist", reason="needs pytest-xdist")
    words = "xpgrad conformance optimizer RMSprop -n 2 -k zero".split()
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "deselected, so there is no verdict" in done.stdout
    reporter = Reporter(None)
    for worker in ({PROPERTY: (["one"], 2)}, {PROPERTY: (["other"], 2)}, {}):
        reporter.pytest_testnodedown(SimpleNamespace(workeroutput=worker), None)
    assert (reporter.found, reporter.deselected) == ({"one", "other"}, 2)


def test_an_interrupted_run_gives_no_verdict(tmp_path):
    code = """
import sys
from xpgrad.conformance.cli import main


class Interrupting:
    def pytest_runtest_teardown(self, item):
        raise KeyboardInterrupt


import pytest
run = pytest.main
pytest.main = lambda words, plugins=(): run(words, plugins=[*plugins, Interrupting()])
sys.exit(main(["optimizer", "SGD"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "XPGRAD_CACHE": os.fspath(tmp_path)},
    )  # fmt: skip
    assert "interrupted after 1 tests, so there is no verdict" in done.stdout, done.stdout
    assert done.returncode == pytest.ExitCode.INTERRUPTED
    assert not list(tmp_path.rglob("*.json"))
