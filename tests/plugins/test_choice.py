"""What the environment allows, denies, and refuses to tolerate."""

import pytest

LION = """
from pathlib import Path
Path(__file__).with_suffix(".imported").touch()

@hookimpl
def xpgrad_optimizers():
    return [OptimizerSpec("Lion", "lion_target:Lion")]
"""
NAMES = "from xpgrad.extend import registry as r; print(*r.optimizer_names())"


@pytest.fixture
def lion(site):
    site.add("My.Lion", "lion", LION)
    return site


@pytest.mark.parametrize("word", ["lion", "my-lion", "My_Lion", "my-lion:lion", "x, lion", "*"])
def test_a_denied_plugin_is_not_even_imported(lion, word):
    record = lion.plugin("my-lion:lion", XPGRAD_DISABLE_PLUGINS=word)
    assert record["status"] == "disabled"
    assert "XPGRAD_DISABLE_PLUGINS" in record["cause"]
    assert not (lion.folder / "lion.imported").exists()


def test_denying_is_silent(lion):
    done = lion.run(NAMES, XPGRAD_DISABLE_PLUGINS="lion")
    assert "Lion" not in done.stdout.split()
    assert done.stderr == ""


def test_denying_everything_leaves_core(lion):
    assert lion.out(NAMES, XPGRAD_DISABLE_PLUGINS="*") == "SGD"


def test_only_what_is_allowed_is_imported(lion):
    record = lion.plugin("my-lion:lion", XPGRAD_PLUGINS="xpgrad-numpy,adam")
    assert record["status"] == "disabled"
    assert "not named in XPGRAD_PLUGINS" in record["cause"]
    assert not (lion.folder / "lion.imported").exists()
    assert lion.out(NAMES, XPGRAD_PLUGINS="xpgrad-numpy,adam").split() == ["Adam", "AdamW", "SGD"]


def test_deny_beats_allow(lion):
    status = lion.plugin("my-lion:lion", XPGRAD_PLUGINS="lion", XPGRAD_DISABLE_PLUGINS="lion")
    assert status["status"] == "disabled"


def test_an_empty_variable_is_no_choice(lion):
    empty = dict(XPGRAD_PLUGINS="", XPGRAD_DISABLE_PLUGINS="", XPGRAD_STRICT_PLUGINS="")
    assert "Lion" in lion.out(NAMES, **empty).split()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("raise ValueError('planted')", "planted"),
        (
            "@hookimpl\ndef xpgrad_optimizers():\n    return [OptimizerSpec('Adam', 't:A')]\n",
            "Adam",
        ),
    ],
    ids=["failure", "lost name"],
)
def test_strict_makes_what_was_left_out_an_error(lion, text, says):
    code = """
        from xpgrad.errors import PluginError
        from xpgrad.extend import registry
        for _ in range(2):
            try:
                registry.optimizer_names()
            except PluginError as error:
                print(error)
    """
    assert lion.out(code, XPGRAD_STRICT_PLUGINS="1") == ""
    lion.add("my-broken", "broken", text)
    said = lion.out(code, XPGRAD_STRICT_PLUGINS="1")
    assert said.count("XPGRAD_STRICT_PLUGINS is set") == 2
    assert "my-broken:broken" in said
    assert says in said


def test_strict_tolerates_what_was_denied_on_purpose(lion):
    lion.add("my-broken", "broken", "raise ValueError('planted')")
    chosen = dict(XPGRAD_STRICT_PLUGINS="1", XPGRAD_DISABLE_PLUGINS="my-broken")
    assert "Lion" in lion.out(NAMES, **chosen).split()
