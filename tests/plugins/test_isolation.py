"""One plugin's failure is never another's, and is reported with its distribution."""

import pytest

GOOD = """
@hookimpl
def xpgrad_optimizers():
    return [OptimizerSpec("Lion", "lion_target:Lion")]
"""
RAISING = """
@hookimpl
def xpgrad_optimizers():
    raise ValueError("planted")
"""
GENERATOR = """
@hookimpl
def xpgrad_optimizers():
    yield OptimizerSpec("Early", "broken_target:Early")
    raise ValueError("planted")
"""
UNKNOWN_HOOK = """
@hookimpl
def xpgrad_optimisers():
    return []
"""
UNMARKED = """
def xpgrad_optimizers():
    return []
"""
WRAPPER = """
@hookimpl(wrapper=True)
def xpgrad_optimizers():
    return (yield)
"""
WRONG_ARGUMENTS = """
@hookimpl
def xpgrad_optimizers(session):
    return []
"""
NOT_A_SPEC = """
@hookimpl
def xpgrad_optimizers():
    return ["Adam"]
"""
NOT_A_LIST = """
@hookimpl
def xpgrad_optimizers():
    return OptimizerSpec("Alone", "broken_target:Alone")
"""
BAD_SPEC = """
@hookimpl
def xpgrad_optimizers():
    return [OptimizerSpec("Early", "broken_target:Early"), OptimizerSpec("Bad", "no target")]
"""
PANIC = """
class Panic(BaseException): pass
raise Panic("planted")
"""
USES_XPGRAD = """
from xpgrad.extend import registry
registry.optimizer_names()
"""

FAILURES = {
    "import error": ("import not_there_at_all", "ModuleNotFoundError"),
    "syntax error": ("def", "SyntaxError"),
    "exit at import": ("raise SystemExit(3)", "SystemExit: 3"),
    "panic of an extension": (PANIC, "Panic: planted"),
    "raising hook": (RAISING, "ValueError: planted"),
    "raising half way": (GENERATOR, "ValueError: planted"),
    "misspelled hook": (UNKNOWN_HOOK, "did you mean 'xpgrad_optimizers'"),
    "forgotten marker": (UNMARKED, "write @hookimpl above it"),
    "wrapper": (WRAPPER, "only return declarations"),
    "wrong arguments": (WRONG_ARGUMENTS, "session"),
    "not a spec": (NOT_A_SPEC, "expected OptimizerSpec"),
    "not a list": (NOT_A_LIST, "expected a list"),
    "bad spec": (BAD_SPEC, "expected a target"),
    "no hook at all": ("", "implements no hook"),
    "uses xpgrad while being found": (USES_XPGRAD, "a declaration only declares"),
}


@pytest.fixture
def with_good(site):
    site.add("my-lion", "lion", GOOD)
    site.module("lion_target", "class Lion: pass")
    return site


@pytest.mark.parametrize("failure", FAILURES)
def test_a_broken_plugin_is_left_out_whole_and_the_good_one_works(with_good, failure):
    text, cause = FAILURES[failure]
    with_good.add("my-broken", "broken", text)
    report = with_good.report()
    plugins = {each["provenance"]: each for each in report["plugins"]}
    assert plugins["my-broken:broken"]["status"] == "failed"
    assert cause in plugins["my-broken:broken"]["cause"]
    assert plugins["my-broken:broken"]["version"] == "1.2"
    assert plugins["my-lion:lion"]["status"] == "loaded"
    names = {each["name"] for each in report["optimizers"]}
    assert "Lion" in names
    assert not names & {"Early", "Bad", "Alone"}


@pytest.mark.parametrize(
    ("api", "says"),
    [
        ("", "XPGRAD_API is None"),
        ("XPGRAD_API = '1.0'\n", "expected a pair"),
        ("XPGRAD_API = (2, 0)\n", "interface 2.0, this xpgrad-core has 1.0"),
        ("XPGRAD_API = (1, 99)\n", "interface 1.99"),
        ("XPGRAD_API = (0, 0)\n", "interface 0.0"),
    ],
)
def test_another_interface_is_incompatible(with_good, api, says):
    with_good.add("my-other", "other", GOOD.replace("Lion", "Other"), api=api)
    record = with_good.plugin("my-other:other")
    assert record["status"] == "incompatible"
    assert says in record["cause"]
    assert with_good.plugin("my-lion:lion")["status"] == "loaded"


def test_each_failure_warns_once_and_says_what_to_do(with_good):
    with_good.add("my-broken", "broken", RAISING)
    code = "from xpgrad.extend import registry as r; r.optimizer('Lion'); r.optimizer_names()"
    done = with_good.run(code)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("PluginWarning: ") == 1
    for word in ("my-broken:broken", "1.2", "planted", "XPGRAD_DISABLE_PLUGINS", "xpgrad doctor"):
        assert word in done.stderr


def test_where_the_warning_is_an_error_the_second_call_works(with_good):
    with_good.add("my-broken", "broken", RAISING)
    code = """
        from xpgrad.errors import PluginWarning
        from xpgrad.extend import registry
        try:
            registry.optimizer("Lion")
        except PluginWarning as warning:
            print("planted" in str(warning))
        print(registry.optimizer("Lion").__name__)
    """
    assert with_good.out(code, warn="error").split() == ["True", "Lion"]


def test_an_unreadable_list_of_entry_points_fails_alone(with_good):
    with_good.entry_points("my-broken", "[xpgrad]\nno equals sign\n")
    report = with_good.report()
    broken = [each for each in report["plugins"] if each["distribution"] == "my-broken"]
    assert [each["status"] for each in broken] == ["failed"]
    assert "Lion" in {each["name"] for each in report["optimizers"]}


def test_an_unreadable_list_of_an_unrelated_distribution_changes_nothing(with_good):
    with_good.entry_points("unrelated", "[console_scripts]\nno equals sign\n")
    report = with_good.report()
    assert not [each for each in report["plugins"] if each["distribution"] == "unrelated"]
    assert "Lion" in {each["name"] for each in report["optimizers"]}


def test_two_distributions_may_use_one_entry_point_name(with_good):
    with_good.add("other-lion", "other_lion", GOOD.replace("Lion", "Tiger"), name="lion")
    names = {each["name"] for each in with_good.report()["optimizers"]}
    assert {"Lion", "Tiger"} <= names


def test_a_target_that_cannot_be_imported_names_the_plugin(site):
    site.add("my-lion", "lion", GOOD)
    code = """
        from xpgrad.errors import PluginError
        from xpgrad.extend import registry
        try:
            registry.optimizer("lion")
        except PluginError as error:
            print(error)
    """
    said = site.out(code)
    for word in ("'Lion'", "my-lion:lion", "lion_target:Lion", "ModuleNotFoundError"):
        assert word in said


def test_optional_hooks_of_later_versions_are_ignored(site):
    site.add(
        "my-lion",
        "lion",
        GOOD + "@hookimpl(optionalhook=True)\ndef xpgrad_of_the_future():\n    return []\n",
    )
    assert site.plugin("my-lion:lion")["status"] == "loaded"


def test_a_plugin_may_be_an_object(site):
    site.module(
        "objects",
        """
        from xpgrad.extend import OptimizerSpec, hookimpl
        XPGRAD_API = (1, 0)
        class Lions:
            @hookimpl
            def xpgrad_optimizers(self):
                return [OptimizerSpec("Lion", "lion_target:Lion")]
        lions = Lions()
        """,
    )
    site.entry_points("my-lion", "[xpgrad]\nlion = objects:lions\n")
    assert site.plugin("my-lion:lion")["status"] == "loaded"
