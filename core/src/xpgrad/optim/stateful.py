"""The face that PyTorch's users know: parameter groups, ``step``, ``zero_grad``, named state.

It knows parameters, gradients and names; what a step computes it leaves to its two subclasses, the rule per
parameter (:class:`xpgrad.optim.Optimizer`) and the rule over the whole tree
(:class:`xpgrad.optim.TreeOptimizer`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from xpgrad._modes import enable_grad
from xpgrad.errors import OptimizerError
from xpgrad.optim import groups
from xpgrad.optim.options import COMMON, accepted, bound, check_common, declared, plain, signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._tensor import Tensor

__all__ = ["Stateful", "Work"]


class Work(NamedTuple):
    """One parameter that a step changes: its name, the tensor, the raw gradient, its group's options."""

    name: str
    p: Any
    g: Any
    options: dict[str, Any]


class Stateful(ABC):
    """Base of every optimizer: parameters in groups, each with its options.

    Args:
        params: Tensors, ``(name, tensor)`` pairs such as ``model.named_parameters()``, or dictionaries with
            ``"params"`` and the options of that group.  None: the optimizer has only its pure form.
        options: The options of the rule; a group may override them.
    """

    update: Callable[..., tuple[Any, Any]]
    init: Callable[..., dict[str, Any]]
    supplied: ClassVar[frozenset[str]] = frozenset()
    """Keyword-only parameters of ``update`` that core supplies: no options."""
    rule_options: ClassVar[dict[str, Any]] = {}
    """Every option of the rule with its default."""
    _init_takes: ClassVar[tuple[str, ...]] = ()
    _check_takes: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "update"):
            return
        cls.rule_options = declared(cls.update, cls.supplied)
        cls._init_takes = accepted(cls.init, cls.rule_options)
        cls._check_takes = accepted(cls.check, cls.rule_options)
        if "__init__" not in cls.__dict__:
            cls.__signature__ = signature(cls.rule_options)  # type: ignore[attr-defined]

    def __init__(self, params: Any = None, *args: Any, **options: Any) -> None:
        self.defaults: dict[str, Any] = bound(type(self), self.rule_options, args, options)
        self.param_groups: list[dict[str, Any]] = []
        self._check_options(self.defaults)
        if params is not None:
            for group in groups.listed(params):
                self.add_param_group(group)

    # --- parameters -------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own: ``{"params": tensors, "lr": 0.01}``.

        Raises:
            OptimizerError: If an option is bad, or a parameter or a name is in another group already.
        """
        group = groups.named(param_group, self.param_groups)
        for name, default in self.defaults.items():
            group.setdefault(name, default)
        self._check_options(group)
        self.param_groups.append(group)

    def check(self, *args: Any, **options: Any) -> None:  # noqa: B027 - most rules have nothing of their own to check
        """Refuse bad options: take those to be checked as keyword-only parameters, call `require` on each.

        ``lr``, ``eps``, ``momentum``, ``weight_decay`` and ``betas`` are checked before this is called.
        """

    def _check_options(self, options: dict[str, Any]) -> None:
        check_common({name: options[name] for name in self.rule_options})
        self.check(**{name: options[name] for name in self._check_takes})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget every parameter's gradient, or fill it with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif (grad := getattr(p, "_grad", None)) is not None:
                    grad._node = None
                    grad._cell.raw = grad._xp.zeros_like(grad._cell.raw)

    # --- a step -----------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Args:
            closure: Clears the gradients, computes the loss, calls ``backward()`` and returns the loss.

        Returns:
            What the closure returned; None without one.
        """
        value = None
        if closure is not None:
            with enable_grad():
                value = closure()
        self._apply(self._work(), value, closure)
        return value

    def _work(self) -> list[Work]:
        """Every parameter that has a gradient."""
        work = []
        for group in self.param_groups:
            options = {name: plain(group[name]) for name in self.rule_options}
            turn = group["maximize"]
            for name, p in zip(group["param_names"], group["params"], strict=True):
                grad = getattr(p, "_grad", None)
                if grad is None:
                    continue
                if grad._xp is not p._xp:
                    raise OptimizerError(_moved(name, p, grad))
                g = grad._cell.raw
                work.append(Work(name, p, -g if turn else g, options))
        return work

    @abstractmethod
    def _apply(self, work: list[Work], value: Any, closure: Callable[[], Any] | None) -> None:
        """Give the parameters of ``work`` their new values."""

    # --- the pure form ----------------------------------------------------------------------------

    @abstractmethod
    def init_tree(self, params: Any) -> dict[str, Any]:
        """The state before the first step, for a tree of arrays or tensors."""

    @abstractmethod
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
        """The new parameters and the new state; nothing that was given is changed."""

    def _tree_options(self, given: dict[str, Any]) -> dict[str, Any]:
        """The constructor's options with those given for one call, which may be tensors."""
        for name in given:
            if name not in self.rule_options and name not in COMMON:
                known = ", ".join((*self.rule_options, *COMMON))
                message = f"{type(self).__name__} has no option {name!r}; it has {known}"
                raise TypeError(message)
        return {**{name: self.defaults[name] for name in (*self.rule_options, *COMMON)}, **given}

    # --- state ------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def state(self) -> Any:
        """What the rule remembers."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Everything that is needed to go on as if nothing had happened, keyed by parameter name."""

    @abstractmethod
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` returned.

        Raises:
            StateDictError: If it does not fit; names what is missing, unexpected or of another shape.
        """

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups or [self.defaults]):
            lines.append(f"Parameter Group {number}")
            hidden = ("params", "param_names")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key not in hidden]
        return "\n".join([*lines, ")"])


def _moved(name: str, p: Tensor, grad: Tensor) -> str:
    return (
        f"parameter {name!r} is on {p.device} ({p.backend.name}) and its gradient on {grad.device} "
        f"({grad.backend.name}); call zero_grad() after moving a model"
    )
