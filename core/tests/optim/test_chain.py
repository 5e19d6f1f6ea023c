"""Transformations of the gradients before an optimizer."""

import pytest

import xpgrad as xp
from xpgrad import optim
from xpgrad.errors import OptimizerError, StateDictError


class Average(optim.Transformation):
    """The running mean of the gradients: a transformation with state."""

    def init(self, params, xp):
        return {name: xp.zeros_like(p) for name, p in params.items()}

    def update(self, grads, state, params, xp):
        state = {name: 0.5 * state[name] + 0.5 * g for name, g in grads.items()}
        return state, state


def leaves():
    return xp.tensor([3.0, -4.0], requires_grad=True), xp.tensor([[12.0]], requires_grad=True)


def test_clipping_scales_all_gradients_by_one_factor():
    a, b = leaves()
    for p in (a, b):
        p.grad = p.detach() * 1.0
    optimizer = optim.chain(optim.clip_by_global_norm(6.5), optim.SGD([a, b], lr=1.0))
    optimizer.step()
    factor = 6.5 / (13.0 + 1e-6)
    assert a.tolist() == pytest.approx([3.0 * (1 - factor), -4.0 * (1 - factor)], abs=1e-14)
    assert b.tolist() == [pytest.approx([12.0 * (1 - factor)], abs=1e-14)]
    assert a.grad.tolist() == [3.0, -4.0]


def test_small_gradients_are_not_scaled():
    a, b = leaves()
    a.grad = xp.asarray([0.5, 0.25])
    optim.chain(optim.clip_by_global_norm(1.0), optim.SGD([a, b], lr=1.0)).step()
    assert a.tolist() == [2.5, -4.25]
    assert b.tolist() == [[12.0]]


def test_clipping_keeps_dtypes_and_takes_complex_gradients():
    a = xp.tensor([3.0], dtype=xp.float32, requires_grad=True)
    b = xp.tensor([4j], requires_grad=True)
    a.grad, b.grad = xp.tensor([3.0], dtype=xp.float32), xp.tensor([4j])
    optim.chain(optim.clip_by_global_norm(1.0), optim.SGD([a, b], lr=1.0)).step()
    assert (a.dtype, b.dtype) == (xp.float32, xp.complex128)
    assert b.tolist()[0] == pytest.approx(4j - 0.8j, abs=1e-6)


def test_the_order_is_the_order_given():
    for parts, expected in (
        ((optim.clip_by_value(1.0), optim.add_decayed_weights(0.5)), [3.0 - 2.5]),
        ((optim.add_decayed_weights(0.5), optim.clip_by_value(1.0)), [3.0 - 1.0]),
    ):
        p = xp.tensor([3.0], requires_grad=True)
        p.grad = xp.asarray([5.0])
        optim.chain(*parts, optim.SGD([p], lr=1.0)).step()
        assert p.tolist() == expected


def test_the_pure_form_equals_step_and_state_resumes():
    def made(params=None):
        return optim.chain(Average(), optim.clip_by_global_norm(2.0), optim.Adam(params, lr=0.1))

    a, b = leaves()
    tree = {"a": a.detach() * 1.0, "b": [b.detach() * 1.0]}
    pure = made()
    state = pure.init_tree(tree)
    optimizer = made([("a", a), ("b.0", b)])
    for number in range(6):
        if number == 3:
            saved = optimizer.state_dict()
            optimizer = made([("a", a), ("b.0", b)])
            optimizer.load_state_dict(saved)
        for p in (a, b):
            p.grad = xp.sin(p.detach())
        optimizer.step()
        grads = {"a": xp.sin(tree["a"]), "b": [xp.sin(tree["b"][0])]}
        tree, state = pure.update_tree(grads, state, tree)
    assert tree["a"].tolist() == a.tolist()
    assert tree["b"][0].tolist() == b.tolist()
    with pytest.raises(StateDictError, match="has 2 transformations, this chain 1"):
        optim.chain(Average(), optim.Adam([("a", a), ("b.0", b)])).load_state_dict(saved)


def test_groups_schedules_and_zero_grad_are_the_optimizers():
    a, b = leaves()
    optimizer = optim.chain(optim.clip_by_value(1.0), optim.SGD([a], lr=1.0))
    optimizer.add_param_group({"params": [b], "lr": 0.5})
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    schedule.step()
    a.grad = b.grad = None
    (a.sum() * 9 + b.sum() * 9).backward()
    optimizer.step()
    assert (a.tolist(), b.tolist()) == ([2.5, -4.5], [[11.75]])
    optimizer.zero_grad()
    assert a.grad is None
    assert "Parameter Group 1" in repr(optimizer)


