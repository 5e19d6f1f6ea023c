"""What cotangents are made of: raw arrays, tensors on the tape, tensors off it; and the hooks that see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad._graph import Node, error_at
from xpgrad._namespace._operations import LevelCarrier, TensorCarrier, operation
from xpgrad._tensor import Retain, Tensor, wrap
from xpgrad.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RawCarrier", "RecordedCarrier", "UnrecordedCarrier", "conjugate", "conjugated"]


def conjugate(g: Any, xp: Any) -> Any:
    """Between the rules' convention (unconjugated) and the user's (steepest ascent), on raw arrays."""
    return xp.conj(g) if xp.is_complex(g) else g


def conjugated(t: Any) -> Any:
    """The same on tensors."""
    return operation("conj")(t) if t.dtype.is_complex else t


class RawCarrier:
    """A first-order run: raw arrays; a hook sees the gradient as an untracked tensor."""

    open = None

    @staticmethod
    def cotangent(seed: Any) -> Any:
        return seed._cell.raw

    @staticmethod
    def hooked(node: Node, g: Any) -> Any:
        xp = node.xp

        return _hooked(
            node, g, lambda part: wrap(conjugate(part, xp), xp), lambda t: conjugate(t._cell.raw, xp), levels=False
        )  # fmt: skip

    @staticmethod
    def check(node: Node, g: Any) -> None:
        for part in _parts(g):
            _refuse_nan(node, part, node.xp)


class RecordedCarrier(TensorCarrier):
    """A recorded run: tensors, for hooks too."""

    @staticmethod
    def cotangent(seed: Any) -> Any:
        return seed

    @staticmethod
    def hooked(node: Node, g: Any) -> Any:
        return _hooked(node, g, conjugated, conjugated, levels=True)

    @staticmethod
    def check(node: Node, g: Any) -> None:
        for t in _parts(g):
            while t._xp.level:  # inside jvp the values, inside vmap those of the whole batch
                t = t._cell.raw.inner
            _refuse_nan(node, t._cell.raw, t._xp)


class UnrecordedCarrier(LevelCarrier):
    """A first-order run inside a transform: tensors, off the tape of their own level."""

    @staticmethod
    def cotangent(seed: Any) -> Any:
        return wrap(seed._cell.raw, seed._xp, None, seed._result)

    hooked = staticmethod(RecordedCarrier.hooked)
    check = staticmethod(RecordedCarrier.check)


def _parts(g: Any) -> list[Any]:
    return [part for part in (g if isinstance(g, list) else [g]) if part is not None]


def _refuse_nan(node: Node, raw: Any, xp: Any) -> None:
    if bool(xp.any(xp.isnan(raw))):
        raise error_at(node, "detect_anomaly: the gradient is NaN after the backward of {}")


# --- hooks ------------------------------------------------------------------------------------------


def is_retain(hook: Any) -> bool:
    """Whether a hook is the one of ``retain_grad``."""
    return type(hook) is Retain


def _hooked(
    node: Node, g: Any, show: Callable[[Any], Any], take: Callable[[Any], Any], *, levels: bool
) -> Any:
    """The cotangent after the node's hooks; the hooks of a node with several results see a tuple.

    With ``levels`` a hook inside a transform may return a constant for one of its values, and the other way round.
    """
    several = isinstance(g, list)
    parts = [None if part is None else show(part) for part in (g if several else (g,))]
    # what is retained is the outcome
    for hook in sorted((node.hooks or {}).values(), key=is_retain):
        answer = hook(tuple(parts) if several else parts[0])
        if answer is None:
            continue
        answers = _each(answer, parts) if several else (answer,)
        for number, (given, part) in enumerate(zip(answers, parts, strict=True)):
            if given is not None:
                _check_answer(given, part, levels)
                parts[number] = given
    found = [None if part is None else take(part) for part in parts]
    return found if several else found[0]


def _each(answer: Any, parts: list[Any]) -> Any:
    """What the hook of a node with several results returned: an entry for each that received a gradient."""
    fits = isinstance(answer, (tuple, list)) and len(answer) == len(parts)
    if fits and all(
        part is not None or given is None for given, part in zip(answer, parts, strict=True)
    ):
        return answer
    expected = ", ".join("None" if part is None else "a tensor or None" for part in parts)
    message = f"a hook of an operation with several results must return None or ({expected}), got {answer!r}"
    raise GraphError(message)


def _check_answer(answer: Any, shown: Any, levels: bool) -> None:
    """What a hook returned must be able to stand where the gradient stood."""
    if isinstance(answer, Tensor):
        at_home = answer._xp is shown._xp or (levels and answer.device == shown.device)
        if answer.shape == shown.shape and answer.dtype == shown.dtype and at_home:
            return
        got = f"shape {answer.shape} and {answer.dtype} on {answer.device}"
    else:
        got = type(answer).__name__
    expected = f"a tensor of shape {shown.shape} and {shown.dtype} on {shown.device}"
    message = f"a hook must return None or {expected}, got {got}"
    raise GraphError(message)
