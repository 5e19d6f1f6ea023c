"""The frequencies that belong to the elements of a Fourier transform."""

from __future__ import annotations

from typing import Any

from xpgrad._namespace.creation import arange, asarray
from xpgrad._namespace.inquiry import isdtype
from xpgrad.errors import DTypeError

__all__ = ["fftfreq", "rfftfreq"]


def _spaced(numbers: Any, n: int, d: float, dtype: Any, device: Any) -> Any:
    if dtype is not None and not isdtype(dtype, "real floating"):
        message = f"frequencies are real floating numbers, got dtype {dtype}"
        raise DTypeError(message)
    return asarray([k / (n * d) for k in numbers], dtype=dtype, device=device) if n else arange(0.0)


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies of :func:`xpgrad.fft.fft` of ``n`` samples: 0, 1, …, then the negative ones, over ``n d``.

    Shapes: (n,).  Dtypes: the default floating dtype, or ``dtype``.  ``d`` is the time between samples: the frequencies are
    in cycles per its unit.

    >>> import xpgrad as xp
    >>> xp.fft.fftfreq(4, d=0.5)
    tensor([ 0. ,  0.5, -1. , -0.5])
    """
    half = (n - 1) // 2 + 1
    return _spaced([*range(half), *range(-(n // 2), 0)], n, d, dtype, device)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies of :func:`xpgrad.fft.rfft` of ``n`` samples: 0, 1, …, n // 2, over ``n d``.

    Shapes: (n // 2 + 1,).  Dtypes and units: as of :func:`xpgrad.fft.fftfreq`.

    >>> import xpgrad as xp
    >>> xp.fft.rfftfreq(4, d=0.5)
    tensor([0. , 0.5, 1. ])
    """
    return _spaced(range(n // 2 + 1), n, d, dtype, device)
