"""One axis in place of several."""

from __future__ import annotations

from typing import Any

from xpgrad.nn import Module


class Flatten(Module):
    """Join the axes from ``start_dim`` to ``end_dim`` (included) into one.

    Args:
        start_dim: by default 1, so that the batch axis stays.
        end_dim: by default the last.

    Example:
        >>> import xpgrad as xp
        >>> xp.nn.Flatten()(xp.zeros((5, 8, 8))).shape
        (5, 64)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Any) -> Any:
        n = max(input.ndim, 1)
        for axis in (self.start_dim, self.end_dim):
            if not -n <= axis < n:
                message = (
                    f"Flatten: axis {axis} is out of range for an input of shape {input.shape}"
                )
                raise IndexError(message)
        if self.start_dim % n > self.end_dim % n:
            message = (
                f"Flatten: start_dim={self.start_dim} lies after end_dim={self.end_dim} in an input of shape "
                f"{input.shape}"
            )
            raise ValueError(message)
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
