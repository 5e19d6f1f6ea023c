"""An optimizer as a pure rule on one parameter, and the forms that core derives from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad.errors import OptimizerError
from xpgrad.optim import named_state
from xpgrad.optim.carriers import as_complex, as_real, namespace_for
from xpgrad.optim.stateful import Stateful, Work
from xpgrad.optim.tree import leaves_of_both, named_leaves, rebuilt

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Optimizer"]


class Optimizer(Stateful):
    r"""Base of optimizers that treat every parameter alone: two pure functions, ``init`` and ``update``.

    ``init(self, p, xp)`` returns what to remember of a parameter: a dict of arrays and Python numbers (name
    options as keyword-only parameters if it needs them).  ``update(self, g, state, p, xp, *, lr=…, …)``
    returns the new parameter and the new state; it changes nothing it was given.  ``xp`` is the extended
    Array API namespace of the arrays.  The keyword-only parameters of ``update`` are the optimizer's options.

    From these come ``step()``; the pure form (:meth:`init_tree`, :meth:`update_tree`); the differentiable form
    (the pure one on tensors); ``maximize=``; groups; and state by name.  A complex parameter reaches the rule
    as pairs of real numbers in a last axis of length two, so a rule thinks of real arrays only.  Every form
    calls ``self.update``, so a compiled version of it may be put in its place on an instance.

    >>> import xpgrad as xp
    >>> class SignDescent(xp.optim.Optimizer):
    ...     def init(self, p, xp):
    ...         return {}
    ...
    ...     def update(self, g, state, p, xp, *, lr=0.1):
    ...         return p - lr * xp.sign(g), state
    >>> x = xp.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = SignDescent([x], lr=0.5)
    >>> xp.sum(x * x).backward()
    >>> optimizer.step()
    >>> x
    tensor([ 0.5, -1.5], requires_grad=True)
    """

    def __init__(self, params: Any = None, *args: Any, **options: Any) -> None:
        self._states: dict[str, dict[str, Any]] = {}
        super().__init__(params, *args, **options)

    # --- the rule, on one parameter -----------------------------------------------------------------

    def _start(self, p: Any, xp: Any, options: dict[str, Any]) -> dict[str, Any]:
        p = as_real(p, xp) if xp.is_complex(p) else p
        return self.init(p, xp, **{name: options[name] for name in self._init_takes})

    def _advance(
        self, g: Any, state: Any, p: Any, xp: Any, options: dict[str, Any]
    ) -> tuple[Any, Any]:
        """The rule on a complex parameter."""
        new, state = self.update(as_real(g, xp), state, as_real(p, xp), xp, **options)
        return as_complex(new, p, xp), state

    def _apply(self, work: list[Work], value: Any, closure: Callable[[], Any] | None) -> None:
        states, update = self._states, self.update
        for name, p, g, options in work:
            cell, xp = p._cell, p._xp
            raw = cell.raw
            state = states.get(name)
            if state is None:
                state = self._start(raw, xp, options)
            if xp.is_complex(raw):
                new, state = self._advance(g, state, raw, xp, options)
            else:
                new, state = update(g, state, raw, xp, **options)
            if new.dtype != raw.dtype or new.shape != raw.shape:
                raise OptimizerError(self._unfit(name, new, raw, g))
            states[name] = state
            cell.raw = new

    def _unfit(self, name: str, new: Any, old: Any, g: Any) -> str:
        return (
            f"{type(self).__name__}.update must return an array of the parameter's shape and dtype; for {name!r} of "
            f"shape {old.shape} and {old.dtype}, with a gradient of shape {g.shape} and {g.dtype}, it "
            f"returned shape {new.shape} and {new.dtype}"
        )

    # --- the pure form ----------------------------------------------------------------------------

    def init_tree(self, params: Any) -> dict[str, Any]:
        """The state before the first step: a dict by leaf name, ``{"layers.0.weight": {"step": 0, …}}``.

        Args:
            params: Dictionaries, lists and tuples of raw arrays or of tensors.
        """
        options = self._tree_options({})
        return {
            name: self._start(p, namespace_for(p), options)
            for name, p in named_leaves(params).items()
            if p is not None
        }

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

        On tensors the step is recorded, so that it can be differentiated, also by an option given as a tensor.

        Args:
            grads: A tree like ``params``; a leaf that is None leaves its parameter as it is.
            state: What :meth:`init_tree` or the last call returned.
            params: Raw arrays or tensors.
            value: Not needed by a rule on one parameter.
            closure: Not needed either.
            options: In place of the constructor's, for this call: ``lr=schedule(step)``.

        >>> import xpgrad as xp
        >>> sgd = xp.optim.SGD(lr=0.5)
        >>> w = {"w": xp.asarray([1.0, 2.0])}
        >>> w, state = sgd.update_tree(w, sgd.init_tree(w), w)
        >>> w
        {'w': tensor([0.5, 1. ])}
        """
        chosen = self._tree_options(options)
        turn = chosen.pop("maximize")
        leaves, gradients = leaves_of_both(params, grads)
        states = dict(state)
        for name, g in gradients.items():
            if g is not None:
                before, p = state.get(name), leaves[name]
                leaves[name], states[name] = self._moved(-g if turn else g, before, p, chosen)
        return rebuilt(params, leaves), states

    def _moved(self, g: Any, state: Any, p: Any, options: dict[str, Any]) -> tuple[Any, Any]:
        xp = namespace_for(p)
        if state is None:
            state = self._start(p, xp, options)
        if xp.is_complex(p):
            return self._advance(g, state, p, xp, options)
        return self.update(g, state, p, xp, **options)

    # --- state ------------------------------------------------------------------------------------

    @property
    def state(self) -> named_state.StateView:
        """The named state, found by parameter or by name: ``optimizer.state[p]["exp_avg"]``."""
        return named_state.StateView(self._states, self.param_groups)

    def state_dict(self) -> dict[str, Any]:
        """``{"state": {name: {…}}, "param_groups": […]}``: tensors, numbers and texts, keyed by name."""
        return {
            "state": named_state.shown(
                {name: state for name, state in self._states.items() if state}
            ),
            "param_groups": named_state.shown_groups(self.param_groups),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` returned; what does not fit is refused and changes nothing.

        Raises:
            StateDictError: Names the parameters and entries that are missing, unexpected or of another shape.
        """
        loaded = named_state.fitting_groups(state_dict, self.param_groups)
        states = {}
        for old, group in zip(self.param_groups, loaded, strict=True):
            self._check_options(group)
            for name, p in zip(old["param_names"], old["params"], strict=True):
                if saved := state_dict["state"].get(name):
                    fresh = self._start(p._cell.raw, p._xp, group)
                    states[name] = named_state.fitted(name, saved, fresh, p)
        for old, group in zip(self.param_groups, loaded, strict=True):
            old.update(group)
        self._states = states
