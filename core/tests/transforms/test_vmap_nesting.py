"""vmap within, around and between the other transforms; a user's own derivatives in batches."""

import itertools

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.autograd import Function

RNG = np.random.default_rng(11)
X, W = RNG.normal(size=(5, 3)), RNG.normal(size=(4, 3))


def same(got, expected, rtol=1e-12):
    np.testing.assert_allclose(np.asarray(got), np.asarray(expected), rtol=rtol, atol=1e-12)


def stacked(f, *batches):
    return xp.stack([f(*each) for each in zip(*batches, strict=True)])


def loss(w, x):
    h = xp.tanh(w @ x)
    return xp.sum(h**2) + h[0] * xp.exp(x[1])


w, x = xp.asarray(W), xp.asarray(X)


def test_a_gradient_for_each_example():
    got = xp.vmap(xp.grad(loss), in_dims=(None, 0))(w, x)
    same(got, stacked(lambda v: xp.grad(loss)(w, v), x))


def test_the_gradient_of_a_sum_over_a_batch():
    total = xp.grad(lambda w: xp.sum(xp.vmap(loss, in_dims=(None, 0))(w, x)))(w)
    same(total, sum(np.asarray(xp.grad(loss)(w, v)) for v in x))


def test_the_tape_outside_goes_through():
    p = xp.tensor(W, requires_grad=True)
    xp.sum(xp.vmap(lambda v: loss(p, v))(x) ** 2).backward()
    q = xp.tensor(W, requires_grad=True)
    sum(loss(q, v) ** 2 for v in x).backward()
    same(p.grad, q.grad)


def test_gradients_for_each_example_can_be_differentiated():
    def sharpness(w):
        g = xp.vmap(xp.grad(loss), in_dims=(None, 0))(w, x)
        return xp.sum(g**2)

    def looped(w):
        return sum(xp.sum(xp.grad(loss)(w, v) ** 2) for v in x)

    same(xp.grad(sharpness)(w), xp.grad(looped)(w))


def test_batches_of_batches():
    got = xp.vmap(lambda v: xp.vmap(lambda u: loss(xp.stack([u, u]), v))(w))(x)
    same(got, [[loss(xp.stack([u, u]), v) for u in w] for v in x])
    crossed = xp.vmap(xp.vmap(lambda a, b: a * b, in_dims=(None, 0)), in_dims=(0, None), out_dims=1)
    same(crossed(x[:, 0], w[:, 1]), np.outer(W[:, 1], X[:, 0]))


def test_many_directions_at_once():
    directions = xp.asarray(RNG.normal(size=(6, 4, 3)))
    got = xp.vmap(lambda t: xp.jvp(lambda w: loss(w, x[0]), (w,), (t,))[1])(directions)
    g = np.asarray(xp.grad(loss)(w, x[0]))
    same(got, [np.sum(g * np.asarray(t)) for t in directions])


def test_the_tangent_of_a_batch():
    t = xp.asarray(RNG.normal(size=(5, 3)))
    value, moved = xp.jvp(xp.vmap(lambda v: loss(w, v)), (x,), (t,))
    same(value, [loss(w, v) for v in x])
    same(moved, [xp.jvp(lambda v: loss(w, v), (v,), (u,))[1] for v, u in zip(x, t, strict=True)])


def test_pull_backs_in_batches():
    _, pull = xp.vjp(lambda w: xp.tanh(w @ x[0]), w)
    rows = xp.vmap(pull)(xp.eye(4))[0]
    same(rows, stacked(lambda e: pull(e)[0], xp.eye(4)))
    _, pull_all = xp.vjp(xp.vmap(lambda v: xp.tanh(w @ v)), x)
    cotangents = xp.asarray(RNG.normal(size=(2, 5, 4)))
    same(xp.vmap(pull_all)(cotangents)[0], stacked(lambda c: pull_all(c)[0], cotangents))


