"""The kit of optimizers, layers, operations can fail: each broken one is caught by its test; right ones pass."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import xpgrad.conformance
from xpgrad.conformance import test_backend, test_layer, test_optimizer
from xpgrad.conformance.reporting import Outcome, Reporter

FOLDER = Path(__file__).parent
KIT = Path(xpgrad.conformance.__file__).parent
sys.path.insert(0, os.fspath(FOLDER))
try:
    from broken import layers, operations, optimizers
finally:
    sys.path.remove(os.fspath(FOLDER))

KINDS = {"optimizer": optimizers, "layer": layers, "operation": operations}
IGNORED = "ignore::xpgrad.errors.PluginWarning"
"""The kernel of a misspelled name is told of when the backend starts, too."""
EACH = [(kind, name) for kind, module in KINDS.items() for name in module.BROKEN]


def run(folder, *options, kinds=("optimizer", "layer"), plugins=("broken.plugin",)):
    """The kit in a process of its own, in which some plugins are registered; its outcomes by test."""
    report = folder / "report.json"
    path = os.pathsep.join([os.fspath(FOLDER), os.fspath(folder)])
    loaded = [word for name in ("xpgrad.conformance.plugin", *plugins) for word in ("-p", name)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, f"--rootdir={KIT}", "-p", "no:cacheprovider", "-q", *loaded,
         "-W", "error", "-W", IGNORED, f"--xpgrad-json={report}", *options,
         *(str(KIT / f"test_{kind}.py") for kind in kinds)],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if not report.exists():
        return done, {}
    return done, {t["test"]: t for t in json.loads(report.read_text(encoding="utf-8"))["tests"]}


@pytest.fixture(scope="module")
def caught(tmp_path_factory):
    """The outcome, for each broken one, of the test that should catch it, by kind and test; and all that was said."""
    found, text = {}, ""
    strict = "--xpgrad-backend=array_api_strict"
    for kind, backend, module in (
        ("optimizer", [], optimizers),
        ("optimizer", [strict], optimizers),
        ("layer", [], layers),
        ("operation", [], operations),
    ):
        chosen = [
            module.BROKEN[getattr(cls, "__name__", cls)]
            for cls in module.BROKEN_TESTS
            if (cls in getattr(module, "ELSEWHERE", ())) == bool(backend)
        ]
        words = " or ".join(f"({spec.name} and {test})" for spec, test in chosen)
        folder = tmp_path_factory.mktemp(kind)
        chosen = (
            "--xpgrad-operations=broken_*" if kind == "operation" else f"--xpgrad-{kind}=Broken*"
        )
        done, tests = run(folder, chosen, *backend, "-k", words, kinds=[kind])
        assert tests, done.stdout + done.stderr
        found |= {(kind, test): outcome for test, outcome in tests.items()}
        text += done.stdout
    return found, text


@pytest.mark.parametrize(("kind", "name"), EACH, ids=lambda v: v)
def test_a_broken_one_is_caught_by_the_test_that_should(caught, kind, name):
    outcomes, text = caught
    spec, test = KINDS[kind].BROKEN[name]
    its = {
        t: o
        for (k, t), o in outcomes.items()
        if k == kind and t.startswith((f"{test}[{spec.name}-", f"{test}[{spec.name}]"))
    }
    failed = {t: o for t, o in its.items() if o["outcome"] == "failed"}
    assert failed, f"{test} does not see it: {its}"
    for each, outcome in failed.items():
        assert (outcome["level"] == "L5") == (kind != "operation")
        assert f"--only '{each}'" in text, "no command replays it"
        assert spec.name in outcome["reason"] or name in outcome["reason"], outcome["reason"]


SAID = {
    "CoupledDecay": "leaves its reference at step 1, start 'usual': number 0 was 1.5 and is",
    "Uphill": "must fall below",
    "Float32State": "state['w']['v'] of a float64 parameter is float32, expected float64",
    "Float32Step": "something on the way is single precision",
    "TupleState": "state['m'] is a list; what update returns to be remembered is a dict of arrays and Python numbers",
    "HostState": "array_api_strict",
    "WritesTheGradient": "step 1 wrote into the gradients",
    "ForgetsTheStep": "what was loaded is not what was saved: ['state']['w']['step'] is 0, expected 1",
    "SavesNothing": "step 2 of a run resumed after step 1 is not the uninterrupted run's",
    "AdvancesWithoutGradient": "with no gradient for 'b', changed its state: ['step'] is",
    "RateOfTheStepBefore": "is the same whether its lr is halved before it or not",
    "Detached": "through update_tree",
    "AcceptsAnything": "a group with lr=-1.0 was accepted; expected ValueError",
    "DetachedWeight": "the gradient of weight at (0, 0) is 0, the difference is",
    "OneOrder": "the second derivative along a direction",
    "NoiseInEvaluation": "in evaluation a call draws random numbers",
    "HiddenParameter": "after its state came from a file, it computes otherwise",
    "AsksForValues": "its forward took to the host: float64 of shape ()",
    "CountsDouble": "in training, call 1, against its reference: the buffers after the call: 'calls' is 2.0",
    "NeverCounts": "the buffers after the call: 'calls' is 0.0",
    "KeepsTheTape": "its buffers ['calls'] require grad",
    "Hoards": "nodes of the tape are left after three more calls",
    "TakesNoPlace": "takes no device= and dtype=",
    "ForgetsADtype": "its 'bias' is xpgrad.float64: dtype= does not go to it",
    "BranchesOnAValue": "bool() of an array asks for its value",
    "computes_with_numpy": "does not support ufuncs",
    "has_a_kernel": "kernel 'broken_has_a_kernle' has the name of no operation, so nothing calls it; did you mean",
    "writes_its_input": "writes into an array that it was given; it may write none\n  at ",
    "asks_for_a_value": "bool() of an array asks for its value",
    "SharesItsCopies": "a deep copy shares 2 parameters",
}
"""What the messages must say, where a fault could be told in other words."""


@pytest.mark.parametrize("name", SAID)
def test_the_message_points_to_the_fault(caught, name):
    outcomes, _ = caught
    reasons = [
        o["reason"]
        for (_, t), o in outcomes.items()
        if f"roken{name}-" in t or f"broken_{name}]" in t
    ]
    assert any(SAID[name] in reason for reason in reasons), reasons


def test_right_ones_pass_all_of_it(tmp_path):
    done, tests = run(tmp_path, "--xpgrad-optimizer=Right*", "--xpgrad-layer=Right")
    assert done.returncode == 0, done.stdout
    assert {t["outcome"] for t in tests.values()} == {"passed"}, done.stdout[-2000:]
    alone, of_operation = run(tmp_path, "--xpgrad-operations=right_one", kinds=["operation"])
    assert {t["outcome"] for t in of_operation.values()} == {"passed"}, alone.stdout[-2000:]
    assert {"RightProdigy", "RightSAM", "Right"} <= {
        t.partition("[")[2].partition("-")[0].rstrip("]") for t in tests
    }


FORMULAS = "not finite_differences and not converge and not reference"
"""What is true on NumPy is true of the formula everywhere."""


@pytest.mark.parametrize(
    ("backend", "options"), [("numpy", ()), ("array_api_strict", ("-k", FORMULAS))], ids=["numpy", "array_api_strict"]
)  # fmt: skip
def test_everything_installed_conforms(tmp_path, backend, options):
    done, tests = run(tmp_path, f"--xpgrad-backend={backend}", *options, plugins=())
    assert done.returncode == 0, done.stdout[-4000:]
    passed = {
        t.partition("[")[2].partition("-")[0] for t, o in tests.items() if o["outcome"] == "passed"
    }
    assert {
        "SGD",
        "Adam",
        "AdamW",
        "Adagrad",
        "RMSprop",
        "Linear",
        "Conv2d",
        "CrossEntropyLoss",
    } <= passed


DECLARED = """
import sys
from dataclasses import replace

