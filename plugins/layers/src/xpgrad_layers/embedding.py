"""A table of vectors, looked up by number."""

from __future__ import annotations

from typing import Any, Self

import xpgrad as xp
from xpgrad.errors import ShapeError
from xpgrad.nn import Module, Parameter, functional, init


class Embedding(Module):
    """Rows of a table, chosen by integers.

    Args:
        num_embeddings: number of rows.
        embedding_dim: length of a row.
        padding_idx: a row that starts at zero and gets no gradient; negative counts from the end.
        device: where the table lives; default: the default device.
        dtype: of the table; default: the default dtype.
        _weight: a table to start with, ``(num_embeddings, embedding_dim)``.

    Shapes: integers ``(...)`` to ``(..., embedding_dim)``. The table starts standard normal.

    Raises:
        IndexError: from the call, if an index is negative or not below ``num_embeddings``.

    Example:
        >>> import xpgrad as xp
        >>> table = xp.nn.Embedding(10, 3, padding_idx=0)
        >>> table
        Embedding(10, 3, padding_idx=0)
        >>> table(xp.asarray([[1, 2], [0, 4]])).shape
        (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        device: Any = None,
        dtype: Any = None,
        _weight: Any = None,
        _freeze: bool = False,
    ) -> None:
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                message = f"Embedding: padding_idx must be within the {num_embeddings} rows, got {padding_idx}"
                raise ValueError(message)
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        shape = (num_embeddings, embedding_dim)
        if _weight is None:
            self.weight = Parameter(xp.empty(shape, device=device, dtype=dtype), not _freeze)
            self.reset_parameters()
        else:
            table = xp.asarray(_weight, device=device, dtype=dtype)
            if table.shape != shape:
                message = f"Embedding: the table must have shape {shape}, got {table.shape}"
                raise ShapeError(message)
            self.weight = Parameter(table, not _freeze)

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None
    ) -> Self:
        """A layer on a given table; ``freeze`` keeps it from training."""
        table = xp.asarray(embeddings)
        if table.ndim != 2:
            message = f"Embedding: the table needs 2 axes, got shape {table.shape}"
            raise ShapeError(message)
        return cls(*table.shape, padding_idx, _weight=table, _freeze=freeze)

    def reset_parameters(self) -> None:
        """Draw the table again; the padding row is zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with xp.no_grad():
                self.weight[self.padding_idx] = 0.0

    def forward(self, input: Any) -> Any:
        return functional.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
