"""gradcheck and gradgradcheck: they pass on right derivatives and fail on wrong ones."""

import pytest

import xpgrad as xp
from xpgrad.autograd import Function, GradcheckError, Variable, gradcheck, gradgradcheck


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


class Wrong(Function):
    """The square, with a derivative that is wrong by a factor."""

    factor = 1.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 2 * x * Wrong.factor


@pytest.fixture
def factor():
    yield lambda f: setattr(Wrong, "factor", f)
    Wrong.factor = 1.0


def test_right_derivatives_pass():
    assert gradcheck(lambda x, y: xp.sin(x) * y + x @ y, (leaf(0.3, 0.5), leaf(1.0, 2.0)))
    assert gradgradcheck(lambda x, y: xp.sin(x) * y, (leaf(0.3, 0.5), leaf(1.0, 2.0)))
    assert gradcheck(lambda x: (x, x**2, xp.argmax(x)), leaf(0.3, 0.5))


def test_complex_in_and_out():
    z, x = xp.tensor([0.3 + 0.2j, 1 - 1j], requires_grad=True), leaf(0.5, 1.5)
    assert gradcheck(lambda z, x: z * xp.conj(z) * x + xp.exp(z), (z, x))
    assert gradcheck(lambda z: xp.abs(z) + z.real, z)
    assert gradcheck(lambda x: xp.exp(1j * x), x)
    assert gradgradcheck(lambda z, x: z**2 * x, (z, x))


@pytest.mark.parametrize("wrong", [1.01, -1.0, 0.0, 2.0])
def test_a_wrong_derivative_fails_and_the_error_says_where(factor, wrong):
    factor(wrong)
    with pytest.raises(
        GradcheckError, match=r"output 0, element 0, by input 0, element 0: analytic .* numerical"
    ):
        gradcheck(Wrong.apply, leaf(0.7, -1.2))
    assert not gradcheck(Wrong.apply, leaf(0.7, -1.2), raise_exception=False)


def test_a_missing_conjugate_fails():
    class Holomorphic(Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx, g):
            return g * 2 * ctx.saved_tensors[0]  # PyTorch's convention wants conj(2 z)

    z = xp.tensor([1 + 2j], requires_grad=True)
    assert not gradcheck(Holomorphic.apply, z, raise_exception=False)


def test_a_wrong_second_derivative_fails():
    class FirstOrderOnly(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            return g * 3 * (ctx.saved_tensors[0].detach() ** 2)

    x = leaf(0.7, 1.2)
    assert gradcheck(FirstOrderOnly.apply, x)
    with pytest.raises(GradcheckError):
        gradgradcheck(FirstOrderOnly.apply, x)


def test_a_result_that_was_detached_by_mistake_fails():
    assert not gradcheck(lambda x: x.detach() * 2, leaf(1.0), raise_exception=False)
    assert gradcheck(lambda x: x.detach() * 0, leaf(1.0))


def test_a_detached_output_beside_others_is_the_callers_choice():
    assert gradcheck(lambda x: (x.detach() * 5, x * 2), leaf(1.0, 2.0))
    assert gradgradcheck(lambda x: (x.detach() * 5, x**2), leaf(1.0, 2.0))


def test_the_second_of_two_inputs_and_outputs_is_checked(factor):
    factor(1.5)
    with pytest.raises(GradcheckError, match="output 1, .*by input 1"):
        gradcheck(lambda x, y: (x * y, Wrong.apply(y)), (leaf(1.0), leaf(2.0)))


def test_only_inputs_that_require_grad_are_checked():
    assert gradcheck(lambda x, c, k: x * c**k, (leaf(1.0), xp.tensor([3.0]), 2))
    with pytest.raises(ValueError, match="at least one input"):
        gradcheck(lambda x: x, xp.ones(2))


def test_inputs_are_left_as_they_were():
    x = leaf(0.3, 0.5)
    gradcheck(xp.sin, x)
    assert x.tolist() == [0.3, 0.5]
    assert x.grad is None
    assert x.is_leaf


def test_a_variable_is_a_tensor_on_the_value():
    t = xp.tensor([1.0, 2.0])
    v = Variable(t, requires_grad=True)
    assert isinstance(v, xp.Tensor)
    assert isinstance(v, Variable)
    assert isinstance(t, Variable)
    assert not isinstance(3.0, Variable)
    assert v.is_leaf
    assert not t.requires_grad
    t += 1
    assert v.tolist() == [2.0, 3.0], "it shares the value"
    (v * v).sum().backward()
    assert v.grad.data.tolist() == [4.0, 6.0]
    v.grad.data.zero_()
    assert v.grad.tolist() == [0.0, 0.0]
    assert not Variable(v * 2).requires_grad
    assert not Variable([1.0], volatile=True).requires_grad
