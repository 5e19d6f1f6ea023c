"""A device: a queue of work that runs late, and counters of everything a program should do rarely."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 2
"""Devices of this kind."""


class HostConversionError(TypeError):
    """A program wanted a value of the device on the host without saying so."""


@dataclass
class Counters:
    """What has happened on a device since :meth:`Device.reset`."""

    launches: int = 0
    """Functions put into the queue."""
    synchronizations: int = 0
    """Times at which the host waited for the queue."""
    to_host: int = 0
    """Arrays copied to the host, on request."""
    to_device: int = 0
    """Arrays copied from the host or from another device."""
    refused: list[str] = field(default_factory=list)
    """The implicit conversions that were refused, caught by the program or not."""


class Device:
    """One of the pretended devices."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.counters = Counters()
        self._queue: deque[Callable[[], None]] = deque()

    def launch(self, work: Callable[[], None]) -> None:
        """Put work into the queue."""
        self.counters.launches += 1
        self._queue.append(work)

    def synchronize(self) -> None:
        """Do all the work; only now do arrays have values."""
        self.counters.synchronizations += 1
        while self._queue:
            self._queue.popleft()()

    def waiting(self) -> int:
        """How much work there is in the queue."""
        return len(self._queue)

    def reset(self) -> Counters:
        """The counters, which begin anew."""
        before, self.counters = self.counters, Counters()
        return before

    def refuse(self, how: str) -> Any:
        """Raise, and note it."""
        self.counters.refused.append(how)
        message = (
            f"{how} of an array on {self}: that would wait for the device and copy to the host unasked; compute "
            "with arrays instead, or say backend.to_host(x)"
        )
        raise HostConversionError(message)

    def __str__(self) -> str:
        return f"pretend:{self.index}"

    def __repr__(self) -> str:
        return f"<device {self}>"


DEVICES = tuple(Device(i) for i in range(COUNT))
