"""Adam."""

from __future__ import annotations

from typing import Any

from xpgrad.optim import Optimizer


class Adam(Optimizer):
    r"""Steps scaled by running means of the gradient and of its square.

    With gradient g, parameter p, step t = 1, 2, …, (β₁, β₂) = ``betas``:

        g ← g + weight_decay · p
        m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²
        p ← p - lr · m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + eps)

    Kingma and Ba, *Adam: A Method for Stochastic Optimization*, arXiv:1412.6980, algorithm 1.  With
    ``amsgrad`` the largest v so far takes v's place: Reddi, Kale and Kumar, ICLR 2018.

    >>> import xpgrad as xp
    >>> w = xp.tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = xp.optim.Adam([w], lr=0.25)
    >>> xp.sum(w * w).backward()
    >>> optimizer.step()
    >>> xp.round(w.detach() * 1000)
    tensor([ 750., -750.])
    """

    def init(self, p: Any, xp: Any, *, amsgrad: bool) -> dict[str, Any]:
        names = (
            ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if amsgrad else ("exp_avg", "exp_avg_sq")
        )
        return {"step": 0, **{name: xp.zeros_like(p) for name in names}}

    def update(
        self, g: Any, state: dict[str, Any], p: Any, xp: Any, *,
        lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, amsgrad: bool = False,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        beta1, beta2 = betas
        step = state["step"] + 1
        if weight_decay:
            g = g + weight_decay * p
        m = beta1 * state["exp_avg"] + (1 - beta1) * g
        v = beta2 * state["exp_avg_sq"] + (1 - beta2) * (g * g)
        new = {"step": step, "exp_avg": m, "exp_avg_sq": v}
        if amsgrad:
            v = new["max_exp_avg_sq"] = xp.maximum(state["max_exp_avg_sq"], v)
        # both corrections on numbers instead of arrays: the end of the paper's section 2
        root = (1 - beta2**step) ** 0.5
        rate = -lr * root / (1 - beta1**step)
        return p + rate * m / (xp.sqrt(v) + eps * root), new  # a sum: NumPy reuses the temporary
