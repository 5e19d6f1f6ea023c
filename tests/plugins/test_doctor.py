"""`xpgrad doctor` tells the whole picture, with every plugin broken too."""

import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

DOCTOR = "import sys; from xpgrad.__main__ import main; sys.exit(main(['doctor', *sys.argv[1:]]))"
JSON = DOCTOR.replace("*sys.argv[1:]", "'--json'")
LION = """
@hookimpl
def xpgrad_optimizers():
    return [OptimizerSpec("Lion", "lion_target:Lion"), OptimizerSpec("Adam", "lion_target:Adam")]
"""


@pytest.fixture
def zoo(site):
    site.add("my-lion", "lion", LION)
    site.module("lion_target", "class Lion: pass\nclass Adam: pass\n")
    site.add("my-broken", "broken", "raise ValueError('planted')")
    return site


def test_the_text_names_who_provides_what_and_what_was_left_out(zoo):
    text = zoo.out(DOCTOR, XPGRAD_DISABLE_PLUGINS="rmsprop")
    for line in (
        "numpy  from xpgrad-numpy:numpy, for cpu",
        "Lion  from my-lion:lion",
        "Adam, AdamW  from xpgrad-adam:adam",
        "loaded        my-lion:lion 1.2 (lion)",
        "plugin my-broken:broken, failed: ValueError: planted",
        "plugin xpgrad-rmsprop:rmsprop, disabled: XPGRAD_DISABLE_PLUGINS=rmsprop",
        "optimizer 'Adam' of my-lion:lion: 'Adam' belongs to xpgrad-adam:adam; reachable as",
    ):
        assert f"  {line}" in text


def test_json_is_the_same_as_data(zoo):
    report = json.loads(zoo.out(JSON))
    backends = {each["name"]: each for each in report["backends"]}
    assert backends["numpy"]["status"] == "ready"
    assert backends["numpy"]["devices"]
    assert backends["numpy"]["version"]
    ready = {"status": "ready", "reason": ""}
    assert {"name": "sin", "provenance": "xpgrad-core:core", **ready} in report["operations"]
    linear = {"name": "Linear", "provenance": "xpgrad-layers:layers", **ready}
    assert linear in report["components"]["layer"]
    assert [each["provenance"] for each in report["lost"]] == ["my-lion:lion"]
    broken = [each for each in report["plugins"] if each["status"] == "failed"]
    assert [each["cause"] for each in broken] == ["ValueError: planted"]


def test_it_says_why_a_backend_cannot_start(site):
    report = json.loads(site.out("import sys; sys.modules['cupy'] = None\n" + JSON))
    cupy = next(each for each in report["backends"] if each["name"] == "cupy")
    assert cupy["status"] == "cannot start"
    assert cupy["missing"] == "library"
    assert "'cupy'" in cupy["reason"]


def test_it_reports_in_strict_mode_and_what_was_left_out_is_its_exit_status(zoo):
    done = zoo.run(DOCTOR, XPGRAD_STRICT_PLUGINS="1")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "xpgrad doctor: XPGRAD_STRICT_PLUGINS is set, and 2 of what plugins declare was left out"
    ]
    assert "planted" in done.stdout
    tolerant = zoo.run(DOCTOR)
    assert (tolerant.returncode, tolerant.stderr, tolerant.stdout) == (0, "", done.stdout)
    asked = zoo.run(DOCTOR, XPGRAD_STRICT_PLUGINS="1", XPGRAD_DISABLE_PLUGINS="my-broken,my-lion")
    assert asked.returncode == 0, asked.stderr


DECLARED = """
@hookimpl
def xpgrad_optimizers():
    return [OptimizerSpec("Torn", "torn_target:Torn"), OptimizerSpec("Whole", "whole_target:Whole")]

@hookimpl
def xpgrad_components():
    gone = ComponentSpec("layer", "Gone", "whole_target:nothing")
    return [gone, ComponentSpec("layer", "Number", "whole_target:one")]

@hookimpl
def xpgrad_ops():
    return [
        OpSpec("kept", "whole_target:kept"),
        OpSpec("unruled", "whole_target:kept", rule="whole_target:one"),
        OpSpec("unmade", "whole_target:unmade"),
    ]
"""


