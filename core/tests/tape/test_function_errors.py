"""autograd.Function: what it says when it is written wrongly, retries, and what it leaves behind."""

import gc
import weakref

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.autograd import Function, grad
from xpgrad.errors import GraphError


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


def test_errors_name_the_function_and_what_was_expected():
    class Bad(Function):
        answer = None

        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return Bad.answer

    x, y = leaf(1.0, 2.0), leaf(1.0, 2.0)
    for answer, kind, message in [
        (
            xp.ones(2),
            GraphError,
            r"Bad.backward must return one gradient per argument of forward \(2\), got 1",
        ),
        ((xp.ones(2),) * 3, GraphError, r"\(2\), got 3"),
        ((1.0, None), TypeError, r"Bad.backward must return tensors or None, got float"),
        (
            (xp.ones(3), None),
            ValueError,
            r"Bad.backward returned a gradient of shape \(3,\) for an input of \(2,\)",
        ),
    ]:
        Bad.answer = answer
        with pytest.raises(kind, match=message) as caught:
            Bad.apply(x, y).sum().backward()
        assert any("'Bad'" in n and "test_function_errors.py" in n for n in caught.value.__notes__)
    Bad.answer = (xp.ones(2), None, None)
    Bad.apply(x, y).sum().backward()  # trailing None is harmless
    with pytest.raises(TypeError, match="save_for_backward keeps tensors, got int"):
        xp.autograd.FunctionCtx((True,)).save_for_backward(3)


def test_a_function_without_its_methods_says_which_to_write():
    class Nothing(Function):
        pass

    with pytest.raises(NotImplementedError, match="forward"):
        Nothing.apply(leaf(1.0))

    class NoBackward(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    with pytest.raises(NotImplementedError, match="backward"):
        NoBackward.apply(leaf(1.0)).sum().backward()


def test_a_backward_that_raises_can_be_retried():
    class Moody(Function):
        angry = True

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            if Moody.angry:
                raise LookupError
            return g * 2 * ctx.saved_tensors[0]

    x = leaf(3.0)
    y = (Moody.apply(xp.exp(x)) * 2).sum()
    with pytest.raises(LookupError):
        y.backward()
    Moody.angry = False
    y.backward()
    assert x.grad.tolist() == pytest.approx([4 * np.exp(6.0)])
    with pytest.raises(GraphError, match="retain_graph"):
        y.backward()


def test_nothing_is_left_for_the_garbage_collector_even_if_ctx_holds_the_output():
    class Careless(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.x = x
            ctx.out = xp.exp(x)
            ctx.save_for_backward(x, ctx.out)
            return ctx.out

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[1]

    x = leaf(1.0)

    def step():
        y = Careless.apply(x)
        (g,) = grad(y.sum(), x, create_graph=True)
        g.sum().backward()
        return weakref.ref(y.grad_fn)

    step()  # operations are made on first use
    gc.collect()
    gc.disable()
    try:
        assert step()() is None
        assert gc.collect() == 0
    finally:
        gc.enable()
