"""The backend object: a name and a namespace; everything else has a default."""

import array_api_strict
import numpy as np

from xpgrad.extend import Backend


class ThirdBackend(Backend):
    name = "third"
    xp = array_api_strict

    def to_host(self, x):
        return np.asarray(x)
