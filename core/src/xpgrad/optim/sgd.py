"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from typing import Any

from xpgrad.errors import OptimizerError
from xpgrad.optim.optimizer import Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum, weight decay and Nesterov's variant.

    With gradient g, parameter p, λ = ``weight_decay``, μ = ``momentum``, τ = ``dampening``:

        g ← g + λ p
        b ← μ b + (1 - τ) g        (the first time b ← g)
        p ← p - lr (g + μ b if nesterov else b)

    Sutskever, Martens, Dahl and Hinton, *On the importance of initialization and momentum in deep learning*,
    ICML 2013; in PyTorch's form, where ``lr`` stands outside the velocity.

    >>> import xpgrad as xp
    >>> w = xp.tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = xp.optim.SGD([w], lr=0.25, momentum=0.9)
    >>> xp.sum(w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.5, -0.5], requires_grad=True)
    """

    def init(self, p: Any, xp: Any, *, momentum: float) -> dict[str, Any]:  # noqa: D102
        return {"step": 0, "momentum_buffer": xp.zeros_like(p)} if momentum else {}

    def check(self, *, momentum: float, dampening: float, nesterov: bool) -> None:  # noqa: D102
        if nesterov and (momentum <= 0 or dampening != 0):
            message = (
                f"Nesterov momentum requires a momentum and zero dampening; got momentum={momentum}, "
                f"dampening={dampening}"
            )
            raise OptimizerError(message)

    def update(  # noqa: D102
        self, g: Any, state: dict[str, Any], p: Any, xp: Any, *,
        lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0, weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        if weight_decay:
            g = g + weight_decay * p
        if not momentum:
            return p + -lr * g, state  # a sum: NumPy writes it where the product is
        state = state or self.init(p, xp, momentum=momentum)  # momentum may be switched on later
        step = state["step"]
        fresh = (1.0 - dampening * (step > 0)) * g if dampening else g
        buffer = momentum * state["momentum_buffer"] + fresh
        g = g + momentum * buffer if nesterov else buffer
        return p + -lr * g, {"step": step + 1, "momentum_buffer": buffer}
