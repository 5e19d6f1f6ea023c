"""Puts PyTorch's methods on its Tensor: every function of the table, in-place forms, conversions."""

# ruff: noqa: ARG001 (PyTorch's signatures)
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import xpgrad as xp
from xpgrad._dtypes import ALIASES
from xpgrad._namespace import _methods as core
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.compat.torch import (
    _complex,
    _diagonals,
    _elementwise,
    _factories,
    _indexing,
    _linear,
    _random,
    _reductions,
    _shapes,
    _special,
    _strides,
)
from xpgrad.compat.torch._dtypes import DTYPES, TYPE_NAMES
from xpgrad.compat.torch._table import FUNCTIONS, METHODS, method, named
from xpgrad.compat.torch._tensor import Tensor, connected, settle
from xpgrad.compat.torch._viewing import permuted
from xpgrad.compat.torch._views import laid, rebound, single, strides

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["install"]

CHAPTERS: Final = (
    _complex,
    _diagonals,
    _elementwise,
    _indexing,
    _linear,
    _random,
    _reductions,
    _shapes,
    _special,
)
"""The modules that fill the table when they are imported."""

IN_PLACE: Final = (
    "abs acos add addcdiv addcmul addmm asin atan bernoulli bitwise_and bitwise_not bitwise_or bitwise_xor ceil clamp "
    "clamp_max clamp_min clip cos cosh cumprod cumsum digamma div divide eq erf erfc erfinv exp expm1 floor "
    "floor_divide fmod frac ge gt "
    "index_add index_copy index_fill index_put le lerp lgamma log log10 log1p log2 logical_and logical_not logical_or "
    "lt "
    "masked_fill masked_scatter mul multiply nan_to_num ne neg negative pow reciprocal relu remainder round rsqrt "
    "scatter scatter_add sigmoid sign sin sinc sinh sqrt square sub subtract tan tanh tril triu true_divide trunc"
)


SHAPING: Final = ("squeeze", "swapaxes", "swapdims", "t", "transpose", "unsqueeze")
"""What has an in-place form that changes the shape of the tensor itself."""


def _in_place(name: str) -> Any:
    compute = METHODS[name]

    def f(self: Any, *args: Any, **kwargs: Any) -> Any:
        self._check_in_place()
        return settle(self, compute(self, *args, **kwargs), f"{name}_")

    f.__doc__ = f"``{name}`` in place, recorded; returns the tensor."
    return named(f, f"{name}_")


# --- in place, of their own ---------------------------------------------------------------------------


@method
def fill__(self: Any, value: Any) -> Any:
    """Every element ``value``."""
    copy__(single(self), value)
    return self


@method
def zero__(self: Any) -> Any:
    """Every element zero."""
    return fill__(self, 0)


@method
def copy__(self: Any, src: Any, non_blocking: bool = False) -> Any:
    """The values of ``src``, broadcast and cast."""
    value = xp.astype(xp.asarray(src, device=self.device), self.dtype)
    self._check_in_place()
    return settle(self, connected(xp.broadcast_to(value, tuple(self.shape)), self), "copy_")


@method
def normal__(self: Any, mean: Any = 0.0, std: Any = 1.0, *, generator: Any = None) -> Any:
    """Normal numbers."""
    return copy__(self, _random.randn(tuple(self.shape), generator=generator) * std + mean)


@method
def uniform__(
    self: Any, from_: float = 0.0, to: float = 1.0, *, generator: Any = None, **named_from: float
) -> Any:
    """Uniform numbers from ``from`` up to ``to``."""
    low = named_from.get("from", named_from.get("a", from_))
    high = named_from.get("b", to)
    dtype = self.dtype if self.dtype.is_floating else None
    return copy__(
        self, _random.rand(tuple(self.shape), dtype=dtype, generator=generator) * (high - low) + low
    )


@method
def random__(self: Any, *limits: int, generator: Any = None) -> Any:
    """Integers from 0 (or the first limit) up to the last limit, without it."""
    usual = 2 ** {"float32": 24, "float64": 53, "float16": 11, "bool": 1}.get(self.dtype.name, 31)
    low, high = (0, *limits)[-2:] if limits else (0, usual)
    return copy__(self, _random.randint(low, high, tuple(self.shape), generator=generator))


@method
def bernoulli__(self: Any, p: Any = 0.5, *, generator: Any = None) -> Any:
    """One with probability ``p``, else zero."""
    return copy__(self, _random.rand(tuple(self.shape), generator=generator) < p)


def _reshaping(name: str, compute: Any) -> Any:
    def f(self: Any, *args: Any) -> Any:
        return rebound(self, lambda t: compute(t, *args))

    f.__doc__ = f"``{name}`` in place; returns the tensor."
    return named(f, f"{name}_")


@method
def resize_(self: Any, *shape: Any) -> Any:
    """PyTorch's old ``resize``: the elements in another shape."""
    return self.view(*shape)


# --- conversions --------------------------------------------------------------------------------------


