"""Random numbers: generators whose seed decides every number, on every backend and device alike.

A generator draws on the host (or on its own device's backend) and the draws are moved to where
they are wanted,
so that a seed gives the same numbers on a CPU and on a GPU.
"""

from __future__ import annotations

import copy
import secrets
import threading
from typing import TYPE_CHECKING, Any, Final

from xpgrad import _dtypes
from xpgrad._devices import (
    device_named,
    get_default_device,
    namespace_of_array,
    namespace_of_backend,
)
from xpgrad._namespace import _lift
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import DTypeError, ShapeError
from xpgrad.extend.backend import host

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._devices import Device
    from xpgrad._dtypes import DType
    from xpgrad.extend.backend import Backend

__all__ = [
    "Generator", "default_generator", "dropout_mask", "initial_seed", "manual_seed", "normal_like", "rand", "randint",
    "randn", "randperm", "uniform_like",
]  # fmt: skip

SEEDS: Final = 1 << 64
MANTISSA: Final = {"float32": 24, "float16": 11, "bfloat16": 8}
"""Bits with which a uniform number is drawn, so that rounding never turns it into 1."""


class Generator:
    """A stream of random numbers that its seed decides.

    Args:
        device: whose backend draws; None draws on the host. The numbers go wherever they are
            asked for.

    A generator may be used from several threads: each draw is taken whole.

    Example:
        >>> import xpgrad as xp
        >>> g = xp.Generator().manual_seed(0)
        >>> a = xp.rand(3, generator=g)
        >>> bool(xp.all(a == xp.rand(3, generator=g.manual_seed(0))))
        True
    """

    def __init__(self, device: Any = None) -> None:
        self._device = None if device is None else device_named(device)
        self._lock = threading.RLock()
        self._seed = 0
        self._rng: Any = None

    @property
    def device(self) -> Device:
        """Where it draws."""
        return device_named("cpu") if self._device is None else self._device

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to ``seed`` (taken modulo 2**64); returns the generator."""
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            message = f"a seed is an integer, got {type(seed).__name__}; for a new one each time call seed()"
            raise TypeError(message)
        with self._lock:
            self._seed = seed.__index__() % SEEDS
            self._rng = self._backend().rng(self._seed)
        return self

    def seed(self) -> int:
        """Start a stream that nobody can foresee; returns its seed."""
        seed = secrets.randbits(63)
        self.manual_seed(seed)
        return seed

    def initial_seed(self) -> int:
        """The seed of the current stream."""
        with self._lock:
            self._started()
            return self._seed

    def get_state(self) -> dict[str, Any]:
        """Where the stream stands, for :meth:`set_state`."""
        with self._lock:
            state = copy.deepcopy(self._started().bit_generator.state)
            return {"seed": self._seed, "stream": state}

    def set_state(self, state: dict[str, Any]) -> Generator:
        """Go on where :meth:`get_state` was called; returns the generator.

        Raises:
            ValueError: if ``state`` is not what ``get_state`` returns.
        """
        if not isinstance(state, dict) or set(state) != {"seed", "stream"}:
            message = "set_state needs what get_state() of a generator returned"
            raise ValueError(message)
        with self._lock:
            self.manual_seed(state["seed"])
            self._rng.bit_generator.state = copy.deepcopy(state["stream"])
        return self

    def _backend(self) -> Backend:
        return (
            host() if self._device is None else namespace_of_backend(self._device.backend).backend
        )

    def _started(self) -> Any:
        if self._rng is None:
            self.seed()
        return self._rng

    def draw(self, name: str, *args: Any) -> Any:
        """A raw array from the backend's generator: ``random``, ``standard_normal``, ``integers``."""
        with self._lock:
            return getattr(self._started(), name)(*args)

    def __getstate__(self) -> dict[str, Any]:
        return {"device": self._device, "state": self.get_state()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["device"])  # type: ignore[misc]
        self.set_state(state["state"])

    def __repr__(self) -> str:
        return f"<xpgrad.Generator device={self.device} seed={self.initial_seed()}>"


default_generator: Final = Generator()
"""The stream of every function that is given no generator; shared by all threads of the process."""


def manual_seed(seed: int) -> Generator:
    """Seed the default generator; returns it.

    Example:
        >>> import xpgrad as xp
        >>> _ = xp.manual_seed(7)
        >>> a = xp.randn(2)
        >>> _ = xp.manual_seed(7)
        >>> bool(xp.all(a == xp.randn(2)))
        True
    """
    return default_generator.manual_seed(seed)


def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.initial_seed()


# --- drawing --------------------------------------------------------------------------------------


def _stream(generator: Generator | None) -> Generator:
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        message = f"generator must be an xpgrad.Generator, got {type(generator).__name__}"
        raise TypeError(message)
    return generator


def _uniform(generator: Generator | None, shape: tuple[int, ...], dtype: DType) -> Any:
    """Numbers in [0, 1) that stay below 1 in ``dtype``."""
    _check_real(dtype)
    raw = _stream(generator).draw("random", shape)
    bits = MANTISSA.get(dtype.name)
    return raw if bits is None else (raw * 2.0**bits) // 1.0 / 2.0**bits


