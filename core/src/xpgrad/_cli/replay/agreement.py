"""How far two arrays are apart: in units of the last place of their dtype, or not at all comparable."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xpgrad import _public
from xpgrad._cli.replay.pair import OPERATORS
from xpgrad._dtypes import name_of
from xpgrad._namespace._operations import BINARY, UNARY
from xpgrad._signatures import INTERNAL, SIGNATURES
from xpgrad.errors import XpgradError
from xpgrad.extend import portable, registry
from xpgrad.extend.backend import host
from xpgrad.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Difference", "Tolerance", "apart", "each_element_counts", "unknown"]

_PRECISION: Final = {"float64": (2.0**-52, 2.0**-1022), "float32": (2.0**-23, 2.0**-126),
                     "float16": (2.0**-10, 2.0**-14), "bfloat16": (2.0**-7, 2.0**-126)}  # fmt: skip
"""Of each dtype the unit in the last place of 1, and the smallest normal number."""
_PARTS: Final = {"complex128": "float64", "complex64": "float32"}
_POINTWISE: Final = {*BINARY.values(), *UNARY.values()} - {"matmul"}
INFINITE: Final = float("inf")


class Difference(NamedTuple):
    """The largest difference of two results."""

    ulps: float
    """In units of the last place; infinite where no such unit means anything."""
    largest: float
    where: tuple[int, ...] = ()
    values: tuple[Any, ...] = ()
    dtype: str = ""
    why: str = ""
    """What is different, where it is not the values."""


class Tolerance(NamedTuple):
    """How many units in the last place are too many."""

    ulp: float | None = None
    rtol: float | None = None
    ignored: tuple[str, ...] = ()

    def limit(self, name: str, dtype: str) -> float:
        """The limit for an operation's results in a dtype, in units of the last place."""
        unit, _ = precision(dtype)
        if self.rtol is not None:
            return self.rtol / unit if unit else 0.0
        if self.ulp is not None:
            return self.ulp
        if name.startswith("linalg."):
            return 2.0**16 if unit < 2.0**-40 else 2.0**12
        return 64.0 if each_element_counts(name) else 1024.0

    def ignores(self, name: str) -> bool:
        """Whether an operation is not compared."""
        return any(fnmatchcase(name, pattern) for pattern in self.ignored)


def unknown(pattern: str) -> str:
    """Why a pattern means no operation, and which name it may be meant to be; empty if it means one."""
    known = {*_public.names(), *SIGNATURES, *INTERNAL, *portable.FUNCTIONS, *registry.ops()}
    known |= {f"operator {n}" for n in OPERATORS}
    if any(fnmatchcase(name, pattern) for name in known):
        return ""
    close = get_close_matches(pattern, known, n=3)
    hint = f"; did you mean {', '.join(close)}?" if close else ""
    return f"no operation is called {pattern!r}{hint}"


def precision(dtype: str) -> tuple[float, float]:
    """The unit in the last place of 1 and the smallest normal number; zeros for what is exact."""
    return _PRECISION.get(_PARTS.get(dtype, dtype), (0.0, 0.0))


def each_element_counts(name: str) -> bool:
    """Whether an operation works on each element alone, so that each must be accurate for itself."""
    if name.startswith("operator "):
        return name != "operator matmul"
    rule = RULES.get(name)
    if rule is None and name in registry.ops():
        try:
            rule = registry.op_target(name, "rule")
        except XpgradError:
            return False
    return name in _POINTWISE or (rule is not None and rule.kind == "elementwise")


def apart(call: Any, first: Any, second: Any) -> Difference:
    """The largest difference of two results of an operation, arrays or several of them."""
    found = [Difference(0.0, 0.0)]
    for a, b in _parts(first, second):
        found.append(_apart(call, a, b))
        if found[-1].ulps == INFINITE:
            break
    return max(found, key=lambda d: d.ulps)


def _parts(first: Any, second: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(first, (tuple, list)):
        for a, b in zip(first, second, strict=True):
            yield from _parts(a, b)
    elif hasattr(first, "shape"):
        yield first, second


def _apart(call: Any, first: Any, second: Any) -> Difference:
    backend = call.pairs.backend
    kind, other = name_of(first.dtype) or "", name_of(second.dtype) or ""
    wanted = name_of(backend.pair_dtype(first.dtype).sides[1])
    if other != wanted:
        return Difference(INFINITE, INFINITE, dtype=kind, why=f"dtype {kind} and {other}")
    if tuple(first.shape) != tuple(second.shape):
        return Difference(
            INFINITE,
            INFINITE,
            dtype=kind,
            why=f"shape {tuple(first.shape)} and {tuple(second.shape)}",
        )
    a, b = backend.sides[0].backend.to_host(first), backend.sides[1].backend.to_host(second)
    coarser = max(kind, other, key=lambda d: precision(d)[0])
    return _of_values(a, b, coarser, by_largest=not each_element_counts(call.name))


def _of_values(a: Any, b: Any, dtype: str, *, by_largest: bool) -> Difference:
    """With ``by_largest``, the largest element of the result decides the unit, not each its own."""
    np = host().xp
    unit, tiny = precision(dtype)
    if not unit:
        wrong = a != b
        if not wrong.any():
            return Difference(0.0, 0.0, dtype=dtype)
        where = tuple(map(int, np.argwhere(wrong)[0]))
        most = float(np.max(np.abs(a.astype("float64") - b.astype("float64"))))
        return Difference(INFINITE, most, where, (a[where].item(), b[where].item()), dtype)
    wide = "complex128" if dtype.startswith("complex") else "float64"
    a, b = np.asarray(a, dtype=wide), np.asarray(b, dtype=wide)
    finite = np.isfinite(a) & np.isfinite(b)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        size = np.where(finite, np.abs(a), 0.0)
        if by_largest and size.size:
            size = np.broadcast_to(np.max(size), size.shape)
        distance = np.where(same, 0.0, np.where(finite, np.abs(a - b), INFINITE))
        ulps = distance / (unit * np.maximum(size, tiny / unit))
    if not ulps.size or not ulps.any():
        return Difference(0.0, 0.0, dtype=dtype)
    where = tuple(map(int, np.unravel_index(int(np.argmax(ulps)), ulps.shape)))
    values = (a[where].item(), b[where].item())
    return Difference(float(ulps[where]), float(distance[where]), where, values, dtype)
