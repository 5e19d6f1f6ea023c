"""The five hooks through which a plugin joins xpgrad.

Each is called once, when plugins are discovered (``xpgrad_kernels``: once when a backend starts),
and returns plain data whose targets are ``"package.module:attr"`` strings, so that listing a plugin
imports nothing heavy. None is ever called per operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from xpgrad.extend.backend import Backend
    from xpgrad.extend.specs import BackendSpec, ComponentSpec, OpSpec, OptimizerSpec

PROJECT = "xpgrad"
"""The entry point group, and the name under which pluggy knows the hooks."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def xpgrad_backends() -> Iterable[BackendSpec]:  # type: ignore[empty-body]
    """Array libraries that xpgrad can compute on, with the device kinds each one serves."""


@hookspec
def xpgrad_ops() -> Iterable[OpSpec]:  # type: ignore[empty-body]
    """New differentiable operations: a forward function and its rule."""


@hookspec
def xpgrad_kernels(backend: Backend) -> Mapping[str, Callable[..., object]] | None:
    """Faster functions, by operation name, for a backend that just started, or None."""


@hookspec
def xpgrad_optimizers() -> Iterable[OptimizerSpec]:  # type: ignore[empty-body]
    """Optimizers, found afterwards as ``xpgrad.optim.Name``."""


@hookspec
def xpgrad_components() -> Iterable[ComponentSpec]:  # type: ignore[empty-body]
    """Layers, losses, schedulers, initializers, compilers and exporters."""
