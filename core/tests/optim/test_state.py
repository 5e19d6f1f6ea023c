"""State by name: what is saved is enough, what does not fit is refused with names."""

import copy
import gc
import json
import pickle
import weakref

import pytest

import xpgrad as xp
from xpgrad import optim
from xpgrad.errors import StateDictError

RUNS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "dampening": 0.2},
    "Adagrad": {"lr": 0.1},
    "RMSprop": {"lr": 0.01, "momentum": 0.9, "centered": True},
    "Adam": {"lr": 0.1, "amsgrad": True},
    "AdamW": {"lr": 0.1},
}
EACH = pytest.mark.parametrize("name", RUNS)


def problem():
    w = xp.tensor([[0.5, -1.0], [2.0, 0.25]], requires_grad=True)
    b = xp.tensor([1.0, -0.5], dtype=xp.float32, requires_grad=True)
    return w, b


def train(optimizer, schedule, params, steps):
    w, b = params
    for _ in range(steps):
        optimizer.zero_grad()
        xp.sum(xp.sin(w) * w + xp.astype(b, xp.float64) ** 2).backward()
        optimizer.step()
        schedule.step()
    return [p.detach().tolist() for p in params]


def through_json(saved):
    """What a file of arrays beside a file of JSON does to a state dict."""

    def plain(value):
        if isinstance(value, xp.Tensor):
            return {"dtype": value.dtype.name, "values": value.tolist()}
        return value

    def back(value):
        if "values" in value:
            return xp.asarray(value["values"], dtype=value["dtype"])
        return value

    return json.loads(json.dumps(saved, default=plain), object_hook=back)


@EACH
@pytest.mark.parametrize(
    "way", [copy.deepcopy, through_json, lambda saved: pickle.loads(pickle.dumps(saved))]
)
def test_resumed_equals_uninterrupted_bit_for_bit(name, way):
    def made(params):
        optimizer = optim.create(name, zip("wb", params, strict=True), **RUNS[name])
        return optimizer, optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=9)

    params = problem()
    optimizer, schedule = made(params)
    train(optimizer, schedule, params, 5)
    saved = way(
        {
            "params": list(params),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
        }
    )
    expected = train(optimizer, schedule, params, 7)
    others = [xp.tensor(p, requires_grad=True) for p in saved["params"]]
    optimizer, schedule = made(others)
    optimizer.load_state_dict(saved["optimizer"])
    schedule.load_state_dict(saved["schedule"])
    assert train(optimizer, schedule, others, 7) == expected


def test_a_saved_state_is_a_snapshot():
    p = xp.tensor([1.0], requires_grad=True)
    optimizer = optim.Adam([p], lr=0.1)
    p.grad = xp.ones(1)
    optimizer.step()
    saved = optimizer.state_dict()
    before = repr(saved)
    optimizer.step()
    assert repr(saved) == before
    saved["state"]["param.0.0"]["exp_avg"] += 1.0
    optimizer.load_state_dict(saved)
    saved["state"]["param.0.0"]["exp_avg"] += 1.0
    assert optimizer.state[p]["exp_avg"].item() == pytest.approx(1.1)


def test_state_is_keyed_by_name():
    w, b = problem()
    optimizer = optim.Adam([("layer.w", w), ("layer.b", b)])
    w.grad, b.grad = xp.ones((2, 2)), xp.ones(2, dtype=xp.float32)
    optimizer.step()
    saved = optimizer.state_dict()
    assert list(saved["state"]) == ["layer.w", "layer.b"]
    assert saved["param_groups"][0]["params"] == ["layer.w", "layer.b"]
    assert optimizer.state[w]["step"] == optimizer.state["layer.w"]["step"] == 1
    assert optimizer.state[b]["exp_avg"].dtype == xp.float32


def test_names_may_come_in_another_order():
    w, b = problem()
    optimizer = optim.Adam([("w", w), ("b", b)])
    w.grad, b.grad = xp.ones((2, 2)), xp.ones(2, dtype=xp.float32)
    optimizer.step()
    other = optim.Adam([("b", b), ("w", w)])
    other.load_state_dict(optimizer.state_dict())
    assert other.state[w]["exp_avg"].shape == (2, 2)


