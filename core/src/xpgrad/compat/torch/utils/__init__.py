"""``torch.utils``: data loading."""

from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch.utils import data as data

__all__ = ["data"]
__getattr__ = module_getattr("torch.utils", globals())
