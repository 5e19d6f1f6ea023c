"""The frequencies of the elements of a Fourier transform, and the order in which they stand."""

from __future__ import annotations

import operator
from typing import Any

from xpgrad import _dtypes
from xpgrad._devices import device_named, get_default_device, namespace_of_backend
from xpgrad._namespace import _lift, _operations
from xpgrad._namespace.creation import asarray
from xpgrad._tensor import Tensor
from xpgrad.errors import DTypeError, ShapeError
from xpgrad.extend.backend import host

__all__ = ["fftfreq", "fftshift", "ifftshift", "rfftfreq"]


# --- making -----------------------------------------------------------------------------------------


def _made(name: str, n: int, d: Any, dtype: Any, device: Any) -> Any:
    n = operator.index(n)
    if n < 1:
        message = f"fft.{name} needs at least one sample, got n={n}"
        raise ShapeError(message)
    place = get_default_device() if device is None else device_named(device)
    xp = namespace_of_backend(place.backend)
    default = _lift.default_floating(xp, xp.backend.raw_device(place.type, place.index))
    kind = default if dtype is None else _dtypes.dtype_of(dtype)
    if not kind.is_floating or kind.is_complex:
        message = f"fft.{name}: frequencies are real floating numbers, got dtype {kind}"
        raise DTypeError(message)
    exact = not isinstance(d, Tensor)
    numbers = getattr(host().xp.fft, name)(n, d=d if exact else 1.0)
    found = asarray(numbers, dtype=kind, device=place)
    return found if exact else found / d


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies of :func:`xpgrad.fft.fft` of ``n`` samples: 0, 1, …, then the negative ones, over ``n d``.

    Args:
        n: how many samples.
        d: from one sample to the next; the frequencies are in cycles per its unit.  A tensor is on the tape.
        dtype: a real floating dtype; default: the default dtype.
        device: default: the default device.

    Shapes: (n,).  Raises: ShapeError for n < 1, DTypeError for a dtype that is not real floating.

    >>> import xpgrad as xp
    >>> xp.fft.fftfreq(4, d=0.5)
    tensor([ 0. ,  0.5, -1. , -0.5])
    """
    return _made("fftfreq", n, d, dtype, device)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies of :func:`xpgrad.fft.rfft` of ``n`` samples: 0, 1, …, n // 2, over ``n d``.

    Arguments and errors are those of :func:`xpgrad.fft.fftfreq`.  Shapes: (n // 2 + 1,).

    >>> import xpgrad as xp
    >>> xp.fft.rfftfreq(4, d=0.5)
    tensor([0. , 0.5, 1. ])
    """
    return _made("rfftfreq", n, d, dtype, device)


# --- ordering ---------------------------------------------------------------------------------------


def _rolled(x: Any, axes: Any, *, back: bool) -> Any:
    t = x if isinstance(x, Tensor) else _lift.lift(x)
    if axes is None:
        axes = range(t.ndim)
    axes = tuple(axes) if hasattr(axes, "__iter__") else (axes,)
    for a in axes:
        if not -t.ndim <= a < t.ndim:
            message = f"axis {a} is out of range for shape {t.shape}"
            raise ShapeError(message)
    shifts = tuple(-(t.shape[a] // 2) if back else t.shape[a] // 2 for a in axes)
    return _operations.operation("roll")(t, shifts, axis=axes)


def fftshift(x: Any, /, *, axes: Any = None) -> Any:
    """The elements moved so that frequency 0 stands in the middle, along ``axes`` (None: all).

    Shapes and dtypes: as they are.  Derivative: to any order (linear).  Raises: ShapeError for axes out of range.

    >>> import xpgrad as xp
    >>> xp.fft.fftshift(xp.fft.fftfreq(4, d=0.25))
    tensor([-2., -1.,  0.,  1.])
    """
    return _rolled(x, axes, back=False)


def ifftshift(x: Any, /, *, axes: Any = None) -> Any:
    """The elements moved so that what stands in the middle comes first: undoes :func:`xpgrad.fft.fftshift`.

    Shapes and dtypes: as they are.  Derivative: to any order (linear).  Raises: ShapeError for axes out of range.

    >>> import xpgrad as xp
    >>> xp.fft.ifftshift(xp.asarray([-2.0, -1.0, 0.0, 1.0]))
    tensor([ 0.,  1., -2., -1.])
    """
    return _rolled(x, axes, back=True)
