"""An optimizer as a pure rule over the whole tree: for methods that look at all parameters at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from xpgrad._modes import enable_grad
from xpgrad._tensor import Tensor
from xpgrad.errors import OptimizerError, StateDictError
from xpgrad.optim import named_state
from xpgrad.optim.carriers import namespace_for
from xpgrad.optim.stateful import Stateful, Work
from xpgrad.optim.tree import leaves_of_both, named_leaves, rebuilt

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TreeOptimizer"]

SUPPLIED: Final = frozenset(("value", "closure"))
"""What a rule over the tree may take by name: the loss, and a way to evaluate it elsewhere."""


class TreeOptimizer(Stateful):
    """Base of optimizers over all parameters: norms of the whole gradient, line searches, second looks.

    ``init(self, params, xp)`` returns what to remember.  ``update(self, grads, state, params, xp, *,
    value=None, closure=None, lr=…, …)`` returns the new parameters and the new state.  ``grads`` and
    ``params`` are dicts of arrays by name, of the parameters that have a gradient.  ``value`` is the loss, if known.
    ``closure(params)`` evaluates the loss elsewhere and returns ``(value, grads)``; it is None unless
    ``step(closure)`` was given one.  All other keyword-only parameters are the optimizer's options.

    There is one parameter group, and all parameters live on one backend.

    >>> import xpgrad as xp
    >>> class NormalizedDescent(xp.optim.TreeOptimizer):
    ...     def init(self, params, xp):
    ...         return {}
    ...
    ...     def update(self, grads, state, params, xp, *, lr=0.1):
    ...         norm = xp.sqrt(sum(xp.sum(g * g) for g in grads.values()))
    ...         return {name: p - lr * grads[name] / norm for name, p in params.items()}, state
    >>> x = xp.tensor([3.0, 4.0], requires_grad=True)
    >>> optimizer = NormalizedDescent([x], lr=5.0)
    >>> xp.sum(0.5 * x * x).backward()
    >>> optimizer.step()
    >>> x
    tensor([0., 0.], requires_grad=True)
    """

    supplied: ClassVar[frozenset[str]] = SUPPLIED

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._takes = taken_by(getattr(cls, "update", None))

    _takes: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, params: Any = None, *args: Any, **options: Any) -> None:
        self._state: dict[str, Any] | None = None
        super().__init__(params, *args, **options)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """The one group; a second one is refused."""
        if self.param_groups:
            message = (
                f"{type(self).__name__} looks at all parameters at once and has one parameter group"
            )
            raise OptimizerError(message)
        super().add_param_group(param_group)

    def _start(self, params: dict[str, Any], xp: Any, options: dict[str, Any]) -> dict[str, Any]:
        return self.init(params, xp, **{name: options[name] for name in self._init_takes})

    def _advance(
        self,
        grads: Any,
        state: Any,
        params: Any,
        xp: Any,
        options: dict[str, Any],
        supplied: dict[str, Any],
    ) -> tuple[dict[str, Any], Any]:
        given = {name: supplied[name] for name in self._takes}
        new, state = self.update(grads, state, params, xp, **options, **given)
        for name, p in params.items():
            if name not in new or new[name].shape != p.shape or new[name].dtype != p.dtype:
                got = f"shape {new[name].shape} and {new[name].dtype}" if name in new else "nothing"
                message = (
                    f"{type(self).__name__}.update must return every parameter with its shape and dtype; for "
                    f"{name!r} of shape {p.shape} and {p.dtype} it returned {got}"
                )
                raise OptimizerError(message)
        return new, state

    # --- the stateful form ------------------------------------------------------------------------

    def _apply(self, work: list[Work], value: Any, closure: Callable[[], Any] | None) -> None:
        if not work:
            return
        xp = one_namespace(type(self).__name__, work)
        options = work[0].options
        params = {w.name: w.p._cell.raw for w in work}
        if self._state is None:
            everything = zip(
                self.param_groups[0]["param_names"], self.param_groups[0]["params"], strict=True
            )
            self._state = self._start({name: p._cell.raw for name, p in everything}, xp, options)
        grads = {w.name: w.g for w in work}
        supplied = supplied_for(self.param_groups, work, value, closure)
        new, self._state = self._advance(grads, self._state, params, xp, options, supplied)
        for w in work:
            w.p._cell.raw = new[w.name]

    # --- the pure form ----------------------------------------------------------------------------

    def init_tree(self, params: Any) -> dict[str, Any]:
        """The state before the first step, for a tree of raw arrays or of tensors."""
        leaves = named_leaves(params)
        return self._start(leaves, _one(leaves), self._tree_options({}))

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
        """The new parameters and the new state of a tree; nothing that was given is changed.

        Args:
            grads: A tree like ``params``; a leaf that is None leaves its parameter as it is.
            state: What :meth:`init_tree` or the last call returned.
            params: Raw arrays or tensors.
            value: The loss, for rules that look at it.
            closure: ``closure(params)`` returns the loss and the gradients as a tree like ``params``.
            options: In place of the constructor's, for this call.
        """
        chosen = self._tree_options(options)
        turn = chosen.pop("maximize")
        leaves, given = leaves_of_both(params, grads)
        gradients = turned(given, turn)
        if not gradients:  # as of step(): nothing happens
            return params, state
        moving = {name: leaves[name] for name in gradients}
        evaluate = None if closure is None else tree_evaluator(params, leaves, closure, turn)
        supplied = {"value": value, "closure": evaluate}
        new, state = self._advance(gradients, state, moving, _one(leaves), chosen, supplied)
        return rebuilt(params, {**leaves, **new}), state

    # --- state ------------------------------------------------------------------------------------

    @property
    def state(self) -> dict[str, Any]:
        """What the rule remembers of the whole tree, as tensors."""
        shown: dict[str, Any] = named_state.shown(self._state or {})
        return shown

    def state_dict(self) -> dict[str, Any]:
        """``{"state": {…}, "param_groups": [{…}]}``."""
        return {"state": self.state, "param_groups": named_state.shown_groups(self.param_groups)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` returned.

        Raises:
            StateDictError: If the parameters' names differ.
        """
        without = {**state_dict, "state": {}} if "state" in state_dict else state_dict
        (group,) = named_state.fitting_groups(without, self.param_groups) or [{}]
        if not self.param_groups:
            message = f"this {type(self).__name__} has no parameters, so no state dict fits it"
            raise StateDictError(message)
        self._check_options(group)
        self.param_groups[0].update(group)
        place = self.param_groups[0]["params"][0]
        self._state = named_state.brought(state_dict["state"], place) or None


