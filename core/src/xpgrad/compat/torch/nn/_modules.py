"""Modules of ``torch.nn`` that no package of xpgrad provides, over the functions of ``torch.nn.functional``."""

from __future__ import annotations

from typing import Any

from xpgrad.compat.torch._factories import ones, tensor, zeros
from xpgrad.compat.torch.nn import Module, Parameter, _composed
from xpgrad.nn import functional as core

__all__ = [
    "ELU", "GELU", "SELU", "BCELoss", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "Hardtanh", "HuberLoss", "Identity",
    "KLDivLoss", "LayerNorm", "LeakyReLU", "LogSigmoid", "Mish", "ReLU6", "SiLU", "SmoothL1Loss", "Softplus",
]  # fmt: skip


class Identity(Module):
    """What it is given; any arguments of the constructor are ignored."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


# --- activations --------------------------------------------------------------------------------------


class GELU(Module):
    """The Gaussian error linear unit: exact, or ``approximate="tanh"``."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        return core.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class LeakyReLU(Module):
    """``x`` above zero, ``negative_slope * x`` below."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Any) -> Any:
        return core.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """``x`` above zero, ``alpha * (exp(x) - 1)`` below."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Any) -> Any:
        return core.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class SiLU(Module):
    """``x * sigmoid(x)``."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return core.silu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Softplus(Module):
    """``log(1 + exp(beta x)) / beta``."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Any) -> Any:
        return core.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Hardtanh(Module):
    """Cut to ``[min_val, max_val]``."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        super().__init__()
        self.min_val, self.max_val = min_val, max_val

    def forward(self, input: Any) -> Any:
        return _composed.hardtanh(input, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}"


def _plain(name: str, function: str) -> type[Module]:
    compute = getattr(_composed, function)

    def forward(self: Any, input: Any) -> Any:  # noqa: ARG001 - a method
        return compute(input)

    body = {"forward": forward, "__doc__": f"``torch.nn.functional.{function}``."}
    return type(name, (Module,), body | {"__module__": __name__})


ReLU6, SELU = _plain("ReLU6", "relu6"), _plain("SELU", "selu")
Mish, LogSigmoid = _plain("Mish", "mish"), _plain("LogSigmoid", "logsigmoid")


# --- normalizing --------------------------------------------------------------------------------------


class LayerNorm(Module):
    """Mean 0 and variance 1 over the last axes, then a trained factor and summand for each element."""

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        whole = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if whole else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        shape, options = self.normalized_shape, {"device": device, "dtype": dtype}
        scaled, moved = elementwise_affine, elementwise_affine and bias
        self.register_parameter("weight", Parameter(ones(shape, **options)) if scaled else None)
        self.register_parameter("bias", Parameter(zeros(shape, **options)) if moved else None)

    def forward(self, input: Any) -> Any:
        return _composed.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        affine, bias = self.elementwise_affine, self.bias is not None
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={affine}, bias={bias}"


class _BatchNorm(Module):
    """Mean 0 and variance 1 of each channel over the batch; running ones are used in evaluation.

    ``momentum=None`` keeps the mean over all batches.
    """

    ranks: tuple[int, ...] = ()
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        options, tracks = {"device": device, "dtype": dtype}, track_running_stats
        n = num_features
        self.register_parameter("weight", Parameter(ones(n, **options)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(n, **options)) if affine and bias else None)
        self.register_buffer("running_mean", zeros(n, **options) if tracks else None)
        self.register_buffer("running_var", ones(n, **options) if tracks else None)
        self.register_buffer("num_batches_tracked", tensor(0, device=device) if tracks else None)

    def forward(self, input: Any) -> Any:
        if input.ndim not in self.ranks or input.shape[1] != self.num_features:
            message = (
                f"{type(self).__name__}: expected {' or '.join(map(str, self.ranks))} axes and {self.num_features} "
                f"channels on axis 1, got shape {tuple(input.shape)}"
            )
            raise ValueError(message)
        momentum = self.momentum or 0.0
        if self.training and self.track_running_stats:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                momentum = 1.0 / self.num_batches_tracked.item()
        return _composed.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats, momentum, self.eps,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Mean 0 and variance 1 of each channel of ``(N, C)`` or ``(N, C, L)``."""

    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Mean 0 and variance 1 of each channel of ``(N, C, H, W)``."""

    ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """Mean 0 and variance 1 of each channel of ``(N, C, D, H, W)``."""

    ranks = (5,)


# --- losses -------------------------------------------------------------------------------------------


class BCELoss(Module):
    """The cross entropy of probabilities and a target."""

    def __init__(
        self, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:  # fmt: skip
        super().__init__()
        self.register_buffer("weight", weight)
        self.reduction = _word(reduction, size_average, reduce)

    def forward(self, input: Any, target: Any) -> Any:
        return core.binary_cross_entropy(
            input, target, weight=self.weight, reduction=self.reduction
        )


def _word(reduction: str, size_average: Any, reduce: Any) -> str:
    if size_average is None and reduce is None:
        return reduction
    return "none" if reduce is False else "sum" if size_average is False else "mean"


class SmoothL1Loss(Module):
    """The absolute error, rounded off by a parabola below ``beta``."""

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:  # fmt: skip
        super().__init__()
        self.reduction, self.beta = _word(reduction, size_average, reduce), beta

    def forward(self, input: Any, target: Any) -> Any:
        return _composed.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Module):
    """Half the squared error up to ``delta``, linear beyond."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__()
        self.reduction, self.delta = reduction, delta

    def forward(self, input: Any, target: Any) -> Any:
        return _composed.huber_loss(input, target, self.reduction, self.delta)


class KLDivLoss(Module):
    """The Kullback-Leibler divergence of log probabilities from a target."""

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean", log_target: bool = False
    ) -> None:  # fmt: skip
        super().__init__()
        self.reduction = _word(reduction, size_average, reduce)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return _composed.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
