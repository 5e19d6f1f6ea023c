"""Adagrad."""

from __future__ import annotations

from typing import Any

from xpgrad.optim import Optimizer, require


class Adagrad(Optimizer):
    r"""Steps scaled by the root of the sum of all squared gradients so far.

    With gradient g, parameter p, step t = 1, 2, …:

        g ← g + weight_decay · p
        s ← s + g²                    (s starts as ``initial_accumulator_value``)
        p ← p - lr / (1 + (t - 1) · lr_decay) · g / (√s + eps)

    Duchi, Hazan and Singer, *Adaptive Subgradient Methods for Online Learning and Stochastic Optimization*,
    JMLR 12 (2011), the diagonal form.

    >>> import xpgrad as xp
    >>> w = xp.tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = xp.optim.Adagrad([w], lr=0.25)
    >>> xp.sum(w * w).backward()
    >>> optimizer.step()
    >>> xp.round(w.detach() * 1000)
    tensor([ 750., -750.])
    """

    def init(self, p: Any, xp: Any, *, initial_accumulator_value: float) -> dict[str, Any]:
        return {"step": 0, "sum": xp.full_like(p, initial_accumulator_value)}

    def check(self, *, lr_decay: float, initial_accumulator_value: float) -> None:
        require(lr_decay >= 0, "lr_decay value", lr_decay, "a number, 0 or more")
        value = initial_accumulator_value
        require(value >= 0, "initial_accumulator_value value", value, "a number, 0 or more")

    def update(
        self, g: Any, state: dict[str, Any], p: Any, xp: Any, *,
        lr: float = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0, eps: float = 1e-10,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        step = state["step"]
        if weight_decay:
            g = g + weight_decay * p
        total = state["sum"] + g * g
        rate = -lr / (1 + step * lr_decay)
        # a sum: NumPy writes it where the product is
        return p + rate * (g / (xp.sqrt(total) + eps)), {"step": step + 1, "sum": total}
