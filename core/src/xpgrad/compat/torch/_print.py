"""How PyTorch prints a tensor: four digits, columns aligned, long tensors summarized.

Works on nested Python lists, so it needs no array library.
"""

from __future__ import annotations

import math
from typing import Any, Final

from xpgrad.compat.torch import _dtypes

__all__ = ["set_printoptions", "text"]

_DEFAULTS: Final = {
    "precision": 4,
    "threshold": 1000,
    "edgeitems": 3,
    "linewidth": 80,
    "sci_mode": None,
}
OPTIONS: Final[dict[str, Any]] = dict(_DEFAULTS)
_PROFILES: Final[dict[str, dict[str, Any]]] = {
    "default": _DEFAULTS,
    "short": _DEFAULTS | {"precision": 2, "edgeitems": 2},
    "full": _DEFAULTS | {"threshold": math.inf},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """How tensors of this module print; what is None stays."""
    if profile is not None:
        OPTIONS.update(_PROFILES[profile])
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    OPTIONS.update({k: v for k, v in given.items() if v is not None})
    OPTIONS["sci_mode"] = sci_mode


COMPLEX: Final = {"float64": "complex128"}
"""The complex dtype that is not named beside a default dtype; complex64 beside the others."""


class Formatter:
    """One width and one notation for all numbers of a tensor."""

    def __init__(self, numbers: list[Any], *, is_floating: bool) -> None:
        self.is_floating = is_floating
        self.scientific = self.whole = False
        finite = [v for v in numbers if is_floating and math.isfinite(v) and v != 0]
        if finite:
            self._choose(finite)
        elif is_floating:
            self.whole = True
        self.width = max((len(self.plain(v)) for v in (finite or numbers or [0])), default=1)
        if is_floating and not finite:
            self.width = 1

    def _choose(self, finite: list[float]) -> None:
        self.whole = all(v == math.ceil(v) for v in finite)
        sizes = [abs(v) for v in finite]
        low, high = min(sizes), max(sizes)
        wide = high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4
        chosen = OPTIONS["sci_mode"]
        self.scientific = wide if chosen is None else chosen

    def plain(self, value: Any) -> str:
        """The number without padding."""
        if not self.is_floating:
            return str(value)
        if self.scientific:
            return f"{value:.{OPTIONS['precision']}e}"
        if self.whole:
            return f"{value:.0f}" + ("." if math.isfinite(value) else "")
        return f"{value:.{OPTIONS['precision']}f}"

    def __call__(self, value: Any) -> str:
        return self.plain(value).rjust(self.width)


class ComplexFormatter:
    """The parts each in a notation of their own."""

    def __init__(self, numbers: list[complex]) -> None:
        self.real = Formatter([v.real for v in numbers], is_floating=True)
        self.imag = Formatter([v.imag for v in numbers], is_floating=True)
        self.width = self.real.width + self.imag.width + 1

    def __call__(self, value: complex) -> str:
        imag = self.imag(value.imag).lstrip()
        sign = "" if imag.startswith("-") else "+"
        return f"{self.real(value.real)}{sign}{imag}j"


def _flat(nested: Any) -> list[Any]:
    if not isinstance(nested, list):
        return [nested]
    return [v for item in nested for v in _flat(item)]


def _shown(nested: Any, edge: int) -> Any:
    """The nested list with ``...`` for the middle of long axes."""
    if not isinstance(nested, list):
        return nested
    if len(nested) > 2 * edge:
        return [
            *(_shown(n, edge) for n in nested[:edge]),
            ...,
            *(_shown(n, edge) for n in nested[-edge:]),
        ]
    return [_shown(n, edge) for n in nested]


def _vector(row: list[Any], indent: int, format_: Any) -> str:
    per_line = max(1, (OPTIONS["linewidth"] - indent) // (max(1, format_.width) + 2))
    words = [" ..." if v is ... else format_(v) for v in row]
    lines = [words[i : i + per_line] for i in range(0, len(words), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(", ".join(line) for line in lines) + "]"


def _body(nested: Any, indent: int, format_: Any) -> str:
    if not isinstance(nested, list):
        return str(format_(nested))
    if not any(isinstance(n, list) for n in nested):
        return _vector(nested, indent, format_)
    blank = "\n" * (_depth(nested) - 1) + " " * (indent + 1)
    return (
        "["
        + ("," + blank).join("..." if n is ... else _body(n, indent + 1, format_) for n in nested)
        + "]"
    )


def _depth(nested: Any) -> int:
    return 1 + max((_depth(n) for n in nested), default=0) if isinstance(nested, list) else 0


def _suffixes(t: Any) -> list[str]:
    parts = []
    if t.size == 0 and t.ndim != 1:
        parts.append(f"size={tuple(t.shape)}")
    default = _dtypes.get_default_dtype().name
    usual = (default, "bool") + (("int64",) if t.size else ())
    usual += (COMPLEX.get(default, "complex64"),)
    if t.dtype.name not in usual:
        parts.append(f"dtype=torch.{t.dtype.name}")
    if t.device.type != "cpu":
        parts.append(f"device='{t.device}'")
    node = t.grad_fn
    if node is not None:
        name = type(node).__name__
        parts.append(f"grad_fn=<{name}{'0' if name.endswith('Backward') else ''}>")
    elif t.requires_grad:
        parts.append("requires_grad=True")
    return parts


def _formatter(t: Any, numbers: list[Any]) -> Any:
    if t.dtype.is_complex:
        return ComplexFormatter(numbers)
    return Formatter(numbers, is_floating=t.dtype.is_floating)


def text(t: Any, prefix: str = "tensor(") -> str:
    """``tensor([1., 2.], requires_grad=True)``."""
    if t.size == 0:
        body = "[]"
    else:
        nested = t.tolist()
        nested = _shown(nested, OPTIONS["edgeitems"]) if t.size > OPTIONS["threshold"] else nested
        numbers = [v for v in _flat(nested) if v is not ...]
        body = _body(nested, len(prefix), _formatter(t, numbers))
    result = prefix + body
    last = len(result) - result.rfind("\n") - 1
    for part in _suffixes(t):
        if last + len(part) + 3 > OPTIONS["linewidth"]:
            result += ",\n" + " " * len(prefix) + part
            last = len(prefix) + len(part)
        else:
            result += ", " + part
            last += len(part) + 2
    return result + ")"
