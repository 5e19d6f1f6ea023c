"""A pytest plugin that registers all of them."""

from broken import layers, operations, optimizers, right
from xpgrad.extend import registry

for _module in (layers, operations, optimizers, right):
    registry.register_plugin(_module)
