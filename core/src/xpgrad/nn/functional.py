"""What layers compute, as functions: PyTorch's names and meanings, xpgrad's own operations.

Where PyTorch says ``dim`` both ``dim=`` and ``axis=`` are understood.
"""

from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad._namespace._operations import operation
from xpgrad._random import Generator, dropout_mask
from xpgrad.errors import DTypeError, ShapeError
from xpgrad.nn._activations import elu as elu
from xpgrad.nn._activations import leaky_relu as leaky_relu
from xpgrad.nn._activations import replaced as replaced
from xpgrad.nn._activations import silu as silu
from xpgrad.nn._checks import check_indices, chosen_axis
from xpgrad.nn._convolution import conv1d as conv1d
from xpgrad.nn._convolution import conv2d as conv2d
from xpgrad.nn._convolution import conv3d as conv3d
from xpgrad.nn._convolution import conv_transpose1d as conv_transpose1d
from xpgrad.nn._convolution import conv_transpose2d as conv_transpose2d
from xpgrad.nn._convolution import conv_transpose3d as conv_transpose3d
from xpgrad.nn._convolution import fold as fold
from xpgrad.nn._convolution import unfold as unfold
from xpgrad.nn._losses import binary_cross_entropy as binary_cross_entropy
from xpgrad.nn._losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from xpgrad.nn._losses import cross_entropy as cross_entropy
from xpgrad.nn._losses import l1_loss as l1_loss
from xpgrad.nn._losses import mse_loss as mse_loss
from xpgrad.nn._losses import nll_loss as nll_loss
from xpgrad.nn._pooling import avg_pool1d as avg_pool1d
from xpgrad.nn._pooling import avg_pool2d as avg_pool2d
from xpgrad.nn._pooling import avg_pool3d as avg_pool3d
from xpgrad.nn._pooling import max_pool1d as max_pool1d
from xpgrad.nn._pooling import max_pool2d as max_pool2d
from xpgrad.nn._pooling import max_pool3d as max_pool3d

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "fold",
    "gelu",
    "l1_loss",
    "leaky_relu",
    "linear",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
    "unfold",
]

SQRT_2_OVER_PI = 0.7978845608028654

# --- activations ----------------------------------------------------------------------------------


def relu(input: Any, inplace: bool = False) -> Any:
    """The positive part, of input's shape and dtype.

    ``inplace`` gives ``input`` itself the new value.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.functional.relu(xp.asarray([-1.0, 2.0]))
        tensor([0., 2.])
    """
    result = xp.relu(input)
    return replaced(input, result) if inplace else result


def sigmoid(input: Any) -> Any:
    """``1 / (1 + exp(-x))``, element by element, without overflow."""
    return xp.sigmoid(input)


def tanh(input: Any) -> Any:
    """The hyperbolic tangent, element by element."""
    return xp.tanh(input)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:  # noqa: ARG001 - PyTorch's
    """``log(1 + exp(beta x)) / beta`` without overflow.

    ``threshold`` is PyTorch's and changes nothing here: the function is accurate for every ``x``.
    """
    return xp.softplus(input) if beta == 1.0 else xp.softplus(beta * input) / beta


def gelu(input: Any, approximate: str = "none") -> Any:
    """The Gaussian error linear unit (Hendrycks & Gimpel 2016), element by element.

    Args:
        input: floating.
        approximate: ``"none"`` is exact, by ``erf``; ``"tanh"`` is the paper's approximation.

    Raises:
        ValueError: for another word.
    """
    if approximate == "tanh":
        return (
            0.5
            * input
            * (1.0 + xp.tanh(SQRT_2_OVER_PI * (input + 0.044715 * input * input * input)))
        )
    if approximate != "none":
        message = f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}"
        raise ValueError(message)
    return 0.5 * input * (1.0 + xp.erf(input * 0.5**0.5))


def softmax(
    input: Any, dim: int | None = None, *, axis: int | None = None, dtype: Any = None
) -> Any:
    """``exp(x) / sum(exp(x))`` along one axis, without overflow.

    Args:
        input: any shape; integers are cast to the default dtype.
        dim: the axis; without it PyTorch's old choice is made, with its warning.
        axis: the same.
        dtype: cast the input to it first.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.functional.softmax(xp.asarray([0.0, 0.0]), dim=0)
        tensor([0.5, 0.5])
    """
    x = _cast(input, dtype)
    return xp.softmax(x, axis=chosen_axis("softmax", dim, axis, x))


def log_softmax(
    input: Any, dim: int | None = None, *, axis: int | None = None, dtype: Any = None
) -> Any:
    """The logarithm of :func:`softmax`, accurate where that is tiny; the same arguments."""
    x = _cast(input, dtype)
    return xp.log_softmax(x, axis=chosen_axis("log_softmax", dim, axis, x))


