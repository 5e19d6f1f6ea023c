"""Whether operations are recorded, and the other switches that belong to a context (a thread, a task)."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from xpgrad._switch import P, R, Switch

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

__all__ = ["Switch", "enable_grad", "inference_mode", "no_grad", "set_grad_enabled"]

GRAD: Final[ContextVar[bool]] = ContextVar("xpgrad.grad", default=True)
INFERENCE: Final[ContextVar[bool]] = ContextVar("xpgrad.inference", default=False)
ANOMALY: Final[ContextVar[bool | str]] = ContextVar("xpgrad.anomaly", default=False)
"""False, "nan" (check gradients and keep stacks) or "stacks"."""
LEVELS: Final[ContextVar[tuple[Any, ...]]] = ContextVar("xpgrad.levels", default=())
"""The namespaces of the transforms (``jvp``, ``vmap``) that are running, the innermost last."""
HARD_ZEROS: Final[ContextVar[bool]] = ContextVar("xpgrad.hard_zeros", default=False)
STRICT_TAPE: Final[ContextVar[bool]] = ContextVar("xpgrad.strict_tape", default=False)
STRICT_SUPPORT: Final[ContextVar[bool]] = ContextVar("xpgrad.strict_support", default=False)

is_grad_enabled: Callable[[], bool] = GRAD.get


class Bare(Switch):
    """A switch that also decorates without parentheses: ``@no_grad`` as well as ``@no_grad()``."""

    __slots__ = ()

    def __new__(cls, function: Any = None) -> Any:
        self = super().__new__(cls)
        if not callable(function):
            return self
        self.__init__()  # type: ignore[misc]
        return self(function)


class no_grad(Bare):  # noqa: N801 - PyTorch's name
    """Record nothing: a context manager and a decorator.

    >>> import xpgrad as xp
    >>> x = xp.tensor([1.0], requires_grad=True)
    >>> with xp.no_grad():
    ...     (2 * x).requires_grad
    False
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((GRAD, False))


class enable_grad(Bare):  # noqa: N801 - PyTorch's name
    """Record again inside a ``no_grad`` block (not inside ``inference_mode``): a context manager and a decorator.

    >>> import xpgrad as xp
    >>> x = xp.tensor([1.0], requires_grad=True)
    >>> with xp.no_grad(), xp.enable_grad():
    ...     (2 * x).requires_grad
    True
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((GRAD, True))

    def __enter__(self) -> Self:
        super().__enter__()
        GRAD.set(not INFERENCE.get())  # put back with the rest
        return self


class set_grad_enabled(Switch):  # noqa: N801 - PyTorch's name
    """Switch recording on or off at once; as a context manager, put the old state back at the end.

    >>> import xpgrad as xp
    >>> with xp.set_grad_enabled(False):
    ...     xp.is_grad_enabled()
    False
    """

    __slots__ = ("_before",)
    _before: bool | None
    """What the block puts back: what there was before this object; None once a block has."""

    def __init__(self, mode: bool) -> None:
        mode = bool(mode) and not INFERENCE.get()
        super().__init__((GRAD, mode))
        self._before = GRAD.get()
        GRAD.set(mode)

    def _put_back(self) -> None:
        before, self._before = self._before, None
        if before is not None:
            GRAD.set(before)

    def __enter__(self) -> Self:
        self._put_back()
        return super().__enter__()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        self._put_back()
        return super().__call__(function)


class inference_mode(Bare):  # noqa: N801 - PyTorch's name
    """Record nothing, not even inside :class:`enable_grad`: a context manager and a decorator."""

    __slots__ = ()

    def __init__(self, mode: bool = True) -> None:
        super().__init__((GRAD, not mode), (INFERENCE, mode))


def is_inference_mode_enabled() -> bool:
    """Whether an :class:`inference_mode` block is open."""
    return INFERENCE.get()


class strict_tape(Switch):  # noqa: N801 - reads as a statement
    """Inside the block, every silent way off the tape (``float(t)``, ``math.sin(t)``) is a LeftTapeError.

    >>> import xpgrad as xp
    >>> with xp.strict_tape():
    ...     float(xp.tensor(1.0, requires_grad=True))
    Traceback (most recent call last):
    xpgrad.errors.LeftTapeError: float(t) takes this number off the tape: ...
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((STRICT_TAPE, True))


class strict_support(Switch):  # noqa: N801 - reads as a statement
    """Inside the block, recording an operation without a rule raises MissingRuleError, not only differentiating it."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((STRICT_SUPPORT, True))


class hard_zeros(Switch):  # noqa: N801 - reads as a statement
    """Inside the block, a zero cotangent stays zero, also times an infinite derivative.

    Where a branch is computed and thrown away (``where``, a mask), its gradient is then 0 instead of NaN.  It costs a
    comparison and a selection for every elementwise operation; forward mode does the same with zero tangents.

    >>> import xpgrad as xp
    >>> root = lambda x: xp.sum(xp.where(x > 0, xp.sqrt(x), 0.0))
    >>> with xp.hard_zeros():
    ...     xp.grad(root)(xp.asarray([4.0]))
    tensor([0.25])
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((HARD_ZEROS, True))
