"""Every name of the standard is there, and has a derivative or a reason why it has none."""

import pytest

import xpgrad as xp
from xpgrad._chapters import REPEATED
from xpgrad._namespace import creation, inquiry
from xpgrad._signatures import INTERNAL, SIGNATURES
from xpgrad.conformance.samples import CASES
from xpgrad.conformance.standard import COMPOSED, MISSING, STANDARD, VERSION
from xpgrad.rules import CONSTANTS, RULES

NAMES = [name for names in STANDARD.values() for name in names]
FUNCTIONS = [
    n for c, names in STANDARD.items() if c not in ("constants", "dtypes", "inquiry") for n in names
]
BY_HAND = {*creation.__all__, *inquiry.__all__}


def test_the_version_is_the_one_we_claim():
    assert xp.__array_api_version__ == VERSION


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_standard_is_public(name):
    *chapters, last = name.split(".")
    home = xp
    for chapter in chapters:
        home = getattr(home, chapter)
    assert hasattr(home, last)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_rule_or_a_reason_or_is_written_by_hand(name):
    name = REPEATED.get(name, name)
    homes = [name in RULES, name in CONSTANTS, name in BY_HAND, name in COMPOSED]
    assert any(homes), f"{name} has no rule, no reason to have none, and no function of its own"


def test_what_is_missing_is_missing_and_has_a_reason():
    for name, reason in MISSING.items():
        assert not hasattr(xp, name)
        assert reason


def test_every_rule_has_samples_and_every_sample_a_rule():
    assert CASES.keys() == RULES.keys()


def test_every_rule_has_a_signature_with_its_parameters():
    for name, rule in RULES.items():
        text = SIGNATURES.get(name) or INTERNAL[name]
        parameters = {part.split("=")[0].strip() for part in text.split(",")}
        for parameter, needs in rule.needs.items():
            asked = {
                parameter,
                *(n.removeprefix("like_").removeprefix("shape_") for n in needs),
            } - {"out", "xp"}
            assert asked <= parameters, f"{name} asks for {asked - parameters}"


def test_every_reason_is_a_sentence():
    assert all(len(reason.split()) > 2 for reason in CONSTANTS.values())


def test_no_operation_has_both_a_rule_and_a_reason_for_none():
    assert not RULES.keys() & CONSTANTS.keys()
