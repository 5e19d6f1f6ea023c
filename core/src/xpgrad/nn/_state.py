"""State dicts: all is checked and converted first; one that does not fit changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from xpgrad._modes import no_grad
from xpgrad._namespace.creation import asarray, tensor
from xpgrad._tensor import Tensor
from xpgrad.errors import StateDictError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["LoadResult", "load", "slots"]


class LoadResult(NamedTuple):
    """What ``load_state_dict`` returns: the names that did not match (only without ``strict``)."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"LoadResult(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"
        )


class Slot(NamedTuple):
    """One place of a module's state: the dictionary that holds the tensor, and its name there."""

    holder: dict[str, Any]
    key: str

    @property
    def tensor(self) -> Any:
        """What is there now."""
        return self.holder[self.key]


def slots(module: Any, prefix: str = "") -> Iterator[tuple[str, Slot]]:
    """Every parameter and persistent buffer by full name; shared ones under each of theirs."""
    for key, value in module._parameters.items():
        if value is not None:
            yield prefix + key, Slot(module._parameters, key)
    for key, value in module._buffers.items():
        if value is not None and key not in module._non_persistent_buffers_set:
            yield prefix + key, Slot(module._buffers, key)
    for key, child in module._modules.items():
        if child is not None:
            yield from slots(child, f"{prefix}{key}.")


def load(module: Any, state_dict: Mapping[str, Any], strict: bool, assign: bool) -> LoadResult:
    """Copy the values of ``state_dict`` into the module, or raise and change nothing."""
    if not hasattr(state_dict, "items"):
        message = f"expected state_dict to be dict-like, got {type(state_dict).__name__}"
        raise TypeError(message)
    places = dict(slots(module))
    missing = [name for name in places if name not in state_dict]
    unexpected = [name for name in state_dict if name not in places]
    problems = [_listed("missing", missing), _listed("unexpected", unexpected)] if strict else []
    converted = []
    for name, place in places.items():
        if name in state_dict:
            value, problem = _converted(name, place.tensor, state_dict[name], assign)
            converted.append((place, value))
            problems.append(problem)
    problems = [p for p in problems if p]
    if problems:
        message = f"the state dict does not fit {type(module).__name__}:\n  " + "\n  ".join(
            problems
        )
        raise StateDictError(message)
    for place, value in converted:
        _put(place, value, assign)
    return LoadResult(missing, unexpected)


def _listed(what: str, names: list[str]) -> str:
    return f"{what} names: {', '.join(map(repr, names))}" if names else ""


@no_grad()
def _converted(name: str, have: Tensor, given: Any, assign: bool) -> tuple[Any, str]:
    """The value as it will be stored, or what is wrong with it."""
    try:
        value = asarray(given)
        if value.shape != have.shape:
            return None, (
                f"shape of {name!r}: {value.shape} in the state dict, {have.shape} in the module"
            )
        if value.dtype.is_complex and not have.dtype.is_complex and not assign:
            return None, f"dtype of {name!r}: {value.dtype} does not fit into {have.dtype}"
        if not assign:
            value = tensor(value, dtype=have.dtype, device=have.device)
    except (TypeError, ValueError, RuntimeError) as error:
        return None, f"value of {name!r}: {type(given).__name__} is no array ({error})"
    return value, ""


def _put(place: Slot, value: Tensor, assign: bool) -> None:
    have = place.tensor
    if not assign:
        have._rebind(value._cell.raw, have._node)
        return
    kept = type(have)
    place.holder[place.key] = (
        value if kept is Tensor else kept(value, have.requires_grad and value.dtype.is_floating)
    )
