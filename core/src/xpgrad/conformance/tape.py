"""What the tape keeps, and whether the word that classifies an operation is true."""

from __future__ import annotations

import contextlib
import warnings
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from xpgrad._tensor import wrap
from xpgrad.autograd._backward import grad
from xpgrad.conformance.checks import assert_near, cotangent, hosts, raw_gradients
from xpgrad.conformance.site import Call, is_floating

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "keeps_only_what_is_named",
    "names_never_read",
    "runs_without_values",
    "the_rest_does_not_matter",
    "word_is_true",
]

MOVE: Final = 1e-3


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def _parameter(name: str) -> str:
    """``arrays`` for ``arrays[2]``."""
    return name.partition("[")[0]


def _recorded(call: Call, tracked: tuple[str, ...]) -> tuple[Any, list[tuple[str, Any]]]:
    """The node of a call, and weak references to its input and output arrays; nothing else survives."""
    tensors = call.tensors()
    for name in tracked:
        tensors[name].requires_grad_()
    result = call.direct(tensors)
    outs = result if isinstance(result, tuple) else (result,)
    node = next(o._node for o in outs if o._node is not None)
    return node, _references(tensors, outs)


def _references(tensors: dict[str, Any], outs: tuple[Any, ...]) -> list[tuple[str, Any]]:
    references = []
    for name, t in (*tensors.items(), *(("out", o) for o in outs)):
        with contextlib.suppress(TypeError):  # NumPy's scalars know no weak references
            references.append((name, weakref.ref(t._cell.raw)))
    return references


def keeps_only_what_is_named(call: Call) -> None:
    """Of the arrays that met in a call, only those that the rule names outlive it, for any choice of inputs."""
    rule = call.rule
    for tracked in (*((n,) for n in call.values), tuple(call.values)):
        node, references = _recorded(call, tracked)
        named = {n for p in tracked for n in rule.needs[_parameter(p)]}
        for name, reference in references:
            if reference() is not None and _parameter(name) not in named:
                message = (
                    f"{call.name}, sample {call.sample.label!r}: the tape keeps {name} for the gradient of "
                    f"{', '.join(tracked)}, and the rule names only {sorted(named)}"
                )
                raise AssertionError(message)
        del node
    _forgets_after_backward(call)


def _forgets_after_backward(call: Call) -> None:
    """Once the graph is gone, so is every array that met in it: a rule has no memory of its own."""
    tensors = call.tensors(requires_grad=True)
    out = call(tensors)
    references = _references(tensors, (out,))
    found = raw_gradients(call, tensors, cotangent(call.site.host(out)))
    del tensors, out, found
    left = [name for name, reference in references if reference() is not None]
    assert not left, (
        f"{call.name}, sample {call.sample.label!r}: {', '.join(left)} outlived the graph"
    )


def _others(xp: Any, kept: Any) -> Any:
    """Other values in place of a kept array."""
    if "bool" in str(kept.dtype):
        return (xp.logical_not(kept),)
    return (xp.flip(kept), kept * 0.5 + 0.1, -kept, kept + 2.0) if xp.is_floating(kept) else ()


def names_never_read(calls: Iterable[Call]) -> set[tuple[str, str]]:
    """(input, name) where the rule of the input names an array whose values change no gradient of any call."""
    unread: set[tuple[str, str]] = set()
    read: set[tuple[str, str]] = set()
    for call in calls:
        for parameter, name, matters in _readings(call):
            (read if matters else unread).add((parameter, name))
    return unread - read


def _readings(call: Call) -> Iterable[tuple[str, str, bool]]:
    rule = call.rule
    kept_names = dict.fromkeys(n for names in rule.needs.values() for n in names if n != "xp")
    sample = call.sample
    if rule.sequence or rule.outputs or sample.prepare is not None or sample.observe is not None:
        return
    tensors = call.tensors(requires_grad=True)
    out = call(tensors)
    node, xp, host = out._node, out._xp, call.site.host
    g = call.site.place(cotangent(host(out)))._cell.raw

    def run(kept: Any) -> dict[str, Any]:
        grads: dict[Any, Any] = dict.fromkeys(t._node for t in tensors.values())
        with warnings.catch_warnings(), _numpy().errstate(all="ignore"):
            warnings.simplefilter("ignore")  # other values need not make sense to the function
            node.backward(g, grads, node.parents, kept, node.fix, xp)
        return {n: host(wrap(grads[t._node], xp)) for n, t in tensors.items()}

    if not node.kept:
        return
    true = run(node.kept)
    for i, name in enumerate(kept_names):
        if name not in {*call.sample.arrays, "out"} or node.kept[i] is None:
            continue
        others = [run((*node.kept[:i], o, *node.kept[i + 1 :])) for o in _others(xp, node.kept[i])]
        for parameter in tensors:
            if name in rule.needs[parameter] and others:
                same = all(_numpy().array_equal(o[parameter], true[parameter]) for o in others)
                yield parameter, name, not same


