"""The same on NumPy, with one array fewer."""

import numpy as np


def soft(x, limit, *, sharpness=1.0):
    y = sharpness * x
    return y * limit / (limit + np.abs(y))
