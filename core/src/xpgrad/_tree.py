"""Nested containers of arrays (pytrees): taken apart into leaves, and put together again.

Dictionaries, lists, tuples, named tuples and dataclasses are containers, and whatever class is registered here;
``None`` is an empty one.  Everything else is a leaf.  Dictionaries keep their order, and only their keys matter
when two are compared.
"""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING, Any, Final

from xpgrad.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Structure", "flatten", "map_", "register", "register_pytree_node"]

_REGISTERED: Final[dict[type, Any]] = {}


def register(
    cls: type,
    take_apart: Callable[[Any], dict[Any, Any]],
    put_together: Callable[[Any, dict[Any, Any]], Any],
    results: Callable[[Any, dict[Any, Any]], Any] | None = None,
) -> None:
    """Make a class and its subclasses containers.

    ``take_apart(object)`` gives the children by key, ``put_together(object, children)`` a new object like the
    given one, which structures keep.  Where children of another kind (gradients, say) make no such object,
    ``results`` puts them together.
    """
    _REGISTERED[cls] = (lambda x: (take_apart(x), x), put_together, results or put_together)


def register_pytree_node(
    cls: type,
    flatten_function: Callable[[Any], tuple[Iterable[Any], Any]],
    unflatten_function: Callable[[Any, Iterable[Any]], Any],
) -> None:
    """Make a class a container, in JAX's and PyTorch's terms.

    Args:
        cls: the class; its subclasses too.
        flatten_function: gives (children, auxiliary data).
        unflatten_function: makes an object of (auxiliary data, children).

    >>> import xpgrad as xp
    >>> class Line:
    ...     def __init__(self, slope, at): self.slope, self.at = slope, at
    >>> xp.register_pytree_node(Line, lambda s: ((s.slope, s.at), None), lambda _, parts: Line(*parts))
    >>> xp.grad(lambda line: 3.0 * line.slope + line.at)(Line(1.0, 2.0)).slope
    tensor(3.)
    """

    def take_apart(x: Any) -> tuple[dict[Any, Any], Any]:
        children, auxiliary = flatten_function(x)
        return dict(enumerate(children)), auxiliary

    def put_together(auxiliary: Any, parts: dict[Any, Any]) -> Any:
        return unflatten_function(auxiliary, tuple(parts.values()))

    _REGISTERED[cls] = (take_apart, put_together, put_together)


# Each kind of container: what takes one apart, into its children by key and the rest of it, which holds none of
# them; and what puts the rest and other children together.


def _fields(x: Any) -> tuple[dict[Any, Any], Any]:
    return {f.name: getattr(x, f.name) for f in dataclasses.fields(x)}, type(x)


def _dataclass(cls: Any, parts: dict[Any, Any]) -> Any:
    """A dataclass with these field values; made without ``__init__``, which may check or convert."""
    new = object.__new__(cls)
    for name, value in parts.items():
        object.__setattr__(new, name, value)
    return new


def _entries(x: Any) -> tuple[dict[Any, Any], Any]:
    if type(x) is dict:
        return x, None
    rest = copy.copy(x)  # a defaultdict keeps its factory
    rest.clear()
    return dict(x), rest


def _mapping(rest: Any, parts: dict[Any, Any]) -> Any:
    if rest is None:
        return parts
    new = copy.copy(rest)
    new.update(parts)
    return new


def _items(x: Any) -> tuple[dict[Any, Any], Any]:
    return dict(enumerate(x)), getattr(x, "_make", type(x))


def _sequence(make: Any, parts: dict[Any, Any]) -> Any:
    return make(parts.values())


def _container(x: Any) -> Any:
    """The three functions for a container; None for a leaf."""
    kind = type(x)
    if kind is tuple or kind is list or isinstance(x, (tuple, list)):
        return _items, _sequence, _sequence
    if isinstance(x, dict):
        return _entries, _mapping, _mapping
    for base in kind.__mro__:
        if base in _REGISTERED:
            return _REGISTERED[base]
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return _fields, _dataclass, _dataclass
    return None