from broken import layers, optimizers
from xpgrad.extend import ComponentSpec, hookimpl, registry

XPGRAD_API = (1, 0)
KNOWN = {"test_it_follows_its_reference*": "decay is coupled on purpose: https://example.org/1"}


@hookimpl
def xpgrad_optimizers():
    wrong = optimizers.BROKEN["CoupledDecay"][0]
    return [replace(wrong, name="KnownDecay", known_failures=KNOWN),
            replace(optimizers.RIGHT, name="KnownRight", known_failures=KNOWN),
            replace(optimizers.RIGHT, name="Unheld", reference=None)]


@hookimpl
def xpgrad_components():
    return [ComponentSpec("layer", "Unfed", "broken.layers:Right", cases=({"inward": 3, "outward": 2},))]


registry.register_plugin(sys.modules[__name__])
"""


@pytest.fixture
def declared(tmp_path):
    """A folder with a plugin of other declarations of the broken ones."""
    (tmp_path / "declared.py").write_text(DECLARED)
    return tmp_path


def test_a_known_failure_is_expected_and_one_that_passes_is_a_failure(declared):
    options = ["--xpgrad-optimizer=Known*", "-k", "follows_its_reference"]
    done, tests = run(declared, *options, kinds=["optimizer"], plugins=["declared"])
    found = {
        name: {o["outcome"] for t, o in tests.items() if name in t}
        for name in ("KnownDecay", "KnownRight")
    }
    assert found == {"KnownDecay": {"known"}, "KnownRight": {"failed"}}, done.stdout
    assert "decay is coupled on purpose" in done.stdout


def test_the_report_says_that_there_is_no_reference(declared):
    done, tests = run(
        declared, "--xpgrad-optimizer=Unheld", kinds=["optimizer"], plugins=["declared"]
    )
    assert done.returncode == 0
    skipped = {t.partition("[")[0] for t, o in tests.items() if o["outcome"] == "skipped"}
    assert "test_it_follows_its_reference" in skipped
    assert "no reference: Unheld names no independent statement of its rule" in done.stdout
    assert "optimizer 'Unheld': CONFORMS, but for its values: no reference" in done.stdout


@pytest.mark.parametrize(
    ("name", "reasons", "verdict"),
    [
        ("A", [], "CONFORMS"),
        ("a", ["no reference: A names none"], "CONFORMS, but for its values: no reference"),
        (
            "*",
            ["no reference: B x", "no reference: A y", "no reference of training: A z", "other"],
            "CONFORMS, but for the values of A, B and the training of A: no reference",
        ),
    ],
)
def test_the_verdict_says_what_nothing_holds(name, reasons, verdict):
    reporter = Reporter(None)
    reporter.kind, reporter.name, reporter.deselected = "layer", name, 0
    reporter.stale = list
    reporter.tests = {str(n): Outcome("t", 5, None, "skipped", 0, r) for n, r in enumerate(reasons)}
    reporter.tests["passed"] = Outcome("t", 5, None, "passed")
    assert reporter.verdict == verdict


def test_an_author_may_import_every_kit_into_one_module():
    shared = {"known_failures", "pytest_generate_tests"}
    found = [
        set(test_optimizer.__all__) - shared,
        set(test_layer.__all__) - shared,
        set(test_backend.__all__),
    ]
    assert sum(map(len, found)) == len(set.union(*found))


def test_a_name_that_nobody_has_is_no_success(tmp_path):
    done, tests = run(tmp_path, "--xpgrad-optimizer=Nobodys", kinds=["optimizer"])
    assert done.returncode != 0
    assert not tests
    assert "no installed optimizer is called 'Nobodys'" in done.stdout + done.stderr


def test_a_layer_without_an_input_is_told_how_to_declare_it(declared):
    options = ["--xpgrad-layer=Unfed", "-k", "shape"]
    done, _ = run(declared, *options, kinds=["layer"], plugins=["declared"])
    assert done.returncode == 1
    assert "put its shape into the case" in done.stdout