def test_what_cannot_be_loaded_is_not_listed_as_provided(site):
    site.add("my-many", "many", DECLARED)
    site.module("torn_target", "class Torn(\n")
    site.module(
        "whole_target", "one = 1\nclass Whole: pass\ndef kept(x, /, *, xp):\n    return x\n"
    )
    done = site.run(DOCTOR, XPGRAD_STRICT_PLUGINS="1")
    assert done.returncode == 1
    provided, left_out = done.stdout.split("Left out")
    for line in ("kept  from my-many:many", "Whole  from my-many:many"):
        assert f"  {line}\n" in provided
    for kind, name, why in (
        ("optimizer", "Torn", "SyntaxError"),
        ("layer", "Gone", "AttributeError"),
        ("layer", "Number", "expected a class or a function"),
        ("operation", "unruled", "its rule is 1"),
        ("operation", "unmade", "AttributeError"),
    ):
        assert f"{name} " not in provided
        line = next(
            t for t in left_out.splitlines() if f"{kind} {name!r} of my-many:many, failed: " in t
        )
        assert why in line
    rows = json.loads(site.out(JSON))["optimizers"]
    assert {"Torn": "failed", "Whole": "ready"}.items() <= {
        r["name"]: r["status"] for r in rows
    }.items()


def test_a_backend_with_a_syntax_error_is_the_plugins_fault(site):
    text = 'return [BackendSpec("odd", (), ("npu",), "odd_target:Odd")]'
    site.add("my-odd", "odd", f"@hookimpl\ndef xpgrad_backends(): {text}")
    site.module("odd_target", "class Odd(\n")
    done = site.run(DOCTOR, XPGRAD_STRICT_PLUGINS="1")
    assert done.returncode == 1
    assert "the plugin itself is broken: SyntaxError" in done.stdout


def test_an_absent_library_is_no_fault_of_strict_mode(site):
    done = site.run("import sys; sys.modules['cupy'] = None\n" + DOCTOR, XPGRAD_STRICT_PLUGINS="1")
    assert done.returncode == 0, done.stderr


def test_it_works_with_every_plugin_broken(site):
    names = {entry.module for entry in entry_points(group="xpgrad")}
    assert len(names) >= 6
    for name in names:
        site.module(name, "raise RuntimeError('planted')")
    text = site.out(DOCTOR)
    assert text.count("failed: RuntimeError: planted") == len(names)
    assert "SGD  from xpgrad-core:core" in text
    assert "Backends\n  none" in text


def test_a_backend_object_that_lies_does_not_stop_it(site):
    site.add(
        "my-odd",
        "odd",
        """
        @hookimpl
        def xpgrad_backends():
            return [BackendSpec("odd", (), ("cpu",), "builtins:object")]
        """,
    )
    report = json.loads(site.out(JSON))
    odd = next(each for each in report["backends"] if each["name"] == "odd")
    assert odd["status"] == "faulty"
    assert "AttributeError" in odd["reason"]


def test_a_backend_whose_kernels_fail_is_faulty(site):
    text = 'return [BackendSpec("odd", (), ("cpu",), "odd_target:Odd")]'
    site.add("my-odd", "odd", f"@hookimpl\ndef xpgrad_backends(): {text}")
    site.module("odd_target", "class Odd:\n    def kernels(self): return KERNELS\n")
    report = json.loads(site.out(JSON))
    odd = next(each for each in report["backends"] if each["name"] == "odd")
    assert (odd["status"], "KERNELS" in odd["reason"]) == ("faulty", True)


def command(*words):
    return subprocess.run(
        [sys.executable, "-m", "xpgrad", *words], capture_output=True, text=True, check=False
    )


def test_the_module_is_the_command():
    done = command("doctor")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("xpgrad ")


def test_the_version_is_printed():
    import xpgrad

    assert command("--version").stdout == f"xpgrad {xpgrad.__version__}\n"


def test_an_unknown_word_is_refused():
    done = command("doktor")
    assert done.returncode == 2
    assert "doctor" in done.stderr