def test_a_chain_is_differentiable():
    pure = optim.chain(optim.clip_by_global_norm(1.0), optim.SGD())
    lr = xp.tensor(0.1, requires_grad=True)
    w = xp.asarray([3.0, 4.0])
    new, _ = pure.update_tree(w, pure.init_tree(w), w, lr=lr)
    (slope,) = xp.autograd.grad(xp.sum(new), lr)
    assert slope.item() == pytest.approx(-1.4, abs=1e-6)


def test_a_chain_that_cannot_work_is_refused():
    sgd = optim.SGD([xp.zeros(1)])
    with pytest.raises(TypeError, match="the last part is clip_by_value; expected an optimizer"):
        optim.chain(optim.clip_by_value(1.0))
    with pytest.raises(TypeError, match="part 0 is SGD; expected a Transformation"):
        optim.chain(sgd, sgd)
    with pytest.raises(ValueError, match="Invalid max_norm: 0"):
        optim.clip_by_global_norm(0)


class Sharp(optim.Transformation):
    """The gradients at a step uphill, as in sharpness-aware minimization; looks at the loss too."""

    def __init__(self):
        self.seen = []

    def update(self, grads, state, params, xp, *, value=None, closure=None):
        there, sharp = closure({name: params[name] + 0.125 * g for name, g in grads.items()})
        self.seen.append((float(value), float(there)))
        return {name: sharp[name] for name in grads}, state


@pytest.mark.parametrize("maximize", [False, True])
def test_a_transformation_can_look_elsewhere_through_the_closure(maximize):
    a, b = leaves()
    sharp, sign = Sharp(), -1.0 if maximize else 1.0

    def closure():
        optimizer.zero_grad()
        loss = sign * (xp.sum(a * a) + 0.0 * xp.sum(b))  # a's gradient is sign * 2 a
        loss.backward()
        return loss

    last = optim.SGD([a, b], lr=0.5, maximize=maximize)
    optimizer = optim.chain(sharp, last)
    assert optimizer.step(closure).item() == sign * 25.0
    # uphill by 0.125 * 2 a, the gradient is 2.5 a; down by half of that
    assert a.tolist() == [-0.75, 1.0]
    assert b.tolist() == [[12.0]]
    assert a.grad.tolist() == [sign * 6.0, sign * -8.0], (
        "the gradient at the parameters is put back"
    )
    assert sharp.seen == [(sign * 25.0, sign * 25.0 * 1.25**2)]


@pytest.mark.parametrize("maximize", [False, True])
def test_the_pure_form_turns_gradients_round_before_the_transformations(maximize):
    def made(params=None):
        parts = Sharp(), optim.add_decayed_weights(0.25)
        return optim.chain(*parts, optim.SGD(params, lr=0.5, maximize=maximize))

    def gradients(tree):
        return {"a": 2.0 * tree["a"] + 1.0, "b": 4.0 * tree["b"]}

    def at(tree):
        return xp.sum(tree["a"] ** 2 + tree["a"]) + 2.0 * xp.sum(tree["b"] ** 2), gradients(tree)

    a, b = leaves()
    tree = {"a": a.detach() * 1.0, "b": b.detach() * 1.0}
    pure, optimizer = made(), made([("a", a), ("b", b)])
    state = pure.init_tree(tree)

    def closure():
        optimizer.zero_grad()
        loss = xp.sum(a**2 + a) + 2.0 * xp.sum(b**2)
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
        value, grads = at(tree)
        tree, state = pure.update_tree(grads, state, tree, value=value, closure=at)
    assert tree["a"].tolist() == a.tolist()
    assert tree["b"].tolist() == b.tolist()


@pytest.mark.parametrize("form", ["chain", "tree rule"])
def test_no_gradient_at_all_moves_nothing_and_an_unknown_leaf_is_named(form):
    class Whole(optim.TreeOptimizer):
        def init(self, params, xp):
            return {"steps": 0}

        def update(self, grads, state, params, xp, *, lr=0.1):
            return {n: params[n] - lr * grads[n] for n in params}, {"steps": state["steps"] + 1}

    rule = (
        Whole() if form == "tree rule" else optim.chain(optim.clip_by_global_norm(1.0), optim.SGD())
    )
    params = {"a": xp.ones(2), "b": xp.ones(1)}
    state = rule.init_tree(params)
    same, after = rule.update_tree({"a": None, "b": None}, state, params)
    assert same["a"].tolist() == [1.0, 1.0]
    assert after == state
    with pytest.raises(OptimizerError, match="differ in b, c"):
        rule.update_tree({"a": xp.ones(2), "c": xp.ones(1)}, state, params)
