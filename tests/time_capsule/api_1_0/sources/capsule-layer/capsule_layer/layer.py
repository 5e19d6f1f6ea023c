"""The layer."""

import xpgrad as xp
from xpgrad.nn import Module, Parameter, init


class CapsuleGate(Module):
    """Squares of scaled and shifted features, minus the running mean of earlier batches.

    Shapes: ``(batch, features)`` to the same.
    """

    def __init__(self, features, sharpness=1.5, *, device=None, dtype=None):
        super().__init__()
        self.features, self.sharpness = features, sharpness
        self.scale = Parameter(xp.ones((features,), device=device, dtype=dtype))
        self.shift = Parameter(xp.empty((features,), device=device, dtype=dtype))
        self.register_buffer("mean", xp.zeros((features,), device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self):
        init.constant_(self.scale, 1.25)
        init.uniform_(self.shift, -0.5, 0.5)

    def forward(self, input):
        y = input * self.scale + self.shift
        y = self.sharpness * (y * y)
        result = y - self.mean
        if self.training:
            seen = xp.sum(y.detach(), axis=0) / y.shape[0]
            self.mean = 0.75 * self.mean + 0.25 * seen
        return result

    def extra_repr(self):
        return f"features={self.features}, sharpness={self.sharpness}"


def reference(state, x, *, features, sharpness=1.5):
    """The same on NumPy's arrays, in evaluation."""
    return sharpness * (x * state["scale"] + state["shift"]) ** 2 - state["mean"]
