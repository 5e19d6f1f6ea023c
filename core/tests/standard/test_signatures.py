"""Signatures are those of the standard's own stubs; data/signatures.json is written by tools/standard_signatures.py."""

import contextlib
import inspect
import json
from pathlib import Path

import pytest

import xpgrad as xp
from xpgrad.conformance.standard import STANDARD, VERSION

STUBS = json.loads((Path(__file__).parent / "data" / "signatures.json").read_text("utf-8"))
FUNCTIONS, ARRAY, INFO = STUBS["functions"], STUBS["array"], STUBS["info"]
METHODS = [name for name, stub in ARRAY.items() if stub is not None]
ATTRIBUTES = [name for name, stub in ARRAY.items() if stub is None]
ARITHMETIC = (
    "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift"  # those with three forms
).split()
IN_PLACE = {f"__i{name}__": f"__{name}__" for name in ARITHMETIC}
REFLECTED = {f"__r{name}__": f"__{name}__" for name in ARITHMETIC}

EXCEPTIONS = {}
"""What a name does otherwise, as :func:`differences` tells it, each with a comment that says why: nothing does."""


def parameters(function):
    return [
        (p.name, p.kind.description, None if p.default is p.empty else repr(p.default))
        for p in inspect.signature(function).parameters.values()
    ]


def differences(found, stub):
    """What the standard says and ``found`` does not, one line each; more keywords with defaults are allowed."""
    wanted = [tuple(each) for each in stub]
    names = {p[0] for p in wanted}
    ours, theirs = {p[0]: p for p in found}, {p[0]: p for p in wanted}
    told = [
        f"has {p}" for p in found if p[0] not in names and (p[1] != "keyword-only" or p[2] is None)
    ]
    told += [f"{ours.get(n, 'nothing')} for {p}" for n, p in theirs.items() if ours.get(n) != p]
    by_place = [[p[0] for p in each if p[1] != "keyword-only"] for each in (found, wanted)]
    return told if by_place[0] == by_place[1] else [*told, f"order {by_place}"]


def of_method(found):
    """Without the names that nobody can write: an operator calls them ``other`` first, then as its operation does."""
    return [(i if p[1] == "positional-only" else p[0], *p[1:]) for i, p in enumerate(found)]


def public(name, namespace=xp):
    for part in name.split("."):
        namespace = getattr(namespace, part)
    return namespace


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("backend", [None, "numpy", "array_api_strict"])
def test_every_function_has_the_standard_s_signature(name, backend):
    if backend == "array_api_strict":
        pytest.importorskip(backend, reason="the strict library is in the dev group")
    namespace = xp if backend is None else xp.namespace(backend)
    found = differences(parameters(public(name, namespace)), FUNCTIONS[name])
    assert found == EXCEPTIONS.get(name, [])


@pytest.mark.parametrize("used", [False, True], ids=["new", "used"])
@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_an_array_has_the_standard_s_signature(name, used):
    x = xp.ones((2, 2), dtype=xp.int64)
    if used and name != "to_device":  # an operator is made when it is first called
        with contextlib.suppress(TypeError, IndexError, ValueError):
            getattr(x, name)(
                *[x if p[0] == "other" else 0 for p in ARRAY[name][1:] if p[2] is None]
            )
    found = differences(of_method(parameters(getattr(x, name))), of_method(ARRAY[name][1:]))
    assert found == EXCEPTIONS.get(f"array.{name}", [])


@pytest.mark.parametrize("name", IN_PLACE | REFLECTED)
def test_reflected_and_in_place_forms_take_what_the_operator_takes(name):
    found = parameters(getattr(xp.ones((2, 2)), name))
    assert differences(of_method(found), of_method(ARRAY[(IN_PLACE | REFLECTED)[name]][1:])) == []


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_every_attribute_of_an_array_is_one(name):
    assert not callable(getattr(xp.ones((2, 2)), name))


@pytest.mark.parametrize("name", INFO)
def test_the_methods_of_the_inspection_object(name):
    info = xp.__array_namespace_info__()
    assert differences(parameters(getattr(info, name)), INFO[name]) == []


def test_the_stubs_hold_every_function_of_the_standard():
    assert STUBS["version"] == VERSION == xp.__array_api_version__
    names = {name for chapter in STANDARD.values() for name in chapter}
    without = {*STANDARD["constants"], *STANDARD["dtypes"], "__array_api_version__"}
    assert FUNCTIONS.keys() == names - without
    assert {p for p in EXCEPTIONS if not p.startswith("array.")} <= FUNCTIONS.keys()


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda x, /, *, axis=-1, descending=False, stable=True, out=None: x, 0),
        (lambda x, /, *, stable=True, axis=-1, descending=False: x, 0),
        (lambda x, /, *, axis=None, descending=False, stable=True: x, 1),
        (lambda x, *, axis=-1, descending=False, stable=True: x, 1),
        (lambda x, /, *, axis=-1, descending=False: x, 1),
        (lambda x, /, *, axis=-1, descending=False, stable=True, out: x, 1),
        (lambda x, /, out=None, *, axis=-1, descending=False, stable=True: x, 2),
        (lambda x, /, axis=-1, *, descending=False, stable=True: x, 2),
        (lambda a, /, *, axis=-1, descending=False, stable=True: a, 3),
    ],
)
def test_another_signature_is_told(function, told):
    assert len(differences(parameters(function), FUNCTIONS["sort"])) == told


def test_another_order_is_told():
    assert differences(parameters(lambda shape, x, /: x), FUNCTIONS["broadcast_to"])
