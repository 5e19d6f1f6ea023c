"""Operations whose arrays broadcast: batches are brought to one rank, and the operation does the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad.transforms._batching._records import padded

if TYPE_CHECKING:
    from xpgrad.transforms._batching._records import Arguments
    from xpgrad.transforms._level import Invocation

__all__ = ["broadcasting"]


def broadcasting(invoke: Invocation, arguments: Arguments) -> Any:
    """An operation that acts on the elements of arrays that broadcast together."""
    arrays = invoke.arrays(arguments)
    rank = max([x.ndim for x in arrays.values()])
    return invoke(arguments | {name: padded(x, rank) for name, x in arrays.items()})
