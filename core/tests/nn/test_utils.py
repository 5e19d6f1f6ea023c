"""Gradients are clipped together; parameters become a vector and come back."""

import math

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import ShapeError
from xpgrad.nn import Parameter, utils


def graded(*gradients):
    parameters = []
    for g in gradients:
        p = Parameter(xp.zeros(np.shape(g)))
        p.grad = None if g is None else xp.asarray(np.asarray(g, dtype=float))
        parameters.append(p)
    return parameters


@pytest.mark.parametrize(
    ("p", "norm"), [(2.0, math.sqrt(9 + 16 + 144)), (1.0, 19.0), (math.inf, 12.0)]
)
def test_gradients_are_scaled_together_to_the_norm(p, norm):
    parameters = graded([3.0, -4.0], [[12.0]])
    assert utils.clip_grad_norm_(parameters, 2.0, p).item() == pytest.approx(norm)
    assert parameters[0].grad.tolist() == pytest.approx([6 / norm, -8 / norm], rel=1e-5)
    assert parameters[1].grad.item() == pytest.approx(24 / norm, rel=1e-5)


def test_small_gradients_stay_and_missing_ones_do_not_count():
    parameters = [*graded([0.3, 0.4]), Parameter(xp.ones(2))]
    assert utils.clip_grad_norm_(parameters, 2.0).item() == pytest.approx(0.5)
    assert parameters[0].grad.tolist() == [0.3, 0.4]
    assert parameters[1].grad is None
    assert utils.clip_grad_norm_([], 2.0).item() == 0.0


def test_a_norm_that_is_not_finite_may_raise():
    with pytest.raises(RuntimeError, match="have the norm inf"):
        utils.clip_grad_norm_(graded([math.inf]), 1.0, error_if_nonfinite=True)


def test_gradients_are_clipped_by_value():
    (p,) = graded([3.0, -4.0, 0.5])
    utils.clip_grad_value_(p, 1.0)
    assert p.grad.tolist() == [1.0, -1.0, 0.5]


def test_parameters_become_a_vector_and_come_back():
    a, b = Parameter(xp.ones((2, 2))), Parameter(xp.zeros(()))
    vector = utils.parameters_to_vector([a, b])
    vector.sum().backward()
    assert b.grad.item() == 1.0
    utils.vector_to_parameters(xp.arange(5.0), [a, b])
    assert a.tolist() == [[0, 1], [2, 3]]
    assert b.item() == 4.0
    assert a.is_leaf
    with pytest.raises(ShapeError, match=r"have 5 elements, the vector has shape \(4,\)"):
        utils.vector_to_parameters(xp.ones(4), [a, b])
