"""Functions of ``torch.nn.functional`` that are short compositions of xpgrad's operations."""

from __future__ import annotations

import math
from typing import Any, Final

import xpgrad as xp
from xpgrad.compat.torch._tensor import as_torch
from xpgrad.nn import functional as core

__all__ = [
    "batch_norm", "cosine_similarity", "hardtanh", "huber_loss", "kl_div", "layer_norm", "logsigmoid", "mish", "pad",
    "relu6", "scaled_dot_product_attention", "selu", "smooth_l1_loss", "softmin", "softsign",
]  # fmt: skip

MODES: Final = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """With ``pad`` = (before, after) of the last axis, then of the one before it, and so on; negative ones cut off."""
    widths = tuple(int(n) for n in pad)
    if len(widths) % 2 or len(widths) > 2 * input.ndim:
        message = (
            f"pad: expected at most {input.ndim} pairs for shape {tuple(input.shape)}, got {widths}"
        )
        raise RuntimeError(message)
    pairs = [(0, 0)] * (input.ndim - len(widths) // 2)
    pairs += [(widths[i], widths[i + 1]) for i in range(len(widths) - 2, -1, -2)]
    cut = tuple(
        slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, input.shape, strict=True)
    )
    grown = tuple((max(a, 0), max(b, 0)) for a, b in pairs)
    if mode == "constant":
        return xp.pad(as_torch(input)[cut], grown, constant_values=0 if value is None else value)
    if mode not in MODES or value or any(min(p) < 0 for p in pairs):
        message = (
            f"pad: expected mode 'constant', or {', '.join(map(repr, MODES))} with widths of at least 0 and no value; "
            f"got mode {mode!r}, widths {widths}, value {value!r}"
        )
        raise NotImplementedError(message)
    _fits(input, pairs, mode)
    return xp.pad(input, grown, mode=MODES[mode])


def _fits(input: Any, pairs: list[tuple[int, int]], mode: str) -> None:
    limit = {"reflect": 1, "circular": 0}.get(mode)
    if limit is not None and any(
        max(p) > n - limit for p, n in zip(pairs, input.shape, strict=True) if max(p)
    ):
        message = (
            f"pad: widths {pairs} are too large for mode {mode!r} and shape {tuple(input.shape)}"
        )
        raise RuntimeError(message)


# --- normalizing --------------------------------------------------------------------------------------


