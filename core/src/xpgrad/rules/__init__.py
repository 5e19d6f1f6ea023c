"""What the derivatives are: one file per chapter of the standard, entered into one table."""

from xpgrad.rules import (
    contraction,
    convolution,
    decompositions,
    elementwise,
    fft,
    indexing,
    linalg,
    linear_algebra,
    manipulation,
    ordering,
    special,
    statistics,
    windows,
)
from xpgrad.rules._table import CONSTANTS as CONSTANTS
from xpgrad.rules._table import RULES as RULES
from xpgrad.rules._table import Like as Like
from xpgrad.rules._table import Rule as Rule

__all__ = ["CONSTANTS", "RULES", "Like", "Rule"]
