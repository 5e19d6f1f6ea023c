"""Generators of random numbers, whose seed decides every number, on every backend and device alike."""

from __future__ import annotations

import hashlib
import secrets
import threading
from typing import TYPE_CHECKING, Any, Final

from xpgrad._devices import device_named, namespace_of_backend
from xpgrad.errors import BackendError
from xpgrad.extend.backend import host

if TYPE_CHECKING:
    from xpgrad._devices import Device

__all__ = ["Generator", "default_generator", "initial_seed", "manual_seed", "native_generator"]

SEEDS: Final = 1 << 64


class Generator:
    """A stream of random numbers that its seed decides.

    Args:
        seed: an integer; without one the stream starts where nobody can foresee.
        device: whose backend draws; None draws on the host. The numbers go wherever they are asked for.
        native: draw with the library's own generator, whose numbers other backends need not give.

    Counter-based (NumPy's Philox 4x64-10), so integers and uniform numbers are the same bits on every backend.
    A generator may be used from several threads: each draw is taken whole.

    Example:
        >>> import xpgrad as xp
        >>> a = xp.rand(3, generator=xp.Generator(0))
        >>> bool(xp.all(a == xp.rand(3, generator=xp.Generator(0))))
        True
    """

    def __init__(self, seed: Any = None, device: Any = None, *, native: bool = False) -> None:
        if seed is not None and not hasattr(seed, "__index__"):  # PyTorch's Generator("cuda")
            seed, device = None, seed if device is None else device
        self._device = None if device is None else device_named(device)
        self._native = native
        self._lock = threading.RLock()
        self._seed = 0
        self._rng: Any = None
        if seed is not None:
            self.manual_seed(seed)

    @property
    def device(self) -> Device:
        """Where it draws."""
        return device_named("cpu") if self._device is None else self._device

    # --- seeds and states -------------------------------------------------------------------------

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to ``seed`` (taken modulo 2**64); returns the generator."""
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            message = f"a seed is an integer, got {type(seed).__name__}; for a new one each time call seed()"
            raise TypeError(message)
        with self._lock:
            self._seed = seed.__index__() % SEEDS
            self._rng = self._new(self._seed)
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
        """Where the stream stands, for :meth:`set_state`: numbers, texts and tuples of them, so JSON can keep it.

        Raises:
            BackendError: if the library's own generator cannot tell.
        """
        with self._lock:
            bits = getattr(self._started(), "bit_generator", None)
            if bits is None:
                message = (
                    f"the generator of {self.device} has no state that can be read; draw with one of the host, "
                    "xpgrad.Generator(seed)"
                )
                raise BackendError(message)
            return {"seed": self._seed, "stream": _plain(bits.state)}

    def set_state(self, state: dict[str, Any]) -> Generator:
        """Go on where :meth:`get_state` was called; returns the generator.

        Raises:
            ValueError: if ``state`` is not what ``get_state`` returns.
        """
        if not isinstance(state, dict) or set(state) != {"seed", "stream"}:
            message = "set_state needs what get_state() of a generator returned"
            raise ValueError(message)
        other = Generator(state["seed"], self._device, native=self._native)
        other._rng.bit_generator.state = _arrays(
            state["stream"]
        )  # raises before anything here has changed
        with self._lock:
            self._seed, self._rng = other._seed, other._rng
        return self

    @property
    def state(self) -> dict[str, Any]:
        """What :meth:`get_state` returns; assigning calls :meth:`set_state`."""
        return self.get_state()

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self.set_state(state)

    # --- streams of their own for parts of a program ------------------------------------------------

    def split(self, n: int = 2) -> tuple[Generator, ...]:
        """``n`` generators with streams of their own; draws their seeds, so the next call gives others.

        Example:
            >>> import xpgrad as xp
            >>> first, second = xp.Generator(0).split()
            >>> first.initial_seed() != second.initial_seed()
            True
        """
        seeds = self.draw("integers", 0, 1 << 63, (n,)).tolist()
        return tuple(Generator(seed, self._device, native=self._native) for seed in seeds)

    def fork(self, *key: int | str) -> Generator:
        """The generator that belongs to this one's seed and ``key``; draws nothing.

        Worker 3 of step 7 takes ``generator.fork(7, 3)``: the same stream, whoever asks, and in whatever order.

        Example:
            >>> import xpgrad as xp
            >>> g = xp.Generator(0)
            >>> g.fork(7, 3).initial_seed() == g.fork(7, 3).initial_seed() != g.fork(3, 7).initial_seed()
            True
        """
        text = repr(
            (self.initial_seed(), *(k if isinstance(k, str) else k.__index__() for k in key))
        )
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return Generator(int.from_bytes(digest, "big"), self._device, native=self._native)

    # --- drawing ------------------------------------------------------------------------------------

    def _new(self, seed: int) -> Any:
        if self._device is None:
            return host().native_rng(seed, "cpu") if self._native else host().rng(seed)
        backend = namespace_of_backend(self._device.backend).backend
        return backend.native_rng(seed, self._device.text) if self._native else backend.rng(seed)

    def _started(self) -> Any:
        if self._rng is None:
            self.seed()
        return self._rng

    def draw(self, name: str, *args: Any) -> Any:
        """A raw array from the backend's generator: ``random``, ``standard_normal``, ``integers``, ``standard_gamma``.

        Raises:
            BackendError: if the library's own generator has no such numbers.
        """
        with self._lock:
            function = getattr(self._started(), name, None)
            if function is None:
                message = f"the generator of {self.device} draws no {name}; the host's does, xpgrad.Generator(seed)"
                raise BackendError(message)
            return function(*args)

    def __getstate__(self) -> dict[str, Any]:
        return {"device": self._device, "native": self._native, "state": self.get_state()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(None, state["device"], native=state["native"])  # type: ignore[misc]
        self.set_state(state["state"])

    def __repr__(self) -> str:
        native = " native" if self._native else ""
        return f"<xpgrad.Generator device={self.device}{native} seed={self.initial_seed()}>"


def _is_array(x: Any) -> bool:
    return hasattr(x, "ndim") and x.ndim > 0


def _plain(tree: Any) -> Any:
    """Arrays as tuples of integers."""
    if isinstance(tree, dict):
        return {k: _plain(v) for k, v in tree.items()}
    return tuple(tree.tolist()) if _is_array(tree) else tree


def _arrays(tree: Any) -> Any:
    """What :func:`_plain` undid; lists and tensors, as files give them back, do as well."""
    if isinstance(tree, dict):
        return {k: _arrays(v) for k, v in tree.items()}
    if isinstance(tree, (tuple, list)) or _is_array(tree):
        numbers = tree if isinstance(tree, (tuple, list)) else tree.tolist()
        return host().asarray(numbers, dtype=host().dtype("uint64"))
    return tree


default_generator: Final = Generator()
"""The stream of every function that is given no generator; shared by all threads of the process."""
_NATIVE: Final[dict[tuple[str, str], tuple[Any, Generator]]] = {}


def native_generator(place: Device) -> Generator:
    """A device's own generator, for ``generator="native"``; started anew when the default one is seeded."""
    stream = default_generator._started()
    key = (place.backend, place.text)
    known = _NATIVE.get(key)
    if known is None or known[0] is not stream:
        own = Generator(default_generator.initial_seed(), place, native=True)
        known = _NATIVE[key] = (stream, own)
    return known[1]


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
