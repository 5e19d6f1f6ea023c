"""Rules of additions, products, quotients and square roots: every machine computes the same bits."""

from xpgrad.optim import Optimizer, Transformation, TreeOptimizer, require


class CapsuleDrift(Optimizer):
    """Momentum, scaled by the root of a running mean of squares."""

    def init(self, p, xp, *, damp):
        return {"mean": xp.zeros_like(p), "square": damp * xp.ones_like(p), "step": 0}

    def check(self, *, damp):
        require(0 < damp <= 1, "damp", damp, "a number above 0, at most 1")

    def update(self, g, state, p, xp, *, lr=1e-2, momentum=0.9, damp=0.5, weight_decay=0.0):
        step = state["step"] + 1
        mean = momentum * state["mean"] + g
        square = (1 - damp) * state["square"] + damp * g * g
        bold = xp.where(mean * g > 0, xp.ones_like(g), damp * xp.ones_like(g))
        new = p - lr * (bold * mean / (xp.sqrt(square) + 1.0 / step) + weight_decay * p)
        return new, {"mean": mean, "square": square, "step": step}


class CapsuleBalanced(TreeOptimizer):
    """Gradient descent with one step length for the whole tree: over one plus the sum of absolute gradients."""

    def init(self, params, xp):
        return {"last": {name: xp.zeros_like(p) for name, p in params.items()}, "steps": 0}

    def update(self, grads, state, params, xp, *, lr=1e-2):
        total = 1.0
        for g in grads.values():
            total = total + xp.sum(xp.abs(g))
        last = dict(state["last"])
        for name, g in grads.items():
            last[name] = 0.5 * last[name] + g / total
        new = {name: p - lr * last[name] for name, p in params.items()}
        return new, {"last": last, "steps": state["steps"] + 1}


class CapsuleSoften(Transformation):
    """Each gradient between itself and the one before."""

    def init(self, params, xp):
        return {name: xp.zeros_like(p) for name, p in params.items()}

    def update(self, grads, state, params, xp):
        softened = {name: 0.5 * (g + state[name]) for name, g in grads.items()}
        return softened, {**state, **grads}


class CapsuleAhead(Transformation):
    """The gradients one short step ahead."""

    def update(self, grads, state, params, xp, *, value=None, closure=None):
        _, ahead = closure({n: params[n] - 0.0625 * g for n, g in grads.items()})
        return {n: ahead[n] for n in grads}, state
