"""The options of an optimizer: read off its rule's signature, checked, and brought into plain Python.

The keyword-only parameters of a class's ``update`` are its options, with their defaults and their order; the
constructor's signature, the keys of a parameter group and the checks all come from there.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from xpgrad.errors import OptimizerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "COMMON",
    "accepted",
    "bound",
    "check_common",
    "declared",
    "plain",
    "require",
    "signature",
]

REQUIRED: Final = inspect.Parameter.empty
COMMON: Final[dict[str, Any]] = {"maximize": False}
"""What every optimizer understands: ``maximize`` turns the gradients round before the rule sees them."""

_STRATEGIES: Final = frozenset(("foreach", "fused", "capturable", "differentiable"))
_NOT_NEGATIVE: Final = {
    "lr": "learning rate",
    "eps": "epsilon value",
    "weight_decay": "weight_decay value",
    "momentum": "momentum value",
}


def declared(rule: Callable[..., Any], supplied: frozenset[str]) -> dict[str, Any]:
    """Each option of a rule with its default (``REQUIRED`` if none), without what core supplies."""
    parameters = inspect.signature(rule).parameters.values()
    found = {
        p.name: p.default for p in parameters
        if p.kind is p.KEYWORD_ONLY and p.name not in supplied
    }  # fmt: skip
    if overlap := sorted(COMMON.keys() & found.keys()):
        message = f"{rule.__qualname__} declares {', '.join(overlap)}, which core does for every optimizer"
        raise OptimizerError(message)
    return found


def accepted(function: Callable[..., Any], names: Mapping[str, Any]) -> tuple[str, ...]:
    """The options that a function takes: those it names, or all of them if it takes any keyword."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return tuple(names)
    return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name in names)


def signature(options: Mapping[str, Any]) -> inspect.Signature:
    """The constructor's: ``(params, <options in order>, *, maximize=False)``."""
    parameter = inspect.Parameter
    given = parameter.POSITIONAL_OR_KEYWORD
    required = [n for n, default in options.items() if default is REQUIRED]
    names = [*required, *(n for n in options if n not in required)]
    return inspect.Signature(
        [
            parameter("params", given, default=REQUIRED if required else None),
            *(parameter(n, given, default=options[n]) for n in names),
            *(parameter(n, parameter.KEYWORD_ONLY, default=d) for n, d in COMMON.items()),
        ]
    )


def bound(
    cls: type, options: Mapping[str, Any], args: tuple[Any, ...], given: Mapping[str, Any]
) -> dict[str, Any]:
    """The constructor's arguments as a dictionary with every option in it.

    Raises:
        TypeError: For an option the rule does not have, one given twice, or too many.
    """
    known = {**options, **COMMON}
    for name in given:
        if name not in known:
            raise TypeError(_unexpected(cls, name, known))
    call = signature(options).replace(return_annotation=cls)
    try:
        values = call.bind(None, *args, **given)
    except TypeError as error:
        message = f"{cls.__name__}{call.replace(return_annotation=REQUIRED)}: {error}"
        raise TypeError(message) from None
    values.apply_defaults()
    return {name: value for name, value in values.arguments.items() if name != "params"}


def _unexpected(cls: type, name: str, known: Mapping[str, Any]) -> str:
    message = f"{cls.__name__} has no option {name!r}; it has {', '.join(known)}"
    if name in _STRATEGIES:
        message += (
            ". There is one update rule and no flag for how it is carried out: to differentiate through a step "
            "use update_tree() on tensors, for speed there is nothing to ask for"
        )
    return message


def require(valid: object, what: str, value: object, expected: str) -> None:
    """Refuse a bad option in PyTorch's words: ``Invalid learning rate: -1.0; expected …``.

    Raises:
        OptimizerError: (a ValueError) if ``valid`` is false.
    """
    if not valid:
        message = f"Invalid {what}: {value}; expected {expected}"
        raise OptimizerError(message)


def check_common(options: Mapping[str, Any]) -> None:
    """Check the options whose names mean the same everywhere."""
    for name, what in _NOT_NEGATIVE.items():
        if name in options:
            require(_holds(options[name], 0.0, None), what, options[name], "a number, 0 or more")
    for number, beta in enumerate(_sequence(options.get("betas", ()))):
        require(
            _holds(beta, 0.0, 1.0),
            f"beta parameter at index {number}",
            beta,
            "0 or more and less than 1",
        )


def _sequence(betas: Any) -> Any:
    require(isinstance(betas, (tuple, list)), "betas", betas, "a tuple of numbers")
    return betas


def _holds(value: Any, low: float, below: float | None) -> bool:
    try:
        return bool(low <= value) and (below is None or bool(value < below))
    except TypeError:
        return False


_PLAIN: Final = frozenset((float, int, bool, str, type(None)))


def plain(value: Any) -> Any:
    """An option as plain Python: numbers of array libraries would decide dtypes."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (tuple, list)):
        return tuple(map(plain, value))
    return value.item() if hasattr(value, "item") else value