def hessian_by(outer, inner, f):
    """The Hessian by two first-order transforms, batched over unit vectors."""

    def gradient(v):
        if inner == "reverse":
            return xp.grad(f)(v)
        return xp.vmap(lambda e: xp.jvp(f, (v,), (e,))[1])(xp.eye(3))

    def columns(v):
        if outer == "forward":
            return xp.vmap(lambda e: xp.jvp(gradient, (v,), (e,))[1], out_dims=-1)(xp.eye(3))
        return xp.vmap(xp.vjp(gradient, v)[1])(xp.eye(3))[0]

    return columns


@pytest.mark.parametrize(
    ("outer", "inner"), list(itertools.product(("forward", "reverse"), repeat=2))
)
def test_hessians_of_a_batch_agree_whichever_way(outer, inner):
    f = lambda v: loss(w, v)  # noqa: E731
    got = xp.vmap(hessian_by(outer, inner, f))(x)
    for v, h in zip(x, got, strict=True):
        step = 1e-5
        for i in range(3):
            e = np.eye(3)[i] * step
            difference = (np.asarray(xp.grad(f)(v + e)) - np.asarray(xp.grad(f)(v - e))) / (
                2 * step
            )
            same(np.asarray(h)[i], difference, rtol=1e-6)


def test_values_of_two_batches_are_not_confused():
    """The inner function uses the outer batch's value; each keeps its own."""
    got = xp.vmap(lambda a: xp.vmap(lambda b: a - 10.0 * b)(xp.arange(3.0)) * a)(xp.arange(4.0))
    a, b = np.arange(4.0)[:, None], np.arange(3.0)
    same(got, (a - 10 * b) * a)
    same(xp.vmap(lambda a: xp.grad(lambda b: a * b**2)(a))(xp.arange(4.0)), 2 * np.arange(4.0) ** 2)


def test_no_grad_outside_keeps_everything_off_the_tape():
    p = xp.tensor(X, requires_grad=True)
    square = lambda v: xp.sum(v**2)  # noqa: E731
    with xp.no_grad():
        assert not xp.vmap(square)(p).requires_grad
        assert not xp.vmap(xp.grad(square))(p).requires_grad
    assert xp.vmap(square)(p).requires_grad


def test_no_grad_inside_is_a_constant():
    def f(v):
        with xp.no_grad():
            scale = xp.sum(v)
        return xp.sum(v**2) * scale

    same(xp.vmap(xp.grad(f))(x), 2 * X * X.sum(1, keepdims=True))


# --- a user's own derivatives -------------------------------------------------------------------------


class Tripled(Function):
    """Its derivative is not that of its value, so that one sees which was used."""

    @staticmethod
    def forward(ctx, x, w, power):
        ctx.power = power
        ctx.save_for_backward(x, w)
        return xp.sum(x * w) ** power

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        assert ctx.power == 2
        return 3.0 * g * w * xp.sum(x), 5.0 * g * x, None


@xp.custom_vjp
def tripled(x, w):
    return xp.sum(x * w) ** 2


tripled.defvjp(
    lambda x, w: (xp.sum(x * w) ** 2, (x, w)),
    lambda kept, g: (3.0 * g * kept[1] * xp.sum(kept[0]), 5.0 * g * kept[0]),
)


@xp.custom_jvp
def tripled_forward(x, w):
    return xp.sum(x * w) ** 2


@tripled_forward.defjvp
def _(primals, tangents):
    (x, w), (t, u) = primals, tangents
    moved = 3.0 * xp.sum(w * t) * xp.sum(x) + 5.0 * xp.sum(x * u)
    return tripled_forward(x, w), moved


OWN = {
    "Function": lambda x, w: Tripled.apply(x, w, 2),
    "custom_vjp": tripled,
    "custom_jvp": tripled_forward,
}
rows = pytest.mark.parametrize("f", list(OWN.values()), ids=list(OWN))
ROW = xp.asarray(W[0])


@rows
def test_own_derivatives_count_inside_vmap(f):
    same(xp.vmap(f, (0, None))(x, ROW), (X @ W[0]) ** 2)
    by_x, by_w = xp.vmap(xp.grad(f, (0, 1)), (0, None))(x, ROW)
    same(by_x, 3.0 * W[0] * X.sum(1, keepdims=True))
    same(by_w, 5.0 * X)


