"""Hooks around a module's forward: kept in order, taken off by a handle."""

from __future__ import annotations

import weakref
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections import OrderedDict

__all__ = ["Hook", "RemovableHandle", "add", "run_after", "run_before"]

_numbers = count()


class Hook(NamedTuple):
    """A function and whether it also wants the keyword arguments."""

    function: Any
    with_kwargs: bool


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes it off; also a context manager."""

    __slots__ = ("_hooks", "_number")

    def __init__(self, hooks: OrderedDict[int, Hook], number: int) -> None:
        self._hooks = weakref.ref(hooks)
        self._number = number

    def remove(self) -> None:
        """Take the hook off; doing it twice is harmless."""
        hooks = self._hooks()
        if hooks is not None:
            hooks.pop(self._number, None)

    def __enter__(self) -> RemovableHandle:  # noqa: PYI034 - final by convention
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def add(
    hooks: OrderedDict[int, Hook], function: Any, *, prepend: bool, with_kwargs: bool
) -> RemovableHandle:
    """Put a hook at the end (or the beginning) of the row."""
    if not callable(function):
        message = f"a forward hook must be callable, got {type(function).__name__}"
        raise TypeError(message)
    number = next(_numbers)
    hooks[number] = Hook(function, with_kwargs)
    if prepend:
        hooks.move_to_end(number, last=False)
    return RemovableHandle(hooks, number)


def run_before(
    module: Any, hooks: OrderedDict[int, Hook], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments after every pre-hook has seen them."""
    for hook in tuple(hooks.values()):
        if hook.with_kwargs:
            changed = hook.function(module, args, kwargs)
            if changed is not None:
                if not isinstance(changed, tuple) or len(changed) != 2:
                    message = f"a forward pre-hook with kwargs must return None or (args, kwargs), got {changed!r}"
                    raise RuntimeError(message)
                args, kwargs = changed
        else:
            changed = hook.function(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
    return args, kwargs


def run_after(
    module: Any,
    hooks: OrderedDict[int, Hook],
    call: tuple[tuple[Any, ...], dict[str, Any]],
    out: Any,
) -> Any:
    """The result after every hook has seen it."""
    args, kwargs = call
    for hook in tuple(hooks.values()):
        changed = (
            hook.function(module, args, kwargs, out)
            if hook.with_kwargs
            else hook.function(module, args, out)
        )
        out = out if changed is None else changed
    return out
