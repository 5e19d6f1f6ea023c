"""An optimizer's state by parameter name: shown as tensors, written to and read from state dicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from xpgrad._devices import namespace_of_array
from xpgrad._namespace._lift import neutral
from xpgrad._namespace.creation import asarray
from xpgrad._tensor import Tensor, wrap
from xpgrad.errors import StateDictError
from xpgrad.optim.tree import mapped

__all__ = ["StateView", "brought", "fitted", "fitting_groups", "shown", "shown_groups", "taken"]


def _shown(leaf: Any) -> Any:
    if not hasattr(leaf, "dtype") or isinstance(leaf, Tensor):
        return leaf
    return wrap(leaf, namespace_of_array(leaf))  # type: ignore[arg-type]


def shown(state: Any) -> Any:
    """Raw arrays as tensors; what a rule returned is never written again, so nothing is copied."""
    return mapped(_shown, state)


def taken(state: Any) -> Any:
    """Tensors as raw arrays."""
    return mapped(lambda leaf: leaf._cell.raw if isinstance(leaf, Tensor) else leaf, state)


class StateView(MutableMapping[Any, Any]):
    """The named state, found by parameter (or by name); iterates over the parameters that have state."""

    def __init__(self, states: dict[str, Any], groups: list[dict[str, Any]]) -> None:
        self._states = states
        self._names: dict[int, str] = {}
        self._params: dict[str, Any] = {}
        for group in groups:
            for name, p in zip(group["param_names"], group["params"], strict=True):
                self._names[id(p)] = name
                self._params[name] = p

    def _name(self, key: Any) -> str:
        if isinstance(key, str) and key in self._params:
            return key
        if id(key) in self._names:
            return self._names[id(key)]
        what = repr(key) if isinstance(key, str) else f"a {type(key).__name__}"
        message = f"this optimizer does not have {what}; it has {', '.join(self._params)}"
        raise KeyError(message)

    def __getitem__(self, key: Any) -> Entry:
        return Entry(self._states, self._name(key))

    def __setitem__(self, key: Any, value: Mapping[str, Any]) -> None:
        self[key].clear()
        self[key].update(value)

    def __delitem__(self, key: Any) -> None:
        self._states.pop(self._name(key), None)

    def __iter__(self) -> Iterator[Any]:
        return iter([p for name, p in self._params.items() if self._states.get(name)])

    def __contains__(self, key: object) -> bool:
        try:
            return bool(self._states.get(self._name(key)))
        except KeyError:
            return False

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr({name: shown(state) for name, state in self._states.items()})


class Entry(MutableMapping[str, Any]):
    """The state of one parameter: tensors to the reader, raw arrays to the rule."""

    def __init__(self, states: dict[str, Any], name: str) -> None:
        self._states = states
        self._at = name

    def __getitem__(self, key: str) -> Any:
        return shown(self._states.get(self._at, {})[key])

    def __setitem__(self, key: str, value: Any) -> None:
        self._states[self._at] = {**self._states.get(self._at, {}), key: taken(value)}

    def __delitem__(self, key: str) -> None:
        rest = {k: v for k, v in self._states[self._at].items() if k != key}
        self._states.pop(self._at)
        if rest:  # a parameter without state starts afresh
            self._states[self._at] = rest

    def __iter__(self) -> Iterator[str]:
        return iter(self._states.get(self._at, {}))

    def __len__(self) -> int:
        return len(self._states.get(self._at, {}))

    def __repr__(self) -> str:
        return repr(dict(self))


# --- state dicts ----------------------------------------------------------------------------------


def shown_groups(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every group with names in place of tensors."""
    return [
        {
            **{k: v for k, v in group.items() if k != "param_names"},
            "params": list(group["param_names"]),
        }
        for group in groups
    ]


def fitting_groups(state_dict: Any, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The saved options of each group, if the saved groups hold the same names.

    Raises:
        StateDictError: With the names that are missing or unexpected.
    """
    if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= state_dict.keys():
        message = "an optimizer's state dict has the keys 'state' and 'param_groups'"
        raise StateDictError(message)
    saved = state_dict["param_groups"]
    complaints = []
    if len(saved) != len(groups):
        complaints.append(f"it has {len(saved)} parameter groups, this optimizer {len(groups)}")
    have = {name: i for i, group in enumerate(groups) for name in group["param_names"]}
    got = {name: i for i, group in enumerate(saved) for name in group["params"]}
    complaints += _differences("parameters", have, got)
    complaints += [
        f"{name!r} is in its group {got[name]}, in this optimizer's group {place}"
        for name, place in have.items()
        if not complaints and got[name] != place
    ]
    complaints += _differences("states", {**have, **got}, state_dict["state"], missing=False)
    if complaints:
        raise StateDictError(_unfit(complaints))
    return [_options(old, new) for old, new in zip(groups, saved, strict=True)]


def _options(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The saved options; lists become tuples again where JSON made lists of them."""
    fresh = {k: v for k, v in new.items() if k not in ("params", "param_names")}
    for key, value in fresh.items():
        if isinstance(value, list) and isinstance(old.get(key), tuple):
            fresh[key] = tuple(value)
    return {**{k: v for k, v in old.items() if k not in ("params", "param_names")}, **fresh}


def fitted(name: str, saved: Mapping[str, Any], fresh: Mapping[str, Any], p: Any) -> dict[str, Any]:
    """The saved state of a parameter with the dtypes and the device of a fresh one.

    Raises:
        StateDictError: If entries or shapes differ.
    """
    complaints = _differences(f"entries of {name!r}", fresh, saved)
    if not complaints:
        for key, value in fresh.items():
            want = getattr(value, "shape", ())
            if (got := tuple(getattr(saved[key], "shape", ()))) != want:
                complaints.append(f"{name!r}: {key!r} has shape {got}, expected {want}")
    if complaints:
        raise StateDictError(_unfit(complaints))
    return {key: _placed(saved[key], value, p) for key, value in fresh.items()}


def _placed(saved: Any, fresh: Any, p: Any) -> Any:
    """A saved number or array in the form of the fresh one."""
    if not hasattr(fresh, "dtype"):
        return saved.item() if hasattr(saved, "item") else saved
    dtype = neutral(p._xp, fresh.dtype)
    return asarray(saved, dtype=dtype, device=p.device, copy=True)._cell.raw


def brought(state: Any, p: Any) -> Any:
    """A saved tree with every array as a raw copy beside ``p``."""

    def bring(leaf: Any) -> Any:
        return (
            asarray(leaf, device=p.device, copy=True)._cell.raw if hasattr(leaf, "dtype") else leaf
        )

    return mapped(bring, state)


def _differences(what: str, have: Any, got: Any, *, missing: bool = True) -> list[str]:
    lines = []
    if missing and (names := [name for name in have if name not in got]):
        lines.append(f"missing {what}: {', '.join(names)}")
    if names := [name for name in got if name not in have]:
        lines.append(f"unexpected {what}: {', '.join(names)}")
    return lines


def _unfit(complaints: list[str]) -> str:
    return "the state dict does not fit this optimizer:\n  " + "\n  ".join(complaints)