def the_rest_does_not_matter(call: Call) -> None:
    """Arrays that the rule has no derivative by change nothing when they move, all along one line: ties stay ties."""
    arrays = {
        n: v
        for n, v in call.sample.arrays.items()
        if n not in call.rule.vjps and is_floating(v[0] if isinstance(v, tuple) and v else v)
    }
    if not arrays:
        return

    def moved(v: Any) -> Any:
        return tuple(map(moved, v)) if isinstance(v, tuple) else v + MOVE * (v + 1)

    sample = replace(
        call.sample, arrays=call.sample.arrays | {n: moved(v) for n, v in arrays.items()}
    )
    found = Call(call.site, call.name, sample).value(call.values)
    expected = call.value(call.values)
    assert _numpy().allclose(found, expected, rtol=MOVE * 1e-6, atol=MOVE * 1e-6, equal_nan=True), (
        f"{call.name}, sample {call.sample.label!r}: the value depends on {', '.join(arrays)}, and the rule has a "
        f"derivative by {', '.join(call.rule.vjps) or 'nothing'} only"
    )


# --- the words --------------------------------------------------------------------------------------


def word_is_true(call: Call) -> None:
    """``linear``, ``multilinear`` and ``elementwise`` mean what they say."""
    kind = call.rule.kind
    if kind == "linear":
        _is_linear(call, tuple(call.values))
    elif kind == "multilinear":
        for name in call.values:
            _is_linear(call, (name,))
    elif kind == "elementwise":
        _is_diagonal(call)


def _is_linear(call: Call, names: tuple[str, ...]) -> None:
    """``f(2 x - 3 y) = 2 f(x) - 3 f(y)`` jointly in the named inputs."""
    other = call.values | {n: cotangent(call.values[n], 17) for n in names}
    mixed = call.values | {n: 2 * call.values[n] - 3 * other[n] for n in names}
    expected = 2 * call.value(call.values) - 3 * call.value(other)
    assert_near(
        call,
        f"{', '.join(names)} (is {call.rule.kind})",
        call.value(mixed),
        expected,
        1e-9,
        1e-9,
    )


def _is_diagonal(call: Call) -> None:
    """An element of the result depends on the inputs' elements of its own place; for complex input, holomorphically."""
    np = _numpy()
    value = call.value(call.values)
    g = cotangent(value)
    if any(v.dtype.kind == "c" for v in call.values.values()):
        turned = hosts(call, raw_gradients(call, call.tensors(requires_grad=True), 1j * g))
        straight = hosts(call, raw_gradients(call, call.tensors(requires_grad=True), g))
        for name, found in straight.items():
            assert_near(call, f"{name} (is holomorphic)", turned[name], 1j * found, 1e-9, 1e-9)
    if value.size < 2 or any(v.shape != value.shape for v in call.values.values()):
        return
    one = np.zeros_like(g)
    one.reshape(-1)[0] = 1
    for name, found in hosts(
        call, raw_gradients(call, call.tensors(requires_grad=True), one)
    ).items():
        assert not np.any(found.reshape(-1)[1:]), (
            f"{call.name}: {name} is not elementwise: its Jacobian is not diagonal"
        )


def runs_without_values(call: Call) -> None:
    """On arrays without values, both passes and the second order run and give the inputs' shapes and dtypes."""
    tensors = call.tensors(requires_grad=True)
    out = call(tensors)
    seed = wrap(out._cell.raw, out._xp)
    for recorded in (False, True):
        found = grad(
            out, list(tensors.values()), seed.requires_grad_(recorded), retain_graph=True,
            create_graph=recorded, materialize_grads=True,
        )  # fmt: skip
        for t, derivative in zip(tensors.values(), found, strict=True):
            assert (derivative.shape, derivative.dtype) == (t.shape, t.dtype), (
                f"{call.name}: {derivative._cell.raw}"
            )
    tracked = [t for t in found if t.requires_grad]
    if tracked:
        grad(
            tracked,
            [*tensors.values(), seed],
            [wrap(t._cell.raw, t._xp) for t in tracked],
            materialize_grads=True,
        )
