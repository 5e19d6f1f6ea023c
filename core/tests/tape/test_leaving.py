"""Leaving the tape: explicit exits are silent, silent ones warn, untracked tensors convert freely."""
# ruff: noqa: PLW0108 - a lambda is the user's line

import copy
import json
import math
import pathlib
import pickle
import warnings

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import GraphError, LeftTapeError, LeftTapeWarning


def tracked(value=2.0):
    return xp.tensor(value, requires_grad=True) * 1


EXITS = {
    "float": lambda t: float(t),
    "int": lambda t: int(t),
    "complex": lambda t: complex(t),
    "math.sin": lambda t: math.sin(t),
    "math.floor": lambda t: math.floor(t),
    "array item": lambda t: np.zeros(3).__setitem__(0, t),
    "format of float": lambda t: f"{float(t):.2f}",
}


@pytest.mark.parametrize("name", EXITS)
def test_a_silent_exit_warns_at_the_users_line(name):
    t = tracked()
    with pytest.warns(LeftTapeWarning, match=r"off the tape.*item\(\)") as caught:
        EXITS[name](t)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    lines = pathlib.Path(__file__).read_text().splitlines()
    assert lines[caught[0].lineno - 1].strip().startswith(f'"{name}"')


@pytest.mark.parametrize("name", EXITS)
def test_it_is_an_error_under_strict_tape(name):
    # NumPy's item assignment raises an error of its own from ours
    with xp.strict_tape(), pytest.raises((LeftTapeError, ValueError)) as caught:
        EXITS[name](tracked())
    error = caught.value.__cause__ if name == "array item" else caught.value
    assert isinstance(error, LeftTapeError)
    assert "off the tape" in str(error)


@pytest.mark.parametrize("name", EXITS)
def test_it_is_silent_for_untracked_tensors_and_under_no_grad(name):
    EXITS[name](tracked().detach())
    with xp.no_grad(), xp.strict_tape():
        EXITS[name](tracked())


def test_explicit_exits_are_silent():
    t, v = tracked(), xp.tensor([1.0, 2.0], requires_grad=True)
    with xp.strict_tape():
        assert t.item() == 2.0
        assert v.tolist() == [1.0, 2.0]
        assert bool(t)
        assert f"{t:.3f}" == "2.000"
        assert "2." in str(t)
        assert "1." in f"{v}"
        assert v.detach().numpy()[1] == 2.0
        assert v.numpy(force=True)[1] == 2.0
        if t > 1 and not t < 1:
            pass


@pytest.mark.parametrize(
    "convert",
    [np.asarray, np.array, lambda t: np.zeros((2, 2)).__setitem__(0, t), lambda t: np.from_dlpack(t),
     lambda t: t.__dlpack__(), lambda t: t.numpy(), lambda t: np.testing.assert_allclose(t, t),
     lambda t: np.linalg.norm(np.asarray(t))],
)  # fmt: skip
def test_becoming_an_array_raises_and_says_detach(convert):
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    for t in (x, x * 2):
        with pytest.raises(GraphError, match=r"detach\(\)"):
            convert(t)


def test_untracked_tensors_convert_freely():
    t = xp.tensor([[1.0, 2.0], [3.0, 4.0]])
    a = np.asarray(t)
    np.testing.assert_array_equal(a, [[1.0, 2.0], [3.0, 4.0]])
    assert np.array(t, dtype="float32").dtype == np.float32
    assert np.asarray(t, dtype=int).dtype == int
    np.testing.assert_allclose(t, a)
    np.testing.assert_allclose(a, t * 1.0)
    buffer = np.zeros((2, 2))
    buffer[0] = t[1]
    buffer[1, 0] = t[0, 1]
    assert buffer.tolist() == [[3.0, 4.0], [2.0, 0.0]]
    assert float(t[0, 0]) == 1.0
    assert [float(v) for v in t[0]] == [1.0, 2.0]
    assert [1, 2, 3][xp.asarray(1)] == 2
    assert list(range(xp.asarray(2))) == [0, 1]
    assert json.dumps(t.tolist()) == "[[1.0, 2.0], [3.0, 4.0]]"
    assert np.from_dlpack(t).tolist() == t.tolist()
    assert math.isclose(t[0, 1], 2.0)
    assert np.stack([np.asarray(r) for r in t]).shape == (2, 2)
    copied = np.array(t)
    copied[0, 0] = 9.0
    assert t[0, 0].item() == 1.0
    with pytest.raises(ValueError, match="copy"):
        np.asarray(t, dtype="float32", copy=False)


def test_a_tracked_tensor_under_no_grad_still_needs_detach():
    x = xp.tensor([1.0], requires_grad=True)
    with xp.no_grad(), pytest.raises(GraphError, match="detach"):
        np.asarray(x)