class Structure:
    """What is left of a tree without its leaves, which it does not keep alive."""

    __slots__ = ("_keys", "_kind", "_parts", "_rest", "_ways", "size")

    def __init__(
        self, kind: type | None, rest: Any, ways: Any, parts: dict[Any, Structure] | None
    ) -> None:
        self._kind = kind
        self._rest = rest
        self._ways = ways
        self._parts = parts
        self._keys = None if parts is None else tuple(parts)
        self.size: int = 1 if parts is None else sum(p.size for p in parts.values())

    def children(self) -> list[Structure]:
        """The structures of the parts of a container."""
        return list((self._parts or {}).values())

    def build(self, leaves: Iterable[Any]) -> Any:
        """The tree with these leaves, in order."""
        return self._build(iter(leaves), 0)

    def results(self, leaves: Iterable[Any]) -> Any:
        """A tree of what belongs to the leaves: their gradients, say."""
        return self._build(iter(leaves), 1)

    def _build(self, leaves: Any, way: int) -> Any:
        if self._parts is None:
            return next(leaves)
        if self._kind is None:
            return None
        parts = {k: p._build(leaves, way) for k, p in self._parts.items()}
        return self._ways[way](self._rest, parts)

    def leaves_of(self, tree: Any, what: str) -> list[Any]:
        """The leaves of another tree of the same structure, in this one's order.

        Raises:
            ShapeError: where the structures differ; the message says where.
        """
        found: list[Any] = []
        self._collect(tree, what, "", found)
        return found

    def _collect(self, tree: Any, what: str, path: str, found: list[Any]) -> None:
        if self._parts is None:
            found.append(tree)
            return
        container = None if tree is None else _container(tree)
        have = {} if tree is None else None if container is None else container[0](tree)[0]
        if have is None or set(have) != set(self._parts):
            got = (
                type(tree).__name__ if have is None else f"{type(tree).__name__} with {list(have)}"
            )
            message = (
                f"{what}{path} must be built like what it belongs to, a {_name(self._kind)} with "
                f"{list(self._parts)}; got {got}"
            )
            raise ShapeError(message)
        for key, part in self._parts.items():
            part._collect(have[key], what, f"{path}[{key!r}]", found)

    def spread(self, prefix: Any, what: str) -> list[Any]:
        """For each leaf, the entry of a tree that is built like this one or ends earlier; None is an entry.

        Raises:
            ShapeError: where the prefix has a container that this tree has not.
        """
        found: list[Any] = []
        self._spread(prefix, what, found)
        return found

    def _spread(self, prefix: Any, what: str, found: list[Any]) -> None:
        container = None if prefix is None else _container(prefix)
        if container is None:
            found += [prefix] * self.size
            return
        parts, _ = container[0](prefix)
        if self._parts is None or set(parts) != set(self._parts):
            got = "a leaf" if self._parts is None else f"a container with {list(self._parts)}"
            message = (
                f"{what} has {type(prefix).__name__} with {list(parts)} where the tree has {got}"
            )
            raise ShapeError(message)
        for key, part in self._parts.items():
            part._spread(parts[key], what, found)

    def paths(self, path: str) -> list[str]:
        """How each leaf is reached from the tree called ``path``."""
        if self._parts is None:
            return [path]
        return [p for key, part in self._parts.items() for p in part.paths(f"{path}[{key!r}]")]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Structure):
            return NotImplemented
        if self._parts is None or other._parts is None:
            return self._parts is other._parts
        return self._kind is other._kind and self._parts == other._parts

    def __hash__(self) -> int:
        return hash((self._kind, self._keys))

    def __repr__(self) -> str:
        if self._parts is None:
            return "*"
        inside = ", ".join(f"{k}: {p!r}" for k, p in self._parts.items())
        return f"{_name(self._kind)}({inside})"


def _name(kind: type | None) -> str:
    return "NoneType" if kind is None else kind.__name__


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a tree in order, and its structure."""
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Any, leaves: list[Any]) -> Structure:
    if tree is None:
        return Structure(None, None, None, {})
    container = _container(tree)
    if container is None:
        leaves.append(tree)
        return Structure(None, None, None, None)
    take_apart, *ways = container
    children, rest = take_apart(tree)
    parts = {key: _flatten(child, leaves) for key, child in children.items()}
    return Structure(type(tree), rest, ways, parts)


def map_(function: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    """The tree with ``function`` applied to its leaves, and to those of further trees of the same structure."""
    leaves, structure = flatten(tree)
    others = [structure.leaves_of(r, "a tree") for r in rest]
    return structure.build([function(*each) for each in zip(leaves, *others, strict=True)])
