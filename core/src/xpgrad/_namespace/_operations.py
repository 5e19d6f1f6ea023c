"""The operations by name: made on first use, kept in a dictionary, put on the Tensor as operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad import _public
from xpgrad._chapters import Chapter, split
from xpgrad._devices import Device, namespace_of_backend, parse
from xpgrad._graph import Pick
from xpgrad._like import LevelArray, Like
from xpgrad._modes import LEVELS
from xpgrad._namespace import _generate, _lift
from xpgrad._namespace._backward_text import node_class
from xpgrad._namespace._documentation import documentation
from xpgrad._namespace._operation import describe
from xpgrad._tensor import Tensor, wrap
from xpgrad.extend import portable
from xpgrad.extend.backend import chapters
from xpgrad.rules import CONSTANTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._graph import Node

__all__ = ["NODES", "OPERATIONS", "LevelCarrier", "TensorCarrier", "operation", "tensor_namespace"]

OPERATIONS: Final[dict[str, Callable[..., Any]]] = {}
NODES: Final[dict[str, type[Node]]] = {}


def operation(name: str) -> Callable[..., Any]:
    """The function of an operation over tensors.

    Raises:
        KeyError: if there is no operation of that name.
    """
    try:
        return OPERATIONS[name]
    except KeyError:
        pass
    described = describe(name)
    function = _generate.make(described, node_of(name))
    function.__module__ = f"xpgrad.{split(name)[0]}".removesuffix(".")
    function.__doc__ = described.doc or documentation(described)
    return OPERATIONS.setdefault(name, function)


def node_of(name: str) -> type[Node] | None:
    """The node class of an operation; None if its result carries no derivative."""
    if name in CONSTANTS:
        return None
    if name not in NODES:
        NODES.setdefault(name, node_class(describe(name)))
    return NODES[name]


# --- operators --------------------------------------------------------------------------------------

BINARY: Final = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "pow", "matmul": "matmul", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor", "lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift",
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
}  # fmt: skip
COMPARISONS: Final = ("eq", "ne", "lt", "le", "gt", "ge")
UNARY: Final = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "bitwise_invert"}


def _make_operator(method: str, name: str, *, swap: bool) -> Callable[..., Any]:
    return _generate.make_operator(describe(name), method, node_of(name), operation, swap=swap)


def _lazy_operator(method: str, name: str, *, swap: bool) -> Callable[..., Any]:
    """A method that makes the real one when it is first called, and steps aside."""

    def first_call(self: Any, other: Any, /) -> Any:
        real = _make_operator(method, name, swap=swap)
        real.__qualname__ = f"Tensor.{method}"
        setattr(Tensor, method, real)
        return real(self, other)

    first_call.__name__ = method
    return first_call


def _lazy_unary(method: str, name: str) -> Callable[..., Any]:
    def first_call(self: Any) -> Any:
        setattr(Tensor, method, operation(name))
        return operation(name)(self)

    first_call.__name__ = method
    return first_call


def install_operators() -> None:
    """Put every operator of the standard on the Tensor."""
    for short, name in BINARY.items():
        setattr(Tensor, f"__{short}__", _lazy_operator(f"__{short}__", name, swap=False))
        if short not in COMPARISONS:
            setattr(Tensor, f"__r{short}__", _lazy_operator(f"__r{short}__", name, swap=True))
    for short, name in UNARY.items():
        setattr(Tensor, f"__{short}__", _lazy_unary(f"__{short}__", name))
    Tensor.__hash__ = object.__hash__  # type: ignore[method-assign]


# --- the differentiable carrier ---------------------------------------------------------------------


class TensorNamespace:
    """The extended namespace over tensors: what rules call when the pass itself is recorded."""

    inf = float("inf")
    nan = float("nan")
    pi = 3.141592653589793
    newaxis = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = Chapter(name, self._found) if name in chapters() else self._found(name)
        setattr(self, name, found)
        return found

    def _found(self, name: str) -> Any:
        try:
            return operation(name)
        except KeyError:
            # helpers of rules are no operations
            return portable.bound(name, self) if name in portable.FUNCTIONS else _public.load(name)

    @staticmethod
    def is_complex(x: Any) -> bool:
        return bool(x._xp.is_complex(x._cell.raw))

    @staticmethod
    def is_floating(x: Any) -> bool:
        return bool(x._xp.is_floating(x._cell.raw))

    @staticmethod
    def cast(x: Any, dtype: Any) -> Any:
        return x if x.dtype == dtype else operation("astype")(x, dtype)

    @staticmethod
    def masked(x: Any, condition: Any) -> Any:
        return operation("where")(condition, x, 0.0)

    @staticmethod
    def unmasked(x: Any, condition: Any) -> Any:
        return operation("where")(condition, 0.0, x)

    @staticmethod
    def raw_device(x: Any) -> Any:
        return x.device

    @staticmethod
    def last_writes(like: Like, key: Any) -> Any:
        if LEVELS.get():
            return portable.FUNCTIONS["last_writes"](tensor_namespace, like, key)
        xp = namespace_of_backend(like.device.backend)
        raw = Like(like.shape, _lift.raw_dtype(xp, like.dtype), _lift.raw_device(xp, like.device))
        found = xp.last_writes(raw, key)
        return None if found is None else wrap(found, xp)

    @staticmethod
    def opposite(mask: Any) -> Any:
        return operation("logical_not")(
            wrap(mask, mask.xp) if isinstance(mask, LevelArray) else mask
        )

    def __repr__(self) -> str:
        return "<extended namespace over tensors>"


tensor_namespace: Final = TensorNamespace()


class TensorCarrier:
    """Runs the engine on tensors: kept arrays are dressed with their nodes, so the pass is recorded."""

    @staticmethod
    def open(node: Node) -> tuple[Any, Any]:
        """The kept values as tensors that stand where the recorded ones stood."""
        xp, kept = node.xp, node.kept
        dressed = [
            _dress(how, value, node, xp) for how, value in zip(node.dress, kept, strict=True)
        ]
        return tuple(dressed), tensor_namespace


class LevelCarrier:
    """Runs the engine on tensors off the tape: inside a transform, whose own records the levels below keep."""

    @staticmethod
    def open(node: Node) -> tuple[Any, Any]:
        """The kept values as tensors of no tape."""
        dressed, namespace = TensorCarrier.open(node)
        return tuple(map(_off_tape, dressed)), namespace


def _off_tape(value: Any) -> Any:
    if isinstance(value, Tensor):
        return wrap(value._cell.raw, value._xp)
    if isinstance(value, tuple) and any(isinstance(v, Tensor) for v in value):
        parts = map(_off_tape, value)
        return value._make(parts) if hasattr(value, "_make") else tuple(parts)
    off_tape = getattr(value, "off_tape", None)  # the context of a user's function
    return value if off_tape is None else off_tape()


def _dress(how: tuple[str, int], value: Any, node: Node, xp: Any) -> Any:
    kind, number = how
    if value is None or kind == "option":
        return value
    if kind == "array":
        return wrap(value, xp, node.parents[number] if number >= 0 else None)
    if kind == "out":
        return wrap(value, xp, node)
    if kind in ("like", "likes"):
        return _dressed_like(value, xp)
    if kind == "outs":
        nodes = [
            Pick(node, i, len(value), xp) if xp.is_floating(v) else None
            for i, v in enumerate(value)
        ]
        return value._make(wrap(v, xp, n) for v, n in zip(value, nodes, strict=True))
    return tuple(wrap(v, xp, p) for v, p in zip(value, node.parents, strict=True))


def _dressed_like(value: Any, xp: Any) -> Any:
    if xp.level:
        return value
    if not isinstance(value, Like):  # those of a sequence
        return tuple(_dressed_like(v, xp) for v in value)
    _, kind, index = parse(xp.backend.device_text(value.device))
    device = Device(xp.backend.name, kind, index)
    return Like(value.shape, _lift.neutral(xp, value.dtype), device)
