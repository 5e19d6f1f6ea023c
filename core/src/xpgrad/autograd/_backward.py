"""``backward`` and ``grad``: seeds in, the engine's run, gradients out, in PyTorch's conventions."""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING, Any, Final

from xpgrad._engine import run
from xpgrad._graph import Leaf, Node
from xpgrad._modes import GRAD, LEVELS, Switch
from xpgrad._namespace._lift import lift
from xpgrad._tensor import Tensor, wrap
from xpgrad.autograd import _carriers
from xpgrad.errors import DTypeError, GraphError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["backward", "grad"]

_delivery: Final = threading.Lock()
"""Two threads may add to one leaf."""


# --- seeds ------------------------------------------------------------------------------------------


def _seed(output: Any, gradient: Any) -> Any:
    """The output's cotangent as a tensor of its shape, dtype and device."""
    if gradient is None:
        if output.size != 1:
            message = (
                f"backward() without a gradient needs an output of one element, got shape {output.shape}; "
                "reduce it (x.sum()) or pass the gradient of that shape"
            )
            raise GraphError(message)
        if output.dtype.is_complex:
            message = "backward() without a gradient needs a real output; take its real part or pass the gradient"
            raise GraphError(message)
        xp, raw = output._xp, output._cell.raw
        return wrap(xp.ones_like(raw), xp)
    seed = gradient if isinstance(gradient, Tensor) else lift(gradient)
    if seed.shape != output.shape:
        message = f"the gradient must have the output's shape {output.shape}, got {seed.shape}"
        raise ShapeError(message)
    if seed.dtype != output.dtype:
        if seed.dtype.is_complex and not output.dtype.is_complex:
            message = (
                f"the gradient of an output of {output.dtype} cannot be complex, got {seed.dtype}"
            )
            raise DTypeError(message)
        seed = seed.astype(output.dtype)
    if seed._xp is output._xp or seed._xp.level or output._xp.level:
        return seed
    return seed.to(output.device)


def _roots(outputs: Sequence[Any], gradients: Sequence[Any], carrier: Any) -> dict[Node, Any]:
    roots: dict[Node, Any] = {}
    for output, gradient in zip(outputs, gradients, strict=True):
        if not isinstance(output, Tensor):
            message = f"can only differentiate tensors, got {type(output).__name__}"
            raise TypeError(message)
        node = output._node
        if node is None:
            message = (
                "this tensor does not require grad and has no grad_fn: nothing it was computed from requires "
                "grad, or it was computed under no_grad() or detached"
            )
            if output._xp.level:
                message += (
                    f"; inside {output._xp.word}, what requires grad outside is a constant: differentiate by it "
                    "outside, or with xp.grad"
                )
            raise GraphError(message)
        seed = _carriers.conjugated(_seed(output, gradient))
        cotangent = carrier.cotangent(seed)
        roots[node] = cotangent if node not in roots else roots[node] + cotangent
    return roots


def _node_of(tensor: Any, what: str) -> Node:
    if not isinstance(tensor, Tensor):
        message = f"{what} must be tensors, got {type(tensor).__name__}"
        raise TypeError(message)
    if tensor._node is None:
        message = f"one of the {what} does not require grad"
        raise GraphError(message)
    return tensor._node


def _run(
    outputs: Sequence[Any],
    gradients: Sequence[Any],
    targets: set[Node] | None,
    retain_graph: bool | None,
    create_graph: bool,
) -> dict[Node, Any]:
    retain = create_graph if retain_graph is None else retain_graph
    carrier: Any = _carriers.RecordedCarrier() if create_graph else _carriers.RawCarrier()
    recording = create_graph
    if not create_graph and LEVELS.get() and _inside_a_transform(outputs, gradients):
        # the levels below record as they were
        carrier, recording = _carriers.UnrecordedCarrier(), GRAD.get()
    with Switch((GRAD, recording)):
        roots = _roots(outputs, gradients, carrier)
        return run(roots, carrier, targets=targets, retain=retain)


def _inside_a_transform(outputs: Sequence[Any], gradients: Sequence[Any]) -> bool:
    return any(isinstance(t, Tensor) and t._xp.level for t in (*outputs, *gradients))


def _shown(node: Node, g: Any, cls: type[Tensor] | None = None) -> Any:
    """A gradient as the user sees it."""
    if isinstance(g, Tensor):
        return _carriers.conjugated(g)
    return wrap(_carriers.conjugate(g, node.xp), node.xp, None, cls)


