"""What a stranger writes: Lion as a rule per parameter, SAM and a line search as rules over the tree."""

import math

import pytest

import xpgrad as xp
from xpgrad import optim
from xpgrad.errors import OptimizerError, StateDictError


class Lion(optim.Optimizer):
    """Chen et al., Symbolic Discovery of Optimization Algorithms, arXiv:2302.06675."""

    def init(self, p, xp):
        return {"exp_avg": xp.zeros_like(p)}

    def update(self, g, state, p, xp, *, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        m = state["exp_avg"]
        direction = xp.sign(betas[0] * m + (1 - betas[0]) * g)
        return p - lr * (direction + weight_decay * p), {
            "exp_avg": betas[1] * m + (1 - betas[1]) * g
        }


class SAM(optim.TreeOptimizer):
    """Foret et al., Sharpness-Aware Minimization, arXiv:2010.01412, around gradient descent."""

    def init(self, params, xp):
        return {"steps": 0}

    def update(self, grads, state, params, xp, *, closure=None, lr=0.1, rho=0.05):
        norm = xp.sqrt(sum(xp.sum(g * g) for g in grads.values()))
        _, sharp = closure({n: p + rho * grads[n] / norm for n, p in params.items()})
        return {n: p - lr * sharp[n] for n, p in params.items()}, {"steps": state["steps"] + 1}


class Backtracking(optim.TreeOptimizer):
    """Halve the step until the loss falls enough (Armijo); looks at the value."""

    def init(self, params, xp):
        return {"lr": 1.0, "previous": {n: xp.zeros_like(p) for n, p in params.items()}}

    def update(self, grads, state, params, xp, *, value=None, closure=None, shrink=0.5):
        slope = sum(float(xp.sum(g * g)) for g in grads.values())
        lr = 2.0 * state["lr"]
        while True:
            new = {n: p - lr * grads[n] for n, p in params.items()}
            if float(closure(new)[0]) <= float(value) - 1e-4 * lr * slope:
                return new, {"lr": lr, "previous": dict(params)}
            lr *= shrink


def quartic(w, b):
    return xp.sum((w - 1.0) ** 2 * (w + 2.0) ** 2) + xp.sum(b * b)


def run(optimizer, w, b, steps):
    def closure():
        optimizer.zero_grad()
        value = quartic(w, b)
        value.backward()
        return value

    return [optimizer.step(closure).item() for _ in range(steps)]


def leaves():
    return xp.tensor([0.3, -1.5], requires_grad=True), xp.tensor([0.5], requires_grad=True)


def test_lion_is_short_and_checked_against_its_formula():
    w, b = leaves()
    optimizer = Lion([w, b], lr=0.01, weight_decay=0.1)
    p, m = [0.3, -1.5], [0.0, 0.0]
    for _ in range(20):
        optimizer.zero_grad()
        quartic(w, b).backward()
        g = w.grad.tolist()
        optimizer.step()
        for i in range(2):
            direction = math.copysign(1.0, 0.9 * m[i] + 0.1 * g[i])
            p[i] -= 0.01 * (direction + 0.1 * p[i])
            m[i] = 0.99 * m[i] + 0.01 * g[i]
    assert w.tolist() == pytest.approx(p, abs=1e-14)
    with pytest.raises(ValueError, match="Invalid beta parameter at index 1: 1.5"):
        Lion([w], betas=(0.9, 1.5))


def test_sam_steps_with_the_gradient_of_the_neighbour():
    w, b = leaves()
    optimizer = SAM([("w", w), ("b", b)], lr=0.02, rho=0.1)
    x, y = (p.detach().requires_grad_() for p in (xp.tensor(w), xp.tensor(b)))
    grads = xp.autograd.grad(quartic(x, y), (x, y))
    norm = math.sqrt(sum((g * g).sum().item() for g in grads))
    up = [
        xp.tensor(p + 0.1 * g / norm, requires_grad=True)
        for p, g in zip((x, y), grads, strict=True)
    ]
    sharp = xp.autograd.grad(quartic(*up), up)
    expected = [(p - 0.02 * g).tolist() for p, g in zip((x, y), sharp, strict=True)]
    run(optimizer, w, b, 1)
    assert w.tolist() == pytest.approx(expected[0], abs=1e-14)
    assert b.tolist() == pytest.approx(expected[1], abs=1e-14)
    assert w.grad.tolist() == grads[0].tolist()
    assert optimizer.state == {"steps": 1}


def test_the_pure_form_of_a_tree_rule_is_the_same():
    w, b = leaves()
    params = {"w": w.detach(), "b": b.detach()}

    def closure(tree):
        at = {k: v.detach().requires_grad_() for k, v in tree.items()}
        value = quartic(at["w"], at["b"])
        return value.detach(), dict(
            zip(at, xp.autograd.grad(value, list(at.values())), strict=True)
        )

    for made in (SAM, Backtracking):
        pure = made()
        w.data, b.data = xp.tensor(params["w"]), xp.tensor(params["b"])
        optimizer = made([("w", w), ("b", b)])
        run(optimizer, w, b, 3)
        tree, state = params, pure.init_tree(params)
        for _ in range(3):
            value, grads = closure(tree)
            tree, state = pure.update_tree(grads, state, tree, value=value, closure=closure)
        assert tree["w"].tolist() == w.tolist()


def test_a_line_search_lowers_the_loss_every_time_and_resumes():
    w, b = leaves()
    optimizer = Backtracking([("w", w), ("b", b)])
    values = run(optimizer, w, b, 6)
    assert values == sorted(values, reverse=True)
    saved = [xp.tensor(w), xp.tensor(b), optimizer.state_dict()]
    expected = run(optimizer, w, b, 4)
    w, b = (p.requires_grad_() for p in saved[:2])
    other = Backtracking([("w", w), ("b", b)])
    other.load_state_dict(saved[2])
    assert run(other, w, b, 4) == expected
    with pytest.raises(StateDictError, match="missing parameters: v"):
        Backtracking([("v", w), ("b", b)]).load_state_dict(saved[2])


def test_a_tree_rule_has_one_group_and_one_backend():
    import array_api_strict

    w, b = leaves()
    with pytest.raises(OptimizerError, match="has one parameter group"):
        SAM([{"params": [w]}, {"params": [b]}])
    strict = xp.asarray(array_api_strict.asarray([1.0]), requires_grad=True)
    optimizer = SAM([w, strict])
    w.grad, strict.grad = xp.ones(2), xp.asarray(array_api_strict.asarray([1.0]))
    with pytest.raises(OptimizerError, match="on two backends: 'param.0.0' on numpy"):
        optimizer.step()


def test_a_rule_that_changes_shape_or_dtype_is_caught():
    class Broken(optim.Optimizer):
        def init(self, p, xp):
            return {}

        def update(self, g, state, p, xp, *, lr=0.1):
            return xp.sum(p), state

    p = xp.tensor([1.0, 2.0], requires_grad=True)
    p.grad = xp.ones(2)
    with pytest.raises(
        OptimizerError, match=r"Broken.update must return .* 'param.0.0' of shape \(2,\)"
    ):
        Broken([p]).step()
    assert p.tolist() == [1.0, 2.0]


def test_a_required_option_must_be_given():
    class Plain(optim.Optimizer):
        def init(self, p, xp):
            return {}

        def update(self, g, state, p, xp, *, lr):
            return p - lr * g, state

    with pytest.raises(TypeError, match="missing a required argument: 'lr'"):
        Plain([xp.zeros(1)])
    assert Plain([xp.zeros(1)], 0.5).defaults["lr"] == 0.5


def test_a_class_may_have_its_own_constructor():
    class Fixed(Lion):
        """Lion with one option."""

        def __init__(self, params, rate=0.5):
            super().__init__(params, lr=rate)

    p = xp.tensor([1.0], requires_grad=True)
    p.grad = xp.ones(1)
    Fixed([p], 0.25).step()
    assert p.item() == 0.75


def test_every_form_calls_the_update_of_the_instance():
    calls = []
    optimizer = Lion([xp.zeros(1, requires_grad=True)])
    rule = optimizer.update
    optimizer.update = lambda *args, **options: calls.append(args) or rule(*args, **options)
    optimizer.param_groups[0]["params"][0].grad = xp.ones(1)
    optimizer.step()
    optimizer.update_tree(xp.ones(1), optimizer.init_tree(xp.ones(1)), xp.ones(1))
    assert len(calls) == 2


def test_a_tree_rule_leaves_parameters_without_gradient_alone():
    w, b = leaves()
    optimizer = Backtracking([("w", w), ("b", b)])

    def closure():
        optimizer.zero_grad()
        value = xp.sum((w - 1.0) ** 2)
        value.backward()
        return value

    optimizer.step(closure)
    assert b.tolist() == [0.5]
    pure = NormalStep()
    new, _ = pure.update_tree({"w": None, "b": b.detach()}, {}, {"w": w.detach(), "b": b.detach()})
    assert new["b"].tolist() == [0.0]
    assert new["w"].tolist() == w.tolist()


class NormalStep(optim.TreeOptimizer):
    """A step of length ``lr``."""

    def init(self, params, xp):
        return {}

    def update(self, grads, state, params, xp, *, lr=0.5):
        norm = xp.sqrt(sum(xp.sum(g * g) for g in grads.values()))
        return {n: params[n] - lr * g / norm for n, g in grads.items()}, state
