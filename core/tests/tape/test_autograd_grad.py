"""autograd.grad: gradients as values, no .grad touched."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.autograd import grad
from xpgrad.errors import GraphError


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


def test_grad_returns_a_tuple_and_touches_no_grad():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    result = grad((a * b).sum(), (a, b))
    assert isinstance(result, tuple)
    assert [g.tolist() for g in result] == [[3.0, 4.0], [1.0, 2.0]]
    assert a.grad is None
    assert b.grad is None
    (g,) = grad((a * a).sum(), a)
    assert not g.requires_grad


def test_computed_tensors_may_be_asked_for():
    x = leaf(1.0, 2.0)
    y = x * 3
    assert grad((y * y).sum(), [y, x])[0].tolist() == [6.0, 12.0]
    assert grad(y.sum(), y)[0].tolist() == [1.0, 1.0]


def test_one_input_asked_twice_is_answered_twice():
    x = leaf(2.0)
    assert [g.tolist() for g in grad((x * x).sum(), (x, x))] == [[4.0], [4.0]]


def test_several_outputs_with_their_gradients_add_up():
    x = leaf(1.0, 2.0)
    y, z = x * 2, (x * x).sum()
    (g,) = grad((y, z), x, (xp.tensor([1.0, 10.0]), None))
    assert g.tolist() == [4.0, 24.0]
    (g,) = grad((x * 2, (x * x).sum()), x, (xp.ones(2), xp.tensor(2.0)))
    assert g.tolist() == [6.0, 10.0]


def test_the_number_of_grad_outputs_must_fit():
    x = leaf(1.0)
    with pytest.raises(ValueError, match="argument"):
        grad((x * 2, x * 3), x, (xp.ones(1),))


def test_unused_inputs_raise_unless_allowed():
    x, unused = leaf(1.0), leaf(5.0, 6.0)
    with pytest.raises(GraphError, match=r"input 1 of shape \(2,\).*allow_unused"):
        grad((x * 2).sum(), (x, unused))
    g, none = grad((x * 2).sum(), (x, unused), allow_unused=True)
    assert g.tolist() == [2.0]
    assert none is None
    _, zeros = grad((x * 2).sum(), (x, unused), materialize_grads=True)
    assert zeros.tolist() == [0.0, 0.0]


def test_an_input_that_does_not_require_grad_raises():
    x = leaf(1.0)
    with pytest.raises(GraphError, match="inputs does not require grad"):
        grad((x * 2).sum(), xp.ones(1))
    with pytest.raises(GraphError, match="does not require grad"):
        grad(xp.ones(1), x)
    with pytest.raises(TypeError, match="inputs must be tensors, got float"):
        grad((x * 2).sum(), 1.0)
    with pytest.raises(TypeError, match="differentiate tensors, got float"):
        grad(1.0, x)


def test_an_input_that_was_changed_in_place_means_its_present_value():
    x = leaf(1.0, 2.0)
    y = x * 2
    before = y.sum()
    y += 1
    g = grad((y * y).sum(), y, retain_graph=True)[0]
    assert g.tolist() == [6.0, 10.0]
    assert grad(before, y, allow_unused=True) == (None,)


def test_the_graph_is_kept_only_if_asked():
    x = leaf(2.0)
    y = (x * x).sum()
    grad(y, x, retain_graph=True)
    grad(y, x)
    with pytest.raises(GraphError, match="retain_graph"):
        grad(y, x)


def test_create_graph_records_what_depends_on_grad_outputs_too():
    x, v = leaf(1.0, 2.0), leaf(3.0, 5.0)
    (g,) = grad(x * x, x, v, create_graph=True)
    gx, gv = grad((g * g).sum(), (x, v))
    np.testing.assert_allclose(gv, 2 * (2 * x.detach().numpy()) ** 2 * v.detach().numpy())
    np.testing.assert_allclose(gx, 8 * x.detach().numpy() * v.detach().numpy() ** 2)


def test_forward_mode_by_two_reverse_passes():
    x = leaf(0.3, 0.8)
    y = xp.sin(x) * x[0]
    u = xp.ones(2, requires_grad=True)
    (g,) = grad(y, x, u, create_graph=True)
    (jv,) = grad(g, u, xp.tensor([1.0, 2.0]))
    a, b = 0.3, 0.8
    np.testing.assert_allclose(
        jv, [np.cos(a) * a + np.sin(a), np.cos(b) * a * 2 + np.sin(b)], rtol=1e-14
    )


def test_batched_gradients_are_rows_of_the_jacobian():
    x, unused = leaf(0.3, 0.8), leaf(1.0)
    y = xp.sin(x) * x[0]
    rows = xp.asarray([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]])
    (got,) = grad(y, x, rows, is_grads_batched=True, retain_graph=True, create_graph=True)
    one_by_one = [grad(y, x, row, create_graph=True)[0] for row in rows]
    np.testing.assert_allclose(got.detach(), xp.stack(one_by_one).detach(), rtol=1e-15)
    (second,) = grad(xp.sum(got**2), x, retain_graph=True)
    (expected,) = grad(sum(xp.sum(g**2) for g in one_by_one), x, retain_graph=True)
    np.testing.assert_allclose(second, expected, rtol=1e-14)
    assert grad(y, (x, unused), rows, is_grads_batched=True, allow_unused=True)[1] is None
    with pytest.raises(GraphError, match="needs grad_outputs"):
        grad(y, x, is_grads_batched=True)


def test_the_hand_written_gan_pattern():
    """One network's gradient, then the other's, through one shared forward pass."""
    g, d = leaf(0.5), leaf(2.0)
    fake = g * 3
    loss_d = ((d * fake.detach()) ** 2).sum()
    loss_d.backward()
    assert g.grad is None
    assert d.grad.tolist() == [2 * 2.0 * 1.5**2]
    d.grad = None
    loss_g = (d.detach() * fake).sum()
    loss_g.backward()
    assert g.grad.tolist() == [6.0]
    assert d.grad is None
