"""`xpgrad conformance` takes its options for all, in any order, from any directory, and says what means nothing."""

import json

import pytest

FEW = {"XPGRAD_PLUGINS": "xpgrad-numpy,planted"}


def last_line(done):
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("all --backend nope -k fixed", "backend 'nope' cannot be tested: no plugin provides"),
        ("all --device nope -k fixed", "backend 'numpy' cannot be tested"),
        ("all numpy", "xpgrad conformance all tests everything"),
        ("all --only test_x", "--only is the one test of one run"),
        ("backend numpy --backend planted", "this tests the backend 'numpy'"),
        ("optimizer SGD --fuzz 3", "--fuzz makes random cases for operations"),
        (
            "op exp",
            "of core itself, tested on each backend: xpgrad conformance backend numpy -k exp",
        ),
        ("op exp,linalg.svd", "-k 'exp or linalg.svd'"),
        ("optimizer -k x SGD", "right after the kind"),
        ("op nosuch", "no installed operation of a plugin is called 'nosuch'"),
    ],
)
def test_what_means_nothing_is_refused_in_a_sentence(bench, words, says):
    done = bench.run("conformance", *words.split(), code=2)
    assert says in done.stdout
    assert "passed" not in done.stdout


def test_all_forwards_what_was_asked_for_to_those_that_it_means_something_for(bench):
    words = "conformance all --backend planted --device pretended --fuzz 2 -k fixed_point --json all.json".split()
    done = bench.run(*words, environment=FEW, code=0)
    assert "optimizer 'SGD': PASSED WHAT RAN" in done.stdout
    (report,) = json.loads((bench.folder / "all.json").read_text())
    assert report["device"] == "pretended"
    assert {t["replay"].partition(" --only")[0] for t in report["tests"]} == {
        "xpgrad conformance optimizer SGD --device pretended --backend planted"
    }


def test_where_all_tests_nothing_it_says_so(bench):
    done = bench.run("conformance", "all", "-k", "nosuchtest", environment=FEW, code=2)
    assert last_line(done) == "nothing was tested, so there is no verdict"


def test_pytests_options_may_stand_before_the_kind(bench):
    for words in (
        "-k fixed_point optimizer SGD",
        "-v -k fixed_point optimizer SGD",
    ):
        done = bench.run("conformance", *words.split(), environment=FEW, code=0)
        assert "optimizer 'SGD': PASSED WHAT RAN" in done.stdout, words
    assert "there is no kind 'bogus'" in bench.run("conformance", "bogus", "SGD", code=2).stderr


@pytest.mark.parametrize("words", ["optimizer SGD", "optimizer SGD -n 2", "all"])
def test_modules_in_the_folder_do_not_hide_the_librarys(bench, words):
    for name in ("random.py", "numpy.py"):
        bench.write("raise RuntimeError('shadow')", name)
    more = () if "-n" in words else ("-p", "no:xdist")
    done = bench.run(
        "conformance",
        *words.split(),
        "-k",
        "fixed_point",
        *more,
        environment=FEW,
        safe=True,
        code=0,
    )
    assert "optimizer 'SGD': PASSED WHAT RAN" in done.stdout
    assert "shadow" not in done.stdout + done.stderr