def one_namespace(who: str, work: list[Work]) -> Any:
    """The namespace that all parameters share."""
    xp = work[0].p._xp
    for w in work:
        if w.p._xp is not xp:
            message = (
                f"{who} looks at all parameters at once, and they are on two backends: {work[0].name!r} on "
                f"{work[0].p.backend.name}, {w.name!r} on {w.p.backend.name}"
            )
            raise OptimizerError(message)
    return xp


def _one(leaves: dict[str, Any]) -> Any:
    if not leaves:
        message = "the tree of parameters has no leaves"
        raise OptimizerError(message)
    return namespace_for(next(iter(leaves.values())))


def turned(grads: dict[str, Any], turn: bool) -> dict[str, Any]:
    return {name: -g if turn else g for name, g in grads.items() if g is not None}


def supplied_for(
    groups: list[dict[str, Any]], work: list[Work], value: Any, closure: Callable[[], Any] | None
) -> dict[str, Any]:
    """What a rule over the tree may take in a step."""
    turns = {name: group["maximize"] for group in groups for name in group["param_names"]}
    return {
        "value": value._cell.raw if isinstance(value, Tensor) else value,
        "closure": None if closure is None else evaluator(work, closure, turns),
    }


def evaluator(
    work: list[Work], closure: Callable[[], Any], turns: dict[str, bool]
) -> Callable[[dict[str, Any]], tuple[Any, dict[str, Any]]]:
    """The user's closure as a function of the parameters; their values and gradients are put back."""

    def evaluate(params: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        before = [(w.p, w.p._cell.raw, w.p._grad) for w in work]
        try:
            for w in work:
                w.p._cell.raw = params[w.name]
            with enable_grad():
                value = closure()
            grads = {w.name: _gradient(w.p, turns[w.name]) for w in work}
        finally:
            for p, raw, grad in before:
                p._cell.raw, p._grad = raw, grad
        return value._cell.raw if isinstance(value, Tensor) else value, grads

    return evaluate


def tree_evaluator(
    tree: Any, leaves: dict[str, Any], closure: Callable[[Any], tuple[Any, Any]], turn: bool
) -> Callable[[dict[str, Any]], tuple[Any, dict[str, Any]]]:
    """The closure of the pure form, from trees to trees, as one from names to names."""

    def evaluate(candidates: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        value, found = closure(rebuilt(tree, {**leaves, **candidates}))
        return value, turned(named_leaves(found), turn)

    return evaluate


def taken_by(update: Any) -> frozenset[str]:
    """Which of what core supplies a rule names."""
    code = getattr(update, "__code__", None)
    count = 0 if code is None else code.co_argcount + code.co_kwonlyargcount
    return SUPPLIED & frozenset(() if code is None else code.co_varnames[:count])


def _gradient(p: Any, turn: bool) -> Any:
    grad = getattr(p, "_grad", None)
    if grad is None:
        return p._xp.zeros_like(p._cell.raw)
    return -grad._cell.raw if turn else grad._cell.raw
