"""What NumPy computes itself: its functions without a derivative, on tensors that need none."""

from __future__ import annotations

from typing import Any

import xpgrad as xp
from xpgrad.compat.numpy._moving import is_array

__all__ = ["computed_by_numpy", "stored"]


def computed_by_numpy(name: str, function: Any, args: Any, kwargs: Any, hint: str = "") -> Any:
    """The function's result as tensors, where all tensors are plain NumPy arrays that carry no derivative.

    Raises:
        TypeError: if one is tracked, belongs to a running transform or to another library.
    """
    given = [t for t in _leaves((args, kwargs)) if isinstance(t, xp.Tensor)]
    if any(t._carries() for t in given):
        why = f"has no derivative here; call detach() to leave the tape{hint}, or compose it from functions of xpgrad"
    elif any(t._xp.level for t in given):
        why = f"is not known to transforms{hint}; compose it from functions of xpgrad"
    elif any(t.backend.name != "numpy" for t in given):
        why = f"belongs to NumPy; call .numpy() to bring the values to it{hint}, or compose it from functions of xpgrad"
    else:
        args, kwargs = _mapped((args, kwargs), _raw)
        return _mapped(function(*args, **kwargs), _tensor)
    message = f"{name} of a tensor is not supported: it {why}"
    raise TypeError(message)


def stored(out: Any, result: Any, where: Any = True) -> Any:
    """``out=`` of a tensor: the statement ``out[...] = result``, where a condition holds."""
    out[...] = (
        result if where is True else xp.where(xp.asarray(where, device=out.device), result, out)
    )
    return out


def _raw(value: Any) -> Any:
    return value.numpy() if isinstance(value, xp.Tensor) else value


def _tensor(value: Any) -> Any:
    return xp.asarray(value) if is_array(value) else value


def _leaves(tree: Any) -> Any:
    if isinstance(tree, (list, tuple)):
        return [leaf for part in tree for leaf in _leaves(part)]
    return _leaves(list(tree.values())) if isinstance(tree, dict) else [tree]


def _mapped(tree: Any, function: Any) -> Any:
    if type(tree) in (list, tuple):
        return type(tree)(_mapped(part, function) for part in tree)
    if type(tree) is dict:
        return {key: _mapped(part, function) for key, part in tree.items()}
    return function(tree)
