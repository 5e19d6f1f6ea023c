"""``vmap``: a function of one example, run on all of them at once."""

from xpgrad.transforms._batching._table import vmap_coverage as vmap_coverage
from xpgrad.transforms._batching._vmap import vmap as vmap

__all__ = ["vmap", "vmap_coverage"]
