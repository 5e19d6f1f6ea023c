"""One rule text, three forms: ``step()``, the pure functions, and a step that is differentiated."""

import math

import array_api_strict
import pytest

import xpgrad as xp
from xpgrad import optim

RUNS = {
    "SGD": {"lr": 0.1},
    "SGD-all": {"lr": 0.1, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.1},
    "SGD-nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True},
    "Adagrad": {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.1},
    "RMSprop": {"lr": 0.01},
    "RMSprop-all": {"lr": 0.01, "weight_decay": 0.1, "momentum": 0.9, "centered": True},
    "Adam": {"lr": 0.1},
    "Adam-all": {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True, "maximize": True},
    "AdamW": {"lr": 0.1, "weight_decay": 0.1},
}
EACH = pytest.mark.parametrize("run", RUNS)


def made(run, params=None):
    return optim.create(run.split("-")[0], params, **RUNS[run])


def loss(w, b):
    return xp.sum(xp.sin(w) * w) + xp.sum((w @ b - 1.0) ** 2)


def start():
    return xp.asarray([[0.5, -1.0], [2.0, 0.25]]), xp.asarray([1.0, -0.5])


def stepped(run, steps):
    w, b = (xp.tensor(x, requires_grad=True) for x in start())
    optimizer = made(run, [w, b])
    for _ in range(steps):
        optimizer.zero_grad()
        loss(w, b).backward()
        optimizer.step()
    return w.detach(), b.detach()


def gradients(params, **options):
    return dict(
        zip(
            params,
            xp.autograd.grad(loss(*params.values()), tuple(params.values()), **options),
            strict=True,
        )
    )


def pure(run, steps, params, **options):
    optimizer = made(run)
    state = optimizer.init_tree(params)
    for _ in range(steps):
        leaves = {k: v.detach().requires_grad_() for k, v in params.items()}
        params, state = optimizer.update_tree(gradients(leaves), state, params, **options)
    return params


@EACH
def test_the_pure_form_gives_the_bits_of_step(run):
    names = ("w", "b")
    found = pure(run, 4, dict(zip(names, start(), strict=True)))
    for name, expected in zip(names, stepped(run, 4), strict=True):
        assert found[name].tolist() == expected.tolist()


@EACH
def test_the_pure_form_takes_raw_arrays_in_any_tree_and_changes_nothing(run):
    w, b = (x.numpy() for x in start())
    params = {"layers": [{"w": w}, (b,)], "frozen": b}
    grads = {"layers": [{"w": w * 2}, (b * 2,)], "frozen": None}
    optimizer = made(run)
    state = optimizer.init_tree(params)
    before = repr((params, grads, state))
    new, after = optimizer.update_tree(grads, state, params)
    assert repr((params, grads, state)) == before
    assert type(new["layers"][0]["w"]) is type(w)
    assert isinstance(new["layers"][1], tuple)
    assert new["frozen"] is b
    assert set(after) == {"layers.0.w", "layers.1.0", "frozen"}
    assert (new["layers"][0]["w"] != w).all()


@EACH
def test_two_steps_are_differentiated_as_finite_differences_say(run):
    w0, b0 = start()

    def after_two_steps(scale, lr):
        optimizer = made(run)
        params = {"w": w0 * scale, "b": b0 * 1.0}
        params = {k: v if v.requires_grad else v.requires_grad_() for k, v in params.items()}
        state = optimizer.init_tree(params)
        for _ in range(2):
            grads = gradients(params, create_graph=True)
            params, state = optimizer.update_tree(grads, state, params, lr=lr)
        return loss(params["w"], params["b"])

    at = (1.1, RUNS[run]["lr"])
    leaves = [xp.tensor(x, requires_grad=True) for x in at]
    found = xp.autograd.grad(after_two_steps(*leaves), leaves)
    h = 1e-6
    for i, g in enumerate(found):
        values = []
        for sign in (1, -1):
            moved = [x + sign * h * (i == j) for j, x in enumerate(at)]
            values.append(after_two_steps(xp.asarray(moved[0]), moved[1]).item())
        difference = (values[0] - values[1]) / (2 * h)
        assert math.isclose(g.item(), difference, rel_tol=2e-6, abs_tol=1e-7), (
            i,
            g.item(),
            difference,
        )


@EACH
def test_options_can_be_given_for_one_call(run):
    params = dict(zip("wb", start(), strict=True))
    assert pure(run, 2, params, lr=0.02)["w"].tolist() != pure(run, 2, params)["w"].tolist()
    with pytest.raises(TypeError, match="has no option 'speed'"):
        pure(run, 1, params, speed=1.0)


@EACH
def test_a_zero_gradient_moves_nothing_without_weight_decay(run):
    p = xp.tensor([1.0, -2.0], requires_grad=True)
    optimizer = made(run, [p])
    for group in optimizer.param_groups:
        if "weight_decay" in group:
            group["weight_decay"] = 0.0
    for _ in range(3):
        p.grad = xp.zeros(2)
        optimizer.step()
    assert p.tolist() == [1.0, -2.0]


@EACH
def test_float32_stays_float32_whatever_the_options_are_made_of(run):
    p = xp.tensor([1.0, -2.0], dtype=xp.float32, requires_grad=True)
    optimizer = made(run, [p])
    optimizer.param_groups[0]["lr"] = xp.asarray(0.1).numpy()[()]  # a float64 scalar of NumPy's
    for _ in range(3):
        p.grad = xp.tensor([0.5, 1.0], dtype=xp.float32)
        optimizer.step()
    assert p.dtype == xp.float32
    assert all(getattr(v, "dtype", xp.float32) == xp.float32 for v in optimizer.state[p].values())


@EACH
def test_gradients_are_not_changed(run):
    p, g = xp.tensor([1.0, -2.0], requires_grad=True), xp.asarray([0.5, 1.0])
    p.grad = g
    optimizer = made(run, [p])
    for _ in range(3):
        optimizer.step()
    assert p.grad is g
    assert g.tolist() == [0.5, 1.0]


@EACH
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3)])
def test_scalars_and_empty_parameters_are_parameters(run, shape):
    p = xp.ones(shape, requires_grad=True)
    optimizer = made(run, [p])
    for _ in range(2):
        p.grad = xp.ones(shape)
        optimizer.step()
    assert p.shape == shape
    assert p.dtype == xp.float64


@EACH
def test_it_runs_on_a_library_nobody_claims(run):
    w, b = (x.tolist() for x in start())
    params = [xp.asarray(array_api_strict.asarray(x), requires_grad=True) for x in (w, b)]
    optimizer = made(run, params)
    for _ in range(4):
        optimizer.zero_grad()
        loss(*params).backward()
        optimizer.step()
    for p, expected in zip(params, stepped(run, 4), strict=True):
        assert "array_api_strict" in type(p._cell.raw).__module__
        assert xp.max(xp.abs(xp.asarray(p.tolist()) - expected)).item() < 1e-13


@EACH
def test_complex64_stays_complex64_on_a_strict_library(run):
    p = xp.asarray(
        array_api_strict.asarray([1 + 2j, -1j], dtype=array_api_strict.complex64),
        requires_grad=True,
    )
    optimizer = made(run, [p])
    for _ in range(2):
        p.grad = xp.asarray(
            array_api_strict.asarray([1j, 2 + 0j], dtype=array_api_strict.complex64)
        )
        optimizer.step()
    assert p.dtype == xp.complex64
