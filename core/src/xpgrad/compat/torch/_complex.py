"""PyTorch's functions of complex tensors: parts that are views, and what makes a complex tensor of real ones."""

from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad.compat.torch._table import both, elementwise, function
from xpgrad.compat.torch._tensor import as_torch, connected
from xpgrad.compat.torch._views import laid, with_base

__all__: list[str] = []


def _same(_: Any, steps: Any) -> Any:
    return steps


def _doubled(_: Any, steps: Any) -> Any:
    return tuple(2 * s for s in steps)


def _complex(real: Any, imag: Any) -> Any:
    dtype = xp.complex64 if real.dtype == xp.float32 else xp.complex128
    return xp.astype(real, dtype) + xp.astype(imag, dtype) * xp.asarray(
        1j, dtype=dtype, device=real.device
    )


@function
def real(input: Any) -> Any:
    """The real part, a view; a real tensor as it is."""
    x = as_torch(input)
    if not x.dtype.is_complex:
        return x
    return with_base(x, xp.real, lambda base, v: _complex(v, xp.imag(base)), _doubled)


@function
def imag(input: Any) -> Any:
    """The imaginary part, a view."""
    x = as_torch(input)
    if not x.dtype.is_complex:
        message = f"imag is not implemented for tensors with non-complex dtypes, got {x.dtype}"
        raise RuntimeError(message)
    return with_base(x, xp.imag, lambda base, v: _complex(xp.real(base), v), _doubled)


@both
def conj(input: Any) -> Any:
    """The complex conjugate, a view; a real tensor as it is."""
    if not input.dtype.is_complex:
        return input
    return with_base(input, xp.conj, lambda _, v: xp.conj(v), _same)


@elementwise
def conj_physical(input: Any) -> Any:
    """The complex conjugate, a copy; a real tensor as it is."""
    return xp.conj(input) if input.dtype.is_complex else input


@both
def resolve_conj(input: Any) -> Any:
    """A conjugate as a tensor of its own; any other as it is."""
    view = input.__dict__.get("_view")
    return input.clone() if view is not None and view.key is xp.conj else input


@elementwise
def angle(input: Any) -> Any:
    """The angle of each number in the plane: 0 or pi for real ones."""
    if input.dtype.is_complex:
        return xp.atan2(xp.imag(input), xp.real(input))
    return connected(xp.angle(input), input)


@function
def view_as_real(input: Any) -> Any:
    """Real and imaginary parts along a new last axis, a view."""
    x = as_torch(input)
    if not x.dtype.is_complex:
        message = f"view_as_real is only supported for complex tensors, got {x.dtype}"
        raise RuntimeError(message)
    return with_base(
        x,
        lambda z: xp.stack([xp.real(z), xp.imag(z)], axis=-1),
        lambda _, v: _complex(v[..., 0], v[..., 1]),
        lambda shape, steps: (*_doubled(shape, steps), 1),
    )


@function
def view_as_complex(input: Any) -> Any:
    """The pairs along the last axis as complex numbers, a view."""
    x = as_torch(input)
    if x.ndim == 0 or x.shape[-1] != 2 or x.dtype not in (xp.float32, xp.float64):
        message = f"view_as_complex needs a float tensor whose last axis has length 2, got {x.dtype} {tuple(x.shape)}"
        raise RuntimeError(message)
    return with_base(
        x,
        lambda v: _complex(v[..., 0], v[..., 1]),
        lambda _, z: xp.stack([xp.real(z), xp.imag(z)], axis=-1),
        lambda _, steps: tuple(s // 2 for s in steps[:-1]),
    )


def _pair(name: str, a: Any, b: Any) -> tuple[Any, Any]:
    a, b = as_torch(a), as_torch(b)
    if a.dtype != b.dtype or a.dtype not in (xp.float32, xp.float64):
        message = (
            f"{name}() expects two float32 or two float64 tensors, got {a.dtype} and {b.dtype}"
        )
        raise RuntimeError(message)
    return a, b


@function
def complex_(real: Any, imag: Any) -> Any:
    """``real + 1j * imag``."""
    a, b = _pair("complex", real, imag)
    return laid(_complex(a, b), a, b)


@function
def polar(abs: Any, angle: Any) -> Any:
    """The complex numbers of these sizes and angles."""
    r, phi = _pair("polar", abs, angle)
    return laid(_complex(r * xp.cos(phi), r * xp.sin(phi)), r, phi)
