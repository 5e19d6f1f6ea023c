"""``detect_anomaly``: NaN in a gradient raises where it appears, with the whole stack of the forward call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpgrad._graph import OUTSIDE, WATCHING
from xpgrad._modes import ANOMALY, Switch

if TYPE_CHECKING:
    from typing import Self

__all__ = ["detect_anomaly", "is_anomaly_enabled", "set_detect_anomaly"]


class detect_anomaly(Switch):  # noqa: N801 - PyTorch's name
    """Inside the block, remember each operation's whole stack and raise on a NaN in backward.

    Slow; for finding a fault.  ``check_nan=False`` keeps the stacks only.
    """

    __slots__ = ()

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__((ANOMALY, "nan" if check_nan else "stacks"))

    def __enter__(self) -> Self:
        _watch(self)
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        WATCHING.remove(self)


def _watch(who: object) -> None:
    """From now on every operation goes the slow way, which keeps the stack."""
    WATCHING.append(who)
    OUTSIDE.clear()


class set_detect_anomaly:  # noqa: N801 - PyTorch's name
    """Switch anomaly detection on or off at once; as a context manager, put the old state back at the end."""

    __slots__ = ("_before",)

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = (ANOMALY.get(), set_detect_anomaly in WATCHING)
        self._set(("nan" if check_nan else "stacks") if mode else False, mode)

    @staticmethod
    def _set(state: bool | str, watching: bool) -> None:
        ANOMALY.set(state)
        if set_detect_anomaly in WATCHING:
            WATCHING.remove(set_detect_anomaly)
        if watching:
            _watch(set_detect_anomaly)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._set(*self._before)


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on."""
    return bool(ANOMALY.get())
