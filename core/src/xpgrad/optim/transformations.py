"""What happens to all gradients before an optimizer sees them, and ``chain``, which puts it there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from xpgrad.errors import StateDictError
from xpgrad.optim import named_state
from xpgrad.optim.carriers import namespace_for
from xpgrad.optim.options import require
from xpgrad.optim.stateful import Stateful, Work
from xpgrad.optim.tree import leaves_of_both, named_leaves, rebuilt
from xpgrad.optim.tree_optimizer import (
    one_namespace,
    supplied_for,
    taken_by,
    tree_evaluator,
    turned,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Chained",
    "Transformation",
    "add_decayed_weights",
    "chain",
    "clip_by_global_norm",
    "clip_by_value",
]


class Transformation(ABC):
    """A pure function of all gradients, with state if it needs some; dicts of arrays by parameter name.

    ``update`` may also take, as keyword-only parameters, ``value``, the loss, and ``closure``:
    ``closure(params)`` evaluates the loss elsewhere and returns ``(value, grads)``.  Both are None unless
    ``step(closure)`` was given one.
    """

    _takes: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._takes = taken_by(cls.update)

    def init(self, params: dict[str, Any], xp: Any) -> dict[str, Any]:
        """What to remember; nothing by default."""
        return {}

    @abstractmethod
    def update(
        self, grads: dict[str, Any], state: dict[str, Any], params: dict[str, Any], xp: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The new gradients and the new state."""


class clip_by_global_norm(Transformation):  # noqa: N801 - reads as a step of a chain
    """Scale all gradients down together so that their joint Euclidean norm is at most ``max_norm``.

    Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013; the
    factor is min(1, max_norm / (norm + 1e-6)), as in PyTorch's ``clip_grad_norm_``.
    """

    def __init__(self, max_norm: float) -> None:
        require(max_norm > 0, "max_norm", max_norm, "a positive number")
        self.max_norm = float(max_norm)

    def update(self, grads: Any, state: Any, params: Any, xp: Any) -> tuple[Any, Any]:  # noqa: D102
        squares = [xp.sum(xp.abs(g) ** 2) for g in grads.values()]
        wide = squares[0]
        for square in squares[1:]:
            wide = wide + square
        factor = xp.minimum(self.max_norm / (xp.sqrt(wide) + 1e-6), xp.ones_like(wide))
        return {name: g * xp.cast(factor, g.dtype) for name, g in grads.items()}, state


class clip_by_value(Transformation):  # noqa: N801 - reads as a step of a chain
    """Bring every element of every gradient into ``[-limit, limit]``."""

    def __init__(self, limit: float) -> None:
        require(limit > 0, "limit", limit, "a positive number")
        self.limit = float(limit)

    def update(self, grads: Any, state: Any, params: Any, xp: Any) -> tuple[Any, Any]:  # noqa: D102
        return {name: xp.clip(g, -self.limit, self.limit) for name, g in grads.items()}, state


class add_decayed_weights(Transformation):  # noqa: N801 - reads as a step of a chain
    """Add ``rate`` times each parameter to its gradient: the gradient of ``rate/2 · Σ p²``."""

    def __init__(self, rate: float) -> None:
        require(rate >= 0, "rate", rate, "a number, 0 or more")
        self.rate = float(rate)

    def update(self, grads: Any, state: Any, params: Any, xp: Any) -> tuple[Any, Any]:  # noqa: D102
        return {name: g + self.rate * params[name] for name, g in grads.items()}, state


def chain(*parts: Any) -> Chained:
    """Transformations of the gradients, then an optimizer, as one optimizer.

    Args:
        parts: Any number of :class:`Transformation`, and an optimizer at the end.  Gradients that one of them
            asks of its closure do not pass through those before it.

    >>> import xpgrad as xp
    >>> from xpgrad import optim
    >>> w = xp.tensor([3.0, 4.0], requires_grad=True)
    >>> optimizer = optim.chain(optim.clip_by_value(1.0), optim.SGD([w], lr=0.5))
    >>> xp.sum(w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([2.5, 3.5], requires_grad=True)
    """
    *before, last = parts or (None,)
    for number, part in enumerate(before):
        if not isinstance(part, Transformation):
            message = f"chain: part {number} is {type(part).__name__}; expected a Transformation of gradients"
            raise TypeError(message)
    if not isinstance(last, Stateful):
        message = f"chain: the last part is {type(last).__name__}; expected an optimizer, such as SGD(params, lr=0.1)"
        raise TypeError(message)
    return Chained(before, last)


