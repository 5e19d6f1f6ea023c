"""``torch.nn.parameter``."""

from xpgrad.compat.torch.nn import Parameter as Parameter

__all__ = ["Parameter"]
