"""The Tensor: a handle on a value (a cell with a raw array) and on the node that made it.

A tensor holds no mathematics; operators and methods are put on it by ``_namespace``.  Values, not buffers:
an in-place statement gives the handle a new value, and nodes keep raw arrays, so a recorded value never
changes behind the tape.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import sys
import warnings
import weakref
from typing import TYPE_CHECKING, Any, ClassVar

from xpgrad import _dtypes
from xpgrad._devices import Device, device_of, namespace_of_array, namespace_of_backend
from xpgrad._graph import HOME, Handle, Leaf, Node, Pick, add_hook
from xpgrad._modes import LEVELS, STRICT_TAPE, is_grad_enabled
from xpgrad.errors import (
    DeviceError,
    DTypeError,
    GraphError,
    LeftTapeError,
    LeftTapeWarning,
    ShapeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._dtypes import DType
    from xpgrad._tensor_methods import TensorMethods
    from xpgrad.extend.backend import Backend, ExtendedNamespace
else:
    TensorMethods = object

__all__ = ["Cell", "Tensor", "snapshot", "wrap"]


class Cell:
    """The slot that holds a raw array.  Aliases (``detach()``, ``.data``) share the cell, not the node."""

    __slots__ = ("raw",)
    raw: Any


def wrap(
    raw: Any, xp: ExtendedNamespace, node: Node | None = None, cls: type[Tensor] | None = None
) -> Any:
    """A tensor on a raw array."""
    tensor = object.__new__(cls or Tensor)
    cell = tensor._cell = Cell()
    cell.raw = raw
    tensor._xp = xp
    tensor._node = node
    return tensor


def snapshot(t: Any) -> Any:
    """Another tensor with this value and this place on the tape: a later value of ``t`` does not reach it."""
    return wrap(t._cell.raw, t._xp, t._node, t._result)


class Tensor(TensorMethods):
    """An array of any backend that can remember how it was computed.

    Make one with :func:`xpgrad.tensor` (copies), :func:`xpgrad.asarray` (shares) or a creation function.
    """

    __slots__ = ("__dict__", "__weakref__", "_cell", "_grad", "_node", "_xp")

    _cell: Cell
    _node: Node | None
    _xp: ExtendedNamespace
    _grad: Tensor | None
    _result: ClassVar[type[Tensor]]
    """The class of what is computed from tensors of this class."""

    __array_priority__ = 1000.0

    # --- the array --------------------------------------------------------------------------------

    @property
    def dtype(self) -> DType:
        """xpgrad's dtype, the same object on every backend."""
        raw = self._cell.raw.dtype
        names = self._xp.dtype_names
        try:
            found: DType = names[raw]
        except KeyError:
            found = names[raw] = _dtypes.dtype_of(raw)
        return found

    @property
    def device(self) -> Device:
        """Where the array lives."""
        return device_of(self._xp, self._cell.raw)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        shape: tuple[int, ...] = self._cell.raw.shape
        return shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._cell.raw.shape)

    @property
    def size(self) -> int:
        """The number of elements (``numel()`` in PyTorch)."""
        n = 1
        for extent in self._cell.raw.shape:
            n *= extent
        return n

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def backend(self) -> Backend:
        """The backend whose library holds the array."""
        if self._xp.level:
            return namespace_of_backend(self.device.backend).backend
        return self._xp.backend

    def __len__(self) -> int:
        shape = self._cell.raw.shape
        if not shape:
            message = (
                "a 0-d tensor has one element and no axis: it has no len() and cannot be iterated"
            )
            raise TypeError(message)
        return int(shape[0])

    # --- the tape ---------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Start (or stop) recording what is computed from this tensor; returns it.

        Raises:
            DTypeError: if the dtype is not real or complex floating.
            GraphError: if it is not a leaf and recording is to stop.
        """
        if requires_grad:
            if self._node is None:
                _check_may_require_grad(self.dtype)
                level = LEVELS.get()[-1:]
                if level and level[0].level > self._xp.level:
                    self._climb(level[0])
                self._node = Leaf(self, self._xp)
        elif self._node is not None:
            if type(self._node) is not Leaf:
                message = "requires_grad can only be switched off on a leaf; use detach() for a computed tensor"
                raise GraphError(message)
            self._node = None
        return self

    @property
    def grad_fn(self) -> Node | None:
        """The node that computed this value; None on leaves."""
        node = self._node
        if type(node) is Pick:  # one of several outputs: the operation itself
            return node.parents[0]
        return None if type(node) is Leaf else node

    @property
    def is_leaf(self) -> bool:
        """Whether the value was made by the user rather than by a recorded operation."""
        return self._node is None or type(self._node) is Leaf

    def _no_grad(self) -> None:
        if self._node is not None and type(self._node) is not Leaf:
            warnings.warn(
                ".grad of a tensor that is not a leaf is never filled; call retain_grad() on it before backward()",
                UserWarning, stacklevel=3,
            )  # fmt: skip

    @property
    def grad(self) -> Any:
        """What ``backward()`` accumulated here, or None.  For complex values, the direction of steepest ascent."""
        try:
            return self._grad
        except AttributeError:
            return self._no_grad()

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                message = f".grad must be a Tensor or None, got {type(value).__name__}"
                raise TypeError(message)
            if value.shape != self.shape:
                message = f".grad must have the tensor's shape {self.shape}, got {value.shape}"
                raise ShapeError(message)
            if value.dtype != self.dtype:
                message = f".grad must have the tensor's dtype {self.dtype}, got {value.dtype}"
                raise DTypeError(message)
            if value.device != self.device:
                message = f".grad must be on the tensor's device {self.device}, got {value.device}"
                raise DeviceError(message)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def detach(self) -> Any:
        """The same value (it shares the cell) off the tape; inside a transform, without its tangent."""
        alias = object.__new__(self._result)
        alias._cell = self._xp.detached(self._cell) if self._xp.level else self._cell
        alias._xp = self._xp
        alias._node = None
        return alias

    def detach_(self) -> Any:
        """Take this tensor itself off the tape; inside a transform, without its tangent."""
        if self._xp.level:
            self._cell = self._xp.detached(self._cell)
        self._node = None
        return self

    @property
    def data(self) -> Any:
        """The same value off the tape; assigning to it, or to it in place, changes the value unrecorded."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            message = f".data must be a Tensor, got {type(value).__name__}"
            raise TypeError(message)
        if self._node is not None:
            _check_may_require_grad(value.dtype)
            if type(self._node) is Leaf:  # its gradients will arrive in the new library's terms
                self._node.xp = value._xp
        self._cell = value._cell
        self._xp = value._xp

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add to the ``.grad`` of every leaf (or of ``inputs``) its gradient through this tensor.

        ``gradient`` has this tensor's shape; only a tensor of one element may leave it out.
        """
        autograd = importlib.import_module("xpgrad.autograd")  # the layer above runs the engine
        autograd.backward((self,), (gradient,), retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Call ``hook(gradient)`` when this value's gradient is known; what it returns replaces it.

        The hook stays with the value: after ``x += 1`` the tensor has a new value without it.
        """
        if self._node is None:
            message = "cannot register a hook on a tensor that does not require grad"
            raise GraphError(message)
        return add_hook(self._node, hook)

    def retain_grad(self) -> None:
        """Fill ``.grad`` of this computed tensor too."""
        if self._node is None:
            message = "cannot retain_grad on a tensor that does not require grad"
            raise GraphError(message)
        if type(self._node) is not Leaf and not self.retains_grad:
            add_hook(self._node, Retain(self))
            self._grad = None

    @property
    def retains_grad(self) -> bool:
        """Whether :meth:`retain_grad` was called on this computed tensor."""
        hooks = None if self._node is None else self._node.hooks
        return hooks is not None and any(
            isinstance(h, Retain) and h.tensor() is self for h in hooks.values()
        )

    def _climb(self, level: Any) -> None:
        """Become a constant of a running transform; what this handle was lives on inside."""
        self._rebind(level.enclose(self), None, level)

    def _rebind(self, raw: Any, node: Node | None, xp: Any = None) -> None:
        """Give this handle a new value: what every in-place statement comes down to."""
        old = self._node
        if (
            xp is not None and xp is not self._xp
        ):  # another level, of which the aliases know nothing
            self._cell, self._xp = Cell(), xp
        self._cell.raw = raw
        if old is not None and old is not node and old.hooks and self.retains_grad:
            for number in [
                k for k, h in old.hooks.items() if isinstance(h, Retain) and h.tensor() is self
            ]:
                del old.hooks[number]
            if node is not None:
                add_hook(node, Retain(self))
        self._node = node

    def _check_in_place(self) -> None:
        """A leaf that requires grad may only be changed unrecorded."""
        if type(self._node) is Leaf and is_grad_enabled():
            message = (
                "an in-place statement on a leaf tensor that requires grad would lose the value that its "
                "gradient belongs to; do it inside no_grad(), or on a copy (x = x + y)"
            )
            raise GraphError(message)

    # --- leaving the tape ---------------------------------------------------------------------------

    def _carries(self) -> bool:
        """Whether a derivative flows through this value: by its place on the tape or, in a transform, a tangent."""
        return self._node is not None or (self._xp.level > 0 and self._xp.carries(self._cell.raw))

    def item(self) -> Any:
        """The one element as a Python number (an explicit way off the tape)."""
        raw = self._cell.raw
        if self.size != 1:
            message = f"item() needs a tensor of one element, got shape {self.shape}; use tolist() for all of them"
            raise ShapeError(message)
        return self._xp.backend.to_host(raw).reshape(()).item()

    def tolist(self) -> Any:
        """Nested Python lists (an explicit way off the tape)."""
        return self._xp.backend.to_host(self._cell.raw).tolist()

    def numpy(self, *, force: bool = False) -> Any:
        """A read-only NumPy view or copy of the value.

        Raises:
            GraphError: if the tensor requires grad and ``force`` is false.
        """
        if not force and self._carries():
            message = (
                "numpy() of a tensor that requires grad would leave the tape; call detach() first"
            )
            raise GraphError(message)
        host = self._xp.backend.to_host(self._cell.raw)
        host = (
            host.view() if getattr(host, "base", None) is None or host is self._cell.raw else host
        )
        with contextlib.suppress(ValueError, AttributeError):
            host.flags.writeable = False
        return host

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self._carries():
            message = (
                "a tensor that requires grad cannot become a NumPy array without leaving the tape; use functions of "
                "xpgrad or NumPy that record, np.stack for a list of tensors, or detach() to leave it"
            )
            raise GraphError(message)
        host = self.numpy()
        if dtype is not None and host.dtype != dtype:
            if copy is False:
                message = (
                    f"a tensor of {self.dtype} cannot become an array of {dtype} without a copy"
                )
                raise ValueError(message)
            return host.astype(dtype)
        return host.copy() if copy else host

    def __bool__(self) -> bool:
        return bool(self.item() if self.size == 1 else self._ambiguous())

    def _ambiguous(self) -> bool:
        message = f"the truth value of a tensor of shape {self.shape} is ambiguous; use xp.any(x) or xp.all(x)"
        raise ShapeError(message)

    def _leave(self, how: str) -> Any:
        """The element as a Python number, with a warning when the tensor is tracked."""
        found = self.item()
        if is_grad_enabled() and self._carries():
            message = (
                f"{how} takes this number off the tape: no gradient will flow through it. "
                "Use item() to say so, or a function of xpgrad to stay on the tape"
            )
            if STRICT_TAPE.get():
                raise LeftTapeError(message)
            warnings.warn(message, LeftTapeWarning, stacklevel=_outside())
        return found

    def __float__(self) -> float:
        return float(self._leave("float(t)"))

    def __int__(self) -> int:
        return int(self._leave("int(t)"))

    def __complex__(self) -> complex:
        return complex(self._leave("complex(t)"))

    def __index__(self) -> int:
        if self.dtype.kind not in ("signed integer", "unsigned integer") or self.size != 1:
            message = f"only integer tensors of one element can be an index, got {self.dtype} of shape {self.shape}"
            raise TypeError(message)
        return int(self.item())

    def _check_leaf_to_copy(self) -> None:
        if not self.is_leaf:
            message = "only leaf tensors can be pickled or copied; call detach() first"
            raise GraphError(message)
        if self._xp.level:
            message = (
                f"a value of {self._xp.word} stands for more than one array and cannot be pickled or copied; return it "
                "from the function first, or use clone()"
            )
            raise GraphError(message)

    def __reduce_ex__(self, protocol: Any) -> Any:
        self._check_leaf_to_copy()
        name, raw = self._xp.backend.name, self._cell.raw
        return (_unpickle, (type(self), name, raw, self.requires_grad, self.__dict__))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        self._check_leaf_to_copy()
        raw = self._xp.asarray(self._cell.raw, copy=True)
        result = memo[id(self)] = wrap(raw, self._xp, None, type(self))
        result.requires_grad_(self.requires_grad)
        result.__dict__.update(copy.deepcopy(self.__dict__, memo))
        grad = getattr(self, "_grad", None)
        if grad is not None:
            result._grad = copy.deepcopy(grad.detach(), memo)
        return result

    def __copy__(self) -> Any:
        self._check_leaf_to_copy()
        alias = object.__new__(type(self))
        alias._cell = self._cell
        alias._xp = self._xp
        alias._node = None
        alias.__dict__.update(self.__dict__)
        return alias.requires_grad_(self.requires_grad)


Tensor._result = Tensor


def _check_may_require_grad(dtype: DType) -> None:
    if not dtype.is_floating:
        message = (
            f"only real and complex floating tensors can require grad, got {dtype}; "
            "convert it first: xp.astype(x, xp.float64)"
        )
        raise DTypeError(message)


def _unpickle(
    cls: type[Tensor], backend: str, raw: Any, flag: bool, extra: dict[str, Any]
) -> Tensor:
    namespace = namespace_of_array(raw) or namespace_of_backend(backend)
    tensor: Tensor = wrap(raw, namespace, None, cls)
    tensor.__dict__.update(extra)
    tensor.requires_grad_(flag)
    return tensor


def _outside() -> int:
    """The stack level of the first caller outside xpgrad, for warnings."""
    level, frame = 1, sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((HOME, "<xpgrad")):
        level, frame = level + 1, frame.f_back  # type: ignore[assignment]
    return level


class Retain:
    """The hook that :meth:`Tensor.retain_grad` registers: fills ``.grad`` of a tensor it knows weakly."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = weakref.ref(tensor)

    def __call__(self, gradient: Any) -> None:
        tensor = self.tensor()
        if tensor is not None:
            old = tensor._grad
            tensor._grad = gradient if old is None else old + gradient
