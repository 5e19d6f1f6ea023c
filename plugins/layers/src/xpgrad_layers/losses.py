"""Losses, as modules: a prediction and a target to a number."""

from __future__ import annotations

import warnings
from typing import Any

from xpgrad.nn import Module, functional


def _reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """PyTorch's word for what is done with the elements; two old flags decide where given."""
    if size_average is not None or reduce is not None:
        each = reduce is False
        reduction = "none" if each else "sum" if size_average is False else "mean"
        message = (
            f"size_average and reduce are deprecated, please use reduction={reduction!r} instead"
        )
        warnings.warn(message, UserWarning, stacklevel=4)
    if reduction not in {"none", "mean", "sum"}:
        message = f"reduction must be 'none', 'mean' or 'sum', got {reduction!r}"
        raise ValueError(message)
    return reduction


class _Loss(Module):
    """A loss with PyTorch's three reductions."""

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.reduction = _reduction(reduction, size_average, reduce)


class _WeightedLoss(_Loss):
    """A loss with factors, which move and are saved with the module."""

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class MSELoss(_Loss):
    """The squared difference of input and target, which have one shape.

    Args:
        size_average: deprecated; use ``reduction``.
        reduce: deprecated; use ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for each element's.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.MSELoss()(xp.asarray([1.0, 2.0]), xp.asarray([1.0, 4.0])).item()
        2.0
    """

    def forward(self, input: Any, target: Any) -> Any:
        return functional.mse_loss(input, target, self.reduction)


class L1Loss(_Loss):
    """The absolute difference of input and target; arguments as of `MSELoss`.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.L1Loss(reduction="sum")(xp.asarray([1.0, 2.0]), xp.asarray([1.0, 4.0])).item()
        2.0
    """

    def forward(self, input: Any, target: Any) -> Any:
        return functional.l1_loss(input, target, self.reduction)


class CrossEntropyLoss(_WeightedLoss):
    """The cross entropy of logits and class indices, or probabilities.

    Args:
        weight: ``(C,)`` factors of the classes.
        size_average: deprecated; use ``reduction``.
        ignore_index: a class index that does not count.
        reduce: deprecated; use ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for each example's.
        label_smoothing: between 0 and 1: the part of the target that is spread over all classes.

    Shapes: logits ``(N, C, ...)`` or ``(C,)``; integers ``(N, ...)`` or ``()``, or probabilities
    of the
    logits' shape.

    Raises:
        IndexError: from the call, if a target is no class.

    Example:
        >>> import xpgrad as xp
        >>> loss = xp.nn.CrossEntropyLoss()(xp.zeros((2, 4)), xp.asarray([0, 3]))
        >>> round(loss.item(), 6)
        1.386294
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return functional.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )


class NLLLoss(_WeightedLoss):
    """Minus the log probability of the right class; the input holds log probabilities.

    Args:
        weight: ``(C,)`` factors of the classes.
        size_average: deprecated; use ``reduction``.
        ignore_index: a class index that does not count.
        reduce: deprecated; use ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for each example's.

    Shapes: ``(N, C, ...)`` or ``(C,)``; integers ``(N, ...)`` or ``()``.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.NLLLoss()(xp.asarray([[-1.0, -2.0]]), xp.asarray([1])).item()
        2.0
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return functional.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """The cross entropy of ``sigmoid(input)`` and the target, without overflow.

    Args:
        weight: factors of the elements.
        size_average: deprecated; use ``reduction``.
        reduce: deprecated; use ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for each element's.
        pos_weight: factors of the positive part, broadcast against the input.

    Shapes: logits of any shape, probabilities of the same.

    Example:
        >>> import xpgrad as xp
        >>> loss = xp.nn.BCEWithLogitsLoss()(xp.zeros(3), xp.ones(3))
        >>> round(loss.item(), 6)
        0.693147
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return functional.binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, self.pos_weight
        )
