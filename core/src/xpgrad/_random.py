"""Drawing random numbers: the same ones for a seed on every backend and device.

A generator draws on the host (or on its own device's backend) and the draws are moved to where they are wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad import _dtypes
from xpgrad._devices import (
    device_named,
    get_default_device,
    namespace_of_array,
    namespace_of_backend,
)
from xpgrad._generator import Generator as Generator
from xpgrad._generator import default_generator as default_generator
from xpgrad._generator import initial_seed as initial_seed
from xpgrad._generator import manual_seed as manual_seed
from xpgrad._generator import native_generator
from xpgrad._modes import LEVELS
from xpgrad._namespace import _lift
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._devices import Device
    from xpgrad._dtypes import DType

__all__ = [
    "Generator", "default_generator", "dropout_mask", "initial_seed", "manual_seed", "normal_like", "rand", "randint",
    "randn", "randperm", "uniform_like",
]  # fmt: skip

MANTISSA: Final = {"float32": 24, "float16": 11, "bfloat16": 8}
"""Bits with which a uniform number is drawn, so that rounding never turns it into 1."""


# --- drawing --------------------------------------------------------------------------------------


def stream(generator: Any, place: Device) -> Generator:
    """The generator that an argument means: None the default one, "native" that of the device."""
    if generator is None:
        return default_generator
    if isinstance(generator, str) and generator == "native":
        return native_generator(place)
    if not isinstance(generator, Generator):
        message = f"generator must be an xpgrad.Generator, 'native' or None, got {type(generator).__name__}"
        raise TypeError(message)
    return generator


def uniform(generator: Any, shape: tuple[int, ...], dtype: DType, place: Device) -> Any:
    """Numbers in [0, 1) that stay below 1 in ``dtype``, as a raw array."""
    _check_real(dtype)
    raw = stream(generator, place).draw("random", shape)
    bits = MANTISSA.get(dtype.name)
    return raw if bits is None else (raw * 2.0**bits) // 1.0 / 2.0**bits


def _check_real(dtype: DType) -> None:
    if dtype.kind != "real floating":
        message = f"uniform numbers need a real floating dtype, got {dtype}; for integers there is randint"
        raise DTypeError(message)


def normal(generator: Any, shape: tuple[int, ...], dtype: DType, place: Device) -> Any:
    """Standard normal numbers, as a raw array; complex ones have variance 1, half of it in each part."""
    if not dtype.is_floating:
        message = (
            f"normal numbers need a floating dtype, got {dtype}; for integers there is randint"
        )
        raise DTypeError(message)
    if not dtype.is_complex:
        return stream(generator, place).draw("standard_normal", shape)
    parts = stream(generator, place).draw("standard_normal", (2, *shape)) * 0.5**0.5
    return parts[0] + 1j * parts[1]


def placed(raw: Any, dtype: DType, device: Device) -> Any:
    """A tensor of a drawn array on ``device``."""
    xp = namespace_of_backend(device.backend)
    source = namespace_of_array(raw)
    if source is not None and source is not xp:
        raw = source.backend.to_host(raw)
    place = xp.backend.raw_device(device.type, device.index)
    return wrap(xp.backend.asarray(raw, dtype=_lift.raw_dtype(xp, dtype), device=place), xp)


def drawn(
    make: Callable[[tuple[int, ...]], Any], shape: tuple[int, ...], dtype: DType, device: Device
) -> Any:
    """A tensor of the random numbers ``make(shape)``; inside vmap, of as many as its ``randomness`` asks for."""
    batches = [level for level in LEVELS.get() if level.draws()]
    t = placed(make((*(level.size for level in batches), *shape)), dtype, device)
    for level in batches:
        t = level.drawn(t)
    return t


def place_of(device: Any) -> Device:
    return get_default_device() if device is None else device_named(device)


def dtype_or(dtype: Any, default: Callable[..., DType], place: Device) -> DType:
    """The dtype that was asked for, or the default one of the device."""
    if dtype is not None:
        return _dtypes.dtype_of(dtype)
    xp = namespace_of_backend(place.backend)
    return default(xp, xp.backend.raw_device(place.type, place.index))


def sizes_of(name: str, sizes: tuple[Any, ...], size: Any) -> tuple[int, ...]:
    """``rand(2, 3)``, ``rand((2, 3))`` and ``rand(size=(2, 3))`` mean the same."""
    if sizes and size is not None:
        message = f"{name}: give the sizes once, got {sizes} and size={size!r}"
        raise TypeError(message)
    given = size if size is not None else sizes
    if isinstance(given, tuple) and len(given) == 1 and not hasattr(given[0], "__index__"):
        given = given[0]
    shape = (given,) if isinstance(given, int) else tuple(given)
    if any(not hasattr(n, "__index__") or n.__index__() < 0 for n in shape):
        message = f"{name}: sizes must be integers of at least 0, got {shape}"
        raise ShapeError(message)
    return tuple(n.__index__() for n in shape)


def leaf(t: Tensor, requires_grad: bool) -> Any:
    return t.requires_grad_() if requires_grad else t


def rand(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    generator: Generator | str | None = None,
    requires_grad: bool = False,
) -> Any:
    """Uniform numbers in [0, 1) of shape ``sizes`` (integers, or one tuple).

    Args:
        sizes: the shape.
        size: the shape, by name.
        dtype: a real floating dtype; default: the default dtype.
        device: default: the default device.
        generator: default: the one that :func:`manual_seed` seeds; "native": the device's own.
        requires_grad: whether to record what is computed from it.

    Example:
        >>> import xpgrad as xp
        >>> xp.rand(2, 3).shape
        (2, 3)
    """
    place = place_of(device)
    kind = dtype_or(dtype, _lift.default_floating, place)
    shape = sizes_of("rand", sizes, size)
    out = drawn(lambda n: uniform(generator, n, kind, place), shape, kind, place)
    return leaf(out, requires_grad)


def randn(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    generator: Generator | str | None = None,
    requires_grad: bool = False,
) -> Any:
    """Standard normal numbers of shape ``sizes`` (integers, or one tuple).

    The arguments are those of :func:`rand`. Complex numbers have variance 1, half of it in each part.

    Example:
        >>> import xpgrad as xp
        >>> xp.randn(4, dtype=xp.float32).dtype
        xpgrad.float32
    """
    place = place_of(device)
    kind = dtype_or(dtype, _lift.default_floating, place)
    shape = sizes_of("randn", sizes, size)
    out = drawn(lambda n: normal(generator, n, kind, place), shape, kind, place)
    return leaf(out, requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    generator: Generator | str | None = None,
) -> Any:
    """Integers from ``low`` up to ``high`` without it, of shape ``size``.

    ``randint(high, size)`` starts at 0.

    Raises:
        ValueError: if there is no integer between ``low`` and ``high``.

    Example:
        >>> import xpgrad as xp
        >>> xp.randint(0, 1, (3,))
        tensor([0, 0, 0])
    """
    if isinstance(high, (tuple, list)) and size is None:
        high, size = None, high
    if high is None:
        low, high = 0, low
    if low >= high:
        message = f"randint: no integer is at least {low} and less than {high}"
        raise ValueError(message)
    place = place_of(device)
    kind = dtype_or(dtype, _lift.default_integer, place)
    shape = sizes_of("randint", (), () if size is None else size)
    numbers = stream(generator, place)
    return drawn(lambda n: numbers.draw("integers", low, high, n), shape, kind, place)


def randperm(
    n: int, *, dtype: Any = None, device: Any = None, generator: Generator | str | None = None
) -> Any:
    """The integers below ``n`` in random order.

    Example:
        >>> import xpgrad as xp
        >>> int(xp.sum(xp.randperm(5)))
        10
    """
    (n,) = sizes_of("randperm", (n,), None)
    place = place_of(device)

    def order(shape: tuple[int, ...]) -> Any:
        keys = stream(generator, place).draw("random", shape)
        source = namespace_of_array(keys)
        return keys.argsort() if source is None else source.argsort(keys)

    return drawn(order, (n,), dtype_or(dtype, _lift.default_integer, place), place)


def uniform_like(x: Tensor, generator: Generator | str | None = None) -> Any:
    """Uniform numbers in [0, 1) of x's shape, dtype and device."""
    return drawn(lambda n: uniform(generator, n, x.dtype, x.device), x.shape, x.dtype, x.device)


def normal_like(x: Tensor, generator: Generator | str | None = None) -> Any:
    """Standard normal numbers of x's shape, dtype and device."""
    return drawn(lambda n: normal(generator, n, x.dtype, x.device), x.shape, x.dtype, x.device)


def dropout_mask(x: Tensor, p: float, generator: Generator | str | None = None) -> Any:
    """Zero with probability ``p``, else ``1 / (1 - p)``: what dropout multiplies ``x`` with."""
    numbers, factor = stream(generator, x.device), 1.0 / (1.0 - p)
    return drawn(lambda n: (numbers.draw("random", n) >= p) * factor, x.shape, x.dtype, x.device)
