"""autograd.Function: both styles, what is saved, several outputs, double backward."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.autograd import Function, grad, gradcheck, gradgradcheck, once_differentiable
from xpgrad.errors import GraphError


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        out = xp.exp(x)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, g):
        (out,) = ctx.saved_tensors
        return g * out


class Cube(Function):
    @staticmethod
    def forward(x):
        return x**3, x**2

    @staticmethod
    def setup_context(ctx, inputs, output):
        (x,) = inputs
        _, square = output
        ctx.save_for_backward(x, square)
        ctx.mark_non_differentiable(square)

    @staticmethod
    def backward(ctx, g, _):
        x, square = ctx.saved_tensors
        return g * 3 * square + 0 * x


class MulAdd(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b, a + b

    @staticmethod
    def backward(ctx, g_product, g_sum):
        a, b = ctx.saved_tensors
        return g_product * b + g_sum, g_product * a + g_sum


def test_the_style_with_ctx():
    x = leaf(0.5, 1.0)
    y = Exp.apply(x)
    assert repr(y.grad_fn) == "<ExpBackward>"
    assert y.grad_fn.next_functions[0][0].variable is x
    y.sum().backward()
    np.testing.assert_allclose(x.grad, np.exp([0.5, 1.0]))


def test_the_style_with_setup_context():
    x = leaf(2.0, 3.0)
    cube, square = Cube.apply(x)
    assert cube.requires_grad
    assert not square.requires_grad
    cube.sum().backward()
    assert x.grad.tolist() == [12.0, 27.0]


def test_double_backward_through_saved_inputs_and_outputs():
    assert gradcheck(Exp.apply, leaf(0.3, 0.7))
    assert gradgradcheck(Exp.apply, leaf(0.3, 0.7))
    assert gradgradcheck(MulAdd.apply, (leaf(0.3, 0.7), leaf(1.0, -2.0)))
    x = xp.tensor(0.4, requires_grad=True)
    d = Exp.apply(x)
    for _ in range(4):
        (d,) = grad(d, x, create_graph=True)
        assert d.item() == pytest.approx(np.exp(0.4))


def test_double_backward_through_a_saved_output_of_several():
    class Both(Function):
        @staticmethod
        def forward(ctx, x):
            e, s = xp.exp(x), xp.sin(x)
            ctx.save_for_backward(e, s, x)
            return "text", e, s

        @staticmethod
        def backward(ctx, nothing, g_e, g_s):
            assert nothing is None
            e, _, x = ctx.saved_tensors
            return g_e * e + g_s * xp.cos(x)

    x = leaf(0.3, 0.7)
    text, _, _ = Both.apply(x)
    assert text == "text"
    assert gradgradcheck(lambda x: Both.apply(x)[1] * Both.apply(x)[2], x)


def test_a_saved_intermediate_is_a_constant_to_the_second_order():
    class Sinh(Function):
        @staticmethod
        def forward(ctx, x):
            e = xp.exp(x)
            ctx.save_for_backward(e, None)
            return (e - 1 / e) / 2

        @staticmethod
        def backward(ctx, g):
            e, none = ctx.saved_tensors
            assert none is None
            assert not e.requires_grad
            return g * (e + 1 / e) / 2

    x = leaf(0.5)
    assert gradcheck(Sinh.apply, x)
    (g,) = grad(Sinh.apply(x), x, create_graph=True)
    assert not g.requires_grad


def test_several_outputs_share_one_node_and_unused_ones_get_zeros():
    a, b = leaf(2.0, 3.0), leaf(5.0, 7.0)
    product, total = MulAdd.apply(a, b)
    assert product.grad_fn is total.grad_fn
    assert [n for _, n in (product * total).grad_fn.next_functions] == [0, 1]
    (product * 2).sum().backward(retain_graph=True)
    assert a.grad.tolist() == [10.0, 14.0]
    a.grad = None
    (product + total * 10 + product).sum().backward()
    assert a.grad.tolist() == [20.0, 24.0]


def test_materialize_grads_can_be_switched_off():
    seen = []

    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, g1, g2):
            seen.append((g1 is None, g2 is None))
            return g2 * 2

    x = leaf(1.0)
    Two.apply(x)[1].sum().backward()
    assert seen == [(True, False)]
    assert x.grad.tolist() == [2.0]


def test_needs_input_grad_and_arguments_that_are_no_tensors():
    seen = []

    class Scale(Function):
        @staticmethod
        def forward(ctx, x, factor, name, w):
            ctx.factor = factor
            assert not xp.is_grad_enabled()
            return x * factor

        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            assert not xp.is_grad_enabled()
            return g * ctx.factor, None, None, None

    x = leaf(1.0)
    Scale.apply(x, 3.0, "name", xp.ones(1)).sum().backward()
    assert seen == [(True, False, False, False)]
    assert x.grad.tolist() == [3.0]


def test_nothing_is_recorded_without_a_tracked_input_or_under_no_grad():
    assert not Exp.apply(xp.ones(2)).requires_grad
    with xp.no_grad():
        assert not Exp.apply(leaf(1.0)).requires_grad
    x = leaf(1.0)
    assert Exp.apply(x.detach()).is_leaf


def test_returning_an_input_gives_a_tensor_of_its_own():
    class TripleGradient(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 3

    x = leaf(1.0, 2.0)
    y = TripleGradient.apply(x)
    assert y is not x
    assert x.is_leaf
    y += 1
    assert x.tolist() == [1.0, 2.0]
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_returning_a_foreign_tensor_does_not_put_it_on_the_tape():
    table = xp.tensor([1.0, 2.0])

    class Constant(Function):
        @staticmethod
        def forward(ctx, x):
            return table

        @staticmethod
        def backward(ctx, g):
            return g * 0

    assert Constant.apply(leaf(1.0, 1.0)).requires_grad
    assert not table.requires_grad


def test_integer_outputs_are_off_the_tape():
    class Sort(Function):
        @staticmethod
        def forward(ctx, x):
            i = xp.argsort(x)
            ctx.save_for_backward(i)
            return xp.take(x, i), i

        @staticmethod
        def backward(ctx, g, none):
            (i,) = ctx.saved_tensors
            assert not i.requires_grad
            result = xp.zeros(g.shape)
            result[i] = g
            return result

    x = leaf(3.0, 1.0, 2.0)
    y, i = Sort.apply(x)
    assert not i.requires_grad
    (y * xp.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [100.0, 1.0, 10.0]


def test_a_broadcast_or_wider_gradient_is_fitted_to_its_input():
    class AddRow(Function):
        @staticmethod
        def forward(ctx, x, row):
            return x + row

        @staticmethod
        def backward(ctx, g):
            return g, g

    x = xp.ones((3, 2), requires_grad=True)
    row = xp.ones(2, dtype=xp.float32, requires_grad=True)
    AddRow.apply(x, row).sum().backward()
    assert row.grad.tolist() == [3.0, 3.0]
    assert row.grad.dtype == xp.float32


def test_complex_gradients_are_pytorchs_and_a_real_input_takes_the_real_part():
    class Multiply(Function):
        @staticmethod
        def forward(ctx, x, z):
            ctx.save_for_backward(x, z)
            return x * z

        @staticmethod
        def backward(ctx, g):
            x, z = ctx.saved_tensors
            return g * xp.conj(z), g * x

    x, z = leaf(2.0), xp.tensor([1 + 3j], requires_grad=True)
    assert gradcheck(Multiply.apply, (x, z))
    assert gradgradcheck(Multiply.apply, (x, z))


def test_once_differentiable_refuses_a_second_order():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            assert not xp.is_grad_enabled()
            return g * 2 * x

    x = leaf(3.0)
    Square.apply(x).sum().backward()
    assert x.grad.tolist() == [6.0]
    (g,) = grad(Square.apply(x).sum(), x, create_graph=True)
    assert g.tolist() == [6.0]
    with pytest.raises(GraphError, match="once_differentiable"):
        g.sum().backward()


def test_backward_inside_backward():
    class Inner(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return xp.sin(x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            with xp.enable_grad():
                y = x.detach().requires_grad_()
                (d,) = grad(xp.sin(y).sum(), y)
            return g * d

    x = leaf(0.2, 0.9)
    (Inner.apply(x) * x).sum().backward()
    np.testing.assert_allclose(x.grad, np.cos([0.2, 0.9]) * [0.2, 0.9] + np.sin([0.2, 0.9]))
