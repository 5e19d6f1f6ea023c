"""A few mutants of each word and of an optimizer die by the kit, some drawn by lot too; an equivalent one lives."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from xpgrad.conformance import test_operation, test_optimizer
from xpgrad.conformance.suite import first_order, second_order, transforms

TOOL = Path(__file__).parents[2] / "tools" / "mutation.py"
REASONS = TOOL.with_name("mutation_survivors.toml")
DIES = {
    "elementwise": "rules/elementwise: tanh, x: sign: ",
    "linear": "rules/manipulation: flip, x: ",
    "multilinear": "rules/elementwise: multiply, x1: factor: ",
    "general": "rules/statistics: softmax, x: term: ",
    "a conjugation": "rules/linear_algebra: _vecdot_x1: conj: ",
    "a keyword": "rules/statistics: log_softmax, x: keyword: ",
    "an optimizer": "xpgrad_adam/adamw: AdamW.update: sign: ",
}
LIVES = "rules/linalg: _undiagonal: constant: 0 -> 1"
"""The main diagonal may be filled up by rows or by columns."""


CHECK = re.compile(r"\b(?:checks|tape|forward|batches|steps|forms)\.([a-z]\w+)")
NOT_OF_A_RULE = {
    "second_order_agrees_with_reference": "on NumPy, the reference is the same rule",
    "forward_agrees_with_reference": "on NumPy, the reference is the same rule",
    "assert_close": "compares values, which no rule makes",
    "results_follow_their_arguments": "looks at results, which no rule makes",
    "asks_for_no_value": "no mutation makes a step ask for one",
}


def outcomes_of(folder, *arguments):
    file = folder / "outcomes.json"
    command = [sys.executable, str(TOOL), *arguments, "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert file.exists(), done.stdout + done.stderr
    rows = map(json.loads, file.read_text().splitlines())
    return {o["name"]: o for o in rows}, done.stdout


@pytest.fixture(scope="module")
def chosen(tmp_path_factory):
    return outcomes_of(tmp_path_factory.mktemp("chosen"), "--only", *DIES.values(), LIVES)[0]


@pytest.mark.parametrize("text", DIES.values(), ids=DIES)
def test_mutants_of_each_word_die(chosen, text):
    fates = {name: o["fate"] for name, o in chosen.items() if text in name}
    assert fates
    assert "survived" not in fates.values(), fates


def test_mutants_meet_every_check_of_the_suites():
    suites = (first_order, second_order, transforms, test_operation, test_optimizer)
    asked = {n for m in suites for n in CHECK.findall(Path(m.__file__).read_text())}
    run = set(CHECK.findall(TOOL.with_name("mutation_checks.py").read_text()))
    assert asked - run == NOT_OF_A_RULE.keys()


def test_an_equivalent_mutant_lives(chosen):
    assert chosen[LIVES]["fate"] == "survived"


def test_of_mutants_drawn_by_lot_none_survives_without_a_reason(tmp_path, capsys):
    words = ("--only", "rules/", "optim/", "--sample", "20", "--seed", "4")
    outcomes, told = outcomes_of(tmp_path, *words)
    with capsys.disabled():
        print(f"\nmutation: {told.splitlines()[-1]}")  # noqa: T201 - the score, also where tests pass
    survivors = {name for name, o in outcomes.items() if o["fate"] == "survived"}
    tables = tomllib.loads(REASONS.read_text()).values()
    assert survivors <= {name for table in tables for names in table.values() for name in names}
