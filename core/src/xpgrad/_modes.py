"""Whether operations are recorded, and the other switches that belong to a context (a thread, a task)."""

from __future__ import annotations

import functools
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

__all__ = ["Switch", "enable_grad", "inference_mode", "no_grad", "set_grad_enabled"]

P = ParamSpec("P")
R = TypeVar("R")

GRAD: Final[ContextVar[bool]] = ContextVar("xpgrad.grad", default=True)
INFERENCE: Final[ContextVar[bool]] = ContextVar("xpgrad.inference", default=False)
ANOMALY: Final[ContextVar[bool | str]] = ContextVar("xpgrad.anomaly", default=False)
"""False, "nan" (check gradients and keep stacks) or "stacks"."""
STRICT_TAPE: Final[ContextVar[bool]] = ContextVar("xpgrad.strict_tape", default=False)
STRICT_SUPPORT: Final[ContextVar[bool]] = ContextVar("xpgrad.strict_support", default=False)

is_grad_enabled: Callable[[], bool] = GRAD.get


class Switch:
    """Set context variables for a ``with`` block or, as a decorator, for every call of a function.

    One instance may be entered again while it is entered (it keeps a stack of what to put back).
    """

    __slots__ = ("_settings", "_undo")
    _settings: tuple[tuple[ContextVar[Any], Any], ...]

    def __init__(self, *settings: tuple[ContextVar[Any], Any]) -> None:
        self._settings = settings
        self._undo: list[list[tuple[ContextVar[Any], Token[Any]]]] = []

    def __enter__(self) -> Self:
        self._undo.append([(variable, variable.set(value)) for variable, value in self._settings])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for variable, token in reversed(self._undo.pop()):
            variable.reset(token)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        settings = self._settings

        @functools.wraps(function)
        def switched(*args: P.args, **kwargs: P.kwargs) -> R:
            with Switch(*settings):
                return function(*args, **kwargs)

        return switched


class no_grad(Switch):  # noqa: N801 - PyTorch's name
    """Record nothing: a context manager and a decorator.

    >>> import xpgrad as xp
    >>> x = xp.tensor([1.0], requires_grad=True)
    >>> with xp.no_grad():
    ...     (2 * x).requires_grad
    False
    """

    __slots__ = ()

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        if function is None:
            return self
        self.__init__()  # type: ignore[misc]
        return self(function)

    def __init__(self) -> None:
        super().__init__((GRAD, False))


class enable_grad(Switch):  # noqa: N801 - PyTorch's name
    """Record again inside a ``no_grad`` block: a context manager and a decorator."""

    __slots__ = ()

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        if function is None:
            return self
        self.__init__()  # type: ignore[misc]
        return self(function)

    def __init__(self) -> None:
        super().__init__((GRAD, True))


class set_grad_enabled(Switch):  # noqa: N801 - PyTorch's name
    """Switch recording on or off at once; as a context manager, put the old state back at the end."""

    __slots__ = ("_before",)

    def __init__(self, mode: bool) -> None:
        super().__init__((GRAD, bool(mode)))
        self._before = GRAD.get()
        GRAD.set(bool(mode))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        GRAD.set(self._before)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        GRAD.set(self._before)
        return super().__call__(function)


class inference_mode(Switch):  # noqa: N801 - PyTorch's name
    """Record nothing, and let nothing made inside require grad later."""

    __slots__ = ()

    def __new__(cls, mode: Any = True) -> Any:
        self = super().__new__(cls)
        if isinstance(mode, bool):
            return self
        self.__init__()  # type: ignore[misc]
        return self(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__((GRAD, not mode), (INFERENCE, mode))


def is_inference_mode_enabled() -> bool:
    """Whether an :class:`inference_mode` block is open."""
    return INFERENCE.get()


class strict_tape(Switch):  # noqa: N801 - reads as a statement
    """Turn every silent way off the tape (``float(t)``, ``math.sin(t)``) into an error."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((STRICT_TAPE, True))


class strict_support(Switch):  # noqa: N801 - reads as a statement
    """Raise when an operation without a derivative is recorded, not first when it is differentiated."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((STRICT_SUPPORT, True))
