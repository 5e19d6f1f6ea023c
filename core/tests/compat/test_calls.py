"""What PyTorch's calls return, and their gradients, are what PyTorch returns."""

import importlib.util
import json
import math
from pathlib import Path

import pytest

from xpgrad.compat import torch

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("compat_calls", HERE / "calls.py")
calls = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(calls)
ANSWERS = json.loads((HERE / "reference_calls.json").read_text())["answers"]


def close(a, b, tolerance):
    if isinstance(b, list):
        return (
            isinstance(a, (list, tuple))
            and len(a) == len(b)
            and all(close(x, y, tolerance) for x, y in zip(a, b, strict=True))
        )
    if isinstance(b, float) and isinstance(a, (int, float)):
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance) or (
            math.isnan(a) and math.isnan(b)
        )
    return a == b


def difference(got, expected):
    """Why two outcomes differ; None if they do not."""
    if len(got["parts"]) != len(expected["parts"]):
        return f"{len(got['parts'])} results, expected {len(expected['parts'])}"
    single = any(part.get("dtype") in ("float32", "float16") for part in expected["parts"])
    for mine, theirs in zip(got["parts"], expected["parts"], strict=True):
        for key, value in theirs.items():
            if not close(mine.get(key), value, 1e-6 if single else 1e-12):
                return f"{key}: {mine.get(key)!r}, expected {value!r}"
    if set(got["grads"]) != set(expected["grads"]):
        return f"gradients of {sorted(got['grads'])}, expected of {sorted(expected['grads'])}"
    for name, value in expected["grads"].items():
        if not close(got["grads"][name], value, 1e-6 if single else 1e-12):
            return f"gradient of {name}: {got['grads'][name]}, expected {value}"
    return None


@pytest.mark.parametrize("call", ANSWERS)
def test_the_call_returns_what_pytorch_returns(call):
    got = calls.outcome(torch, torch.nn.functional, call)
    assert difference(got, ANSWERS[call]) is None


def test_every_call_of_the_table_has_an_answer():
    assert set(calls.calls()) == set(ANSWERS)


def test_a_wrong_gradient_would_be_seen():
    good = ANSWERS["x.exp()"]
    bad = {"parts": good["parts"], "grads": {"x": [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]}}
    assert difference(good, good) is None
    assert difference(bad, good).startswith("gradient of x")
