"""Parameter groups: whatever the user passed as ``params``, in dictionaries with a name for every tensor."""

from __future__ import annotations

from typing import Any

from xpgrad._tensor import Tensor
from xpgrad.errors import OptimizerError

__all__ = ["listed", "named"]


def listed(params: Any) -> list[dict[str, Any]]:
    """The groups of ``params``: one for tensors or pairs, one per dictionary otherwise.

    Raises:
        TypeError: If it is not an ordered iterable of tensors, pairs or dictionaries.
        OptimizerError: If it is empty.
    """
    if isinstance(params, (Tensor, str, bytes, dict, set, frozenset)) or not hasattr(
        params, "__iter__"
    ):
        raise TypeError(_not_iterable(params))
    items = list(params)
    if not items:
        message = (
            "optimizer got an empty parameter list; pass model.parameters() or a list of tensors"
        )
        raise OptimizerError(message)
    if isinstance(items[0], dict):
        return items
    return [{"params": items}]


def _not_iterable(params: Any) -> str:
    message = (
        "params argument given to the optimizer should be an iterable of tensors, (name, tensor) pairs or "
        f"dicts, but got {type(params).__name__}"
    )
    if isinstance(params, dict):
        return f"{message}; pass .items() to use its keys as names"
    if isinstance(params, (set, frozenset)):
        return f"{message}, whose order is not fixed; pass a list"
    if callable(params):
        return f"{message}; did you forget the () of parameters()?"
    return message


def named(group: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any]:
    """A copy of ``group`` with a list of tensors and the list of their names.

    A tensor that occurs twice in the group keeps its first name.

    Raises:
        OptimizerError: If a tensor is no leaf, or it or its name is in one of ``others``.
    """
    if not isinstance(group, dict) or "params" not in group:
        message = f"a parameter group must be a dict with 'params', got {group!r}"
        raise TypeError(message)
    params = group["params"]
    pairs = _pairs([params] if isinstance(params, Tensor) else _ordered(params), len(others))
    unique: dict[int, tuple[str, Tensor]] = {}
    for name, p in pairs:
        if not p.is_leaf:
            message = f"can't optimize a non-leaf Tensor: {name!r} was computed; pass x.detach().requires_grad_()"
            raise OptimizerError(message)
        unique.setdefault(id(p), (name, p))
    names = [name for name, _ in unique.values()]
    tensors = [p for _, p in unique.values()]
    _check_alone(names, tensors, others)
    return {**group, "params": tensors, "param_names": names}


def _ordered(params: Any) -> list[Any]:
    if isinstance(params, (set, frozenset)):
        raise TypeError(_not_iterable(params))
    return list(params)


def _pairs(items: list[Any], group: int) -> list[tuple[str, Tensor]]:
    """(name, tensor) for every item; ``param.{group}.{i}`` where no names were given."""
    with_names = [isinstance(item, tuple) for item in items]
    if any(with_names) and not all(with_names):
        message = "all optimizer params should be with names or all without; got a mixture of pairs and tensors"
        raise OptimizerError(message)
    pairs = [
        item if isinstance(item, tuple) else (f"param.{group}.{i}", item)
        for i, item in enumerate(items)
    ]
    for pair in pairs:
        if len(pair) != 2 or not isinstance(pair[0], str) or not isinstance(pair[1], Tensor):
            got = " of ".join(
                [type(pair).__name__, ", ".join(type(each).__name__ for each in pair)]
            )
            got = type(pair[1]).__name__ if len(pair) == 2 and isinstance(pair[0], str) else got
            message = f"optimizer can only optimize Tensors or (name, Tensor) pairs, but one of the params is {got}"
            raise TypeError(message)
    return pairs


def _check_alone(names: list[str], tensors: list[Any], others: list[dict[str, Any]]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    for other in others:
        known = {id(p) for p in other["params"]}
        if shared := [n for n, p in zip(names, tensors, strict=True) if id(p) in known]:
            message = (
                f"some parameters appear in more than one parameter group: {', '.join(shared)}"
            )
            raise OptimizerError(message)
        twice += sorted(set(names) & set(other["param_names"]))
    if twice:
        message = f"two parameters have one name: {', '.join(twice)}; state is kept by name"
        raise OptimizerError(message)
