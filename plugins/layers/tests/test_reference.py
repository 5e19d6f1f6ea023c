"""Functions and texts are PyTorch's (data/make_reference.py wrote down what that says)."""

import json
from pathlib import Path

import numpy as np
import pytest

import xpgrad as xp
from xpgrad import nn

REFERENCE = json.loads(
    (Path(__file__).parent / "data" / "reference.json").read_text(encoding="utf-8")
)
CASES = REFERENCE["cases"]


def label(case):
    shapes = "-".join(f"{k}{np.shape(v)}" for k, v in case["arrays"].items())
    return f"{case['function']}-{shapes}-{case['options']}".replace(" ", "")


def close(got, wanted):
    np.testing.assert_allclose(np.asarray(got), np.asarray(wanted), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_value_and_gradients_are_those_of_pytorch(case):
    tensors = {
        k: xp.tensor(np.asarray(v), requires_grad=k in case["gradients"])
        for k, v in case["arrays"].items()
    }
    out = getattr(nn.functional, case["function"])(**tensors, **case["options"])
    close(out.detach(), case["value"])
    if case["gradients"]:
        out.backward(xp.asarray(np.asarray(case["cotangent"])))
    for name, gradient in case["gradients"].items():
        close(tensors[name].grad, gradient)


@pytest.mark.parametrize("text", REFERENCE["texts"])
def test_a_module_prints_as_in_pytorch(text):
    module = eval(text, {"nn": nn})  # noqa: S307 - our own texts
    assert repr(module) == REFERENCE["texts"][text]


@pytest.mark.parametrize("text", REFERENCE["shapes"])
def test_a_state_dict_has_pytorchs_names_and_shapes(text):
    module = eval(text, {"nn": nn})  # noqa: S307 - our own texts
    found = {name: list(value.shape) for name, value in module.state_dict().items()}
    assert found == REFERENCE["shapes"][text]