@rows
def test_own_derivatives_count_through_vmap(f):
    total = lambda x, w: xp.sum(xp.vmap(f, (0, None))(x, w))  # noqa: E731
    by_x, by_w = xp.grad(total, (0, 1))(x, ROW)
    same(by_x, 3.0 * W[0] * X.sum(1, keepdims=True))
    same(by_w, 5.0 * X.sum(0))


@rows
def test_own_derivatives_count_in_forward_mode_of_a_batch(f):
    t, u = RNG.normal(size=(5, 3)), RNG.normal(size=3)
    expected = 3.0 * (t @ W[0]) * X.sum(1) + 5.0 * X @ u
    batched = xp.vmap(f, (0, None))
    same(xp.jvp(batched, (x, ROW), (xp.asarray(t), xp.asarray(u)))[1], expected)
    one = lambda v, s: xp.jvp(f, (v, ROW), (s, xp.asarray(u)))[1]  # noqa: E731
    same(xp.vmap(one)(x, xp.asarray(t)), expected)


@rows
def test_own_derivatives_can_be_differentiated_again_through_vmap(f):
    total = lambda x: xp.sum(xp.vmap(f, (0, None))(x, ROW))  # noqa: E731
    second = xp.grad(lambda x: xp.sum(xp.grad(total)(x) ** 2))(x)
    expected = 18.0 * np.sum(W[0] ** 2) * X.sum(1, keepdims=True) * np.ones(3)
    same(second, expected)


@rows
def test_own_derivatives_count_when_pull_backs_are_batched(f):
    _, pull = xp.vjp(xp.vmap(f, (0, None)), x, ROW)
    by_x, by_w = xp.vmap(pull)(xp.eye(5))
    for i in range(5):
        same(by_x[i], np.eye(5)[i][:, None] * 3.0 * W[0] * X.sum(1, keepdims=True))
    same(by_w, 5.0 * X)


class Several(Function):
    """Two outputs, one without gradient, one saved; an unused argument."""

    @staticmethod
    def forward(ctx, x, unused):
        y = xp.exp(x)
        order = xp.argsort(x)
        ctx.mark_non_differentiable(order)
        ctx.save_for_backward(y, None)
        return y, order

    @staticmethod
    def backward(ctx, g, _):
        y, nothing = ctx.saved_tensors
        assert nothing is None
        return g * y * 7.0, None


def test_several_outputs_and_a_saved_output():
    y, order = xp.vmap(lambda v: Several.apply(v, v))(x)
    same(y, np.exp(X))
    same(order, np.argsort(X, axis=1))
    got = xp.grad(lambda x: xp.sum(xp.vmap(lambda v: Several.apply(v, v)[0])(x)))(x)
    same(got, 7.0 * np.exp(X))
    second = xp.grad(
        lambda x: xp.sum(xp.grad(lambda x: xp.sum(xp.vmap(lambda v: Several.apply(v, v)[0])(x)))(x))
    )(x)
    same(second, 49.0 * np.exp(X))


def test_checkpoint_in_batches():
    f = lambda v: xp.sum(xp.checkpoint(lambda u: xp.tanh(w @ u) ** 2, v))  # noqa: E731
    g = lambda v: xp.sum(xp.tanh(w @ v) ** 2)  # noqa: E731
    same(xp.vmap(xp.grad(f))(x), xp.vmap(xp.grad(g))(x))
    same(xp.grad(lambda x: xp.sum(xp.vmap(f)(x)))(x), xp.grad(lambda x: xp.sum(xp.vmap(g)(x)))(x))


def test_a_contraction_keeps_the_batches_around_it_apart():
    def f(v):
        return xp.sin(xp.linalg.outer(v, v)) + xp.cos(v @ v)

    v = xp.asarray(X[0, :2])
    once = xp.jacobian(xp.jacobian(f))(v)
    assert once.shape == (2, 2, 2, 2)
    same(once, xp.jacfwd(xp.jacfwd(f))(v))
    a = xp.asarray(RNG.normal(size=(2, 3, 4, 5)))
    product = xp.vmap(xp.vmap(xp.vmap(lambda u, v: xp.einsum("i,j->ij", u, v))))
    same(product(a, 2 * a), xp.einsum("...i,...j->...ij", a, 2 * a))
