"""Initial values, written into a tensor in place.

Each function is unrecorded, keeps dtype and device, and returns the tensor. Names, defaults and
formulas are PyTorch's; numbers come from ``generator`` or the one that ``xpgrad.manual_seed`` seeds.
"""

from __future__ import annotations

import math
import warnings
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import xpgrad as xp
from xpgrad._modes import no_grad
from xpgrad._namespace.creation import asarray, eye, full_like
from xpgrad._random import Generator, normal_like, uniform_like
from xpgrad.errors import ShapeError

if TYPE_CHECKING:
    from xpgrad._tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

GAINS: Final = {
    **dict.fromkeys(
        ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d"), 1.0
    ),
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}
RARE = 0.25
"""Below this share of accepted numbers, an inverse distribution function is better."""


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which a nonlinearity asks for larger weights.

    Args:
        nonlinearity: ``linear``, ``conv1d`` …, ``sigmoid``, ``tanh``, ``relu``, ``leaky_relu``
            or ``selu``.
        param: the slope of ``leaky_relu`` below zero (default 0.01).

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.init.calculate_gain("leaky_relu", 1.0)
        1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            message = f"negative_slope {slope!r} is not a valid number"
            raise ValueError(message)
        return math.sqrt(2.0 / (1.0 + slope**2))
    if nonlinearity not in GAINS:
        message = f"unknown nonlinearity {nonlinearity!r}; expected leaky_relu, {', '.join(GAINS)}"
        raise ValueError(message)
    return GAINS[nonlinearity]


def _put(tensor: Tensor, value: Any) -> Any:
    """Give ``tensor`` the value, unrecorded."""
    moved = asarray(value.detach(), dtype=tensor.dtype, device=tensor.device)
    tensor._rebind(moved._cell.raw, tensor._node)
    return tensor


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs and outputs one unit of a weight ``(out, in, ...)`` has."""
    if tensor.ndim < 2:
        message = f"fan in and fan out need a tensor of at least 2 axes (out, in, ...), got shape {tensor.shape}"
        raise ShapeError(message)
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _fan(tensor: Tensor, mode: str) -> int:
    if mode.lower() not in ("fan_in", "fan_out"):
        message = f"mode {mode!r} is not supported; use 'fan_in' or 'fan_out'"
        raise ValueError(message)
    return _fans(tensor)[mode.lower() == "fan_out"]


# --- constants ------------------------------------------------------------------------------------


@no_grad()
def constant_(tensor: Tensor, val: float) -> Any:
    """Every element ``val``."""
    return _put(tensor, full_like(tensor.detach(), val))


def ones_(tensor: Tensor) -> Any:
    """Every element 1."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Any:
    """Every element 0.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.init.zeros_(xp.nn.Parameter(xp.ones(2)))
        Parameter containing:
        tensor([0., 0.], requires_grad=True)
    """
    return constant_(tensor, 0.0)


@no_grad()
def eye_(tensor: Tensor) -> Any:
    """The identity matrix (of a tensor of two axes)."""
    if tensor.ndim != 2:
        message = f"eye_ needs a tensor of 2 axes, got shape {tensor.shape}"
        raise ShapeError(message)
    return _put(tensor, eye(*tensor.shape, dtype=tensor.dtype, device=tensor.device))


# --- random ---------------------------------------------------------------------------------------


@no_grad()
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Any:
    """Uniform numbers in [a, b)."""
    return _put(tensor, uniform_like(tensor, generator) * (b - a) + a)


@no_grad()
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Any:
    """Normal numbers."""
    return _put(tensor, normal_like(tensor, generator) * std + mean)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Any:
    """Uniform within ``gain * sqrt(6 / (fan_in + fan_out))`` (Glorot & Bengio 2010)."""
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Any:
    """Normal of deviation ``gain * sqrt(2 / (fan_in + fan_out))`` (Glorot & Bengio 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Any:
    """Uniform within ``gain * sqrt(3 / fan)`` (He et al. 2015); ``a``: slope of the leaky ReLU."""
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Any:
    """Normal of deviation ``gain / sqrt(fan)`` (He et al. 2015); ``a``: slope of the leaky ReLU."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan = _fan(tensor, mode)
    if not tensor.size:
        warnings.warn(
            "initializing a tensor without elements does nothing", UserWarning, stacklevel=3
        )
        return 0.0
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


@no_grad()
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Any:
    """Normal numbers, drawn again where they fall outside [a, b]."""
    if a >= b:
        message = f"trunc_normal_: a must be less than b, got a={a} and b={b}"
        raise ValueError(message)
    normal = NormalDist(mean, std)
    low, high = normal.cdf(a), normal.cdf(b)
    if high - low < RARE:
        quantiles = uniform_like(tensor, generator).reshape((-1,)).tolist()
        numbers = [_quantile(normal, low + (high - low) * u, a, b) for u in quantiles]
        return _put(tensor, asarray(numbers, dtype=tensor.dtype).reshape(tensor.shape))

    values = normal_like(tensor, generator) * std + mean
    while bool(xp.any(outside := (values < a) | (values > b))):
        values = xp.where(outside, normal_like(tensor, generator) * std + mean, values)
    return _put(tensor, values)


def _quantile(normal: NormalDist, p: float, a: float, b: float) -> float:
    return min(max(normal.inv_cdf(p), a), b) if 0.0 < p < 1.0 else (a if p <= 0.0 else b)


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Any:
    """Orthonormal rows or columns, times ``gain`` (Saxe et al. 2013).

    Axes after the second count as columns.

    Raises:
        NotImplementedError: if the backend has no QR decomposition.
    """
    if tensor.ndim < 2:
        message = f"orthogonal_ needs a tensor of at least 2 axes, got shape {tensor.shape}"
        raise ShapeError(message)
    if not tensor.size:
        return tensor

    rows, columns = tensor.shape[0], tensor.size // tensor.shape[0]
    flat = normal_like(tensor, generator).reshape((rows, columns))
    flat = flat.mT if rows < columns else flat
    q, r = (xp.asarray(part) for part in _qr(tensor)(flat._cell.raw))
    square = xp.eye(r.shape[0], dtype=r.dtype, device=r.device)
    q = q * xp.sign(xp.sum(r * square, axis=0))
    return _put(tensor, (q.mT if rows < columns else q).reshape(tensor.shape) * gain)


def _qr(tensor: Tensor) -> Any:
    linalg = getattr(tensor._xp.backend.xp, "linalg", None)
    if linalg is None or not hasattr(linalg, "qr"):
        message = f"orthogonal_: backend {tensor.backend.name!r} has no linalg.qr"
        raise NotImplementedError(message)
    return linalg.qr
