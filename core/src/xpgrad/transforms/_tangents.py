"""The tangent of an operation's result, from the word that classifies its rule.

There is no second table of derivatives: a diagonal Jacobian is its own transpose, a linear operation is its own
derivative, a multilinear one is so in each argument, and any other rule is transposed by running it backward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad._engine import fit, run
from xpgrad._like import Like
from xpgrad._modes import GRAD, HARD_ZEROS, Switch
from xpgrad._namespace._lift import edge_fix
from xpgrad._namespace._operations import operation, tensor_namespace
from xpgrad._rule import parameter_names
from xpgrad.autograd._carriers import RecordedCarrier, UnrecordedCarrier
from xpgrad.errors import MissingRuleError
from xpgrad.transforms._functions import reaches_out, seed_like

if TYPE_CHECKING:
    from xpgrad.transforms._level import Invocation

__all__ = ["tangent_of"]

Arguments = dict[str, Any]


def tangent_of(invoke: Invocation, primals: Arguments, tangents: Arguments, out: Any) -> Any:
    """The tangent of ``out``: a tensor or None; a tuple of them where the operation has several results.

    ``tangents`` has the tangent of each active array, None for a constant; a sequence has a tuple of them.
    """
    rule = invoke.operation.rule
    if rule is None:
        message = (
            f"operation {invoke.operation.name!r} has no derivative rule, so nothing can be known of its tangent; "
            "detach its arguments if no derivative should flow"
        )
        raise MissingRuleError(message)
    several = isinstance(out, tuple)
    diagonal = rule.kind == "elementwise" or invoke.operation.name == "multiply"
    if rule.jvp is not None:
        found = _given(invoke, primals, tangents, out)
    elif diagonal or (rule.kind == "linear" and rule.broadcast):
        found = _elementwise(invoke, primals, tangents, out)
    elif rule.kind == "linear" and not several:
        found = _linear(invoke, primals, tangents)
    elif rule.kind == "multilinear":
        found = _multilinear(invoke, primals, tangents)
    else:
        found = _transposed(invoke, primals, tangents, out)
    if several:
        return tuple(_like_result(t, o) for t, o in zip(found, out, strict=True))
    return _like_result(found, out)


def _like_result(t: Any, out: Any) -> Any:
    """A tangent in its result's shape and dtype."""
    if t is None:
        return None
    if t.shape != out.shape:
        t = operation("broadcast_to")(t, out.shape)
    return tensor_namespace.cast(t, out.dtype)


def _sum(terms: list[Any]) -> Any:
    found = [t for t in terms if t is not None]
    total = found[0] if found else None
    for t in found[1:]:
        total = total + t
    return total


def _asked(names: tuple[str, ...], primals: Arguments, out: Any) -> list[Any]:
    """What a rule asks for after ``g``, as tensors."""
    return [_one(name, primals, out) for name in names]


def _one(name: str, primals: Arguments, out: Any) -> Any:
    if name == "xp":
        return tensor_namespace
    if name == "out":
        return out
    if name.startswith("shape_"):
        return primals[name.removeprefix("shape_")].shape
    if name.startswith("like_"):
        return _like(primals.get(name.removeprefix("like_")))
    return primals.get(name)


def _like(x: Any) -> Any:
    if isinstance(x, tuple):
        return tuple(map(_like, x))
    return None if x is None else Like(x.shape, x.dtype, x.device)


# --- the four words ---------------------------------------------------------------------------------


def _given(invoke: Invocation, primals: Arguments, tangents: Arguments, out: Any) -> Any:
    rule = invoke.operation.rule
    assert rule is not None
    terms = []
    jvps = rule.jvp or {}
    for name, t in tangents.items():
        if t is not None and name in jvps:
            asked = parameter_names(jvps[name])[1:]
            terms.append(jvps[name](t, *_asked(asked, primals, out)))
    return _sum(terms)


