"""A module with other tensors in the places of its parameters: how transforms see modules."""

from __future__ import annotations

from collections import OrderedDict
from types import MethodType
from typing import TYPE_CHECKING, Any

from xpgrad import _tree
from xpgrad._tensor import Tensor
from xpgrad.errors import StateDictError
from xpgrad.nn._attributes import TABLES, Attributes
from xpgrad.nn._state import slots

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["functional_call"]


def substituted(module: Any, tensors: Mapping[int, Any], made: dict[int, Any] | None = None) -> Any:
    """A copy of the module that has ``tensors[id(t)]`` for each of its tensors t listed there; the rest is shared."""
    made = {} if made is None else made
    if id(module) in made:
        return made[id(module)]
    copy = made[id(module)] = object.__new__(type(module))
    own = copy.__dict__
    for name, value in module.__dict__.items():
        found = _followed(value, tensors, made)
        own[name] = (
            dict(found) if name in TABLES else found
        )  # what the call assigns stays in the copy
    return copy


def _followed(value: Any, tensors: Mapping[int, Any], made: dict[int, Any]) -> Any:
    """The value with the copies in place of modules and tensors: in the tables, and in lists of layers beside them.

    What holds none of them stays the same object.
    """
    if isinstance(value, Tensor):
        return tensors.get(id(value), value)
    if isinstance(value, Attributes):
        return substituted(value, tensors, made)
    if isinstance(value, MethodType) and isinstance(value.__self__, Attributes):
        return MethodType(value.__func__, substituted(value.__self__, tensors, made))
    if type(value) not in (dict, OrderedDict, list, tuple) or id(value) in made:
        return made.get(id(value), value)
    made[id(value)] = value  # a list may hold itself
    parts = list(value.values()) if isinstance(value, dict) else value
    new = [_followed(part, tensors, made) for part in parts]
    if any(a is not b for a, b in zip(parts, new, strict=True)):
        made[id(value)] = (
            type(value)(zip(value, new, strict=True))
            if isinstance(value, dict)
            else type(value)(new)
        )
    return made[id(value)]


def functional_call(
    module: Any, parameters: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
) -> Any:
    """Call ``module`` with other values of its parameters and buffers; the module stays what it is.

    Layers that the module also holds in a plain list or dictionary are followed there; those that a closure of
    its own holds are not.

    Args:
        module: any Module.
        parameters: tensors by name, as ``dict(module.named_parameters())``, or a tuple of such dictionaries; what is
            not named keeps its value.  A tied parameter has its first name.
        args: the call's arguments; a tuple, or one that is no tuple.
        kwargs: its keyword arguments.

    Raises:
        StateDictError: if a name is none of the module's.

    >>> import xpgrad as xp
    >>> layer = xp.nn.Linear(2, 1, bias=False)
    >>> xp.nn.functional_call(layer, {"weight": xp.ones((1, 2))}, xp.asarray([2.0, 3.0]))
    tensor([5.])
    """
    given: dict[str, Any] = {}
    for part in parameters if isinstance(parameters, (tuple, list)) else (parameters,):
        given.update(part)
    known = {name: place.tensor for name, place in slots(module)} | dict(module.named_buffers())
    unknown = [name for name in given if name not in known]
    if unknown:
        message = (
            f"functional_call: the module has no {', '.join(unknown)}; it has {', '.join(known)}"
        )
        raise StateDictError(message)
    other = substituted(module, {id(known[name]): t for name, t in given.items()})
    return other(*(args if isinstance(args, tuple) else (args,)), **(kwargs or {}))


def _put_together(module: Any, parts: dict[Any, Any]) -> Any:
    return substituted(module, {id(p): parts[name] for name, p in module.named_parameters()})


# gradients make no module: they come as a dictionary by parameter name
_tree.register(
    Attributes, lambda m: dict(m.named_parameters()), _put_together, lambda _, parts: parts
)
