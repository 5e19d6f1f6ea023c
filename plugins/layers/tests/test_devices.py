"""Functions and layers compute the same on a library that does what the standard says and no more."""

import json
from pathlib import Path

import numpy as np
import pytest

import xpgrad as xp
from xpgrad import nn

pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")

DEVICE = "array_api_strict:device1"
CASES = json.loads((Path(__file__).parent / "data" / "reference.json").read_text(encoding="utf-8"))[
    "cases"
]


def number_of(case):
    return f"{CASES.index(case)}-{case['function']}"


@pytest.mark.parametrize("case", CASES, ids=number_of)
def test_every_function_computes_on_a_strict_library(case):
    tensors = {
        k: xp.asarray(np.asarray(v), device=DEVICE).requires_grad_(k in case["gradients"])
        for k, v in case["arrays"].items()
    }
    out = getattr(nn.functional, case["function"])(**tensors, **case["options"])
    assert out.device == DEVICE
    np.testing.assert_allclose(
        np.asarray(out.tolist()), np.asarray(case["value"]), rtol=1e-11, atol=1e-13
    )
    if case["gradients"]:
        out.backward(xp.asarray(np.asarray(case["cotangent"]), device=DEVICE))
    for name, gradient in case["gradients"].items():
        found = np.asarray(tensors[name].grad.tolist())
        np.testing.assert_allclose(found, np.asarray(gradient), rtol=1e-11, atol=1e-13)


def made(device):
    xp.manual_seed(0)
    return nn.Sequential(
        nn.Embedding(9, 4, device=device),
        nn.Flatten(),
        nn.Linear(8, 5, device=device),
        nn.Dropout(),
        nn.Linear(5, 3, device=device),
    )


def test_a_seed_gives_the_same_model_and_the_same_noise_on_every_device():
    x = xp.asarray([[1, 2], [0, 8]])
    here, there = made("cpu"), made(DEVICE)
    assert {str(p.device) for p in there.parameters()} == {"device1"}
    results = []
    for net, inputs in ((here, x), (there, x.to(DEVICE))):
        xp.manual_seed(1)
        results.append(net(inputs).tolist())
    np.testing.assert_allclose(*results, rtol=1e-12)
    for draw in (xp.rand, xp.randn):
        xp.manual_seed(2)
        wanted = draw(4).tolist()
        xp.manual_seed(2)
        assert draw(4, device=DEVICE).tolist() == wanted
    xp.manual_seed(2)
    order = xp.randperm(9).tolist()
    xp.manual_seed(2)
    assert xp.randperm(9, device=DEVICE).tolist() == order


def test_a_device_without_float64_gets_what_it_has():
    device = "array_api_strict:no_x64"
    net = nn.Sequential(
        nn.Linear(3, 4, device=device), nn.ReLU(), nn.Dropout(), nn.Linear(4, 2, device=device)
    )
    x, y = xp.randn(5, 3, device=device), xp.randint(0, 2, (5,), device=device)
    assert (x.dtype, y.dtype, xp.randperm(4, device=device).dtype) == (
        xp.float32,
        xp.int32,
        xp.int32,
    )
    nn.CrossEntropyLoss()(net(x), y).backward()
    assert {p.grad.dtype for p in net.parameters()} == {xp.float32}


def test_a_model_moves_between_libraries_with_its_gradients():
    net = made("cpu")
    x, y = xp.asarray([[1, 2], [0, 8]]), xp.asarray([0, 2])
    loss = nn.CrossEntropyLoss(weight=xp.ones(3))
    loss(net.eval()(x), y).backward()
    parameters, before = list(net.parameters()), [p.grad.tolist() for p in net.parameters()]
    net.to(DEVICE)
    loss.to(DEVICE)
    assert [id(p) for p in net.parameters()] == [id(p) for p in parameters]
    assert [p.grad.tolist() for p in parameters] == before
    net.zero_grad()
    loss(net(x.to(DEVICE)), y.to(DEVICE)).backward()
    for p, wanted in zip(parameters, before, strict=True):
        assert p.grad.device == DEVICE
        np.testing.assert_allclose(p.grad.tolist(), wanted, rtol=1e-10, atol=1e-14)


def test_a_state_dict_crosses_libraries():
    net, other = made(DEVICE), made("cpu")
    nn.init.zeros_(other[2].weight)
    other.load_state_dict(net.state_dict())
    assert other[2].weight.device == "cpu"
    assert other[2].weight.tolist() == net[2].weight.tolist()


@pytest.mark.parametrize(
    "name",
    [
        "uniform_",
        "normal_",
        "zeros_",
        "xavier_normal_",
        "kaiming_uniform_",
        "trunc_normal_",
        "eye_",
    ],
)
def test_initial_values_stay_on_the_device(name):
    p = nn.Parameter(xp.zeros((4, 3), device=DEVICE))
    assert getattr(nn.init, name)(p) is p
    assert p.device == DEVICE