def _elementwise(invoke: Invocation, primals: Arguments, tangents: Arguments, out: Any) -> Any:
    rule = invoke.operation.rule
    assert rule is not None
    terms = []
    for name, t in tangents.items():
        if t is not None:
            if t.shape != out.shape:
                t = operation("broadcast_to")(t, out.shape)
            term = rule.vjps[name](t, *_asked(rule.needs[name], primals, out))
            terms.append(tensor_namespace.masked(term, t != 0) if HARD_ZEROS.get() else term)
    return _sum(terms)


def _linear(invoke: Invocation, primals: Arguments, tangents: Arguments) -> Any:
    moved = {name: _or_zeros(t, primals.get(name)) for name, t in tangents.items()}
    return invoke(primals | moved)


def _or_zeros(t: Any, primal: Any) -> Any:
    if isinstance(primal, tuple):
        parts = t if t is not None else (None,) * len(primal)
        return tuple(_or_zeros(part, p) for part, p in zip(parts, primal, strict=True))
    return t if t is not None or primal is None else tensor_namespace.zeros_like(primal)


def _multilinear(invoke: Invocation, primals: Arguments, tangents: Arguments) -> Any:
    terms = []
    for name, t in tangents.items():
        if isinstance(t, tuple):
            whole = primals[name]
            terms += [
                invoke(primals | {name: (*whole[:i], part, *whole[i + 1 :])})
                for i, part in enumerate(t)
                if part is not None
            ]
        elif t is not None:
            terms.append(invoke(primals | {name: t}))
    return _sum(terms)


# --- transposing ------------------------------------------------------------------------------------


def _transposed(invoke: Invocation, primals: Arguments, tangents: Arguments, out: Any) -> Any:
    """``J t`` as the transpose of ``g -> Jᵀ g``: the VJP is recorded as a function of ``g`` and run backward.

    The VJP is linear in ``g``, so the value of ``g`` does not matter.
    """
    outs = out if isinstance(out, tuple) else (out,)
    recording = GRAD.get()
    with Switch((GRAD, True)):
        seeds = tuple(map(seed_like, outs))
        g = seeds[0] if outs is not out else _tuple_like(out, seeds)
        roots: dict[Any, Any] = {}
        for name, t in tangents.items():
            _pull_back(invoke, name, t, g, primals, out, roots)
    targets = {s._node for s in seeds if s is not None}
    if not roots:
        return (None,) * len(outs) if outs is out else None
    recorded = recording and (
        any(t._node is not None for t in roots.values()) or reaches_out(roots, list(targets))
    )
    carrier: Any = RecordedCarrier() if recorded else UnrecordedCarrier()
    found = run(roots, carrier, targets=targets, retain=recorded)
    moved = tuple(None if s is None else found.get(s._node) for s in seeds)
    return moved if outs is out else moved[0]


def _tuple_like(out: Any, parts: tuple[Any, ...]) -> Any:
    return out._make(parts) if hasattr(out, "_make") else parts


def _pull_back(
    invoke: Invocation, name: str, t: Any, g: Any, primals: Arguments, out: Any, roots: Arguments
) -> None:
    """Enter the VJP of one input as a root, with the input's tangent as its cotangent."""
    rule = invoke.operation.rule
    assert rule is not None
    if t is None:
        return
    pulled = rule.vjps[name](g, *_asked(rule.needs[name], primals, out))
    many = isinstance(t, tuple)
    for part, r, x in zip(
        t if many else (t,), pulled if many else (pulled,), primals[name] if many else (primals[name],),
        strict=True,
    ):  # fmt: skip
        if part is None or r is None or r._node is None:
            continue
        fix = edge_fix((x,), r, tensor_namespace, rule.broadcast)  # type: ignore[arg-type]
        r = r if fix is None else fit(r, fix[0], tensor_namespace)
        if r._node is not None:
            roots[r._node] = part if r._node not in roots else roots[r._node] + part