def test_the_view_can_be_read_written_and_cleared():
    p, other = xp.tensor([1.0], requires_grad=True), xp.tensor([1.0])
    optimizer = optim.SGD([p], lr=1.0, momentum=0.5)
    assert p not in optimizer.state
    assert len(optimizer.state) == 0
    p.grad = xp.ones(1)
    optimizer.step()
    assert list(optimizer.state) == [p]
    optimizer.state[p]["momentum_buffer"] = xp.asarray([4.0])
    optimizer.step()
    assert p.tolist() == [1.0 - 1.0 - 3.0]
    assert sorted(optimizer.state[p]) == ["momentum_buffer", "step"]
    del optimizer.state[p]
    assert p not in optimizer.state
    optimizer.state[p] = {"step": 1, "momentum_buffer": xp.asarray([0.0])}
    assert "momentum_buffer" in repr(optimizer.state)
    optimizer.state.clear()
    with pytest.raises(KeyError, match="this optimizer does not have"):
        optimizer.state[other]


def test_looking_at_the_state_before_the_first_step_changes_nothing():
    p = xp.tensor([1.0], requires_grad=True)
    optimizer = optim.Adam([p], lr=0.1)
    assert dict(optimizer.state[p]) == {}
    optimizer.state[p] = {}
    p.grad = xp.ones(1)
    optimizer.step()
    optimizer.state[p].clear()
    assert p not in optimizer.state
    assert xp.ones(1) not in optimizer.state
    optimizer.step()
    assert optimizer.state[p]["step"] == 1


def refused(optimizer, saved, message):
    before = repr(optimizer.state_dict())
    with pytest.raises(StateDictError, match=message):
        optimizer.load_state_dict(saved)
    assert repr(optimizer.state_dict()) == before


def test_what_does_not_fit_is_refused_with_names_and_changes_nothing():
    w, b = problem()

    def made(pairs, **options):
        optimizer = optim.Adam(pairs, **options)
        for p in (w, b):
            p.grad = xp.ones_like(p)
        optimizer.step()
        return optimizer

    optimizer = made([("w", w), ("b", b)])
    saved = optimizer.state_dict()
    refused(optimizer, made([("w", w)]).state_dict(), "missing parameters: b")
    refused(
        optimizer,
        made([("w", w), ("c", b)]).state_dict(),
        "missing parameters: b\n.*unexpected parameters: c",
    )
    refused(
        optimizer,
        made([("b", w), ("w", b)]).state_dict(),
        r"'w': 'exp_avg' has shape \(2,\), expected \(2, 2\)",
    )
    refused(
        optimizer,
        made([{"params": [("w", w)]}, {"params": [("b", b)]}]).state_dict(),
        "2 parameter groups",
    )
    other = {
        "state": {**saved["state"], "w": {"step": 1, "momentum": w}},
        "param_groups": saved["param_groups"],
    }
    refused(
        optimizer,
        other,
        "missing entries of 'w': exp_avg, exp_avg_sq\n.*unexpected entries of 'w': momentum",
    )
    refused(
        optimizer,
        {"state": {"x": {}}, "param_groups": saved["param_groups"]},
        "unexpected states: x",
    )
    refused(optimizer, {"weights": 1}, "has the keys 'state' and 'param_groups'")


def test_loaded_state_takes_the_parameters_dtype():
    _, b = problem()
    wide = optim.SGD([("b", xp.tensor([1.0, 2.0], requires_grad=True))], momentum=0.9)
    wide.param_groups[0]["params"][0].grad = xp.ones(2)
    wide.step()
    narrow = optim.SGD([("b", b)], momentum=0.9)
    narrow.load_state_dict(wide.state_dict())
    assert narrow.state[b]["momentum_buffer"].dtype == xp.float32


def test_an_optimizer_can_be_copied_and_pickled_with_its_parameters():
    p = xp.tensor([1.0], requires_grad=True)
    optimizer = optim.Adam([p], lr=0.1)
    p.grad = xp.ones(1)
    optimizer.step()
    for way in (copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
        q, other = way([p, optimizer])
        assert other.param_groups[0]["params"][0] is q
        q.grad = xp.ones(1)
        other.step()
        assert q.item() != p.item()


def test_a_step_leaves_nothing_for_the_garbage_collector():
    p = xp.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.Adam([p], lr=0.1)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            optimizer.zero_grad()
            value = xp.sum(p * p)
            value.backward()
            optimizer.step()
        gone = weakref.ref(value)
        del value
        assert gone() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_values_recorded_before_a_step_are_not_changed_by_it():
    p = xp.tensor([3.0], requires_grad=True)
    y = p * p
    alias = p.detach()
    p.grad = xp.ones(1)
    optim.SGD([p], lr=1.0).step()
    p.grad = None
    y.backward()
    assert p.grad.tolist() == [6.0]
    assert alias.tolist() == [2.0]
