"""The layers and losses once more, by their definitions, element by element: what the kit holds them against.

Each takes the state and the inputs as NumPy arrays, and the constructor's arguments; in evaluation.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

State = dict[str, Any]


def linear(state: State, x: Any, **_: Any) -> Any:
    """``x Wᵀ + b``."""
    result = np.zeros((*x.shape[:-1], len(state["weight"])))
    for place in np.ndindex(result.shape):
        *row, o = place
        result[place] = sum(a * w for a, w in zip(x[tuple(row)], state["weight"][o], strict=True))
        result[place] += state["bias"][o] if "bias" in state else 0.0
    return result


def _places(*lengths: int) -> Iterator[Any]:
    return (np.asarray(place) for place in itertools.product(*map(range, lengths)))


def convolution(
    state: State, x: Any, *, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
    **_: Any,
) -> Any:  # fmt: skip
    """``out[n, o, p] = Σ w[o, c, k] x[n, c, stride p + dilation k - padding] + b[o]``, zeros outside."""
    weight, d = state["weight"], x.ndim - 2
    out, inner = weight.shape[:2]
    lengths = [
        (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1 for n in x.shape[2:]
    ]
    result = np.zeros((len(x), out, *lengths))
    for n, o, c in itertools.product(range(len(x)), range(out), range(inner)):
        channel = x[n, o // (out // groups) * inner + c]
        for p in _places(*lengths):
            for k in _places(*[kernel_size] * d):
                at = stride * p + dilation * k - padding
                if (at >= 0).all() and (at < channel.shape).all():
                    result[(n, o, *p)] += weight[(o, c, *k)] * channel[tuple(at)]
    return result + _bias(state, d)


def transposed_convolution(
    state: State, x: Any, *, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0,
    dilation: int = 1, groups: int = 1, **_: Any,
) -> Any:  # fmt: skip
    """``out[n, o, stride p + dilation k - padding] += w[c, o, k] x[n, c, p]``, plus ``b[o]``."""
    weight, d = state["weight"], x.ndim - 2
    inner, part = weight.shape[:2]
    lengths = [
        (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
        for n in x.shape[2:]
    ]
    result = np.zeros((len(x), part * groups, *lengths))
    for n, c, o in itertools.product(range(len(x)), range(inner), range(part)):
        target = result[n, c // (inner // groups) * part + o]
        for p in _places(*x.shape[2:]):
            for k in _places(*[kernel_size] * d):
                at = stride * p + dilation * k - padding
                if (at >= 0).all() and (at < target.shape).all():
                    target[tuple(at)] += weight[(c, o, *k)] * x[(n, c, *p)]
    return result + _bias(state, d)


def _bias(state: State, d: int) -> Any:
    return np.reshape(state["bias"], (-1,) + (1,) * d) if "bias" in state else 0.0


def _windows(x: Any, size: int, stride: int, padding: int) -> Iterator[tuple[Any, list[float]]]:
    """The place of each result, and the elements of its window that are inside."""
    lengths = [(n + 2 * padding - size) // stride + 1 for n in x.shape[2:]]
    for place in itertools.product(*map(range, (*x.shape[:2], *lengths))):
        start = stride * np.asarray(place[2:]) - padding
        spots = [start + k for k in _places(*[size] * len(lengths))]
        inside = [s for s in spots if (s >= 0).all() and (s < x.shape[2:]).all()]
        yield place, [x[(*place[:2], *s)] for s in inside]


def max_pool(
    _: State, x: Any, *, kernel_size: int, stride: int | None = None, padding: int = 0
) -> Any:
    """The largest of each window."""
    found = {p: max(w) for p, w in _windows(x, kernel_size, stride or kernel_size, padding)}
    return _filled(found)


def avg_pool(
    _: State, x: Any, *, kernel_size: int, stride: int | None = None, padding: int = 0
) -> Any:
    """The sum of each window over its size; the padding counts."""
    size = kernel_size ** (x.ndim - 2)
    found = {p: sum(w) / size for p, w in _windows(x, kernel_size, stride or kernel_size, padding)}
    return _filled(found)


def _filled(found: dict[Any, float]) -> Any:
    result = np.zeros(np.max(list(found), axis=0) + 1)
    for place, value in found.items():
        result[place] = value
    return result


def embedding(state: State, index: Any, **_: Any) -> Any:
    """A row of the table for each index."""
    return np.stack([state["weight"][i] for i in index.ravel()]).reshape((*index.shape, -1))


def dropout(_: State, x: Any, **__: Any) -> Any:
    """In evaluation, nothing is dropped."""
    return x


def flatten(_: State, x: Any, *, start_dim: int = 1) -> Any:
    """The elements in their order."""
    return np.asarray(list(x.flat)).reshape((*x.shape[:start_dim], -1))


def relu(_: State, x: Any) -> Any:
    """The positive part."""
    return np.where(x > 0, x, 0.0)


def sigmoid(_: State, x: Any) -> Any:
    """``1 / (1 + exp(-x))``."""
    return 1.0 / (1.0 + np.exp(-x))


def tanh(_: State, x: Any) -> Any:
    """``(exp(x) - exp(-x)) / (exp(x) + exp(-x))``."""
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


def softmax(_: State, x: Any, *, dim: int) -> Any:
    """``exp(x) / Σ exp(x)``."""
    return np.exp(x) / np.sum(np.exp(x), axis=dim, keepdims=True)


def log_softmax(_: State, x: Any, *, dim: int) -> Any:
    """Its logarithm."""
    return np.log(softmax(_, x, dim=dim))


# --- losses -----------------------------------------------------------------------------------------------


def _reduced(each: Any, reduction: str) -> Any:
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](each)


def mse(_: State, x: Any, y: Any, *, reduction: str = "mean") -> Any:
    """``(x - y)²``."""
    return _reduced((x - y) ** 2, reduction)


def l1(_: State, x: Any, y: Any, *, reduction: str = "mean") -> Any:
    """``|x - y|``."""
    return _reduced(np.abs(x - y), reduction)


def cross_entropy(_: State, x: Any, target: Any, *, reduction: str = "mean") -> Any:
    """``-log(exp(x[target]) / Σ exp(x))``."""
    return nll(_, np.log(softmax(_, x, dim=1)), target, reduction=reduction)


def nll(_: State, x: Any, target: Any, *, reduction: str = "mean") -> Any:
    """``-x[target]``."""
    return _reduced([-row[t] for row, t in zip(x, target, strict=True)], reduction)


def bce_with_logits(_: State, x: Any, y: Any, *, reduction: str = "mean") -> Any:
    """``-y log σ(x) - (1 - y) log(1 - σ(x))``."""
    p = sigmoid(_, x)
    return _reduced(-y * np.log(p) - (1 - y) * np.log(1 - p), reduction)
