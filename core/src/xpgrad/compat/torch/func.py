"""``torch.func``: xpgrad's transforms under PyTorch's signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xpgrad as xp
from xpgrad import _tree
from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch._tensor import dress
from xpgrad.errors import ShapeError
from xpgrad.nn import functional_call as _functional_call

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize",
    "stack_module_state", "vjp", "vmap",
]  # fmt: skip


def dressed(tree: Any) -> Any:
    """A container of results, each in PyTorch's class."""
    return _tree.map_(dress, tree)


def _dressing(transformed: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return dressed(transformed(*args, **kwargs))

    return wrapped


def grad(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The gradient of ``func`` with respect to the arguments ``argnums`` (with what else it returns)."""
    return _dressing(xp.grad(func, argnums, has_aux=has_aux))


def grad_and_value(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Any:
    """Gradient first, then the value (with what else ``func`` returns)."""
    both = xp.value_and_grad(func, argnums, has_aux=has_aux)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return dressed((gradient, value))

    return wrapped


def vmap(
    func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:  # fmt: skip
    """``func`` over a batch of arguments at once."""
    return _dressing(xp.vmap(func, in_dims, out_dims, randomness=randomness, chunk_size=chunk_size))


def jacrev(
    func: Callable[..., Any], argnums: Any = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Callable[..., Any]:  # fmt: skip
    """The Jacobian by rows."""
    return _dressing(xp.jacrev(func, argnums, has_aux=has_aux, chunk_size=chunk_size))


def jacfwd(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The Jacobian by columns."""
    return _dressing(xp.jacfwd(func, argnums, has_aux=has_aux))


def hessian(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """The matrix of second derivatives."""
    return _dressing(xp.hessian(func, argnums))


def jvp(func: Callable[..., Any], primals: Any, tangents: Any, *, has_aux: bool = False) -> Any:
    """``func(*primals)`` and its derivative along the tangents."""
    return dressed(xp.jvp(func, primals, tangents, has_aux=has_aux))


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """``func(*primals)`` and the function that pulls cotangents back to the primals."""
    value, pull, *aux = xp.vjp(func, *primals, has_aux=has_aux)
    return (dressed(value), _dressing(pull), *dressed(aux))


def linearize(func: Callable[..., Any], *primals: Any) -> Any:
    """``func(*primals)`` and its derivative there, as a function of tangents."""
    value, push = xp.linearize(func, *primals)
    return dressed(value), _dressing(push)


def functional_call(
    module: Any, parameter_and_buffer_dicts: Any, args: Any = None, kwargs: Any = None
) -> Any:
    """``module(*args, **kwargs)`` with these parameters and buffers (a dict, or several) in place of its own."""
    given = parameter_and_buffer_dicts
    if not isinstance(given, dict):
        given = {name: value for part in given for name, value in part.items()}
    inputs = () if args is None else args if isinstance(args, tuple) else (args,)
    return dressed(_functional_call(module, given, inputs, kwargs))


def stack_module_state(models: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and buffers of modules of one structure, each name's stacked along a new first axis, as leaves."""
    models = list(models)
    if not models or any(type(m) is not type(models[0]) for m in models):
        message = "stack_module_state: expected one module or more, all of one class"
        raise ShapeError(message)

    def stacked(name: str) -> dict[str, Any]:
        parts = [dict(getattr(m, name)()) for m in models]
        return {k: dress(xp.stack([p[k].detach() for p in parts])) for k in parts[0]}

    parameters = stacked("named_parameters")
    trained = dict(models[0].named_parameters())
    for name, value in parameters.items():
        value.requires_grad_(trained[name].requires_grad)
    return parameters, stacked("named_buffers")


__getattr__ = module_getattr("torch.func", globals())
