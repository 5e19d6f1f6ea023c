"""AdamW."""

from __future__ import annotations

from typing import Any

from xpgrad_adam.adam import Adam


class AdamW(Adam):
    r"""Adam with weight decay beside the step instead of in the gradient.

        p ← (1 - lr · weight_decay) p,  then Adam's step from that p with weight_decay = 0

    Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, arXiv:1711.05101, algorithm 2, with PyTorch's
    decay proportional to ``lr``.

    >>> import xpgrad as xp
    >>> w = xp.tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = xp.optim.AdamW([w], lr=0.25, weight_decay=0.4)
    >>> xp.sum(w * w).backward()
    >>> optimizer.step()
    >>> xp.round(w.detach() * 1000)
    tensor([ 650., -650.])
    """

    def update(
        self, g: Any, state: dict[str, Any], p: Any, xp: Any, *,
        lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        p = (1 - lr * weight_decay) * p
        return super().update(g, state, p, xp, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad)