def _check_real(dtype: DType) -> None:
    if dtype.kind != "real floating":
        message = f"uniform numbers need a real floating dtype, got {dtype}; for integers there is randint"
        raise DTypeError(message)


def _normal(generator: Generator | None, shape: tuple[int, ...], dtype: DType) -> Any:
    """Standard normal numbers; complex ones have variance 1, half of it in each part."""
    if not dtype.is_floating:
        message = (
            f"normal numbers need a floating dtype, got {dtype}; for integers there is randint"
        )
        raise DTypeError(message)
    if not dtype.is_complex:
        return _stream(generator).draw("standard_normal", shape)
    parts = _stream(generator).draw("standard_normal", (2, *shape)) * 0.5**0.5
    return parts[0] + 1j * parts[1]


def _placed(raw: Any, dtype: DType, device: Device) -> Any:
    """A tensor of a drawn array on ``device``."""
    xp = namespace_of_backend(device.backend)
    source = namespace_of_array(raw)
    if source is not None and source is not xp:
        raw = source.backend.to_host(raw)
    place = xp.backend.raw_device(device.type, device.index)
    return wrap(xp.backend.asarray(raw, dtype=_lift.raw_dtype(xp, dtype), device=place), xp)


def _place(device: Any) -> Device:
    return get_default_device() if device is None else device_named(device)


def _dtype(dtype: Any, default: Callable[..., DType], place: Device) -> DType:
    """The dtype that was asked for, or the default one of the device."""
    if dtype is not None:
        return _dtypes.dtype_of(dtype)
    xp = namespace_of_backend(place.backend)
    return default(xp, xp.backend.raw_device(place.type, place.index))


def _size(name: str, sizes: tuple[Any, ...], size: Any) -> tuple[int, ...]:
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


def _leaf(t: Tensor, requires_grad: bool) -> Any:
    return t.requires_grad_() if requires_grad else t


def rand(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    generator: Generator | None = None,
    requires_grad: bool = False,
) -> Any:
    """Uniform numbers in [0, 1) of shape ``sizes`` (integers, or one tuple).

    Args:
        sizes: the shape.
        size: the shape, by name.
        dtype: a real floating dtype; default: the default dtype.
        device: default: the default device.
        generator: default: the one that :func:`manual_seed` seeds.
        requires_grad: whether to record what is computed from it.

    Example:
        >>> import xpgrad as xp
        >>> xp.rand(2, 3).shape
        (2, 3)
    """
    place = _place(device)
    kind = _dtype(dtype, _lift.default_floating, place)
    shape = _size("rand", sizes, size)
    return _leaf(_placed(_uniform(generator, shape, kind), kind, place), requires_grad)


def randn(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    generator: Generator | None = None,
    requires_grad: bool = False,
) -> Any:
    """Standard normal numbers of shape ``sizes`` (integers, or one tuple).

    The arguments are those of :func:`rand`. Complex numbers have variance 1, half of it in each part.

    Example:
        >>> import xpgrad as xp
        >>> xp.randn(4, dtype=xp.float32).dtype
        xpgrad.float32
    """
    place = _place(device)
    kind = _dtype(dtype, _lift.default_floating, place)
    shape = _size("randn", sizes, size)
    return _leaf(_placed(_normal(generator, shape, kind), kind, place), requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    generator: Generator | None = None,
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
    place = _place(device)
    kind = _dtype(dtype, _lift.default_integer, place)
    shape = _size("randint", (), () if size is None else size)
    return _placed(_stream(generator).draw("integers", low, high, shape), kind, place)


def randperm(
    n: int, *, dtype: Any = None, device: Any = None, generator: Generator | None = None
) -> Any:
    """The integers below ``n`` in random order.

    Example:
        >>> import xpgrad as xp
        >>> int(xp.sum(xp.randperm(5)))
        10
    """
    (n,) = _size("randperm", (n,), None)
    place = _place(device)
    keys = _stream(generator).draw("random", (n,))
    source = namespace_of_array(keys)
    order = keys.argsort() if source is None else source.argsort(keys)
    return _placed(order, _dtype(dtype, _lift.default_integer, place), place)


def uniform_like(x: Tensor, generator: Generator | None = None) -> Any:
    """Uniform numbers in [0, 1) of x's shape, dtype and device."""
    return _placed(_uniform(generator, x.shape, x.dtype), x.dtype, x.device)


def normal_like(x: Tensor, generator: Generator | None = None) -> Any:
    """Standard normal numbers of x's shape, dtype and device."""
    return _placed(_normal(generator, x.shape, x.dtype), x.dtype, x.device)


def dropout_mask(x: Tensor, p: float, generator: Generator | None = None) -> Any:
    """Zero with probability ``p``, else ``1 / (1 - p)``: what dropout multiplies ``x`` with."""
    kept = _stream(generator).draw("random", x.shape) >= p
    return _placed(kept * (1.0 / (1.0 - p)), x.dtype, x.device)
