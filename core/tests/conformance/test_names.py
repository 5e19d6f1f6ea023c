"""A wrong name of what is under test is an error that says what there is: never a green run of nothing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from xpgrad.conformance.names import named, unfuzzed
from xpgrad.conformance.samples import CASES, Case, Sample
from xpgrad.conformance.site import Site
from xpgrad.conformance.suite._calls import calls
from xpgrad.errors import PluginError, PluginWarning
from xpgrad.extend.backend import ExtendedNamespace, host

FOLDER = Path(__file__).parent
WRONG = {
    "typo": ("operation", 'OPERATIONS = "right_won"', "called 'right_won'; did you mean 'right_one'?"),
    "one_of_two": ("operation", 'OPERATIONS = ("right_one", "nothing")', "plugin is called 'nothing'; installed: "),
    "with_comma": ("operation", 'OPERATIONS = "right_one, nothing"', "is called 'nothing'"),
    "empty": ("operation", "OPERATIONS = ()", "OPERATIONS = (): expected a name"),
    "number": ("operation", "OPERATIONS = 5", "OPERATIONS = 5: expected a name"),
    "missing": ("operation", "", "does not say of which; set OPERATIONS"),
    "no_samples": ("operation", 'OPERATIONS = "without_samples"', "without_samples: the declaration names no samples"),
    "no_backend": ("backend", 'BACKEND = "nunpy"', "backend 'nunpy' cannot be tested: no plugin provides"),
    "two_backends": ("backend", 'BACKEND = ("numpy", "torch")', "expected the name of one backend"),
    "optimizer": ("optimizer", 'OPTIMIZER = ("Right", "Rihgt")', "is called 'Rihgt'; did you mean 'Right'?"),
    "layer": ("layer", 'LAYER = "Rihgt"', "no installed layer is called 'Rihgt'; did you mean 'Right'?"),
}  # fmt: skip
PLUGIN = """
import sys

from broken import operations
from dataclasses import replace
from xpgrad.extend import hookimpl, registry

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_ops():
    return [replace(operations.RIGHT, name="without_samples", samples=None)]


registry.register_plugin(sys.modules[__name__])
"""


def run(folder, *words):
    (folder / "declared.py").write_text(PLUGIN)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "xpgrad.conformance.plugin",
         "-p", "broken.plugin", "-p", "declared", *words],
        cwd=folder, capture_output=True, text=True, check=False, timeout=200,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([os.fspath(FOLDER), os.fspath(folder)])},
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What one run over all the wrong modules says, by module."""
    folder = tmp_path_factory.mktemp("wrong")
    for name, (kind, constant, _) in WRONG.items():
        text = f"from xpgrad.conformance.test_{kind} import *\n\n{constant}\n"
        (folder / f"test_{name}.py").write_text(text)
    done = run(folder)
    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout
    each = r"ERROR collecting test_(\w+)\.py _+\n(.*?)(?=\n_+ |\n=+ )"
    return dict(re.findall(each, done.stdout, re.DOTALL))


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_constant_of_an_authors_module_is_told_in_a_sentence(told, name):
    assert WRONG[name][2] in told[name]
    assert "site-packages" not in told[name], "a traceback"


@pytest.mark.parametrize("names", ['("right_one", "special.erfi")', '"right_one, special.erfi"'])
def test_two_operations_are_named_by_a_tuple_or_with_a_comma(tmp_path, names):
    text = f"from xpgrad.conformance.test_operation import *\n\nOPERATIONS = {names}\n"
    (tmp_path / "test_two.py").write_text(text)
    done = run(tmp_path, "-k", "gradients_keep", "--xpgrad-json=r.json")
    assert done.returncode == 0, done.stdout
    report = json.loads((tmp_path / "r.json").read_text())
    assert set(report["operations"]) == {"right_one", "special.erfi"}
    assert report["name"] == "right_one, special.erfi"


def test_names_are_a_text_with_commas_or_several_texts():
    assert named("a, b,c", "X") == named(["a", "b", "c"], "X") == ("a", "b", "c")
    for wrong in ("", " , ", (), None, {"a"}, ("a", 1)):
        with pytest.raises(PluginError, match="X = "):
            named(wrong, "X")


def test_the_command_names_what_comes_near(tmp_path):
    words = "xpgrad conformance optimizer adamm,SGD"
    done = subprocess.run(
        [sys.executable, "-m", *words.split()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no installed optimizer is called 'adamm'; did you mean 'Adam" in done.stdout


@pytest.mark.parametrize(
    ("kernels", "told"),
    [
        ({"sqare": abs}, "nothing calls it; did you mean 'square'?"),
        ({"zzz": abs}, "nothing calls it; name it as the operation is called"),
        ({"square": 3}, "the kernel 'square' is 3; expected a function"),
    ],
)
def test_a_kernel_that_nothing_calls_is_warned_of_when_its_backend_starts(kernels, told):
    backend = host()
    with pytest.warns(PluginWarning) as seen:
        ExtendedNamespace(backend, kernels)
    assert [str(w.message).endswith(told) for w in seen] == [True]


def test_kernels_of_operations_of_functions_and_of_absent_plugins_are_no_misspelt_ones():
    kernels = dict.fromkeys(["square", "sum_to", "special.erf", "absent.operation", "argsort"], abs)
    assert not ExtendedNamespace(host(), kernels).unused_kernels()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("optimizer SGD --json /no/such/r.json", 2, "to /no/such/r.json: there is no folder /no/such"),
        ("all --html /no/such/r.html", 2, "to /no/such/r.html: there is no folder /no/such"),
        ("optimizer SGD --only test_it_convergs[SGD-lr=0.1-beale]", 5, "did you mean 'test_it_converges[SGD-lr=0.1-"),
        ("optimizer SGD -k nonsense", 5, "nothing ran: -k 'nonsense' fits none of "),
    ],
)  # fmt: skip
def test_what_cannot_come_to_a_report_is_told_of(words, code, told):
    done = subprocess.run(
        [sys.executable, "-m", "xpgrad", "conformance", *words.split()], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    assert told in done.stdout


def test_random_cases_without_hypothesis_are_refused_with_the_command(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert unfuzzed(3) == '--fuzz needs hypothesis: pip install "xpgrad-core[fuzz]"'
    assert unfuzzed(0) is None


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"y": 1.0}, "square, sample 'wrong': it has an array 'y'; the arrays of square are x"),
        ({"x": [1.0]}, "its 'x' is [1.0], a list; expected a host array"),
    ],
)
def test_a_sample_that_cannot_be_is_told_in_words(monkeypatch, arrays, told):
    case = Case("square", lambda make: iter([Sample("wrong", arrays)]))
    monkeypatch.setitem(CASES, "square", case)
    with pytest.raises(pytest.fail.Exception) as error:
        calls(Site.of("numpy"), "square", "float64")
    assert told in str(error.value)
