"""Noise that is switched off in evaluation."""

from __future__ import annotations

from typing import Any

from xpgrad.nn import Module, functional


class Dropout(Module):
    """In training, zero elements with probability ``p`` and scale the rest by ``1 / (1 - p)``.

    Args:
        p: between 0 and 1.
        inplace: give the input itself the new value.

    In evaluation (``eval()``) the input is returned. Any shape; the dtype stays.

    Raises:
        ValueError: if ``p`` is not between 0 and 1.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.Dropout(0.5).eval()(xp.ones(3))
        tensor([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0.0 <= p <= 1.0:
            message = f"dropout probability has to be between 0 and 1, but got {p}"
            raise ValueError(message)
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return functional.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
