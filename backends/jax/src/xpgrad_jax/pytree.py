"""Tensors of xpgrad as arguments and results of functions that JAX transforms: ``jax.jit``, ``jax.vmap``."""

from __future__ import annotations

from typing import Any

import jax

import xpgrad
from xpgrad.errors import GraphError


def register() -> None:
    """Teach JAX what a tensor holds; a leaf that requires grad stays one."""
    jax.tree_util.register_pytree_node(xpgrad.Tensor, _flatten, _unflatten)


def _flatten(t: Any) -> tuple[tuple[Any], bool]:
    if t.requires_grad and not t.is_leaf:
        message = (
            "a tensor on the tape cannot enter or leave a function that JAX transforms: its tape stays behind. "
            "Return t.detach(), or take gradients inside"
        )
        raise GraphError(message)
    return (t._cell.raw,), t.requires_grad  # noqa: SLF001 - a tracer has no other way out


def _unflatten(requires_grad: bool, children: tuple[Any]) -> Any:
    (raw,) = children
    if not isinstance(raw, jax.Array):  # JAX also builds trees of its own marks
        return raw
    return xpgrad.asarray(raw, requires_grad=requires_grad)
