"""A pytest plugin that registers all of them."""

from broken import layers, optimizers, right
from xpgrad.extend import registry

for _module in (layers, optimizers, right):
    registry.register_plugin(_module)
