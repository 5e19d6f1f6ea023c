"""How a tensor is printed."""

from __future__ import annotations

from typing import Any

__all__ = ["formatted", "text"]


def text(self: Any) -> str:
    """``tensor([1., 2.], requires_grad=True)``."""
    told = self._xp.told(self._cell.raw) if self._xp.level else None
    if told is not None:
        return str(told)
    body = _values(self)
    parts = [body]
    if "dtype=" not in body and self.dtype.name not in ("float64", "int64", "bool", "complex128"):
        parts.append(f"dtype={self.dtype.name}")
    if self.device.type != "cpu":
        parts.append(f"device='{self.device}'")
    parts += self._xp.shown(self._cell.raw) if self._xp.level else ()
    node = self.grad_fn
    if node is not None:
        parts.append(f"grad_fn={node!r}")
    elif self.requires_grad:
        parts.append("requires_grad=True")
    return f"tensor({', '.join(parts)})"


def _values(self: Any) -> str:
    try:
        host = self._xp.backend.to_host(self._cell.raw)
    except TypeError:  # a library that traces (jax.jit), or does not hand its values out (sparse)
        return str(self._cell.raw)
    body = repr(host if getattr(host, "ndim", 0) or hasattr(host, "__setitem__") else host[()])
    if body.startswith("array("):
        return body.removeprefix("array(").removesuffix(")").replace("\n      ", "\n       ")
    return str(host)


def formatted(self: Any, spec: str) -> str:
    """``f"{loss:.3f}"`` prints the number."""
    return format(self.item(), spec) if spec else str(self)
