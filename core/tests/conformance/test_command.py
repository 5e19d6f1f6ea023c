"""``xpgrad conformance backend NAME`` and the two lines in an author's repository."""

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")


def run(folder, *words, **environment):
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip


def test_numpy_conforms_from_any_directory_whatever_pytest_files_lie_there(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    done = run(
        tmp_path,
        "xpgrad",
        "conformance",
        "backend",
        "numpy",
        "--json",
        "report.json",
        "-W",
        "error",
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "backend 'numpy': CONFORMS" in done.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["schema"] == 2
    assert report["verdict"] == "CONFORMS"
    assert not report["skips"]
    assert len(report["tests"]) > 1000
    assert not (tmp_path / ".pytest_cache").exists()


def test_array_api_strict_conforms(tmp_path):
    done = run(tmp_path, "xpgrad.conformance", "backend", "array_api_strict", "-W", "error")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "backend 'array_api_strict': CONFORMS" in done.stdout


def test_a_device_without_double_precision_conforms_and_says_what_it_skipped(tmp_path):
    done = run(
        tmp_path,
        "xpgrad.conformance",
        "backend",
        "array_api_strict",
        "--device",
        "no_x64",
        "-W",
        "error",
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "no int64, uint64, float64, complex128 on array_api_strict:no_x64" in done.stdout
    assert "backend 'array_api_strict': CONFORMS" in done.stdout


def test_a_part_of_the_kit_gives_no_verdict(tmp_path):
    done = run(
        tmp_path, "xpgrad.conformance", "backend", "numpy", "-k", "second_order and multiply"
    )
    assert done.returncode == 0, done.stdout
    assert "there is no verdict" in done.stdout
    assert "CONFORMS" not in done.stdout


def test_collecting_gives_no_verdict(tmp_path):
    done = run(tmp_path, "xpgrad.conformance", "backend", "numpy", "--collect-only")
    assert done.returncode == 0, done.stdout
    assert "CONFORM" not in done.stdout


def test_an_unknown_backend_is_told_in_one_sentence(tmp_path):
    done = run(tmp_path, "xpgrad.conformance", "backend", "nobody")
    assert done.returncode == 2
    assert (
        "backend 'nobody' cannot be tested: no plugin provides the backend 'nobody'" in done.stdout
    )


@pytest.fixture
def author(tmp_path):
    """A repository with the two lines."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["xpgrad.conformance.plugin"]\n')
    text = 'from xpgrad.conformance.test_backend import *\n\nBACKEND = "array_api_strict"\n'
    (tmp_path / "test_conformance.py").write_text(text)
    return tmp_path


def test_two_lines_in_an_authors_repository_run_the_kit(author):
    done = run(
        author, "pytest", "-q", "-p", "no:cacheprovider", "-k", "forward_and_gradient and tanh"
    )
    assert done.returncode == 0, done.stdout
    assert "conformance of backend 'array_api_strict'" in done.stdout


def test_an_authors_other_tests_do_not_meet_the_kit(author):
    (author / "test_own.py").write_text("def test_own():\n    pass\n")
    done = run(author, "pytest", "-q", "-p", "no:cacheprovider", "test_own.py")
    assert done.returncode == 0, done.stdout
    assert "conformance" not in done.stdout


def test_a_core_test_cannot_be_skipped(author):
    skip = "import pytest\n\n\ndef pytest_runtest_setup(item):\n    pytest.skip('not today')\n"
    with (author / "conftest.py").open("a") as file:
        file.write(skip)
    done = run(author, "pytest", "-q", "-p", "no:cacheprovider", "-k", "tanh")
    assert done.returncode == 1
    assert "a core test may not be skipped: Skipped: not today" in done.stdout
    assert "DOES NOT CONFORM" in done.stdout


def test_all_tests_what_is_installed_and_says_what_cannot_be(tmp_path):
    ours = {e.dist.name for e in entry_points(group="xpgrad")}
    others = ",".join(ours - {"xpgrad-numpy", "xpgrad-cupy", "xpgrad-rmsprop"})
    words = ("xpgrad", "conformance", "all", "-k", "start or zero", "--json", "all.json")
    done = run(tmp_path, *words, XPGRAD_DISABLE_PLUGINS=others, CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 0, done.stdout + done.stderr
    told = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert set(told) == {
        "backend 'numpy'", "backend 'cupy'", "optimizer 'RMSprop'", "optimizer 'SGD'"
    }  # fmt: skip
    assert told["backend 'cupy'"].startswith("not tested: backend 'cupy' cannot be tested")
    assert told["backend 'numpy'"].startswith("PASSED WHAT RAN")
    assert len(json.loads((tmp_path / "all.json").read_text())) == 3
