"""backward(): seeds, accumulation, retain_graph, create_graph, inputs."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DeviceError, DTypeError, GraphError, ShapeError


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


def test_backward_fills_the_gradient_of_every_leaf():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    assert a.grad is None
    (a * b + a).sum().backward()
    assert a.grad.tolist() == [4.0, 5.0]
    assert b.grad.tolist() == [1.0, 2.0]
    assert not a.grad.requires_grad


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_element_of_any_rank_needs_no_gradient(shape):
    x = xp.full(shape, 3.0, requires_grad=True)
    (x * x).backward()
    assert x.grad.shape == shape
    assert x.grad.item() == 6.0


def test_more_elements_need_a_gradient_and_the_error_says_so():
    x = leaf(1.0, 2.0)
    with pytest.raises(GraphError, match=r"one element.*\(2,\).*sum.*gradient"):
        (x * 2).backward()
    (x * 2).backward(xp.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 20.0]


def test_the_gradient_may_be_an_array_or_a_list_and_must_fit():
    x = leaf(1.0, 2.0)
    (x * 2).backward(np.array([1.0, 10.0]))
    (x * 2).backward([1.0, 1.0])
    assert x.grad.tolist() == [4.0, 22.0]
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        (x * 2).backward(xp.ones(3))


def test_a_complex_gradient_of_a_real_output_is_refused():
    x = leaf(1.0, 2.0)
    with pytest.raises(DTypeError, match=r"float64 cannot be complex, got xpgrad.complex128"):
        (x * 2).backward(xp.ones(2) * 1j)


def test_the_gradient_is_cast_to_the_outputs_dtype():
    x = xp.ones(2, dtype=xp.float32, requires_grad=True)
    (x * 2).backward(xp.ones(2, dtype=xp.float64))
    assert x.grad.dtype == xp.float32


def test_a_complex_output_needs_a_gradient():
    z = xp.tensor(1 + 2j, requires_grad=True)
    with pytest.raises(GraphError, match=r"complex|real"):
        (z * z).backward()


def test_complex_gradients_point_in_the_direction_of_steepest_ascent():
    z = xp.tensor(1 + 2j, requires_grad=True)
    (z * xp.conj(z)).real.backward()
    assert z.grad.item() == 2 * (1 + 2j)


def test_an_untracked_tensor_cannot_be_differentiated():
    with pytest.raises(GraphError, match="does not require grad"):
        xp.tensor(1.0).backward()
    x = leaf(1.0)
    with xp.no_grad():
        y = x * 2
    with pytest.raises(GraphError, match="no_grad"):
        y.backward()


def test_gradients_accumulate_into_the_object_that_is_held():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    held = x.grad
    (x * x).sum().backward()
    assert x.grad is held
    assert held.tolist() == [4.0, 8.0]


def test_zero_and_none_start_anew():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    held = x.grad
    assert x.grad.zero_() is held
    (x * x).sum().backward()
    assert held.tolist() == [2.0, 4.0]
    x.grad = None
    (x * x).sum().backward()
    assert x.grad is not held
    assert x.grad.tolist() == [2.0, 4.0]
    del x.grad
    assert x.grad is None


def test_grad_accepts_only_tensors_of_the_shape():
    x = leaf(1.0, 2.0)
    x.grad = xp.tensor([1.0, 1.0])
    (x * 2).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        x.grad = xp.ones(3)
    with pytest.raises(TypeError, match=r"Tensor or None, got ndarray"):
        x.grad = np.ones(2)
    with pytest.raises(DTypeError, match=r"dtype xpgrad.float64, got xpgrad.float32"):
        x.grad = xp.ones(2, dtype=xp.float32)
    with pytest.raises(DeviceError, match=r"on the tensor's device"):
        x.grad = xp.asarray(pytest.importorskip("array_api_strict").ones(2))


def test_reading_the_gradient_of_a_computed_tensor_warns():
    y = leaf(1.0) * 2
    with pytest.warns(UserWarning, match="retain_grad") as caught:
        assert y.grad is None
    assert caught[0].filename == __file__


def test_backward_of_a_leaf_is_one():
    x = xp.tensor(5.0, requires_grad=True)
    x.backward()
    assert x.grad.item() == 1.0


def test_a_leaf_used_many_times_gets_the_sum():
    x = leaf(2.0)
    y = x * x
    (y * x + y + x).sum().backward()
    assert x.grad.tolist() == [3 * 4 + 2 * 2 + 1]


def test_a_second_backward_needs_retain_graph():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4.0, 8.0]
    with pytest.raises(GraphError, match="retain_graph=True") as caught:
        y.backward()
    assert "multiply" in str(caught.value)
    assert x.grad.tolist() == [4.0, 8.0], "a failed run delivers nothing"


def test_nodes_that_kept_nothing_may_run_again():
    x = leaf(1.0, 2.0)
    y = (x + 1 - x * 3).sum()
    y.backward()
    y2 = (x + 1).sum()
    y2.backward()
    y2.backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_a_freed_value_upstream_of_what_is_asked_does_not_matter():
    x = leaf(1.0, 2.0)
    y = xp.exp(x)
    y.sum().backward()
    (g,) = xp.autograd.grad((y * y).sum(), y)
    np.testing.assert_allclose(g, 2 * np.exp([1.0, 2.0]))


def test_asking_for_a_computed_tensor_frees_nothing_upstream_of_it():
    x = leaf(1.0, 2.0)
    y = xp.exp(x)
    xp.autograd.grad((y * y).sum(), y)
    y.sum().backward()
    np.testing.assert_allclose(x.grad, np.exp([1.0, 2.0]))


def test_a_run_that_failed_is_named_by_the_next_as_a_reason(monkeypatch):
    x = leaf(1.0, 2.0)
    y = xp.exp(x)
    z = xp.sin(y)
    total = z.sum()

    def failing(*_):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(type(y.grad_fn), "backward", staticmethod(failing))
        with pytest.raises(MemoryError):
            total.backward()
    assert x.grad is None
    with pytest.raises(
        GraphError, match=r"freed by an earlier backward\(\), finished or failed.*recompute"
    ):
        total.backward()


def test_retain_graph_false_with_create_graph_is_obeyed():
    x = leaf(2.0)
    y = (x * x * x).sum()
    xp.autograd.grad(y, x, create_graph=True, retain_graph=False)
    with pytest.raises(GraphError, match="retain_graph"):
        y.backward()


def test_derivatives_of_any_order():
    x = xp.tensor(0.7, requires_grad=True)
    derivative = xp.sin(x)
    for expected in (np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v), np.sin, np.cos):
        (derivative,) = xp.autograd.grad(derivative, x, create_graph=True)
        assert derivative.requires_grad
        assert derivative.item() == pytest.approx(expected(0.7), abs=1e-14)


def test_create_graph_leaves_a_gradient_that_can_be_differentiated():
    x = leaf(1.0, 2.0)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    first = x.grad
    x.grad = None
    first.sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_accumulation_onto_a_recorded_gradient_changes_its_value_and_keeps_its_node():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    held = x.grad
    (x**2).sum().backward()
    assert x.grad is held
    assert held.tolist() == [16.0]
    assert xp.autograd.grad(held.sum(), x)[0].tolist() == [12.0]


def test_accumulation_of_a_recorded_gradient_is_recorded():
    x = leaf(2.0)
    (x**2).sum().backward()
    held = x.grad
    (x**3).sum().backward(create_graph=True)
    assert x.grad.tolist() == [16.0]
    assert xp.autograd.grad(x.grad.sum(), x)[0].tolist() == [12.0]
    assert held.tolist() == [4.0]


def test_a_hessian_row_by_row():
    x = leaf(1.0, 2.0, 3.0)
    a = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]])
    y = 0.5 * (x @ (xp.asarray(a) @ x)) + (x**3).sum()
    (g,) = xp.autograd.grad(y, x, create_graph=True)
    rows = [xp.autograd.grad(g[i], x, retain_graph=True)[0].tolist() for i in range(3)]
    np.testing.assert_allclose(rows, a + np.diag([6.0, 12.0, 18.0]))


def test_inputs_limits_where_gradients_go():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (a * b).sum().backward(inputs=[a])
    assert a.grad.tolist() == [3.0, 4.0]
    assert b.grad is None
    (a * b).sum().backward(inputs=b)
    assert b.grad.tolist() == [1.0, 2.0]


def test_inputs_may_be_computed_tensors():
    x = leaf(0.0, 2.0)
    y = x * 2
    (y * y).sum().backward(inputs=[y, x])
    assert y.grad.tolist() == [0.0, 8.0]
    assert x.grad.tolist() == [0.0, 16.0]
    z = xp.tensor(0.0, requires_grad=True) * 2
    (z * 3).backward(inputs=[z])
    assert z.grad.item() == 3.0


def test_inputs_must_be_tensors_that_require_grad():
    x = leaf(1.0)
    with pytest.raises(GraphError, match="empty"):
        (x * 2).sum().backward(inputs=[])
    with pytest.raises(GraphError, match="inputs does not require grad"):
        (x * 2).sum().backward(inputs=[xp.ones(1)])
    with pytest.raises(TypeError, match="inputs must be tensors"):
        (x * 2).sum().backward(inputs=[3.0])


def test_autograd_backward_takes_several_outputs():
    x = leaf(1.0, 2.0)
    xp.autograd.backward([(x * 2).sum(), x * 3], [None, xp.tensor([1.0, 10.0])])
    assert x.grad.tolist() == [5.0, 32.0]
    y = (x * x).sum()
    x.grad = None
    xp.autograd.backward([y, y])
    assert x.grad.tolist() == [4.0, 8.0], "the same output twice counts twice"


def test_backward_works_inside_no_grad():
    x = leaf(3.0)
    y = (x * x).sum()
    with xp.no_grad():
        y.backward()
    assert x.grad.tolist() == [6.0]


def test_broadcasting_promotion_and_casts_are_undone():
    x = xp.ones((3, 1), dtype=xp.float32, requires_grad=True)
    s = xp.tensor(2.0, requires_grad=True)
    y = (x * xp.ones((2, 3, 4)) * s).sum()
    y.backward()
    assert (x.grad.shape, x.grad.dtype) == ((3, 1), xp.float32)
    assert x.grad.tolist() == [[16.0]] * 3
    assert s.grad.item() == 24.0


def test_a_real_input_of_a_complex_operation_has_a_real_gradient():
    x = xp.tensor(2.0, requires_grad=True)
    z = xp.tensor(1 + 1j, requires_grad=True)
    (x * z).real.backward()
    assert x.grad.dtype == xp.float64
    assert x.grad.item() == 1.0
    assert z.grad.item() == 2.0


def test_an_empty_tensor_has_an_empty_gradient():
    x = xp.zeros((0, 3), requires_grad=True)
    (x * 2).sum().backward()
    assert x.grad.shape == (0, 3)
