"""PyTorch's dtypes are xpgrad's own objects; the default of this module's factories is float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import xpgrad as xp
from xpgrad import _dtypes

if TYPE_CHECKING:
    from xpgrad._dtypes import DType

__all__ = ["DTYPES", "TYPE_NAMES", "default", "floating", "get_default_dtype", "set_default_dtype"]

DTYPES: Final[dict[str, DType]] = {
    name: _dtypes.dtype_named(name) for name in (*_dtypes.STANDARD, "float16", "bfloat16")
} | {alias: _dtypes.dtype_named(name) for alias, name in _dtypes.ALIASES.items()}
"""Every dtype by each of PyTorch's names for it."""

TYPE_NAMES: Final = {
    "float32": "FloatTensor", "float64": "DoubleTensor", "float16": "HalfTensor", "bfloat16": "BFloat16Tensor",
    "int64": "LongTensor", "int32": "IntTensor", "int16": "ShortTensor", "int8": "CharTensor",
    "uint8": "ByteTensor", "bool": "BoolTensor",
}  # fmt: skip
"""What ``x.type()`` calls each dtype."""

_default: list[DType] = [_dtypes.float32]


def get_default_dtype() -> DType:
    """The dtype of what this module makes from Python floats or from nothing."""
    return _default[0]


def set_default_dtype(d: Any) -> None:
    """Make ``d`` that dtype, for this module only; ``xpgrad.set_default_dtype`` is another setting."""
    found = _dtypes.dtype_of(d)
    if not found.is_floating_point:
        message = f"the default dtype must be a real floating one, got {found}"
        raise TypeError(message)
    _default[0] = found


def default() -> xp.default_dtype:
    """Inside, xpgrad's own functions make what PyTorch's would: float32 unless it was set otherwise."""
    return _dtypes.default_dtype(_default[0])


def floating(x: Any) -> Any:
    """``x``, an integer tensor in the default floating dtype."""
    return x if x.dtype.is_floating else xp.astype(x, _default[0])
