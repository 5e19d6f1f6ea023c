"""Schedules of the learning rate: pure functions of the step, with PyTorch's face.

A schedule is ``rate(base, step)``.  ``step()`` counts and writes the rate into the optimizer's groups.  As long
as nobody else writes there, the rate is that function of the count and of nothing else.  Once somebody does
(another schedule on the same optimizer, or the user), the schedule follows: it changes the rate it finds by
the ratio of its own two values, which is how PyTorch's schedules compose.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from xpgrad.errors import OptimizerError, StateDictError
from xpgrad.optim.stateful import Stateful

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["CosineAnnealingLR", "ExponentialLR", "LRScheduler", "LambdaLR", "MultiStepLR", "StepLR"]


class LRScheduler(ABC):
    """Base of the schedules.

    Args:
        optimizer: Its groups' ``lr`` is what changes; an optimizer without parameters has its ``defaults``.
        last_epoch: The number of steps already done; -1 for a new run.
    """

    def __init__(self, optimizer: Stateful, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Stateful):
            message = f"{type(optimizer).__name__} is not an Optimizer; a schedule needs one"
            raise TypeError(message)
        self.optimizer = optimizer
        self.last_epoch = last_epoch
        self.base_lrs: list[float] = []
        self._last_lr: list[float] = []
        self._follows: list[bool] = []
        for number, group in enumerate(self._groups()):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                message = (
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming an optimizer; "
                    "load its state dict before making the schedule"
                )
                raise KeyError(message)
            self._adopt(group)
        self._found = list(self._last_lr)
        self.step()

    def _groups(self) -> list[dict[str, Any]]:
        return self.optimizer.param_groups or [self.optimizer.defaults]

    def _adopt(self, group: dict[str, Any]) -> None:
        base, lr = float(group.setdefault("initial_lr", group["lr"])), float(group["lr"])
        self.base_lrs.append(base)
        self._last_lr.append(lr)
        self._follows.append(self.last_epoch == -1 and lr != base)

    # --- the pure function ------------------------------------------------------------------------

    @abstractmethod
    def rate(self, base: float, step: int) -> float:
        """The learning rate after ``step`` steps of a run that began with ``base``."""

    def at(self, step: int) -> list[float]:
        """The learning rate of every group after ``step`` steps; changes nothing."""
        return [self._rate(number, base, step) for number, base in enumerate(self.base_lrs)]

    def _rate(self, number: int, base: float, step: int) -> float:
        return self.rate(base, step)

    def _followed(self, number: int, lr: float, step: int) -> float:
        """The rate after ``step`` steps, if somebody else made it ``lr`` after the one before."""
        base = self.base_lrs[number]
        before = self.rate(base, step - 1) if step else base
        now = self.rate(base, step)
        if now == before:
            return lr
        floor = self._floor()
        if before == floor:
            return lr + (now - before)
        return (lr - floor) * ((now - floor) / (before - floor)) + floor

    def _floor(self) -> float:
        return 0.0

    # --- the stateful face ------------------------------------------------------------------------

    def step(self) -> None:
        """Go on by one and write every group's new ``lr``."""
        self.last_epoch += 1
        groups = self._groups()
        for group in groups[len(self.base_lrs) :]:
            self._adopt(group)
        for number, group in enumerate(groups):
            lr = float(group["lr"])
            self._follows[number] |= lr != self._last_lr[number]
            if self._follows[number]:
                lr = self._followed(number, lr, self.last_epoch)
            else:
                lr = self._rate(number, self.base_lrs[number], self.last_epoch)
            group["lr"] = self._last_lr[number] = lr

    def get_last_lr(self) -> list[float]:
        """The rates that the last :meth:`step` wrote."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer: numbers and lists, which later steps do not change."""
        own = {k: v for k, v in self.__dict__.items() if k not in ("optimizer", "_found")}
        return {k: list(v) if isinstance(v, list) else v for k, v in own.items()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` returned; load the optimizer's beside it.

        Raises:
            StateDictError: If entries are missing or unexpected.
        """
        have = self.state_dict()
        if not isinstance(state_dict, Mapping) or state_dict.keys() != have.keys():
            got = set(state_dict)
            message = (
                f"the state dict does not fit {type(self).__name__}: missing {sorted(have.keys() - got)}, "
                f"unexpected {sorted(got - have.keys())}"
            )
            raise StateDictError(message)
        written = zip(self._groups(), self._found, self._last_lr, strict=False)
        undo = [group["lr"] == wrote != found for group, found, wrote in written]
        self.__dict__.update(
            {k: list(v) if isinstance(v, list) else v for k, v in state_dict.items()}
        )
        for group, undone, lr in zip(self._groups(), undo, self._last_lr, strict=False):
            if undone:  # our constructor changed it, and nobody since
                group["lr"] = lr


class LambdaLR(LRScheduler):
    """``lr = base · lr_lambda(step)``, whatever else happens to the rate.

    Args:
        optimizer: As of every schedule.
        lr_lambda: A function of the step, or a list with one per group.
        last_epoch: As of every schedule.

    >>> from xpgrad import optim
    >>> LambdaLR(optim.SGD(lr=0.5), lambda step: 1 / (1 + step)).at(4)
    [0.1]
    """

    def __init__(
        self,
        optimizer: Stateful,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups) or 1
        functions = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * count
        if len(functions) != count:
            message = (
                f"Expected {count} lr_lambdas, one per parameter group, but got {len(functions)}"
            )
            raise OptimizerError(message)
        self.lr_lambdas: list[Any] = functions
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, step: int) -> float:  # noqa: D102
        return self._rate(0, base, step)

    def _rate(self, number: int, base: float, step: int) -> float:
        return base * float(self.lr_lambdas[min(number, len(self.lr_lambdas) - 1)](step))

    def _followed(self, number: int, lr: float, step: int) -> float:
        return self._rate(number, self.base_lrs[number], step)

    def state_dict(self) -> dict[str, Any]:
        """Without the functions: give the same ones to the schedule that loads it."""
        return {k: v for k, v in super().state_dict().items() if k != "lr_lambdas"}


class StepLR(LRScheduler):
    """``lr = base · gamma^⌊step / step_size⌋``: a factor ``gamma`` every ``step_size`` steps.

    >>> from xpgrad import optim
    >>> StepLR(optim.SGD(lr=1.0), step_size=10, gamma=0.5).at(25)
    [0.25]
    """

    def __init__(
        self, optimizer: Stateful, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, step: int) -> float:  # noqa: D102
        return float(base * self.gamma ** (step // self.step_size))


class MultiStepLR(LRScheduler):
    """``lr = base · gamma^(number of milestones ≤ step)``.

    >>> from xpgrad import optim
    >>> MultiStepLR(optim.SGD(lr=1.0), milestones=[3, 8], gamma=0.5).at(8)
    [0.25]
    """

    def __init__(
        self,
        optimizer: Stateful,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, step: int) -> float:  # noqa: D102
        return float(base * self.gamma ** bisect_right(self.milestones, step))


class ExponentialLR(LRScheduler):
    """``lr = base · gamma^step``.

    >>> from xpgrad import optim
    >>> ExponentialLR(optim.SGD(lr=1.0), gamma=0.5).at(3)
    [0.125]
    """

    def __init__(self, optimizer: Stateful, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, step: int) -> float:  # noqa: D102
        return float(base * self.gamma**step)


class CosineAnnealingLR(LRScheduler):
    """``lr = eta_min + (base - eta_min) · (1 + cos(π step / T_max)) / 2``; it rises again after ``T_max``.

    Loshchilov and Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts*, arXiv:1608.03983, without
    the restarts.

    >>> from xpgrad import optim
    >>> CosineAnnealingLR(optim.SGD(lr=1.0), T_max=10).at(5)
    [0.5]
    """

    def __init__(
        self,
        optimizer: Stateful,
        T_max: int,  # noqa: N803 - PyTorch's name
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, step: int) -> float:  # noqa: D102
        share = (1.0 + math.cos(math.pi * step / self.T_max)) / 2.0
        return float(self.eta_min + (base - self.eta_min) * share)

    def _floor(self) -> float:
        return float(self.eta_min)
