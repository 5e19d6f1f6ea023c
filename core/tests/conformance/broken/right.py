"""Right ones, which the kit must let pass: a rule of its own, and those of the page of optimizers from papers."""

import re
from pathlib import Path

from xpgrad.extend import OptimizerSpec, hookimpl
from xpgrad.optim import TreeOptimizer

XPGRAD_API = (1, 0)
PAGE = Path(__file__).parents[4] / "docs" / "plugins" / "optimizers-from-papers.md"

for _block in re.findall(
    r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
):
    exec(_block)  # noqa: S102 - our own page: its classes and references are this module's


class TreeSAM(TreeOptimizer):
    """Sharpness-aware descent that asks its closure itself (arXiv:2010.01412)."""

    def init(self, params, xp):
        return {"steps": 0}

    def update(self, grads, state, params, xp, *, closure=None, lr=0.1, rho=0.05):
        norm = xp.sqrt(sum(xp.sum(g * g) for g in grads.values()))
        scale = rho / xp.where(norm > 0, norm, xp.ones_like(norm))
        _, sharp = closure({n: p + xp.astype(scale, p.dtype) * grads[n] for n, p in params.items()})
        return {n: p - lr * sharp[n] for n, p in params.items()}, {"steps": state["steps"] + 1}


def tree_sam_reference(p, gradient, steps, *, lr=0.1, rho=0.05):
    trajectory = []
    for _ in range(steps):
        g = gradient(p)
        norm = sum(x * x for x in g) ** 0.5
        sharp = gradient([x + rho * d / norm for x, d in zip(p, g, strict=True)])
        p = [x - lr * d for x, d in zip(p, sharp, strict=True)]
        trajectory.append(p)
    return trajectory


RIGHT = {
    "RightSAM": ("TreeSAM", "tree_sam_reference", ({"lr": 0.05},)),
    "RightProdigy": ("Prodigy", "prodigy_reference", ({}, {"lr": 0.5, "betas": (0.8, 0.99), "d0": 1e-3})),
    "RightScheduleFree": ("ScheduleFreeSGD", "sgd_reference", ({"lr": 0.1}, {"lr": 0.05, "beta": 0.5, "warmup": 7})),
    "RightScheduleFreeAdamW": ("ScheduleFreeAdamW", "adamw_reference", ({"lr": 0.05, "weight_decay": 0.1},)),
}  # fmt: skip


@hookimpl
def xpgrad_optimizers():
    return [
        OptimizerSpec(name, f"broken.right:{cls}", f"broken.right:{reference}", cases)
        for name, (cls, reference, cases) in RIGHT.items()
    ]
