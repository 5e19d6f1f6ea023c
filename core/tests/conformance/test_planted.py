"""The kit can fail: every planted wrong rule is caught, by the test that should, with its operation named."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
PLANTED = {
    # wrong sign, missing factor, lost broadcast, wrong constant
    ("subtract", "wrong sign"): "first_order_agrees_with_finite_differences",
    ("square", "missing factor"): "first_order_agrees_with_finite_differences",
    ("add", "lost broadcast"): "gradients_keep_shape_dtype_and_device",
    ("tan", "a constant off by 1e-7"): "first_order_agrees_with_complex_step",
    ("conj", "forgotten conj"): "first_order_agrees_with_finite_differences",
    ("cumulative_sum", "not reversed"): "second_order_agrees_with_finite_differences",
    ("take", "lost duplicates"): "first_order_agrees_with_finite_differences",
    ("prod", "NaN at zero"): "first_order_agrees_with_finite_differences",
    # impure
    ("negative", "writes its cotangent"): "inputs_and_cotangents_are_never_written",
    ("tanh", "branches on a value"): "the_rule_reads_no_value",
    ("cos", "remembers its input"): "the_tape_keeps_only_what_the_rule_names",
    ("positive", "keeps too much"): "the_rule_names_only_what_it_reads",
    # what only one test sees
    ("sin", "another dtype"): "gradients_keep_shape_dtype_and_device",
    (
        "expm1",
        "second order through a detached value",
    ): "second_order_agrees_with_finite_differences",
    ("sort", "wrong word"): "the_word_of_the_operation_is_true",
    ("hypot", "no derivative by one input"): "the_value_depends_on_nothing_without_a_derivative",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    words = " or ".join(f"[{name}" for name, _ in PLANTED) + " or [flip"
    done = subprocess.run(
        [sys.executable, "-m", "xpgrad", "conformance", "backend", "numpy", "--json", "report.json",
         "-p", "planted_rules", "-k", words],
        cwd=folder, env={**os.environ, "PYTHONPATH": os.fspath(FOLDER)}, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip
    return done, json.loads((folder / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("operation", "fault"), PLANTED, ids=lambda v: v.replace(" ", "_"))
def test_a_planted_rule_is_caught_and_named(run, operation, fault):
    done, report = run
    wanted = f"test_{PLANTED[operation, fault]}[{operation}"
    failed = [t["test"] for t in report["tests"] if t["outcome"] == "failed"]
    assert any(wanted in test for test in failed), [t for t in failed if operation in t]
    assert f"{operation}, sample" in done.stdout or f"{operation}: " in done.stdout


def test_a_run_with_wrong_rules_does_not_conform(run):
    done, report = run
    assert done.returncode == 1
    assert report["verdict"] == "DOES NOT CONFORM"
    assert "backend 'numpy': DOES NOT CONFORM" in done.stdout


def test_right_rules_beside_them_pass(run):
    _, report = run
    assert {t["outcome"] for t in report["tests"] if "[flip" in t["test"]} == {"passed"}