def _normal(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    mean = xp.mean(x, axis=axes, keepdims=True)
    variance = xp.mean(xp.square(x - mean), axis=axes, keepdims=True)
    return (x - mean) / xp.sqrt(variance + eps)


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Mean 0 and variance 1 over the last axes, which ``normalized_shape`` names (Ba, Kiros & Hinton 2016)."""
    shape = tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape) :]) != shape:
        message = f"layer_norm: expected the last axes to be {shape}, got an input of shape {tuple(input.shape)}"
        raise RuntimeError(message)
    result = _normal(input, tuple(range(-len(shape), 0)), eps)
    result = result if weight is None else result * weight
    return result if bias is None else result + bias


def batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Mean 0 and variance 1 of each channel (axis 1) over the batch, or by the running ones (Ioffe & Szegedy 2015).

    In training the running mean and (unbiased) variance move towards the batch's by ``momentum``.
    """
    axes, n = (0, *range(2, input.ndim)), math.prod(input.shape) // input.shape[1]
    line = (1, -1, *(1,) * (input.ndim - 2))
    if training:
        if n == 1:
            message = f"batch_norm: expected more than 1 value per channel in training, got shape {tuple(input.shape)}"
            raise ValueError(message)
        result = _normal(input, axes, eps)
        with xp.no_grad():
            if running_mean is not None:
                _move(running_mean, xp.mean(input, axis=axes), momentum)
            if running_var is not None:
                _move(running_var, xp.var(input, axis=axes, correction=1), momentum)
    else:
        mean, variance = xp.reshape(running_mean, line), xp.reshape(running_var, line)
        result = (input - mean) / xp.sqrt(variance + eps)
    result = result if weight is None else result * xp.reshape(weight, line)
    return result if bias is None else result + xp.reshape(bias, line)


def _move(running: Any, new: Any, momentum: float) -> None:
    running.copy_(running * (1 - momentum) + momentum * xp.astype(new, running.dtype))


# --- losses -------------------------------------------------------------------------------------------


def _reduced(each: Any, reduction: str, size_average: Any, reduce: Any) -> Any:
    if size_average is not None or reduce is not None:  # the old flags decide where given
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    if reduction not in ("none", "mean", "sum"):
        message = f"{reduction!r} is not a valid value for reduction; give 'mean', 'sum' or 'none'"
        raise ValueError(message)
    return each if reduction == "none" else getattr(xp, reduction)(each)


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Any:
    """Half the squared error up to ``delta``, linear beyond (Huber 1964)."""
    d = xp.abs(input - target)
    if delta <= 0:
        message = f"huber_loss: expected delta > 0, got {delta}"
        raise RuntimeError(message)
    each = xp.where(d <= delta, 0.5 * d * d, delta * (d - 0.5 * delta))
    if weight is not None:
        message = "huber_loss(weight=...) is not in xpgrad.compat.torch; use reduction='none' and weigh the elements"
        raise NotImplementedError(message)
    return _reduced(each, reduction, None, None)


def smooth_l1_loss(
    input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean", beta: float = 1.0
) -> Any:  # fmt: skip
    """The absolute error, rounded off by a parabola below ``beta``."""
    d = xp.abs(input - target)
    if beta < 0:
        message = f"smooth_l1_loss: expected beta >= 0, got {beta}"
        raise RuntimeError(message)
    each = d if beta == 0 else xp.where(d < beta, 0.5 * d * d / beta, d - 0.5 * beta)
    return _reduced(each, reduction, size_average, reduce)


def kl_div(
    input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
    log_target: bool = False,
) -> Any:  # fmt: skip
    """The Kullback-Leibler divergence of the log probabilities ``input`` from ``target``; "batchmean" per example."""
    if log_target:
        each = xp.exp(target) * (target - input)
    else:
        positive = target > 0
        each = target * xp.log(xp.where(positive, target, 1.0)) - target * input
    if reduction == "batchmean" and size_average is None and reduce is None:
        return xp.sum(each) / input.shape[0]
    return _reduced(each, reduction, size_average, reduce)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between the vectors along ``dim``."""
    a, b = xp.broadcast_arrays(as_torch(x1), as_torch(x2))
    size = [xp.sqrt(xp.clip(xp.sum(v * v, axis=dim), eps * eps)) for v in (a, b)]
    return xp.sum(a * b, axis=dim) / (size[0] * size[1])


# --- attention ----------------------------------------------------------------------------------------


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False, *,
    scale: float | None = None, enable_gqa: bool = False,
) -> Any:  # fmt: skip
    """``softmax(query @ key.mT * scale + mask) @ value`` (Vaswani et al. 2017); a row that sees nothing is zero.

    A boolean mask says what is seen, a floating one is added; ``scale`` is ``1 / sqrt(features)`` by default.
    """
    if enable_gqa or (is_causal and attn_mask is not None):
        message = "scaled_dot_product_attention: give attn_mask or is_causal, not both; enable_gqa is not supported"
        raise NotImplementedError(message)
    factor = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = xp.matmul(query, xp.matrix_transpose(key)) * factor
    if is_causal:
        attn_mask = xp.tril(xp.ones(tuple(scores.shape[-2:]), dtype=xp.bool, device=scores.device))
    if attn_mask is not None:
        seen = attn_mask.dtype == xp.bool
        scores = xp.where(attn_mask, scores, -xp.inf) if seen else scores + attn_mask
        blind = xp.all(scores == -xp.inf, axis=-1, keepdims=True)
        scores = xp.where(blind, 0.0, scores)
        weights = xp.where(blind, 0.0, xp.softmax(scores, axis=-1))
    else:
        weights = xp.softmax(scores, axis=-1)
    return xp.matmul(core.dropout(weights, dropout_p) if dropout_p else weights, value)


# --- activations --------------------------------------------------------------------------------------


def softmin(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """:func:`softmax` of ``-input``."""
    return core.softmax(-input, dim, dtype=dtype)


def logsigmoid(input: Any) -> Any:
    """``log(sigmoid(x))`` without overflow."""
    return -xp.softplus(-input)


def mish(input: Any) -> Any:
    """``x * tanh(softplus(x))`` (Misra 2019)."""
    return input * xp.tanh(xp.softplus(input))


def softsign(input: Any) -> Any:
    """``x / (1 + |x|)``."""
    return input / (1 + xp.abs(input))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """Cut to ``[min_val, max_val]``; the gradient is 0 outside and at both ends."""
    inside = (input > min_val) & (input < max_val)
    return xp.where(inside, input, xp.clip(input.detach(), min_val, max_val))


def relu6(input: Any) -> Any:
    """Cut to ``[0, 6]``."""
    return hardtanh(input, 0.0, 6.0)


def selu(input: Any) -> Any:
    """The scaled exponential linear unit (Klambauer et al. 2017)."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return scale * core.elu(input, alpha)