# --- the two entries --------------------------------------------------------------------------------


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add to each leaf's ``.grad`` (or to those of ``inputs``) the gradients of ``tensors``.

    Args:
        tensors: a tensor or a sequence of tensors.
        grad_tensors: their gradients, each of its tensor's shape; may be left out for real ones of one element.
        retain_graph: keep the graph for another run (default: ``create_graph``).
        create_graph: record the run, so that the gradients can be differentiated.
        inputs: tensors, leaves or computed ones, to which alone gradients are added.

    Raises:
        GraphError: if a tensor is not on the tape, the graph was freed, or a gradient is needed and not given.
        ShapeError: if a gradient has not its tensor's shape.
        MissingRuleError: if a gradient would have to go through an operation without a rule.

    >>> import xpgrad as xp
    >>> x = xp.tensor([1.0, 2.0], requires_grad=True)
    >>> xp.autograd.backward([(x**2).sum(), 3 * x], [None, xp.ones(2)])
    >>> x.grad
    tensor([5., 7.])
    """
    outputs = _as_tuple(tensors)
    gradients = (None,) * len(outputs) if grad_tensors is None else _as_tuple(grad_tensors)
    targets, wanted = None, {}
    if inputs is not None:
        wanted = {_node_of(t, "inputs"): t for t in _as_tuple(inputs)}
        if not wanted:
            message = "inputs must not be empty"
            raise GraphError(message)
        targets = set(wanted)
    arrived = _run(outputs, gradients, targets, retain_graph, create_graph)
    with _delivery:
        for node, g in arrived.items():
            tensor = wanted.get(node)
            if tensor is None and type(node) is Leaf:
                tensor = node.tensor()
                if tensor is not None and type(tensor._node) is not Leaf:
                    continue  # requires_grad_(False) since
            if tensor is not None:
                _deliver(tensor, _shown(node, g, tensor._result))


def _deliver(tensor: Any, gradient: Any) -> None:
    try:
        old = tensor._grad
    except AttributeError:
        old = None
    if old is None:
        tensor._grad = gradient
    elif (
        gradient._node is None and not gradient._xp.level
    ):  # whoever holds .grad sees the sum, as in PyTorch; a recorded one keeps its node
        old._cell.raw = old._cell.raw + gradient._cell.raw
    else:
        tensor._grad = old + gradient


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of ``outputs`` with respect to ``inputs``, as a tuple; no ``.grad`` is touched.

    Args:
        outputs: a tensor or a sequence of tensors.
        inputs: a tensor or a sequence; leaves or computed tensors.
        grad_outputs: the outputs' gradients; may be left out for outputs of one element.
        retain_graph: keep the graph for another run (default: ``create_graph``).
        create_graph: record the run, so that its results can be differentiated.
        allow_unused: give None for inputs that the outputs do not depend on, instead of raising.
        is_grads_batched: each of ``grad_outputs`` has one axis more in front, and so have the results: one pass
            for all rows, by :func:`xpgrad.vmap`.
        materialize_grads: give zeros for unused inputs.

    Each gradient has the shape, dtype and device of its input.  The errors are those of :func:`backward`;
    also GraphError if an input was not used and neither ``allow_unused`` nor ``materialize_grads`` is set.

    >>> import xpgrad as xp
    >>> x = xp.tensor([1.0, 2.0], requires_grad=True)
    >>> (first,) = xp.autograd.grad(xp.sum(x**3), x, create_graph=True)
    >>> first.detach()
    tensor([ 3., 12.])
    >>> xp.autograd.grad(xp.sum(first), x)
    (tensor([ 6., 12.]),)
    """
    if is_grads_batched:
        return _of_batches(
            outputs,
            inputs,
            grad_outputs,
            retain_graph,
            create_graph,
            allow_unused,
            materialize_grads,
        )
    outs, ins = _as_tuple(outputs), _as_tuple(inputs)
    gradients = (None,) * len(outs) if grad_outputs is None else _as_tuple(grad_outputs)
    nodes = [_node_of(t, "inputs") for t in ins]
    arrived = _run(outs, gradients, set(nodes), retain_graph, create_graph)
    results = []
    for number, (t, node) in enumerate(zip(ins, nodes, strict=True)):
        if node in arrived:
            results.append(_shown(node, arrived[node], t._result))
        elif materialize_grads:
            results.append(wrap(t._xp.zeros_like(t._cell.raw), t._xp, None, t._result))
        elif allow_unused:
            results.append(None)
        else:
            message = (
                f"input {number} of shape {t.shape} was not used to compute the outputs; pass allow_unused=True "
                "to get None for it, or materialize_grads=True to get zeros"
            )
            raise GraphError(message)
    return tuple(results)


def _of_batches(
    outputs: Any, inputs: Any, grad_outputs: Any, retain_graph: Any, create_graph: bool, allow_unused: Any,
    materialize: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """The gradients for every row of ``grad_outputs``."""
    vmap = importlib.import_module("xpgrad.transforms").vmap  # the layer above is made of this one
    if grad_outputs is None:
        message = (
            "grad: is_grads_batched=True needs grad_outputs, with one axis more than the outputs"
        )
        raise GraphError(message)
    rows = _as_tuple(grad_outputs)

    def of_one(*gradients: Any) -> tuple[Any, ...]:
        return grad(
            outputs, inputs, gradients, retain_graph, create_graph, allow_unused,
            materialize_grads=materialize,
        )  # fmt: skip

    found: tuple[Any, ...] = vmap(of_one, tuple(None if r is None else 0 for r in rows))(*rows)
    return found
