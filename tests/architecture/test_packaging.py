"""The distributions agree with one another."""

import tomllib
from importlib.metadata import entry_points
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import pytest

import xpgrad
from xpgrad.extend import registry
from xpgrad.extend.messages import _PACKAGES
from xpgrad.extend.starting import resolve
from xpgrad.extend.tables import FIRST_PARTY

ROOT = Path(__file__).parents[2]


def project(path):
    return tomllib.loads((path / "pyproject.toml").read_text(encoding="utf-8"))


MEMBERS = sorted(
    path.parent
    for pattern in ("core", "backends/*", "plugins/*")
    for path in ROOT.glob(f"{pattern}/pyproject.toml")
)
IDS = [path.name for path in MEMBERS]


def test_there_are_members():
    backends = {"numpy", "cupy", "torch", "jax", "array-api-strict"}
    assert backends | {"core", "layers", "adagrad", "rmsprop", "adam", "special"} <= set(IDS)


@pytest.mark.parametrize("member", [ROOT, *MEMBERS], ids=["xpgrad", *IDS])
def test_one_version_everywhere(member):
    assert project(member)["project"]["version"] == xpgrad.__version__


def test_the_metapackage_pins_the_version_of_its_members():
    table = project(ROOT)["project"]
    wanted = list(chain(table["dependencies"], *table["optional-dependencies"].values()))
    assert all(each.endswith(f"=={xpgrad.__version__}") for each in wanted)


@pytest.mark.parametrize("member", MEMBERS, ids=IDS)
def test_every_member_has_licence_readme_and_type_marker(member):
    table = project(member)
    assert (member / table["project"]["readme"]).is_file()
    assert (member / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (member / "src" / table["tool"]["flit"]["module"]["name"] / "py.typed").is_file()


@pytest.mark.parametrize("member", MEMBERS, ids=IDS)
def test_every_member_is_known_as_first_party(member):
    assert project(member)["project"]["name"] in FIRST_PARTY


def test_core_depends_on_pluggy_and_array_api_compat_only():
    wanted = project(ROOT / "core")["project"]["dependencies"]
    assert {each.partition(">")[0] for each in wanted} == {"pluggy", "array-api-compat"}


def test_no_member_requires_a_cupy_wheel():
    for member in MEMBERS:
        assert "cupy-cuda" not in " ".join(project(member)["project"]["dependencies"])


def test_every_plugin_has_one_entry_point_named_after_its_folder():
    for member in MEMBERS:
        found = project(member)["project"].get("entry-points", {})
        if member.name != "core":
            module = project(member)["tool"]["flit"]["module"]["name"]
            assert found == {"xpgrad": {member.name: module}}


def test_the_plugins_are_installed_and_declare_what_the_error_messages_promise():
    declared = set()
    for entry in entry_points(group="xpgrad"):
        plugin = entry.load()
        for hook in ("xpgrad_optimizers", "xpgrad_components", "xpgrad_backends"):
            declared |= {spec.name for spec in getattr(plugin, hook, list)()}
    promised = {name for kind, name in _PACKAGES if kind != "device kind"}
    assert promised <= declared


def test_every_declared_target_exists():
    tables = registry._load().tables
    for _, table in tables.by_kind():
        for entry in table.winners.values():
            if entry.plugin.distribution in FIRST_PARTY and all(
                map(find_spec, getattr(entry.spec, "requires", ()))
            ):
                words = ("factory", "forward", "rule", "samples", "reference")
                for target in filter(None, (getattr(entry.spec, w, None) for w in words)):
                    assert resolve(target) is not None, entry
