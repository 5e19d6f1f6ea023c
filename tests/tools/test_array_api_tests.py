"""The comparison of the standard's test suite can fail, and its tracked namespace tracks."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import xpgrad as xp

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "array_api_tests.py"))
Run, compare, summary = SCRIPT["Run"], SCRIPT["compare"], SCRIPT["summary"]
LISTED = next(iter(SCRIPT["LEAVES_THE_TAPE"]))


def run(what, **outcomes):
    outcomes = {LISTED if k == "listed" else k: v for k, v in outcomes.items()}
    return Run("numpy", what, outcomes, dict.fromkeys(outcomes, "because"), 1.0)


def never(tests):
    return set()


def test_a_failure_that_the_library_passes_is_found_and_told():
    library = run("library", a="passed", b="failed")
    verdict = compare(library, run("untracked", a="failed", b="failed"), never)
    assert not verdict.good
    assert (verdict.own, verdict.shared) == ({"a"}, {"b"})
    told = summary([library, verdict], Path(), 20, [])
    assert "Fails, and the library passes: 1\n\n* `a`: because" in told


def test_a_failure_that_the_library_shows_with_more_examples_is_shared():
    verdict = compare(run("library", a="passed"), run("untracked", a="failed"), lambda tests: {"a"})
    assert verdict.good
    assert (verdict.own, verdict.shared, verdict.rare) == (set(), {"a"}, {"a"})


def test_a_test_that_runs_on_the_library_alone_is_found():
    library = run("library", a="passed", b="passed", c="skipped")
    verdict = compare(library, run("untracked", a="skipped", c="skipped"), never)
    assert not verdict.good
    assert verdict.unasked == {"a", "b"}


@pytest.mark.parametrize(("outcome", "good"), [("failed", True), ("passed", False)])
def test_what_a_tracked_array_must_fail_may_not_pass(outcome, good):
    library = run("library", listed="passed")
    assert compare(library, run("tracked", listed=outcome), never).good is good


def test_untracked_arrays_have_no_excuse():
    assert not compare(
        run("library", listed="passed"), run("untracked", listed="failed"), never
    ).good


@pytest.mark.parametrize("backend", ["numpy", "array_api_strict"])
def test_everything_floating_is_tracked_in_the_tracked_namespace(backend):
    tracked = SCRIPT["TrackedNamespace"](backend)
    made = [
        tracked.zeros(2), tracked.ones(2), tracked.full(2, 1.0), tracked.asarray([1j]), tracked.eye(2),
        tracked.linspace(0, 1, 3), tracked.arange(3.0), tracked.zeros_like(xp.ones(2)),
    ]  # fmt: skip
    assert all(x.requires_grad for x in made)
    assert not tracked.asarray([1]).requires_grad
    x = tracked.zeros(3)
    x[1] = 2.0  # the suite fills arrays in place
    assert x.requires_grad


DRAWS = """
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
import warnings

{imports}
settings.register_profile("here", derandomize=True)
settings.load_profile("here")


@pytest.mark.parametrize("dtype", [{dtype}])
def test_one(dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print("DRAWN", [st.floats().example() for _ in range(25)])


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.floats(), st.integers())
def test_many(x, i):
    print("DRAWN", x, i)
"""


def test_every_library_is_given_the_same_tests_and_the_same_numbers(tmp_path):
    (tmp_path / "same_tests.py").write_text(SCRIPT["SAME_TESTS"])
    (tmp_path / "library.py").write_text(
        "class float64: pass\nNUMBERS = " + repr([i / 7 for i in range(99)])
    )
    found = []
    for imports, dtype in (
        ("import numpy", "numpy.float64"),
        ("import library", "library.float64"),
    ):
        (tmp_path / "test_draws.py").write_text(DRAWS.format(imports=imports, dtype=dtype))
        options = ["-v", "-s", "-p", "no:cacheprovider", "-p", "same_tests", "test_draws.py"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options], cwd=tmp_path, capture_output=True, text=True,
            check=False, env=os.environ | {"PYTHONPATH": str(tmp_path)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        found.append([line for line in done.stdout.splitlines() if "DRAWN" in line])
    assert len(found[0]) > 50
    assert "test_one[float64]" in found[0][0]
    assert found[0] == found[1]
