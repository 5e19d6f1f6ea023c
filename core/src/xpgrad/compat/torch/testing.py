"""``torch.testing``: ``assert_close``."""

from __future__ import annotations

from typing import Any, Final

import xpgrad as xp
from xpgrad.compat.torch._elementwise import allclose
from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch._tensor import as_torch

__all__ = ["assert_close"]

TOLERANCES: Final = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def assert_close(
    actual: Any, expected: Any, *, rtol: float | None = None, atol: float | None = None, equal_nan: bool = False,
    check_dtype: bool = True, **_: Any,
) -> None:  # fmt: skip
    """Raise an AssertionError unless shapes, dtypes and (within the dtype's tolerances) values agree."""
    a, b = as_torch(actual), as_torch(expected)
    if tuple(a.shape) != tuple(b.shape) or (check_dtype and a.dtype != b.dtype):
        message = f"not alike: {tuple(a.shape)} {a.dtype} and {tuple(b.shape)} {b.dtype}"
        raise AssertionError(message)
    usual = TOLERANCES.get(a.dtype.name, (0.0, 0.0))
    rtol, atol = usual[0] if rtol is None else rtol, usual[1] if atol is None else atol
    if not allclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan):
        worst = xp.max(xp.abs(a - b)).item()
        message = f"not close: the largest difference is {worst} (rtol={rtol}, atol={atol})"
        raise AssertionError(message)


__getattr__ = module_getattr("torch.testing", globals())
