"""`xpgrad doctor` shows the last conformance run of what is installed in its environment, and nothing else."""

import json
import os
import subprocess
import sys

import pytest

LION = """
from xpgrad.extend import ComponentSpec, OptimizerSpec, hookimpl
XPGRAD_API = (1, 0)

@hookimpl
def xpgrad_optimizers():
    return [OptimizerSpec("Lion", "xpgrad.optim:SGD"), OptimizerSpec("Lioness", "xpgrad.optim:SGD")]
"""
REMEMBER = """
import sys, json
from xpgrad.conformance.last import remember
for report, backend in json.loads(sys.argv[1]):
    remember(report, backend)
"""
REPORT = {
    "kind": "optimizer",
    "provider": "",
    "library": "",
    "device": None,
    "xpgrad": "0.1.0",
    "levels": [],
}


class Machine:
    """A cache of results, and an environment in which a distribution is installed."""

    def __init__(self, folder):
        self.folder = folder
        self.install("1.0")

    def install(self, version):
        info = self.folder / "site" / "my_lion.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: my-lion\nVersion: {version}\n"
        )
        (info / "entry_points.txt").write_text("[xpgrad]\nlion = lion_hooks\n")
        (info.parent / "lion_hooks.py").write_text(LION)

    def run(self, code, *words, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("XPGRAD_")}
        own = {"XPGRAD_CACHE": str(self.folder / "cache"), "XPGRAD_PLUGINS": "xpgrad-numpy,my-lion"}
        path = {"PYTHONPATH": str(self.folder / "site")}
        done = subprocess.run(
            [sys.executable, "-c", code, *words], env={**clean, **path, **own, **environment},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def remember(self, *runs, before=""):
        """Runs as (name, verdict, date) and maybe a backend."""
        reports = [
            ({**REPORT, "name": n, "verdict": v, "conforms": v == "CONFORMS", "date": d}, *(more or (None,)))
            for n, v, d, *more in runs
        ]  # fmt: skip
        self.run(before + REMEMBER, json.dumps(reports))

    def doctor(self, *words, before="", **environment):
        run = "from xpgrad.__main__ import main; sys.exit(main(['doctor', *sys.argv[1:]]))"
        code = f"import sys; {before or 'pass'}; {run}"
        return self.run(code, *words, **environment)

    def shown(self, **more):
        rows = json.loads(self.doctor("--json", **more))["conformance"]
        return [(r["name"], r["verdict"]) for r in rows]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.mark.parametrize("spelling", ["lion", "LION", "my-lion:lion", "lio[n]", "Lion,lion"])
def test_every_spelling_of_a_name_is_one_result(machine, spelling):
    machine.remember(
        ("Lion", "CONFORMS", "2026-01-01"), (spelling, "DOES NOT CONFORM", "2026-01-02")
    )
    assert machine.shown() == [("Lion", "DOES NOT CONFORM")]


def test_a_later_run_of_several_takes_the_place_of_one(machine):
    machine.remember(
        ("Lion", "CONFORMS", "2026-01-01"), ("lion*", "DOES NOT CONFORM", "2026-01-02")
    )
    assert machine.shown() == [("lion*", "DOES NOT CONFORM")]
    machine.remember(("Lion", "CONFORMS", "2026-01-03"))
    assert machine.shown() == [("Lion", "CONFORMS"), ("lion*", "DOES NOT CONFORM")]


def test_results_on_other_backends_and_devices_stand_beside_each_other(machine):
    machine.remember(
        ("Lion", "CONFORMS", "2026-01-01"), ("Lion", "DOES NOT CONFORM", "2026-01-02", "mylib")
    )
    said = machine.doctor()
    assert "  optimizer Lion  CONFORMS ()\n" in said
    assert "  optimizer Lion on mylib  DOES NOT CONFORM ()\n" in said


def test_only_what_is_installed_in_this_environment_is_shown(machine):
    machine.remember(("Lion", "CONFORMS", "2026-01-01"))
    assert machine.shown() == [("Lion", "CONFORMS")]
    assert machine.shown(XPGRAD_PLUGINS="xpgrad-numpy") == []
    assert machine.shown(before="sys.prefix = '/elsewhere'") == []
    (machine.folder / "cache/conformance/old.json").write_text(
        '{"kind": "optimizer", "name": "Lion"}'
    )
    (machine.folder / "cache/conformance/torn.json").write_text("[1, 2")
    assert machine.shown() == [("Lion", "CONFORMS")]


def test_a_result_shows_its_version_and_is_outdated_by_another(machine):
    machine.remember(("Lion", "CONFORMS", "2026-01-01"))
    said = machine.doctor()
    assert "  optimizer Lion  CONFORMS ()\n    2026-01-01, xpgrad 0.1.0, my-lion 1.0\n" in said
    machine.install("2.0")
    said = machine.doctor()
    assert "  optimizer Lion  OUTDATED (my-lion is 2.0 now): CONFORMS ()\n" in said
    assert "my-lion 1.0\n" in said


def test_a_run_of_the_kit_is_remembered_under_the_registered_name(machine):
    run = "import sys; from xpgrad.__main__ import main; main(['conformance', 'optimizer', 'sGd'])"
    assert "CONFORMS" in machine.run(run)
    ((name, verdict),) = machine.shown()
    assert (name, verdict) == ("SGD", "CONFORMS")
