"""What a refusal of array-api-strict means, and what to write instead."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

__all__ = ["CODES", "Advice", "advice"]


class Advice(NamedTuple):
    """Why something is not portable, and what is."""

    code: str
    why: str
    instead: str


_TABLE: Final[tuple[tuple[str, str, str, str], ...]] = (
    # (pattern in the refusal, code, why, instead); {0}, {1} are the pattern's groups, {name} the operation
    (
        r"boolean_indexing flag", "boolean-indexing",
        "the shape of {name} depends on values, which lazy and compiled libraries cannot know",
        "xp.where(mask, x, 0.0) to read, x = xp.where(mask, value, x) to write",
    ),
    (
        r"data.dependent.shapes flag", "data-dependent-shape",
        "the shape of the result of {name} depends on values, which lazy and compiled libraries cannot know",
        "xp.where, xp.cumulative_sum or a sort of the whole array",
    ),
    (
        r"(\w+) and (?:array_api_strict\.)?(\w+) cannot be type promoted", "mixed-dtypes",
        "the standard does not say what {0} with {1} gives",
        "convert one of them, xp.astype(x, xp.{wider})",
    ),
    (
        r"Python (\w+) scalars can only be promoted with ([\w-]+) arrays", "scalar-promotion",
        "a Python {0} beside an array that is not a {1} one has no dtype in the standard",
        "convert the array first, xp.astype(x, xp.float64), or give a number of its kind",
    ),
    (
        r"Only (.*?) dtypes? (?:is|are) allowed", "dtype",
        "the standard defines {name} for {0} dtypes only",
        "xp.astype(x, …) to one of them first",
    ),
    (
        r"axis must be specified|missing 1 required positional argument: 'axis'", "missing-axis",
        "{name} of several axes without axis= means different things in different libraries",
        "axis=…, or xp.reshape(x, (-1,)) first",
    ),
    (
        r"Fancy indexing __setitem__", "index-assignment",
        "the standard has no assignment at an array of indices, and does not say what a repeated index does",
        "xp.scatter_add(x, indices, values), or xp.where with a mask made from xp.arange",
    ),
    (
        r"multi-axes index only specifies", "short-index",
        "the standard asks an index to name every axis",
        "x[i, ...]; for an array of indices xp.take(x, indices, axis=0)",
    ),
    (
        r"Integer index arrays are only allowed with integer", "mixed-index",
        "the standard knows index arrays together with integers only, not with slices",
        "xp.take(x, indices, axis=…)",
    ),
    (
        r"has type\(i\)=<class 'list'>", "list-index",
        "the standard has no index by a list",
        "xp.take(x, xp.asarray([…]), axis=0)",
    ),
    (
        r"^Slice .* contains|out.of.bounds", "slice-bounds",
        "the standard leaves open what a slice beyond the end gives",
        "a slice within the axis: x[a:min(b, x.shape[0])]",
    ),
    (
        r"must be a tuple|cannot be interpreted as an integer", "tuple",
        "the standard takes a tuple of integers here",
        "(2, 3) in place of [2, 3], (-1,) in place of -1",
    ),
    (
        r"<class 'numpy\.(\w+)'>", "numpy-array", "{name} is given a NumPy {0}, which is no number of Python",
        "float(a), or math in place of numpy for single numbers",
    ),
    (
        r"Expected Array or Python scalar|Only Array objects are allowed|'(?:list|tuple|int|float)' object has no",
        "not-an-array", "the standard takes an array here", "xp.asarray(…)",
    ),
    (
        r"unexpected keyword argument '?(\w+)|takes (?:from )?\d", "argument",
        "{name} of the standard does not take these arguments", "the standard's signature: help(xp.{name})",
    ),
    (
        r"negative integer powers", "negative-power",
        "the standard does not define negative powers of integers", "xp.astype(x, xp.float64) first",
    ),
)  # fmt: skip
CODES: Final = frozenset(
    ("dtype-object", "host", "numpy-call", "one-backend", "refused", *(row[1] for row in _TABLE))
)
"""Every kind of finding."""


def advice(error: Exception, name: str) -> Advice:
    """What to say of a refusal."""
    text = str(error).replace("array_api_strict.", "")
    for pattern, code, why, instead in _TABLE:
        match = re.search(pattern, text)
        if match:
            groups = match.groups()
            words: dict[str, Any] = {"name": name, "wider": max(groups, key=_width, default="")}
            return Advice(code, why.format(*groups, **words), instead.format(*groups, **words))
    first = text.split(". ")[0].strip() or type(error).__name__
    return Advice("refused", f"array-api-strict refuses {name}: {first}", "")


def _width(dtype: Any) -> tuple[bool, bool, int]:
    """Orders names of dtypes by what can hold the other."""
    text = str(dtype)
    digits = "".join(c for c in text if c.isdigit())
    return text.startswith("complex"), text.startswith("float"), int(digits or 0)
