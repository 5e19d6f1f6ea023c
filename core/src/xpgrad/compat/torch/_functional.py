"""``torch.autograd.functional``: derivatives of a function at given inputs."""

# ruff: noqa: ARG001 (PyTorch's signatures)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xpgrad as xp
from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch._tensor import as_torch
from xpgrad.compat.torch.func import dressed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _tuple(inputs: Any) -> tuple[Any, ...]:
    given = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
    return tuple(as_torch(x) for x in given)


def _start(xs: tuple[Any, ...], create_graph: bool, strict: bool) -> tuple[Any, ...]:
    if strict:
        message = "strict=True is not in xpgrad.compat.torch; leave it out"
        raise NotImplementedError(message)
    return xs if create_graph else tuple(x.detach() for x in xs)


def _end(result: Any, create_graph: bool) -> Any:
    def finished(x: Any) -> Any:
        return x if create_graph or not hasattr(x, "detach") else x.detach()

    return dressed(xp._tree.map_(finished, result))


def _like_inputs(result: Any, inputs: Any) -> Any:
    return result if isinstance(inputs, (tuple, list)) else result[0]


def jacobian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """The Jacobian: a tensor, or a tuple for several inputs or outputs (of tuples for both)."""
    xs = _start(_tuple(inputs), create_graph, strict)
    kind = xp.jacfwd if strategy == "forward-mode" else xp.jacrev
    found = _end(kind(func, argnums=tuple(range(len(xs))))(*xs), create_graph)
    if isinstance(inputs, (tuple, list)):
        return found
    several = found and isinstance(found[0], tuple)  # of several outputs
    return tuple(row[0] for row in found) if several else found[0]


def hessian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """The second derivatives of a number: a tensor, or a tuple of tuples for several inputs."""
    xs = _start(_tuple(inputs), create_graph, strict)
    found = _end(xp.hessian(_one(func), argnums=tuple(range(len(xs))))(*xs), create_graph)
    return found if isinstance(inputs, (tuple, list)) else found[0][0]


def _one(func: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one element, as a number."""

    def number(*args: Any) -> Any:
        value = func(*args)
        return value.reshape(()) if value.ndim else value

    return number


def _ones(value: Any, v: Any, name: str) -> Any:
    if v is not None:
        return v
    if isinstance(value, (tuple, list)) or value.size != 1:
        message = f"{name}: v can be left out only for a function that returns one element"
        raise RuntimeError(message)
    return xp.ones_like(value)


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> Any:  # fmt: skip
    """``func(*inputs)``, and the gradients of ``(func * v).sum()``."""
    xs = _start(_tuple(inputs), create_graph, strict)
    value, pull = xp.vjp(func, *xs)
    found = pull(_ones(value, v, "vjp"))
    return _end((value, _like_inputs(found, inputs)), create_graph)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> Any:  # fmt: skip
    """``func(*inputs)``, and its derivative along ``v``."""
    xs = _start(_tuple(inputs), create_graph, strict)
    tangents = (_ones(xs[0] if len(xs) == 1 else xs, None, "jvp"),) if v is None else _tuple(v)
    return _end(xp.jvp(func, xs, tangents), create_graph)


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> Any:  # fmt: skip
    """``func(*inputs)``, and the Hessian times ``v``."""
    xs = _start(_tuple(inputs), create_graph, strict)
    tangents = (_ones(xs[0] if len(xs) == 1 else xs, None, "hvp"),) if v is None else _tuple(v)
    every = tuple(range(len(xs)))
    _, found = xp.jvp(xp.grad(_one(func), argnums=every), xs, tangents)
    return _end((func(*xs), _like_inputs(found, inputs)), create_graph)


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> Any:  # fmt: skip
    """``func(*inputs)``, and ``v`` times the Hessian, which is symmetric."""
    return hvp(func, inputs, v, create_graph, strict)


__getattr__ = module_getattr("torch.autograd.functional", globals())
