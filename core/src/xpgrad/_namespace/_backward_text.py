"""The node class of an operation, with the text of its ``backward`` made from the rule's one-line VJPs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad._engine import fit
from xpgrad._graph import Node
from xpgrad._namespace._compile import compiled
from xpgrad._results import class_of
from xpgrad.errors import MissingRuleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad._namespace._operation import Operation

__all__ = ["node_class", "tuple_of"]


def class_name(name: str) -> str:
    """``multiply`` -> ``MulBackward``: PyTorch's names where it has one."""
    short = {"multiply": "mul", "divide": "div", "subtract": "sub", "negative": "neg", "matmul": "mm",
             "getitem": "index", "setitem": "index_put", "permute_dims": "permute",
             "broadcast_to": "expand", "concat": "cat", "scalar_pow": "pow"}.get(name, name)  # fmt: skip
    words = short.replace(".", "_").split("_")
    return "".join(part[:1].upper() + part[1:] for part in words) + "Backward"


def _accumulate(parent: str, cotangent: str, index: int, several: bool) -> list[str]:
    head = f"if {parent} in grads:", f"    t = {cotangent}"
    if several:  # the rule may find that nothing depends on this input
        return [
            *head,
            "    if t is not None:",
            f"        if fix is not None and fix[{index}] is not None: t = fit(t, fix[{index}], xp)",
            f"        q = grads[{parent}]",
            f"        grads[{parent}] = t if q is None else q + t",
        ]
    return [
        *head,
        f"    if fix is not None and fix[{index}] is not None: t = fit(t, fix[{index}], xp)",
        f"    q = grads[{parent}]",
        f"    grads[{parent}] = t if q is None else q + t",
    ]


def _backward_lines(operation: Operation) -> list[str]:
    rule = operation.rule
    assert rule is not None
    lines = ["def backward(g, grads, parents, kept, fix, xp):"]
    body = []
    if operation.sequence:
        (array,) = rule.vjps
        call = ", ".join(["g", *("xp" if n == "xp" else f"k_{n}" for n in rule.needs[array])])
        body += [f"{tuple_of('k_', operation.kept)} = kept"] if operation.kept else []
        body += [
            f"for i, (p, t) in enumerate(zip(parents, vjp_{array}({call}))):",
            "    if p in grads:",
        ]
        body += ["        if fix is not None and fix[i] is not None: t = fit(t, fix[i], xp)"]
        body += ["        q = grads[p]", "        grads[p] = t if q is None else q + t"]
    else:
        body += ["g = Results(*g)"] if operation.outputs else []
        body += [f"{tuple_of('p_', operation.active)} = parents"]
        body += [f"{tuple_of('k_', operation.kept)} = kept"] if operation.kept else []
        for i, array in enumerate(operation.active):
            call = ", ".join(["g", *("xp" if n == "xp" else f"k_{n}" for n in rule.needs[array])])
            several = bool(operation.outputs)
            body += _accumulate(f"p_{array}", f"vjp_{array}({call})", i, several)
    return lines + ["    " + line for line in body]


def tuple_of(prefix: str, names: tuple[str, ...]) -> str:
    """The text of a tuple of prefixed names."""
    return "(" + "".join(f"{prefix}{n}, " for n in names) + ")"


def _missing(name: str) -> Callable[..., None]:
    def backward(*_: Any) -> None:
        message = (
            f"operation {name!r} has no derivative rule. Detach its result if no gradient should flow, compute it "
            "from other operations, or install or write an operation with one (docs/plugins/writing-an-operation.md); "
            f"xpgrad.supports({name!r}) answers beforehand"
        )
        raise MissingRuleError(message)

    return backward


def _dressing(operation: Operation) -> tuple[Any, ...]:
    """For each kept name, how a differentiable pass sees it: (kind, number of the parent)."""
    how: list[tuple[str, int]] = []
    for name in operation.kept:
        if name == "out":
            how.append(("outs" if operation.outputs else "out", -1))
        elif name.startswith("like_"):
            how.append(("likes" if operation.sequence else "like", -1))
        elif name in operation.active:
            kind = "arrays" if operation.sequence else "array"
            how.append((kind, operation.active.index(name)))
        elif name in operation.arrays:
            how.append(("array", -1))
        else:
            how.append(("option", -1))
    return tuple(how)


def node_class(operation: Operation) -> type[Node]:
    """The subclass of :class:`Node` that this operation records."""
    name = class_name(operation.name)
    members: dict[str, Any] = {
        "__slots__": (),
        "op": operation.name,
        "__module__": "xpgrad.autograd",
    }
    if operation.rule is None:
        members["backward"] = staticmethod(_missing(operation.name))
    else:
        results = class_of(operation.name, operation.outputs) if operation.outputs else None
        scope = {"fit": fit, "Results": results} | {
            f"vjp_{p}": f for p, f in operation.rule.vjps.items()
        }
        members["backward"] = staticmethod(
            compiled(operation.name + ".backward", _backward_lines(operation), scope)
        )
        rule = operation.rule
        members["pointwise"] = rule.kind == "elementwise" or operation.name == "multiply"
        members["dress"] = _dressing(operation)
        members["frees"] = any(
            kind in ("array", "arrays", "out", "outs") for kind, _ in members["dress"]
        )
    return type(name, (Node,), members)
