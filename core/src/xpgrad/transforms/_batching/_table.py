"""Which rule batches an operation: by what class it is, by what its options mean, by what it is made of, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xpgrad._namespace._operation import describe
from xpgrad._signatures import BINARY, INTERNAL, SIGNATURES, UNARY
from xpgrad.extend import portable, registry
from xpgrad.rules import CONSTANTS, RULES
from xpgrad.transforms._batching import _axes, _convolution, _indexing, _matrices
from xpgrad.transforms._batching._elementwise import broadcasting

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._namespace._operation import Operation

__all__ = ["REFUSED", "Entry", "entry", "vmap_coverage"]

BY_ELEMENTS: Final = frozenset(
    "abs sign real imag conj negative positive astype copysign clip multiply".split()
)
"""Operations on elements that neither their word nor their signature tells from others."""
_SIZE: Final = "the size of its result depends on the values, and would differ within the batch"
REFUSED: Final = dict.fromkeys(
    ("nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"), _SIZE
)


class Entry(NamedTuple):
    """How an operation is batched."""

    word: str
    """elementwise, axis, stack, by hand, portable, or "not covered: " and why."""
    run: Callable[..., Any] | None
    """The rule; None where the operation's own text is run, or nothing can be."""


_ENTRIES: Final[dict[str, Entry]] = {}
_BY_NAME: Final = {
    name: Entry(word, run)
    for word, table in (
        ("axis", _axes.SHAPES), ("by hand", _axes.BY_HAND), ("stack", _matrices.BY_HAND),
        ("by hand", _indexing.BY_HAND), ("by hand", _convolution.BY_HAND),
    )
    for name, run in table.items()
}  # fmt: skip


def entry(operation: Operation) -> Entry:
    """The entry of an operation."""
    try:
        return _ENTRIES[operation.name]
    except KeyError:
        return _ENTRIES.setdefault(operation.name, _found(operation))


def _found(operation: Operation) -> Entry:
    name = operation.name
    if name in _BY_NAME:
        return _BY_NAME[name]
    if _is_elementwise(operation):
        return Entry("elementwise", broadcasting)
    if name in _axes.ALONG:
        return Entry("axis", _axes.along)
    if operation.arrays == ("x",) and {"axis", "keepdims"} <= set(operation.options):
        return Entry("axis", _axes.reduction)
    if name in portable.FUNCTIONS or name in registry.ops():
        return Entry("portable", None)
    return Entry("not covered: it has neither a rule for batches nor a portable text", None)


def _is_elementwise(operation: Operation) -> bool:
    name, rule = operation.name, operation.rule
    if name in BY_ELEMENTS:
        return True
    if rule is not None:
        return rule.kind == "elementwise" or (rule.kind == "linear" and rule.broadcast)
    return name in CONSTANTS and operation.signature in (UNARY, BINARY)


def vmap_coverage() -> dict[str, str]:
    """How :func:`xpgrad.vmap` batches each operation, by name.

    Returns:
        "elementwise" (batches are brought to one rank), "axis" (axes and shapes get one more in front), "stack" (one
        more axis of the stack of matrices), "by hand" (a rule of its own), "portable" (it is run on batches, written
        in other operations), or "not covered: " with the reason: then a batched argument raises MissingRuleError.

    >>> import xpgrad as xp
    >>> coverage = xp.transforms.vmap_coverage()
    >>> coverage["sin"], coverage["sum"], coverage["matmul"], coverage["take"]
    ('elementwise', 'axis', 'stack', 'by hand')
    """
    names = {*SIGNATURES, *INTERNAL, *RULES, *registry.ops()}
    found = {name: entry(describe(name)).word for name in names}
    found |= {name: f"not covered: {why}" for name, why in REFUSED.items()}
    return dict(sorted(found.items()))
