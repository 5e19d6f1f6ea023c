"""Makes the two functions of an operation from its signature and its one-line rule, as dataclasses are made.

For each operation, when it is first used: a public function that calls the library once and records a node,
and that node's ``backward``.  What can be decided now (which arrays are kept, whether broadcasting can occur,
which inputs need a dtype cast) is decided now, so that the text that runs per call is straight-line Python.
``source(name)`` shows it; tracebacks show it too.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from xpgrad._graph import OUTSIDE, Node, Pick, locate, next_seq
from xpgrad._like import Like
from xpgrad._modes import LEVELS, STRICT_SUPPORT, is_grad_enabled
from xpgrad._namespace import _lift, _options, _spectra
from xpgrad._namespace._backward_text import node_class
from xpgrad._namespace._compile import compiled
from xpgrad._namespace._forward_text import forward_lines
from xpgrad._namespace._operator_text import operator_lines
from xpgrad._results import class_of
from xpgrad._tensor import Cell, Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._namespace._operation import Operation

__all__ = ["make", "make_operator"]


def _scope(node: type[Node] | None, operation: Operation) -> dict[str, Any]:
    scope = {n: getattr(m, n) for m in (_lift, _options, _spectra) for n in m.__all__}
    results = class_of(operation.name, operation.outputs) if operation.outputs else None
    return scope | {
        "Results": results, "Pick": Pick, "wrap": wrap,
        "Tensor": Tensor, "Cell": Cell, "Like": Like, "NodeClass": node, "OUTSIDE": OUTSIDE, "locate": locate,
        "next_seq": next_seq, "getframe": sys._getframe, "new": object.__new__, "new_tuple": tuple.__new__,
        "is_grad_enabled": is_grad_enabled, "LEVELS": LEVELS, "STRICT_SUPPORT": STRICT_SUPPORT,
    }  # fmt: skip


def make(operation: Operation, node: type[Node] | None = None) -> Callable[..., Any]:
    """The public function of an operation."""
    node = node or (None if operation.constant else node_class(operation))
    return compiled(operation.name, forward_lines(operation), _scope(node, operation))


def make_operator(
    operation: Operation,
    method: str,
    node: type[Node] | None,
    find: Callable[[str], Any],
    *,
    swap: bool,
) -> Callable[..., Any]:
    """A binary operator method; ``find(name)`` is a public function, for what is neither tensor nor scalar."""
    scope = _scope(node, operation) | {
        "FUNCTION": lambda: find(operation.name), "OPERATION": find,
    }  # fmt: skip
    return compiled(method, operator_lines(operation, method, swap=swap), scope)
