"""Methods that a Tensor does not have, as NumPy and PyTorch do not agree on them: what to write instead."""

from __future__ import annotations

from typing import Any, Final

from xpgrad._tensor import Tensor

__all__ = ["install_hints"]

INSTEAD: Final = {
    "expand": "xp.broadcast_to(x, shape)", "fill": "x.fill_(value)", "flat": "x.reshape(-1)", "mm": "x @ y",
    "gather": "xp.take_along_axis(x, indices, axis=...)", "masked_fill": "xp.where(mask, value, x)",
    "nonzero": "xp.nonzero(x)", "norm": "xp.linalg.vector_norm(x)", "softmax": "xp.softmax(x, axis=...)",
    "repeat": "xp.tile(x, repetitions) or xp.repeat(x, repeats)", "searchsorted": "xp.searchsorted(x, values)",
    "sort": "xp.sort(x, axis=...)", "take": "xp.take(x, indices, axis=...)", "view": "x.reshape(shape)",
    "topk": "xp.argsort(x, descending=True)", "unsqueeze": "xp.expand_dims(x, axis=...)",
}  # fmt: skip


class Elsewhere:
    """An attribute that is missing and says what stands in its place."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, owner: Any, cls: Any) -> Any:
        message = f"a Tensor has no method {self.name!r}, on which libraries differ; write {INSTEAD[self.name]}"
        raise AttributeError(message, name=self.name, obj=owner)


def install_hints() -> None:
    """Put the hints on the Tensor."""
    for name in INSTEAD:
        setattr(Tensor, name, Elsewhere(name))
