"""``Switch``: settings of a context (a thread, a task) for a block, or for every call of a function."""

from __future__ import annotations

import functools
import inspect
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

__all__ = ["P", "R", "Switch"]

P = ParamSpec("P")
R = TypeVar("R")

_entered: Final[ContextVar[Any]] = ContextVar("xpgrad.entered_switches", default=None)
"""The open blocks of this context: (those around it, its switch, what to put back), the innermost first."""


class Switch:
    """Set context variables for a ``with`` block or, as a decorator, for every call of a function.

    One instance may be entered again while it is entered, also by another thread or task: the context knows what
    to put back.  A decorated generator runs switched and yields unswitched.
    """

    __slots__ = ("_settings",)
    _settings: tuple[tuple[ContextVar[Any], Any], ...]

    def __init__(self, *settings: tuple[ContextVar[Any], Any]) -> None:
        self._settings = settings

    def __enter__(self) -> Self:
        before = []
        for variable, value in self._settings:
            before.append((variable, variable.get()))
            variable.set(value)
        _entered.set((_entered.get(), self, before))
        return self

    def __exit__(self, *error: object) -> None:
        entry = _entered.get()
        if entry is None or entry[1] is not self:
            self._end_under_others(entry)
            return
        _entered.set(entry[0])
        for variable, value in entry[2]:
            variable.set(value)

    def _end_under_others(self, entry: Any) -> None:
        """End a block while blocks that were entered later are open, or where it never began: with generators."""
        above = []
        while entry is not None and entry[1] is not self:
            above.append(entry)
            entry = entry[0]
        if entry is None:  # it began in another context, whose settings these are not
            return
        outer, _, before = entry
        owed = dict(before)
        for _, switch, inner in reversed(above):
            outer = (outer, switch, [(v, owed.pop(v, value)) for v, value in inner])
        _entered.set(outer)
        for variable, value in owed.items():
            variable.set(value)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        if isinstance(function, type):
            message = (
                f"{type(self).__name__} cannot decorate a class, got {function.__name__}: decorate its methods, or "
                "write a with block around the calls"
            )
            raise TypeError(message)
        settings = self._settings
        switched: Any
        if inspect.isgeneratorfunction(function):
            switched = _generator(function, settings)
        elif inspect.isasyncgenfunction(function):
            switched = _async_generator(function, settings)
        elif inspect.iscoroutinefunction(function):

            async def switched(*args: Any, **kwargs: Any) -> Any:
                with Switch(*settings):
                    return await function(*args, **kwargs)

        else:

            def switched(*args: Any, **kwargs: Any) -> Any:
                with Switch(*settings):
                    return function(*args, **kwargs)

        return functools.wraps(function)(switched)


def _generator(function: Callable[..., Any], settings: Any) -> Callable[..., Any]:
    """Switched while the generator runs, not while its caller holds what it yielded."""

    def switched(*args: Any, **kwargs: Any) -> Any:
        running = function(*args, **kwargs)
        resume, sent = running.send, None
        try:
            while True:
                with Switch(*settings):
                    item = resume(sent)
                try:
                    resume, sent = running.send, (yield item)
                except GeneratorExit:
                    with Switch(*settings):
                        running.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - the generator's to handle
                    resume, sent = running.throw, error
        except StopIteration as end:
            return end.value

    return switched


def _async_generator(function: Callable[..., Any], settings: Any) -> Callable[..., Any]:
    """The same with ``await``."""

    async def switched(*args: Any, **kwargs: Any) -> Any:
        running = function(*args, **kwargs)
        resume, sent = running.asend, None
        try:
            while True:
                with Switch(*settings):
                    item = await resume(sent)
                try:
                    resume, sent = running.asend, (yield item)
                except GeneratorExit:
                    with Switch(*settings):
                        await running.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - the generator's to handle
                    resume, sent = running.athrow, error
        except StopAsyncIteration:
            return

    return switched
