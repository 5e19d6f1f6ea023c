"""Lion: the sign of an interpolated momentum."""

from xpgrad.optim import Optimizer


class Lion(Optimizer):
    def init(self, p, xp):
        return {"momentum": xp.zeros_like(p)}

    def update(self, g, state, p, xp, *, lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0):
        momentum = state["momentum"]
        direction = xp.sign(beta1 * momentum + (1 - beta1) * g)
        new = p - lr * (direction + weight_decay * p)
        return new, {"momentum": beta2 * momentum + (1 - beta2) * g}
