"""RMSprop."""

from __future__ import annotations

from typing import Any

from xpgrad.optim import Optimizer, require


class RMSprop(Optimizer):
    r"""Steps scaled by the root of a running mean of squared gradients.

    With gradient g, parameter p, α = ``alpha``, μ = ``momentum``:

        g ← g + weight_decay · p
        v ← α v + (1 - α) g²
        if centered:  a ← α a + (1 - α) g,  v̄ = max(v - a², 0);  else  v̄ = v
        b ← μ b + g / (√v̄ + eps)
        p ← p - lr · b

    Tieleman and Hinton, *Lecture 6.5: rmsprop*, Coursera 2012; centred: Graves, *Generating Sequences With
    Recurrent Neural Networks*, arXiv:1308.0850, with eps outside the root as in PyTorch.

    >>> import xpgrad as xp
    >>> w = xp.tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = xp.optim.RMSprop([w], lr=0.025)
    >>> xp.sum(w * w).backward()
    >>> optimizer.step()
    >>> xp.round(w.detach() * 1000)
    tensor([ 750., -750.])
    """

    def init(self, p: Any, xp: Any, *, momentum: float, centered: bool) -> dict[str, Any]:
        state = {"square_avg": xp.zeros_like(p)}
        if centered:
            state["grad_avg"] = xp.zeros_like(p)
        if momentum:
            state["momentum_buffer"] = xp.zeros_like(p)
        return state

    def check(self, *, alpha: float) -> None:
        require(alpha >= 0, "alpha value", alpha, "a number, 0 or more")

    def update(
        self, g: Any, state: dict[str, Any], p: Any, xp: Any, *,
        lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0,
        momentum: float = 0.0, centered: bool = False,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        if weight_decay:
            g = g + weight_decay * p
        v = alpha * state["square_avg"] + (1 - alpha) * (g * g)
        new = {"square_avg": v}
        if centered:
            mean = new["grad_avg"] = alpha * state["grad_avg"] + (1 - alpha) * g
            v = xp.maximum(v - mean * mean, xp.zeros_like(v))
        step = g / (xp.sqrt(v) + eps)
        if momentum:
            step = new["momentum_buffer"] = momentum * state["momentum_buffer"] + step
        return p + -lr * step, new  # a sum: NumPy writes it where the product is
