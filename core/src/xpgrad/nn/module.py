"""The Module: a tree of parameters, buffers and sub-modules with a forward function.

How an attribute finds its place is in :mod:`xpgrad.nn._attributes`.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Self

from xpgrad import _dtypes
from xpgrad._tensor import Tensor
from xpgrad.errors import DTypeError
from xpgrad.nn import _hooks, _state
from xpgrad.nn._attributes import Attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xpgrad.nn.parameter import Parameter

__all__ = ["Module"]


class Module(Attributes):
    """Base class of everything that has parameters.

    A subclass calls ``super().__init__()``, assigns parameters and modules to attributes, and
    defines ``forward``.

    Attributes:
        training: what :meth:`train` and :meth:`eval` switch; dropout reads it.

    Example:
        >>> import xpgrad as xp
        >>> class Scale(xp.nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.factor = xp.nn.Parameter(xp.asarray(2.0))
        ...
        ...     def forward(self, x):
        ...         return self.factor * x
        >>> Scale()(xp.asarray([1.0, 2.0]))
        tensor([2., 4.], grad_fn=<MulBackward>)
    """

    training: bool
    _forward_pre_hooks: OrderedDict[int, _hooks.Hook]
    _forward_hooks: OrderedDict[int, _hooks.Hook]

    def __init__(self) -> None:
        super().__init__()
        own = self.__dict__
        own["training"] = True
        own["_forward_pre_hooks"] = OrderedDict()
        own["_forward_hooks"] = OrderedDict()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What calling the module computes; every subclass defines it."""
        message = (
            f'module {type(self).__name__} has no "forward"; define forward(self, ...) in the class'
        )
        raise NotImplementedError(message)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What ``forward`` computes, between the hooks."""
        try:
            before, after = self._forward_pre_hooks, self._forward_hooks
        except AttributeError:
            message = f"{type(self).__name__} was called before Module.__init__(); call super().__init__() first"
            raise AttributeError(message) from None
        if not before and not after:
            return self.forward(*args, **kwargs)
        args, kwargs = _hooks.run_before(self, before, args, kwargs)
        return _hooks.run_after(self, after, (args, kwargs), self.forward(*args, **kwargs))

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> _hooks.RemovableHandle:
        """Call ``hook(module, args)`` before forward; what it returns replaces the arguments."""
        return _hooks.add(self._forward_pre_hooks, hook, prepend=prepend, with_kwargs=with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> _hooks.RemovableHandle:
        """Call ``hook(module, args, output)`` after forward; what it returns replaces the output."""
        return _hooks.add(self._forward_hooks, hook, prepend=prepend, with_kwargs=with_kwargs)

    # --- the tree ---------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it by dotted name; a shared one once, by its first name."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                inner = f"{prefix}.{name}" if prefix else name
                yield from child.named_modules(memo, inner, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, each once."""
        seen: set[Module] = set()
        for name, child in self._modules.items():
            if child is not None and child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The modules directly below."""
        return (child for _, child in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its dotted name; a shared one once, by its first name."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter, each once: what an optimizer is given."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its dotted name."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def _named(
        self, table: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[Any] = set()
        places = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in places:
            for name, value in getattr(module, table).items():
                if value is None or value in seen:
                    continue
                if remove_duplicate:
                    seen.add(value)
                yield (f"{path}.{name}" if path else name), value

    def get_submodule(self, target: str) -> Module:
        """The module of a dotted name; the empty name is this module.

        Raises:
            AttributeError: saying which part is not there.
        """
        found: Module = self
        for part in target.split(".") if target else ():
            below = found._modules.get(part)
            if below is None:
                message = f"{type(found).__name__} has no module {part!r} (of {target!r}), only {list(found._modules)}"
                raise AttributeError(message)
            found = below
        return found

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name."""
        parameter: Parameter = self._get("_parameters", target)
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a dotted name."""
        buffer: Tensor = self._get("_buffers", target)
        return buffer

    def _get(self, table: str, target: str) -> Any:
        path, _, name = target.rpartition(".")
        holder = self.get_submodule(path)
        found = getattr(holder, table)
        if found.get(name) is None:
            message = f"{type(holder).__name__} has no {table.strip('_')[:-1]} {name!r}; it has {list(found)}"
            raise AttributeError(message)
        return found[name]

    # --- what is done to the whole tree -----------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call ``fn(module)`` on every module below and then on this one; returns it."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch the whole tree to training (or, with False, to evaluation); returns it."""
        if not isinstance(mode, bool):
            message = f"train(mode) needs a bool, got {type(mode).__name__}"
            raise ValueError(message)  # noqa: TRY004 - PyTorch's error
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Switch the whole tree to evaluation; returns it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Train all parameters (or, with False, freeze them); returns the module."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients: to None, or (with False) to zeros."""
        for p in self.parameters():
            if set_to_none:
                p.grad = None
            elif p.grad is not None:
                p.grad.detach_().zero_()

    def to(self, *args: Any, device: Any = None, dtype: Any = None, **_: Any) -> Self:
        """Move everything to a device, and what is floating to a dtype; returns the module.

        Accepts ``to(device)``, ``to(dtype)``, ``to(device, dtype)`` and ``to(tensor)``. The
        parameters stay the same objects, so an optimizer made before still holds them.

        Raises:
            DTypeError: if the dtype is not floating.
        """
        device, dtype = _target(args, device, dtype)
        if dtype is not None and not dtype.is_floating:
            message = f"Module.to changes floating tensors only, so it needs a floating dtype, got {dtype}"
            raise DTypeError(message)
        return self._apply(
            lambda t: t.to(device=device, dtype=dtype if t.dtype.is_floating else None)
        )

    def float(self) -> Self:
        """All floating parameters and buffers in float32."""
        return self.to(_dtypes.float32)

    def double(self) -> Self:
        """All floating parameters and buffers in float64."""
        return self.to(_dtypes.float64)

    def cpu(self) -> Self:
        """Everything on the CPU."""
        return self.to("cpu")

    def cuda(self, device: int | None = None) -> Self:
        """Everything on a CUDA device."""
        return self.to("cuda" if device is None else f"cuda:{device}")

    def _apply(self, fn: Callable[[Any], Any]) -> Self:
        """Replace the value of every parameter, gradient and buffer by ``fn`` of it."""
        for holder in self.modules():
            for table in (holder._parameters, holder._buffers):
                for t in table.values():
                    if t is not None:
                        _replace(t, fn)
        return self

    # --- state ------------------------------------------------------------------------------------

    def state_dict(
        self,
        *,
        destination: dict[str, Any] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> dict[str, Any]:
        """Every parameter and persistent buffer by its dotted name, detached but sharing its value.

        Args:
            destination: a dictionary to fill; default: a new one.
            prefix: text before every name.
            keep_vars: give the tensors themselves instead of detached ones.
        """
        result = {} if destination is None else destination
        for name, place in _state.slots(self, prefix):
            result[name] = place.tensor if keep_vars else place.tensor.detach()
        return result

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _state.LoadResult:
        """Copy the values of ``state_dict`` (tensors or arrays by name) into this module.

        Args:
            state_dict: what :meth:`state_dict` returned, or a mapping of the same form.
            strict: whether every name must match.
            assign: replace the tensors themselves, with their dtype and device, instead of
                copying into them.

        Raises:
            StateDictError: naming what is missing, unexpected or of another shape; nothing was
                changed.
        """
        return _state.load(self, state_dict, strict, assign)

    # --- text -------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What ``repr`` shows between the brackets; a subclass says what distinguishes it."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        child_lines = [f"({k}): {indented(repr(m), 2)}" for k, m in self._modules.items()]
        lines = extra_lines + child_lines
        if not lines:
            return self._get_name() + "()"
        if len(extra_lines) == 1 and not child_lines:
            return f"{self._get_name()}({extra_lines[0]})"
        return self._get_name() + "(\n  " + "\n  ".join(lines) + "\n)"


def indented(text: str, spaces: int) -> str:
    """``text`` with every line but the first moved to the right."""
    return text.replace("\n", "\n" + " " * spaces)


def _target(args: tuple[Any, ...], device: Any, dtype: Any) -> tuple[Any, Any]:
    """The device and the dtype that the arguments of ``to`` name."""
    for arg in args:
        if isinstance(arg, Tensor):
            device, dtype = arg.device, arg.dtype
        elif isinstance(arg, bool) or arg is None:
            continue  # PyTorch's non_blocking
        elif _names_dtype(arg):
            dtype = arg
        else:
            device = arg
    return device, None if dtype is None else _dtypes.dtype_of(dtype)


def _names_dtype(arg: Any) -> bool:
    if isinstance(arg, str):
        return arg in _dtypes.STANDARD
    return isinstance(arg, (_dtypes.DType, type)) or (
        not isinstance(arg, int) and not hasattr(arg, "index") and _dtypes.name_of(arg) is not None
    )


def _replace(t: Any, fn: Callable[[Any], Any]) -> None:
    grad = getattr(t, "_grad", None)
    t.data = fn(t.data)
    if t._node is not None:
        t._node.xp = t._xp
    if grad is not None:
        t._grad = fn(grad)