def _cast(input: Any, dtype: Any) -> Any:
    return xp.asarray(input) if dtype is None else xp.astype(xp.asarray(input), dtype)


def normalize(
    input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, *, axis: int | None = None
) -> Any:
    """``x / max(norm, eps)`` with the p-norm along one axis."""
    at = dim if axis is None else axis
    powers = input * input if p == 2.0 else xp.abs(input) ** p
    total = xp.sum(powers, axis=at, keepdims=True)
    size = xp.sqrt(xp.clip(total, eps * eps)) if p == 2.0 else xp.clip(total, eps**p) ** (1.0 / p)
    return input / size


# --- layers ---------------------------------------------------------------------------------------


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """``input @ weight.mT + bias``.

    Args:
        input: ``(..., in_features)``.
        weight: ``(out_features, in_features)``, or ``(in_features,)``.
        bias: ``(out_features,)``, or ``()`` for a vector weight, or None.

    Returns:
        ``(..., out_features)``.

    Raises:
        ShapeError: if the numbers of features differ.
    """
    if not input.ndim or input.shape[-1] != weight.shape[-1]:
        message = (
            f"linear: input of shape {input.shape} has {input.shape[-1] if input.ndim else 'no'} features, but the "
            f"weight of shape {weight.shape} takes {weight.shape[-1]}"
        )
        raise ShapeError(message)
    if bias is not None and weight.ndim == 2 and input.dtype == weight.dtype == bias.dtype:
        return operation("linear")(input, weight, bias)
    out = xp.matmul(input, weight.mT if weight.ndim > 1 else weight)
    return out if bias is None else out + bias


def dropout(
    input: Any,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Any:
    """In training, zero elements with probability ``p`` and scale the rest by ``1 / (1 - p)``.

    Args:
        input: any shape.
        p: between 0 and 1.
        training: False returns the input.
        inplace: give ``input`` itself the new value.
        generator: whose numbers; default: the one that ``xpgrad.manual_seed`` seeds.

    Raises:
        ValueError: if ``p`` is not between 0 and 1.
    """
    if not 0.0 <= p <= 1.0:
        message = f"dropout probability has to be between 0 and 1, but got {p}"
        raise ValueError(message)
    if not training or p == 0.0:
        return input
    result = input * (xp.zeros_like(input) if p == 1.0 else dropout_mask(input, p, generator))
    return replaced(input, result) if inplace else result


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """The rows of ``weight`` at ``input``; repeated rows accumulate their gradients.

    Args:
        input: integers of any shape.
        weight: ``(num_embeddings, embedding_dim)``.
        padding_idx: a row whose places send no gradient; negative counts from the end.

    Returns:
        ``(*input.shape, embedding_dim)``.

    Raises:
        IndexError: if an index is negative or not below ``num_embeddings``.
    """
    index, rows = xp.asarray(input), weight.shape[0]
    if index.dtype.kind not in ("signed integer", "unsigned integer"):
        message = f"embedding: indices must be integers, got {index.dtype}; convert with xp.astype(x, xp.int64)"
        raise DTypeError(message)
    if not check_indices(index, rows):
        message = (
            f"embedding: an index is out of range; all must be at least 0 and less than {rows}"
        )
        raise IndexError(message)
    taken = weight[index]
    if padding_idx is None:
        return taken
    if not -rows <= padding_idx < rows:
        message = f"embedding: padding_idx must be within the {rows} rows, got {padding_idx}"
        raise ValueError(message)
    return xp.where((index == padding_idx % rows)[..., None], taken.detach(), taken)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """A new last axis with 1 at each index and 0 elsewhere, in the indices' dtype.

    Args:
        tensor: integers of at least 0.
        num_classes: the length of the new axis; -1: one more than the largest index.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.functional.one_hot(xp.asarray([0, 2])).tolist()
        [[1, 0, 0], [0, 0, 1]]
    """
    index = xp.asarray(tensor)
    if index.dtype.is_floating:
        message = f"one_hot: indices must be integers, got {index.dtype}"
        raise DTypeError(message)
    if num_classes == -1:
        if not index.size:
            message = "one_hot: the number of classes cannot be read from an empty tensor; give num_classes"
            raise ValueError(message)
        num_classes = int(xp.max(index)) + 1
    if not check_indices(index, num_classes):
        message = (
            f"one_hot: an index is out of range; all must be at least 0 and less than {num_classes}"
        )
        raise ValueError(message)
    classes = xp.arange(num_classes, dtype=index.dtype, device=index.device)
    return xp.astype(index[..., None] == classes, index.dtype)
