"""Where an attribute of a module goes: parameters, buffers and sub-modules have tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad._tensor import Tensor
from xpgrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Attributes"]

TABLES = ("_parameters", "_buffers", "_modules")


class Attributes:
    """Attributes by kind: a Parameter, a module, a registered buffer, or anything else."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _modules: dict[str, Any]

    def __init__(self) -> None:
        own = self.__dict__
        own["_parameters"] = {}
        own["_buffers"] = {}
        own["_non_persistent_buffers_set"] = set()
        own["_modules"] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            self._need_init("parameters")
            self._forget(name, "_parameters")
            self.register_parameter(name, value)
        elif isinstance(value, Attributes):
            self._need_init("module")
            self._forget(name, "_modules")
            own["_modules"][name] = value
        elif value is not None and name in own.get("_parameters", ()):
            message = (
                f"cannot assign {type(value).__name__} as parameter {name!r} (Parameter or None expected); to change "
                "its value assign to .data, or copy_ into it inside no_grad()"
            )
            raise TypeError(message)
        elif value is not None and name in own.get("_modules", ()):
            message = f"cannot assign {type(value).__name__} as child module {name!r} (Module or None expected)"
            raise TypeError(message)
        else:
            self._set_other(name, value)

    def _set_other(self, name: str, value: Any) -> None:
        own = self.__dict__
        for table in TABLES:
            if name in own.get(table, ()):
                if table == "_buffers":
                    _check_buffer(name, value)
                own[table][name] = value
                return
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for table in TABLES:
            if table in own and name in own[table]:
                return own[table][name]
        message = f"{type(self).__name__!r} object has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=self)

    def __delattr__(self, name: str) -> None:
        own = self.__dict__
        for table in TABLES:
            if name in own[table]:
                del own[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        own = self.__dict__
        found = {*object.__dir__(self)}
        for table in TABLES:
            found |= own.get(table, {}).keys()
        return sorted(name for name in found if name.isidentifier())

    def _need_init(self, what: str) -> None:
        if "_parameters" not in self.__dict__:
            message = (
                f"cannot assign {what} before Module.__init__() call; call super().__init__() first"
            )
            raise AttributeError(message)

    def _forget(self, name: str, but: str) -> None:
        """Take ``name`` out of every table but one."""
        self.__dict__.pop(name, None)
        for table in TABLES:
            if table != but:
                self.__dict__[table].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def _check_name(self, what: str, name: str, table: Mapping[str, Any]) -> None:
        self._need_init(what)
        if not isinstance(name, str):
            message = f"the name of a {what} must be text, got {type(name).__name__}"
            raise TypeError(message)
        if not name or "." in name:
            message = f"the name of a {what} can't be empty or contain '.', got {name!r}"
            raise KeyError(message)
        if hasattr(self, name) and name not in table:
            message = f"attribute {name!r} already exists on {type(self).__name__}"
            raise KeyError(message)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter (or the place of one) by name."""
        self._check_name("parameter", name, self.__dict__.get("_parameters", {}))
        if param is not None and not isinstance(param, Parameter):
            message = f"cannot assign {type(param).__name__} as parameter {name!r} (Parameter or None expected)"
            raise TypeError(message)
        if param is not None and not param.is_leaf:
            message = (
                f"parameter {name!r} is computed (it has a grad_fn), so it cannot be trained; compute it in "
                "forward() from a leaf, or wrap its value: Parameter(x.detach())"
            )
            raise ValueError(message)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that moves and is saved with the module but is not trained.

        Args:
            name: the attribute.
            tensor: its value; None keeps the place.
            persistent: whether ``state_dict()`` holds it.
        """
        self._check_name("buffer", name, self.__dict__.get("_buffers", {}))
        _check_buffer(name, tensor)
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Any) -> None:
        """Add a sub-module (or the place of one) by name."""
        if module is not None and not isinstance(module, Attributes):
            message = f"{type(module).__name__} is not a Module"
            raise TypeError(message)
        self._check_name("module", name, self.__dict__.get("_modules", {}))
        self._modules[name] = module

    register_module = add_module


def _check_buffer(name: str, value: Any) -> None:
    if value is not None and not isinstance(value, Tensor):
        message = (
            f"cannot assign {type(value).__name__} as buffer {name!r} (Tensor or None expected)"
        )
        raise TypeError(message)
