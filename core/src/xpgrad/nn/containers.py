"""Containers: modules and parameters in a row, in a list or in a dictionary."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from xpgrad.nn.module import Module, indented
from xpgrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class _Row(Module):
    """Modules under the names "0", "1", …; what a Sequential and a ModuleList share."""

    def _name_at(self, index: int) -> str:
        n = len(self._modules)
        at = index.__index__()
        if not -n <= at < n:
            message = f"index {at} is out of range for a {type(self).__name__} of {n}"
            raise IndexError(message)
        return next(islice(self._modules, at % n, None))

    def _renumber(self, modules: Iterable[Module]) -> None:
        rest = list(modules)
        self._modules.clear()
        for i, module in enumerate(rest):
            self.add_module(str(i), module)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._sliced(list(self._modules.items())[index])
        return self._modules[self._name_at(index)]

    def _sliced(self, items: list[tuple[str, Module]]) -> Any:
        return type(self)(*(module for _, module in items))

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name_at(index), module)

    def __delitem__(self, index: int | slice) -> None:
        names = list(self._modules)
        gone = set(names[index]) if isinstance(index, slice) else {self._name_at(index)}
        self._renumber(m for name, m in self._modules.items() if name not in gone)

    def __len__(self) -> int:
        return len(self._modules)

    def __bool__(self) -> bool:
        return bool(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def append(self, module: Module) -> Self:
        """Add a module at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Add a module before the one at ``index``; returns the container."""
        row = list(self._modules.values())
        if not -len(row) <= index <= len(row):
            message = f"index {index} is out of range for a {type(self).__name__} of {len(row)}"
            raise IndexError(message)
        row.insert(index, module)
        self._renumber(row)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end; returns the container."""
        for module in list(modules):
            self.append(module)
        return self

    def pop(self, key: int) -> Module:
        """Take out the module at ``key`` and return it."""
        module: Module = self[key]
        del self[key]
        return module


class Sequential(_Row):
    """Modules called one after the other.

    The arguments are modules, or one dictionary of named ones.

    Example:
        >>> import xpgrad as xp
        >>> model = xp.nn.Sequential(xp.nn.Linear(3, 2), xp.nn.ReLU())
        >>> model
        Sequential(
          (0): Linear(in_features=3, out_features=2, bias=True)
          (1): ReLU()
        )
        >>> model(xp.ones((5, 3))).shape
        (5, 2)
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], dict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for i, module in enumerate(args):
                self.add_module(str(i), module)

    def forward(self, input: Any) -> Any:
        """The last module of the one before … of ``input``."""
        for module in self._modules.values():
            input = module(input)  # noqa: A001 - PyTorch's name
        return input

    def _sliced(self, items: list[tuple[str, Module]]) -> Any:
        return type(self)(dict(items))

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            return NotImplemented
        return Sequential(*self, *other)


class ModuleList(_Row):
    """A list of modules that a module counts as its own.

    Example:
        >>> import xpgrad as xp
        >>> layers = xp.nn.ModuleList(xp.nn.Linear(4, 4) for _ in range(3))
        >>> len(list(layers.parameters()))
        6
        >>> layers
        ModuleList(
          (0-2): 3 x Linear(in_features=4, out_features=4, bias=True)
        )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(() if modules is None else modules)

    def _sliced(self, items: list[tuple[str, Module]]) -> Any:
        return type(self)(module for _, module in items)

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        if not self._modules:
            return self._get_name() + "()"
        groups: list[tuple[int, int, str]] = []
        for i, module in enumerate(self):
            text = repr(module)
            if groups and groups[-1][2] == text:
                groups[-1] = (groups[-1][0], i, text)
            else:
                groups.append((i, i, text))
        lines = [
            f"({first}): {text}"
            if first == last
            else f"({first}-{last}): {last - first + 1} x {text}"
            for first, last, text in groups
        ]
        body = "\n  ".join(indented(line, 2) for line in lines)
        return f"{self._get_name()}(\n  {body}\n)"


class ModuleDict(Module):
    """A dictionary of modules, by text, that a module counts as its own.

    Example:
        >>> import xpgrad as xp
        >>> heads = xp.nn.ModuleDict({"a": xp.nn.Linear(2, 1), "b": xp.nn.ReLU()})
        >>> sorted(heads), [name for name, _ in heads.named_parameters()]
        (['a', 'b'], ['a.weight', 'a.bias'])
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __bool__(self) -> bool:
        return bool(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take out everything."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Take out the module of that name and return it."""
        module: Module = self._modules.pop(key)
        return module

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def items(self) -> Any:
        """Names and modules."""
        return self._modules.items()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add or replace modules from a mapping or from pairs."""
        for name, module in dict(modules).items():
            self[name] = module


class ParameterList(Module):
    """A list of parameters; a tensor that is added becomes one.

    Example:
        >>> import xpgrad as xp
        >>> weights = xp.nn.ParameterList([xp.ones((2, 2)), xp.zeros(3)])
        >>> [name for name, _ in weights.named_parameters()]
        ['0', '1']
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(() if values is None else values)

    def __getitem__(self, index: int) -> Parameter:
        parameter: Parameter = list(self._parameters.values())[index]
        return parameter

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, list(self._parameters)[index], _parameter(value))

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters.values())

    def append(self, value: Any) -> Self:
        """Add a parameter at the end; returns the list."""
        self.register_parameter(str(len(self)), _parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end; returns the list."""
        for value in list(values):
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """One line per parameter."""
        return _described(self._parameters)


class ParameterDict(Module):
    """A dictionary of parameters; a tensor that is added becomes one.

    Example:
        >>> import xpgrad as xp
        >>> p = xp.nn.ParameterDict({"scale": xp.ones(3)})
        >>> p["scale"].requires_grad
        True
    """

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.update(values or {})

    def __getitem__(self, key: str) -> Parameter:
        parameter: Parameter = self._parameters[key]
        return parameter

    def __setitem__(self, key: str, value: Any) -> None:
        self.register_parameter(key, _parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._parameters[key]

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __contains__(self, key: str) -> bool:
        return key in self._parameters

    def keys(self) -> Any:
        """The names."""
        return self._parameters.keys()

    def values(self) -> Any:
        """The parameters."""
        return self._parameters.values()

    def items(self) -> Any:
        """Names and parameters."""
        return self._parameters.items()

    def update(self, values: Mapping[str, Any]) -> None:
        """Add or replace parameters."""
        for name, value in values.items():
            self[name] = value

    def extra_repr(self) -> str:
        """One line per parameter."""
        return _described(self._parameters)


def _parameter(value: Any) -> Parameter:
    return value if isinstance(value, Parameter) else Parameter(value)


def _described(parameters: dict[str, Any]) -> str:
    return "\n".join(
        f"({name}): Parameter containing: [{p.dtype} of size {'x'.join(map(str, p.shape))}]"
        for name, p in parameters.items()
    )
