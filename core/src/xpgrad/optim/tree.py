"""Trees of arrays: dictionaries, lists and tuples, with a dotted name for every leaf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad.errors import OptimizerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["leaves_of_both", "mapped", "named_leaves", "rebuilt"]


def named_leaves(tree: Any) -> dict[str, Any]:
    """The leaves of a tree by name: ``{"layers": [{"weight": w}]}`` gives ``{"layers.0.weight": w}``.

    >>> named_leaves({"a": [1, 2], "b": 3})
    {'a.0': 1, 'a.1': 2, 'b': 3}
    """
    found: dict[str, Any] = {}
    for name, leaf in _walk(tree, ""):
        if name in found:
            message = f"two leaves of the tree are called {name!r}; rename one of them"
            raise OptimizerError(message)
        found[name] = leaf
    return found


def leaves_of_both(params: Any, grads: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The named leaves of two trees of one shape."""
    leaves, gradients = named_leaves(params), named_leaves(grads)
    if unknown := sorted(leaves.keys() ^ gradients.keys()):
        message = (
            f"grads and params must be trees of one shape; they differ in {', '.join(unknown)}"
        )
        raise OptimizerError(message)
    return leaves, gradients


def rebuilt(tree: Any, leaves: Mapping[str, Any]) -> Any:
    """A tree of the same shape with the leaves of these names."""
    return _rebuilt(tree, "", leaves)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with ``function`` applied to every leaf."""
    if isinstance(tree, dict):
        return {key: mapped(function, value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return _sequence_like(tree, [mapped(function, value) for value in tree])
    return function(tree)


def _walk(tree: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _walk(value, _joined(path, key))
    elif isinstance(tree, (list, tuple)):
        for number, value in enumerate(tree):
            yield from _walk(value, _joined(path, number))
    else:
        yield path, tree


def _rebuilt(tree: Any, path: str, leaves: Mapping[str, Any]) -> Any:
    if isinstance(tree, dict):
        return {key: _rebuilt(value, _joined(path, key), leaves) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        parts = [_rebuilt(value, _joined(path, n), leaves) for n, value in enumerate(tree)]
        return _sequence_like(tree, parts)
    return leaves[path]


def _joined(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _sequence_like(old: Any, items: list[Any]) -> Any:
    if hasattr(old, "_fields"):  # a named tuple
        return type(old)(*items)
    return tuple(items) if isinstance(old, tuple) else items
