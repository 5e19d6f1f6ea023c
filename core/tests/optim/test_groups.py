"""Parameters in groups, with names and options of their own; bad arguments."""

import warnings

import pytest

import xpgrad as xp
from xpgrad import optim
from xpgrad.errors import OptimizerError, PluginError


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


def test_every_group_has_its_options():
    a, b, c = leaf(1.0), leaf(1.0), leaf(1.0)
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5, "note": "mine"}], lr=0.25)
    optimizer.add_param_group({"params": iter([c]), "maximize": True})
    for p in (a, b, c):
        p.grad = xp.ones(1)
    optimizer.step()
    assert [p.item() for p in (a, b, c)] == [0.75, 0.5, 1.25]
    assert optimizer.param_groups[1]["note"] == "mine"
    assert [group["param_names"] for group in optimizer.param_groups] == [
        ["param.0.0"],
        ["param.1.0"],
        ["param.2.0"],
    ]


def test_groups_given_by_the_user_are_not_changed():
    group = {"params": [leaf(1.0)]}
    optim.SGD([group], lr=0.1)
    assert list(group) == ["params"]


def test_a_shared_parameter_takes_its_first_name_and_one_step():
    p = leaf(1.0)
    optimizer = optim.SGD([("encoder.w", p), ("decoder.w", p)], lr=0.25)
    p.grad = xp.ones(1)
    optimizer.step()
    assert p.item() == 0.75
    assert optimizer.param_groups[0]["param_names"] == ["encoder.w"]


def test_a_parameter_without_a_gradient_is_left_alone_and_does_not_count():
    a, b = leaf(1.0), leaf(1.0)
    optimizer = optim.Adam([a, b], lr=0.1)
    a.grad = xp.ones(1)
    optimizer.step()
    assert b.item() == 1.0
    assert b not in optimizer.state
    b.grad = xp.ones(1)
    optimizer.step()
    assert (optimizer.state[a]["step"], optimizer.state[b]["step"]) == (2, 1)


def test_zero_grad_forgets_or_fills():
    p = leaf(1.0)
    optimizer = optim.SGD([p])
    optimizer.zero_grad()
    (p * 3.0).backward()
    held = p.grad
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is held
    assert held.tolist() == [0.0]
    optimizer.zero_grad()
    assert p.grad is None


def test_a_closure_is_called_with_recording_on_and_its_loss_returned():
    p = leaf(2.0)
    optimizer = optim.SGD([p], lr=0.25)

    def closure():
        optimizer.zero_grad()
        value = xp.sum(p * p)
        value.backward()
        return value

    with xp.no_grad():
        assert optimizer.step(closure).item() == 4.0
    assert p.item() == 1.0


def test_a_moved_parameter_with_its_old_gradient_is_refused():
    import array_api_strict

    p = leaf(1.0)
    p.grad = xp.ones(1)
    p.data = xp.asarray(array_api_strict.asarray([1.0]))
    with pytest.raises(OptimizerError, match="call zero_grad"):
        optim.SGD([("w", p)]).step()


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (lambda: leaf(1.0), TypeError, "should be an iterable of tensors, .* but got Tensor"),
        (list, ValueError, "optimizer got an empty parameter list"),
        (lambda: {leaf(1.0)}, TypeError, "whose order is not fixed"),
        (lambda: {"w": leaf(1.0)}, TypeError, r"pass .items\(\)"),
        (lambda: lambda: None, TypeError, r"did you forget the \(\)"),
        (lambda: [leaf(1.0) * 2], ValueError, "can't optimize a non-leaf Tensor: 'param.0.0'"),
        (lambda: ["w"], TypeError, r"can only optimize Tensors .* is str"),
        (lambda: [("w", leaf(1.0)), leaf(1.0)], ValueError, "with names or all without"),
        (
            lambda: [("w", leaf(1.0)), ("w", leaf(1.0))],
            ValueError,
            "two parameters have one name: w",
        ),
        (lambda: [("w", 1.0)], TypeError, "is float"),
        (lambda: [{"lr": 0.1}], TypeError, "must be a dict with 'params'"),
        (lambda: [{"params": [leaf(1.0)], "lr": -1}], ValueError, "Invalid learning rate: -1"),
    ],
)
def test_bad_parameters_are_refused(params, error, message):
    with pytest.raises(error, match=message):
        optim.SGD(params(), lr=0.1)


def test_a_parameter_in_two_groups_is_refused():
    p = leaf(1.0)
    with pytest.raises(ValueError, match=r"more than one parameter group: param.1.0"):
        optim.SGD([{"params": [p]}, {"params": [p]}])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lr": -1.0}, ValueError, "Invalid learning rate: -1.0; expected a number, 0 or more"),
        ({"lr": "fast"}, ValueError, "Invalid learning rate: fast"),
        ({"lr": float("nan")}, ValueError, "Invalid learning rate: nan"),
        ({"momentum": -1}, ValueError, "Invalid momentum value: -1"),
        ({"weight_decay": -1}, ValueError, "Invalid weight_decay value: -1"),
        ({"speed": 1}, TypeError, "SGD has no option 'speed'; it has lr, momentum"),
        ({"foreach": True}, TypeError, "no flag for how it is carried out"),
        ({"differentiable": True}, TypeError, r"use update_tree\(\) on tensors"),
    ],
)
def test_bad_options_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        optim.SGD([leaf(1.0)], **options)


def test_options_may_be_given_in_pytorchs_order():
    assert optim.SGD([leaf(1.0)], 0.5, 0.9, 0.1, 0.01).defaults == {
        "lr": 0.5, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01, "nesterov": False, "maximize": False,
    }  # fmt: skip
    with pytest.raises(TypeError, match="too many positional arguments"):
        optim.SGD([leaf(1.0)], 0.5, 0.9, 0.1, 0.01, False, True)


def test_it_prints_its_groups():
    assert repr(optim.SGD([leaf(1.0)], lr=0.5)).startswith(
        "SGD (\nParameter Group 0\n    dampening: 0.0\n    lr: 0.5"
    )


def test_an_unknown_optimizer_says_what_is_there():
    with pytest.raises(AttributeError, match="no plugin provides the optimizer 'Sgdd'"):
        optim.Sgdd
    with pytest.raises(AttributeError, match="did you mean 'AdamW'"):
        optim.adamw
    assert not hasattr(optim, "Nothing")
    with pytest.raises(ImportError):
        from xpgrad.optim import Nothing  # noqa: F401
    with pytest.raises(PluginError, match="installed: .*SGD"):
        optim.create("nothing", [leaf(1.0)])
    assert "SGD" in dir(optim)


def test_training_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = leaf(1.0)
        for name in ("SGD", "Adam"):
            optimizer = optim.create(name, [p])
            (p * p).backward()
            optimizer.step()