class Chained(Stateful):
    """What :func:`chain` returns: shares parameter groups and options with the optimizer at its end."""

    def __init__(self, transformations: list[Transformation], optimizer: Stateful) -> None:
        self.transformations = transformations
        self.optimizer = optimizer
        self.param_groups = optimizer.param_groups
        self.defaults = optimizer.defaults
        self._memories: list[dict[str, Any]] | None = None

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters to the optimizer at the end."""
        self.optimizer.add_param_group(param_group)

    def _work(self) -> list[Work]:
        return self.optimizer._work()

    def _transformed(
        self, grads: Any, memories: Any, params: Any, xp: Any, supplied: dict[str, Any]
    ) -> tuple[Any, list[dict[str, Any]]]:
        after = []
        for transformation, state in zip(self.transformations, memories, strict=True):
            given = {name: supplied[name] for name in transformation._takes}
            grads, state = transformation.update(grads, state, params, xp, **given)
            after.append(state)
        return grads, after

    def _apply(self, work: list[Work], value: Any, closure: Callable[[], Any] | None) -> None:
        if not work:
            return
        xp = one_namespace("chain", work)
        params = {w.name: w.p._cell.raw for w in work}
        if self._memories is None:
            self._memories = [t.init(params, xp) for t in self.transformations]
        supplied = supplied_for(self.param_groups, work, value, closure)
        grads = {w.name: w.g for w in work}
        grads, memories = self._transformed(grads, self._memories, params, xp, supplied)
        self.optimizer._apply([w._replace(g=grads[w.name]) for w in work], value, closure)
        self._memories = memories

    def init_tree(self, params: Any) -> dict[str, Any]:
        """The state of the transformations and of the optimizer before the first step."""
        leaves = named_leaves(params)
        xp = namespace_for(next(iter(leaves.values())))
        memories = [t.init(leaves, xp) for t in self.transformations]
        return {"transformations": memories, "optimizer": self.optimizer.init_tree(params)}

    def update_tree(
        self,
        grads: Any,
        state: Any,
        params: Any,
        *,
        value: Any = None,
        closure: Any = None,
        **options: Any,
    ) -> tuple[Any, Any]:
        """As of the optimizer at the end, with the transformed gradients."""
        turn = options.pop("maximize", self.defaults["maximize"])
        leaves, given = leaves_of_both(params, grads)
        gradients = turned(given, turn)
        if not gradients:  # as of step(): nothing happens
            return params, state
        evaluate = None if closure is None else tree_evaluator(params, leaves, closure, turn)
        changed, memories = self._transformed(
            gradients,
            state["transformations"],
            leaves,
            namespace_for(next(iter(leaves.values()))),
            {"value": value, "closure": evaluate},
        )
        grads = rebuilt(grads, {**dict.fromkeys(leaves), **changed})
        # the gradients have been turned round before the transformations, as in step()
        again = None if evaluate is None else lambda tree: evaluate(named_leaves(tree))
        params, inner = self.optimizer.update_tree(
            grads, state["optimizer"], params, value=value, closure=again, **options, maximize=False
        )
        return params, {"transformations": memories, "optimizer": inner}

    @property
    def state(self) -> Any:
        """The state of the optimizer at the end."""
        return self.optimizer.state

    def state_dict(self) -> dict[str, Any]:
        """The optimizer's, with the state of every transformation under ``"transformations"``."""
        return {
            **self.optimizer.state_dict(),
            "transformations": named_state.shown(self._memories or []),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` returned.

        Raises:
            StateDictError: If it does not fit the optimizer, or has another number of transformations.
        """
        saved = state_dict.get("transformations", [])
        if saved and len(saved) != len(self.transformations):
            message = f"the state dict has {len(saved)} transformations, this chain {len(self.transformations)}"
            raise StateDictError(message)
        self.optimizer.load_state_dict(state_dict)
        places = [p for group in self.param_groups for p in group["params"]]
        self._memories = named_state.brought(saved, places[0]) if saved else None