def _as(name: str) -> Any:
    dtype = DTYPES[name]

    def f(self: Any, **_: Any) -> Any:
        return self if self.dtype == dtype else laid(xp.astype(self, dtype), self)

    f.__doc__ = f"In dtype {dtype.name}; itself if it has it."
    return named(f, name)


@method
def type_(self: Any, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor type (``'torch.FloatTensor'``), or the tensor in another one."""
    if dtype is None:
        place = "torch.cuda" if self.is_cuda else "torch"
        return f"{place}.{TYPE_NAMES.get(self.dtype.name, self.dtype.name)}"
    if isinstance(dtype, str):
        name = dtype.rsplit(".", 1)[-1]
        dtype = _factories.LEGACY[name].dtype if name in _factories.LEGACY else name
    return to(self, getattr(dtype, "dtype", dtype) if isinstance(dtype, type) else dtype)


@method
def type_as(self: Any, other: Any) -> Any:
    """In the dtype of ``other``."""
    return to(self, other.dtype)


@method
def to(self: Any, *args: Any, **kwargs: Any) -> Any:
    """On another device or in another dtype, or like another tensor; itself if nothing changes."""
    kwargs = {
        k: v
        for k, v in kwargs.items()
        if k not in ("non_blocking", "memory_format") and v is not None
    }
    return laid(core.to(self, *args, **kwargs), self)


@method
def cuda(self: Any, device: Any = None, non_blocking: bool = False) -> Any:
    """On a CUDA device."""
    return core.to(self, "cuda" if device is None else device)


@method
def contiguous(self: Any, **_: Any) -> Any:
    """Itself if its elements lie in order, else a copy in which they do."""
    return self if is_contiguous(self) else core.clone(self)


@method
def is_contiguous(self: Any, **_: Any) -> bool:
    """Whether the elements of PyTorch's tensor lie in order in memory."""
    return _strides.is_dense(self._cell.raw.shape, strides(self))


@method
def stride(self: Any, dim: int | None = None) -> Any:
    """How many elements apart the neighbours along each axis of PyTorch's tensor are in memory."""
    steps = strides(self)
    return steps if dim is None else steps[dim]


@method
def clone(self: Any, **_: Any) -> Any:
    """A copy that stays on the tape."""
    return laid(core.clone(self), self)


# --- questions and relatives --------------------------------------------------------------------------


def _new(name: str) -> Any:
    make = getattr(_factories, name)

    def f(self: Any, *args: Any, **kwargs: Any) -> Any:
        return make(*args, **{"dtype": self.dtype, "device": self.device, **kwargs})

    f.__doc__ = f"``torch.{name}`` of this tensor's dtype and device."
    return named(f, f"new_{name}")


PLAIN: Final[dict[str, Callable[..., Any]]] = {
    "dim": lambda self: len(self._cell.raw.shape),
    "ndimension": lambda self: len(self._cell.raw.shape),
    "numel": lambda self: math.prod(self._cell.raw.shape),
    "nelement": lambda self: math.prod(self._cell.raw.shape),
    "element_size": lambda self: self.itemsize,
    "is_floating_point": lambda self: self.dtype.is_floating_point,
    "is_complex": lambda self: self.dtype.is_complex,
    "get_device": lambda self: self.device.index if self.is_cuda else -1,
    "pin_memory": lambda self: self,
    "cpu": lambda self, **_: core.to(self, "cpu"),
    "apply_": lambda self, f: copy__(self, [f(v) for v in self.view(-1).tolist()]),
    "__matmul__": lambda self, other: (
        METHODS["matmul"](self, other) if isinstance(other, CoreTensor) else NotImplemented
    ),
}

PROPERTIES: Final[dict[str, Callable[[Any], Any]]] = {
    "T": lambda self: permuted(self, tuple(range(self.ndim))[::-1]),
    "mT": lambda self: METHODS["transpose"](self, -2, -1),
    "H": lambda self: METHODS["transpose"](METHODS["conj"](self), 0, 1),
    "mH": lambda self: METHODS["transpose"](METHODS["conj"](self), -2, -1),
}


def _part(name: str) -> property:
    """``z.real``, a view; ``z.real = v`` writes ``v`` into it."""
    part = FUNCTIONS[name]

    def write(self: Any, value: Any) -> None:
        part(self).copy_(value)

    return property(part, write)


def _in_place_forms() -> dict[str, Callable[..., Any]]:
    found = {f"{n}_": _in_place(n) for n in IN_PLACE.split() if f"{n}_" not in METHODS}
    return found | {f"{n}_": _reshaping(n, METHODS[n]) for n in SHAPING}


def install() -> None:
    """Put the methods on the Tensor."""
    methods = METHODS | _in_place_forms()
    methods |= {n: _as(n) for n in (*ALIASES, "bool", "bfloat16")}
    methods |= {f"new_{n}": _new(n) for n in ("zeros", "ones", "empty", "full", "tensor")}
    methods |= {n: named(f, n) for n, f in PLAIN.items()}
    for name, f in methods.items():
        setattr(Tensor, name, f)
    for name, f in PROPERTIES.items():
        setattr(Tensor, name, property(f))
    for name in ("real", "imag"):
        setattr(Tensor, name, _part(name))
