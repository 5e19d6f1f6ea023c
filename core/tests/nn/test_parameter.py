"""A Parameter is a leaf tensor that a module counts as its own."""

import copy
import pickle

import pytest

import xpgrad as xp
from xpgrad.errors import DTypeError
from xpgrad.nn import Module, Parameter


def test_a_parameter_requires_grad_unless_told_otherwise():
    assert Parameter(xp.ones(2)).requires_grad
    assert not Parameter(xp.ones(2), requires_grad=False).requires_grad


def test_what_is_computed_from_a_parameter_is_a_plain_tensor():
    p = Parameter(xp.ones(2))
    for result in (p * 2, p.sum(), p.detach(), p.data, -p, p[0]):
        assert type(result) is xp.Tensor


def test_a_parameter_shares_the_value_of_its_data_but_not_its_graph():
    data = xp.ones(2)
    p = Parameter(data)
    with xp.no_grad():
        p += 1.0
    assert data.tolist() == [2.0, 2.0]
    computed = xp.ones(2, requires_grad=True) * 3
    assert Parameter(computed).is_leaf


def test_an_integer_parameter_says_what_to_do():
    with pytest.raises(DTypeError, match="must be floating, got xpgrad.int64.*requires_grad=False"):
        Parameter(xp.asarray([1, 2]))
    assert Parameter(xp.asarray([1, 2]), requires_grad=False).dtype == xp.int64


def test_a_parameter_prints_what_it_is():
    assert repr(Parameter(xp.ones(2))) == (
        "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    )


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_a_parameter_copies_as_a_parameter(copied):
    p = Parameter(xp.ones(2))
    twin = copied(p)
    assert type(twin) is Parameter
    assert twin.requires_grad
    with xp.no_grad():
        twin += 1.0
    assert p.tolist() == [1.0, 1.0]


def test_a_computed_tensor_cannot_be_made_a_parameter_by_force():
    p = Parameter(xp.ones(2))
    p._node = (p * 2)._node
    with pytest.raises(ValueError, match="it has a grad_fn"):
        Module().register_parameter("p", p)


def test_gradients_accumulate_on_a_parameter():
    p = Parameter(xp.ones(2))
    for _ in range(2):
        (p * p).sum().backward()
    assert p.grad.tolist() == [4.0, 4.0]
