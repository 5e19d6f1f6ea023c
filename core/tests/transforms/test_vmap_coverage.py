"""What vmap covers: the table is complete and true, operations without a derivative against a loop, the page."""

import functools
import itertools
from pathlib import Path

import numpy as np
import pytest

import xpgrad as xp
from xpgrad._namespace._operation import describe
from xpgrad._signatures import INTERNAL, SIGNATURES
from xpgrad.conformance import batches
from xpgrad.conformance.samples import CASES, Maker
from xpgrad.conformance.site import Call, Site
from xpgrad.errors import MissingRuleError
from xpgrad.rules import CONSTANTS, RULES
from xpgrad.transforms import vmap_coverage
from xpgrad.transforms._batching import _axes, _table

ROOT = Path(__file__).parents[3]
WORDS = ("elementwise", "axis", "stack", "by hand", "portable")
RNG = np.random.default_rng(3)


def test_every_operation_is_in_the_table():
    coverage = vmap_coverage()
    assert set(coverage) >= {*SIGNATURES, *INTERNAL, *RULES}
    assert all(word in WORDS or word.startswith("not covered: ") for word in coverage.values())
    refused = {name for name, word in coverage.items() if word not in WORDS}
    assert refused == set(_table.REFUSED), (
        "every operation is covered but those whose results have no one size"
    )


def test_every_rule_is_of_an_operation():
    for name in (*_table._BY_NAME, *_table.BY_ELEMENTS, *_axes.ALONG):
        assert describe(name).name == name


def test_an_operation_without_a_way_is_refused_by_name(monkeypatch):
    monkeypatch.setitem(_table._ENTRIES, "sin", _table.Entry("not covered: it is too wavy", None))
    with pytest.raises(
        MissingRuleError, match=r"does not cover sin \(it is too wavy\); loop in Python"
    ):
        xp.vmap(xp.sin)(xp.ones(3))
    assert xp.vmap(lambda x: x + xp.sin(xp.zeros(())))(xp.ones(3)).shape == (3,)


# --- operations without a derivative --------------------------------------------------------------------

A, B = RNG.normal(size=(4, 2, 3)).round(1), RNG.normal(size=(4, 2, 3)).round(1)
I, J = RNG.integers(0, 5, (4, 2, 3)), RNG.integers(1, 4, (4, 2, 3))
MASK = A > 0
LINE, VALUES = (
    np.sort(RNG.normal(size=(4, 5)).round(1), axis=1),
    RNG.normal(size=(4, 2, 3)).round(1),
)
LINE[0, -1] = VALUES[0, 0, 0] = np.nan
UNARY = {
    "isfinite": A, "isinf": A, "isnan": VALUES, "logical_not": MASK, "signbit": A, "ceil": A, "floor": A, "round": A,
    "trunc": A, "step": A, "bitwise_invert": I,
}  # fmt: skip
BINARY = {
    **dict.fromkeys(("equal", "greater", "greater_equal", "less", "less_equal", "not_equal"), (I, J)),
    **dict.fromkeys(("logical_and", "logical_or", "logical_xor"), (MASK, B > 0)),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift"), (I, J)),
    "floor_divide": (I, J), "nextafter": (A, B),
}  # fmt: skip
REDUCTIONS = {"all": MASK, "any": MASK, "count_nonzero": I, "argmax": A, "argmin": A}
OTHERS = {
    "argsort": [(lambda x, a=a, d=d: xp.argsort(x, axis=a, descending=d), (A,)) for a in (0, -1) for d in (0, 1)],
    "searchsorted": [
        (lambda a, v, side=side: xp.searchsorted(a, v, side=side), (LINE, VALUES)) for side in ("left", "right")
    ] + [
        (lambda a, v, s: xp.searchsorted(a, v, sorter=s), (LINE[:, ::-1], VALUES, np.tile(np.arange(5)[::-1], (4, 1))))
    ],
    "linalg.matrix_rank": [(xp.linalg.matrix_rank, (np.stack([np.diag([1.0, k % 2, 0.0]) for k in range(4)]),))],
    "isin": [(lambda a, b, n=n: xp.isin(a, b, invert=n), (I, J)) for n in (False, True)],
    "topk_indices": [(lambda x, a=a: xp.topk(x, 2, axis=a).indices, (A,)) for a in (0, -1)],
}  # fmt: skip


def constant_calls():
    yield from ((n, _named(n), (x,)) for n, x in UNARY.items())
    yield from ((n, _named(n), xs) for n, xs in BINARY.items())
    for n, x in REDUCTIONS.items():
        for axis, keepdims in itertools.product((None, 0, -1), (False, True)):
            yield n, functools.partial(_named(n), axis=axis, keepdims=keepdims), (x,)
        yield n, _named(n), (x[:, 0, 0],)
    for n, calls in OTHERS.items():
        yield from ((n, f, xs) for f, xs in calls)


def _named(name):
    from xpgrad._namespace._operations import operation

    return operation(name)


@pytest.mark.parametrize("call", list(constant_calls()), ids=lambda c: c[0])
def test_operations_without_a_derivative_agree_with_a_loop(call):
    name, f, arrays = call
    tensors = [xp.asarray(np.ascontiguousarray(a)) for a in arrays]
    for batched in itertools.product((True, False), repeat=len(arrays)):
        if not any(batched):
            continue
        given = [t if b else t[0] for t, b in zip(tensors, batched, strict=True)]
        got = xp.vmap(f, tuple(0 if b else None for b in batched))(*given)
        loop = [
            f(*(t[k] if b else t for t, b in zip(given, batched, strict=True))) for k in range(4)
        ]
        assert got.dtype == loop[0].dtype
        np.testing.assert_array_equal(
            got, np.stack([np.asarray(x) for x in loop]), err_msg=f"{name} {batched}"
        )


def test_every_operation_without_a_derivative_is_tried_here():
    tried = {name for name, *_ in constant_calls()}
    names = {n for n in CONSTANTS if (n in SIGNATURES or n in INTERNAL) and n not in _table.REFUSED}
    assert names - tried == set()


# --- the sweep can fail -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("cumulative_sum", lambda invoke, arguments: invoke(arguments | {"x": arguments["x"].inner, "axis": 0})),
        ("multiply", lambda invoke, arguments: invoke({n: x.inner for n, x in arguments.items()})),
        ("sin", lambda invoke, arguments: xp.flip(invoke({"x": arguments["x"].inner}), axis=0)),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_found_by_the_sweep(monkeypatch, name, wrong):
    monkeypatch.setitem(_table._ENTRIES, name, _table.Entry("by hand", wrong))
    site = Site.of("numpy")
    found = 0
    for sample in CASES[name].samples(Maker("float64")):
        for check in (
            batches.vmap_agrees_with_a_loop, batches.vmap_of_gradients_agrees, batches.gradients_of_vmap_agree,
        ):  # fmt: skip
            try:
                check(Call(site, name, sample))
            except (AssertionError, ValueError):
                found += 1
    assert found
