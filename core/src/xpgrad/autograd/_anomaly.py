"""``detect_anomaly``: NaN in a gradient raises where it appears, with the whole stack of the forward call."""

from __future__ import annotations

from typing import Any

from xpgrad._graph import OUTSIDE
from xpgrad._modes import ANOMALY, Switch

__all__ = ["detect_anomaly", "is_anomaly_enabled", "set_detect_anomaly"]


class detect_anomaly(Switch):  # noqa: N801 - PyTorch's name
    """Inside the block, remember each operation's whole stack and raise on a NaN in backward.

    Slow; for finding a fault.  ``check_nan=False`` keeps the stacks only.
    """

    __slots__ = ()

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__((ANOMALY, "nan" if check_nan else "stacks"))

    def __enter__(self) -> Any:
        OUTSIDE.clear()  # every operation then goes the slow way, which keeps the stack
        return super().__enter__()


class set_detect_anomaly(detect_anomaly):  # noqa: N801 - PyTorch's name
    """Switch anomaly detection on or off at once; as a context manager, put the old state back at the end."""

    __slots__ = ("_before",)

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(check_nan)
        self._before = ANOMALY.get()
        OUTSIDE.clear()
        ANOMALY.set(("nan" if check_nan else "stacks") if mode else False)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        ANOMALY.set(self._before)


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on."""
    return bool(ANOMALY.get())
