"""What a :class:`Function` keeps from ``forward`` to ``backward``, and the handles ``forward`` works on."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from xpgrad._graph import Node, Pick
from xpgrad._modes import GRAD
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import GraphError

if TYPE_CHECKING:
    import weakref

__all__ = ["FunctionCtx", "carries", "fresh_handle", "renamed"]


class FunctionCtx:
    """What ``forward`` hands to ``backward``; any attribute may be set on it."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: list[tuple[str, Any, Any, Any]] = []
        self._to_save: tuple[Any, ...] = ()
        self._non_differentiable: tuple[Any, ...] = ()
        self._materialize = True
        self._node: weakref.ref[Node] | None = None
        self._outputs: tuple[Any, ...] | None = None
        self._dirty: tuple[Any, ...] = ()
        self._written: dict[int, int] = {}

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs, outputs or intermediate tensors for ``backward`` (None is allowed)."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                message = f"save_for_backward keeps tensors, got {type(t).__name__}; set an attribute on ctx instead"
                raise TypeError(message)
        self._to_save = tensors

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """Say that no gradient flows through these outputs."""
        self._non_differentiable = outputs

    def mark_dirty(self, *inputs: Any) -> None:
        """Say that ``forward`` changed these arguments in place and returns them.

        The caller's tensors then become the outputs, as by any in-place statement.
        """
        self._dirty = inputs

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for ``jvp``; the same as :meth:`save_for_backward`, unless that was called too."""
        if not self._to_save:
            self.save_for_backward(*tensors)

    def set_materialize_grads(self, value: bool) -> None:
        """Whether ``backward`` gets zeros (the default) or None for an output nobody used."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What :meth:`save_for_backward` kept, on the tape where it stood."""
        node = self._node() if self._node is not None else None
        return tuple(self._dressed(entry, node) for entry in self._saved)

    def off_tape(self) -> FunctionCtx:
        """The same with what was saved off the tape, for a run that is not recorded."""
        other = copy.copy(self)
        other._node = None
        other._saved = [
            (role, raw, xp, None if role == "tape" else place)
            for role, raw, xp, place in self._saved
        ]
        return other

    def _dressed(self, entry: tuple[str, Any, Any, Any], node: Node | None) -> Any:
        role, raw, xp, place = entry
        if role == "none":
            return None
        if role == "output":
            number, total = place
            if self._outputs is not None:
                return self._outputs[number]
            if node is None:
                return wrap(raw, xp)
            return wrap(raw, xp, node if total == 1 else Pick(node, number, total, xp))
        return wrap(raw, xp, place if role == "tape" else None)

    def _note_written(
        self, name: str, given: Any, handles: Any, changed: set[int], outputs: Any, writes: bool
    ) -> None:
        """Find the output that each argument marked dirty is, and write the other changed ones back.

        Raises:
            GraphError: where a change would have no gradient, or nobody to see it.
        """
        dirty, self._dirty = self._dirty, ()
        places = {
            _place(name, "arguments", d, handles): _place(name, "outputs", d, outputs)
            for d in dirty
        }
        for number in changed | places.keys():
            _check_written(name, given[number], number in places, writes)
        for number in changed - places.keys():  # constants: a table of running means, say
            write(given[number], handles[number], given[number]._node)
        self._written = places

    def _given_back(self, args: Any, fresh: tuple[Any, ...]) -> tuple[Any, ...]:
        """The outputs, of which those that are arguments changed in place are the caller's own tensors."""
        found = list(fresh)
        for number, output in self._written.items():
            t = found[output] = args[number]
            write(t, fresh[output], fresh[output]._node if GRAD.get() else t._node)
        return tuple(found)

    def _keep(self, outputs: tuple[Any, ...], frozen: tuple[Any, ...]) -> None:
        """Turn the saved tensors into raw arrays and places on the tape: no tensor is kept, so no cycle."""
        for t in self._to_save:
            if t is None:
                self._saved.append(("none", None, None, None))
                continue
            number = next((i for i, o in enumerate(outputs) if o is t), None)
            if number is None or not carries(t, frozen):
                self._saved.append(("tape", t._cell.raw, t._xp, t._node))
            else:
                self._saved.append(("output", t._cell.raw, t._xp, (number, len(outputs))))
        self._to_save = ()


def carries(output: Any, frozen: tuple[Any, ...]) -> bool:
    """Whether a gradient may flow through an output."""
    return (
        isinstance(output, Tensor)
        and output.dtype.is_floating
        and all(output is not f for f in frozen)
    )


def _place(name: str, kind: str, t: Any, among: Any) -> int:
    """The number of a tensor that was marked dirty."""
    for number, other in enumerate(among):
        if other is t:
            return number
    message = (
        f"{name}: what is marked dirty must be among the {kind} of forward; change an argument in place and "
        "return it"
    )
    raise GraphError(message)


def _check_written(name: str, t: Any, is_dirty: bool, writes: bool) -> None:
    """An argument that ``forward`` changed must be one of the caller's own and, if it is tracked, marked."""
    if not writes:
        message = (
            f"{name}.forward changes an argument in place; inside jvp and vmap it cannot: return a new value "
            "(x * 2 for x *= 2)"
        )
        raise GraphError(message)
    if is_dirty:
        t._check_in_place()
    elif t._node is not None and GRAD.get():
        message = (
            f"{name}.forward changed an argument of shape {t.shape} in place that requires grad; call "
            "ctx.mark_dirty(x) and return x, or work on a copy (x = x * 2 for x *= 2)"
        )
        raise GraphError(message)


def write(t: Any, value: Any, node: Node | None) -> None:
    """Give the tensor ``t`` of the caller a value and a place on the tape."""
    t._rebind(value._cell.raw, node, value._xp)
    through = getattr(t, "_write_through", None)  # where tensors may be views of others
    if through is not None:
        through()


def fresh_handle(output: Any) -> Any:
    """An output as a handle of its own, with a cell of its own.

    What ``forward`` returned may be an input (which must not go on the tape), or be kept on ``ctx`` (which would
    be a reference cycle).
    """
    return (
        wrap(output._cell.raw, output._xp, None, type(output)._result)
        if isinstance(output, Tensor)
        else output
    )


def renamed(t: Any, old: Any, new: Any) -> Any:
    return next((n for o, n in zip(old, new, strict=True) if o is t), t)