def test_only_integers_of_one_element_are_indices():
    assert [10, 20][xp.tensor([1])] == 20
    for bad in (xp.tensor(1.0), xp.tensor([1, 2])):
        with pytest.raises(TypeError, match="integer tensors of one element"):
            [1, 2][bad]


# --- pickling and copying -----------------------------------------------------------------------------

CLONES = {
    "pickle": lambda t: pickle.loads(pickle.dumps(t)),
    "pickle 2": lambda t: pickle.loads(pickle.dumps(t, protocol=2)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("name", CLONES)
@pytest.mark.parametrize("flag", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_a_leaf_keeps_its_value_and_its_flag(name, flag, dtype):
    x = xp.ones((2, 3), dtype=dtype, requires_grad=flag)
    y = CLONES[name](x)
    assert y is not x
    assert (y.requires_grad, y.is_leaf, y.dtype, y.shape) == (flag, True, dtype, (2, 3))
    with xp.no_grad():
        y += 1
    assert x.tolist() == (y if name == "copy" else y - 1).tolist()


@pytest.mark.parametrize("name", CLONES)
def test_a_computed_tensor_raises_and_says_detach(name):
    y = xp.tensor([1.0], requires_grad=True) * 2
    with pytest.raises(GraphError, match=r"leaf.*detach\(\)"):
        CLONES[name](y)
    assert CLONES[name](y.detach()).tolist() == [2.0]


def test_deepcopy_keeps_the_gradient_identity_and_attributes():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    x.name, x.me = "x", x
    first, second = copy.deepcopy([x, x])
    assert first is second
    assert first.me is first
    assert first.name == "x"
    assert first.grad.tolist() == [2.0, 4.0]
    first.grad.zero_()
    assert x.grad.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("name", CLONES)
def test_subclasses_and_attributes_survive(name):
    from xpgrad.nn import Parameter

    p = Parameter(xp.ones(2))
    p.tag = "bias"
    q = CLONES[name](p)
    assert type(q) is Parameter
    assert q.requires_grad
    assert q.tag == "bias"


@pytest.mark.parametrize("name", CLONES)
def test_another_librarys_tensors_too(name):
    strict = pytest.importorskip("array_api_strict")
    x = xp.asarray(strict.asarray([1.0, 2.0]), requires_grad=True)
    y = CLONES[name](x)
    assert y.backend is x.backend
    assert y.tolist() == [1.0, 2.0]


# --- what Python asks of an array -----------------------------------------------------------------------


def test_comparisons_give_boolean_tensors():
    x = xp.tensor([1.0, 2.0, 3.0], requires_grad=True)
    for result, expected in [
        (x > 2, [False, False, True]), (x >= 2, [False, True, True]), (x < 2, [True, False, False]),
        (x <= 2, [True, True, False]), (x == 2, [False, True, False]), (x != 2, [True, False, True]),
        (2 < x, [False, False, True]), (np.array([3.0, 2.0, 1.0]) > x, [True, False, False]),  # noqa: SIM300
        (np.float64(2) < x, [False, False, True]),
    ]:  # fmt: skip
        assert isinstance(result, xp.Tensor)
        assert result.dtype == "bool"
        assert result.tolist() == expected
    assert (x == None) is False  # noqa: E711 - the comparison is what is tested
    assert (x == "a") is False
    assert (x != None) is True  # noqa: E711 - same
    with pytest.raises(TypeError):
        x < "a"  # noqa: B015 - same


def test_truth_is_ambiguous_but_for_one_element():
    assert xp.tensor([[3.0]])
    assert not xp.tensor(0.0)
    for t in (xp.ones(2), xp.ones(0)):
        with pytest.raises(ValueError, match=r"ambiguous.*any.*all"):
            bool(t)


def test_len_iteration_and_membership():
    x = xp.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
    assert len(x) == 3
    rows = list(x)
    assert [r.shape for r in rows] == [(2,)] * 3
    a, b, _ = x
    (a * b).sum().backward()
    assert x.grad.tolist() == [[3.0, 4.0], [1.0, 2.0], [0.0, 0.0]]
    assert 4.0 in x
    assert 7.0 not in x
    for use in (len, iter, list):
        with pytest.raises(TypeError, match="0-d"):
            use(xp.tensor(1.0))


def test_tensors_hash_by_identity():
    x, y = xp.ones(2), xp.ones(2)
    assert len({x, y, x}) == 2
    table = {x: 1, y: 2}
    assert table[y] == 2
    before = hash(x)
    x += 1
    assert hash(x) == before
    assert any(t is x for t in (y, x))


def test_no_exit_is_taken_by_ordinary_use():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    with warnings.catch_warnings(), xp.strict_tape():
        warnings.simplefilter("error")
        y = (x**2 / 3 - 1).sum()
        y.backward()
        repr(y)
        str(x.grad)
        copy.deepcopy(x)
        hash(x)
        x.to("cpu")
        xp.sum(x * 2, axis=0)
        np.sum(x)
