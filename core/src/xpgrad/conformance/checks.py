"""What every operation with a derivative must do, each claim as a function that raises AssertionError.

Each takes a :class:`~xpgrad.conformance.site.Call`.  Messages name the operation, the sample and the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad._namespace._operations import operation
from xpgrad.autograd._backward import grad
from xpgrad.conformance.oracles import along, complex_step, difference, inner, rough, sharp, ulps
from xpgrad.conformance.samples import Sample
from xpgrad.conformance.site import Call, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad.conformance.samples.chosen import Chosen

__all__ = [
    "agrees_with_complex_step",
    "agrees_with_differences",
    "agrees_with_reference",
    "assert_close",
    "gives_the_chosen",
    "keeps_what_it_was_given",
    "masks_what_is_infinite",
    "recorded_pass_agrees",
    "results_follow_their_arguments",
    "second_order_agrees",
    "second_order_agrees_with_reference",
    "writes_nothing",
]  # fmt: skip


ULPS: Final = 1000
"""Units in the last place, of the largest value, between two computations of one thing."""


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def cotangent(like: Any, seed: int = 7) -> Any:
    """A host array of a result's shape and dtype, all its elements different."""
    np = _numpy()
    rng = np.random.default_rng(seed)
    g = rng.uniform(0.5, 1.5, like.shape) * rng.choice([-1.0, 1.0], like.shape)
    if like.dtype.kind == "c":
        g = g + 1j * rng.uniform(-1.5, 1.5, like.shape)
    return np.asarray(g, dtype=like.dtype)


def assert_near(call: Call, name: str, got: Any, expected: Any, rtol: float, atol: Any) -> None:
    """Shapes are equal and values near; the message names the operation, its sample and its input.

    ``atol`` may be an array: each element's own.
    """
    np = _numpy()
    where = f"{call.name}, sample {call.sample.label!r}: gradient of {name}"
    assert got.shape == expected.shape, f"{where} has shape {got.shape}, expected {expected.shape}"
    if not np.allclose(got, expected, rtol=rtol, atol=atol, equal_nan=True):
        worst = np.max(np.abs(got - expected))
        message = f"{where} is off by {worst:.3g}\n  got      {got.tolist()}\n  expected {expected.tolist()}"
        raise AssertionError(message)


def raw_gradients(call: Call, tensors: dict[str, Any], g: Any) -> dict[str, Any]:
    """The first-order pass: gradients as tensors by name."""
    out = call(tensors)
    found = grad(
        out, list(tensors.values()), call.site.place(g), allow_unused=True, materialize_grads=True
    )
    return dict(zip(tensors, found, strict=True))


def recorded_gradients(call: Call, tensors: dict[str, Any], g: Any) -> dict[str, Any]:
    """The same pass over tensors, recorded; ``g`` is a tensor."""
    out = call(tensors)
    found = grad(out, list(tensors.values()), g, create_graph=True, materialize_grads=True)
    return dict(zip(tensors, found, strict=True))


def hosts(call: Call, tensors: dict[str, Any]) -> dict[str, Any]:
    return {n: call.site.host(t) for n, t in tensors.items()}


def varied(function: Any, values: dict[str, Any], name: str) -> Callable[[Any], Any]:
    """A function (or a call's value) of one of its values."""
    whole = getattr(function, "value", function)
    return lambda v: whole(values | {name: v})


def _weighted(function: Callable[[Any], Any], g: Any) -> Callable[[Any], float]:
    return lambda v: inner(g, function(v))


def agrees_with_differences(call: Call) -> None:
    """First order, raw arrays: every element against a central difference of the function's own values.

    All elements together are then held against a sharper difference, along a line on which each of them moves.
    """
    g = cotangent(call.value(call.values))
    got = hosts(call, raw_gradients(call, call.tensors(requires_grad=True), g))
    for name, value in call.values.items():
        expected = difference(_weighted(varied(call, call.values, name), g), value)
        assert_near(call, name, got[name], expected, 1e-8, 1e-8)
        _agrees_along_a_line(call, name, got[name], g)


def _agrees_along_a_line(call: Call, name: str, gradient: Any, g: Any) -> None:
    value = call.values[name]
    function, direction = varied(call, call.values, name), cotangent(value, 23)
    slope, off = sharp(lambda h: function(value + h * direction))
    have, want = inner(gradient, direction), inner(g, slope)
    allowed = float(_numpy().sum(abs(g) * off))
    assert not abs(have - want) > allowed, (
        f"{call.name}, sample {call.sample.label!r}: gradient of {name} along a line is off by {abs(have - want):.3g}"
        f", where {allowed:.3g} is allowed: got {have!r}, expected {want!r}"
    )


def agrees_with_complex_step(call: Call) -> None:
    """First order of a holomorphic operation at real points, to rounding."""
    g = cotangent(call.value(call.values))
    got = hosts(call, raw_gradients(call, call.tensors(requires_grad=True), g))
    every = {n: v.astype("complex128") for n, v in call.values.items()}
    for name, value in call.values.items():
        expected = complex_step(varied(call, every, name), value, g)
        assert_near(call, name, got[name], expected, 1e-13, 1e-13)


def recorded_pass_agrees(call: Call) -> None:
    """The rule on tensors gives what it gives on raw arrays."""
    g = cotangent(call.value(call.values))
    raw = hosts(call, raw_gradients(call, call.tensors(requires_grad=True), g))
    recorded = recorded_gradients(call, call.tensors(requires_grad=True), call.site.place(g))
    for name, t in recorded.items():
        assert_close(call, f"the gradient of {name} (recorded pass)", call.site.host(t), raw[name])


def second_order_agrees(call: Call) -> None:
    """Second order: the derivative of the gradient against differences of the first-order pass."""
    g = cotangent(call.value(call.values))
    weights = {n: cotangent(v, 11) for n, v in call.values.items()}
    variables = call.values | {"g": g}

    def first_order(values: dict[str, Any]) -> Any:
        inputs = {n: v for n, v in values.items() if n != "g"}
        found = raw_gradients(call, call.tensors(inputs, requires_grad=True), values["g"])
        return sum(inner(weights[n], call.site.host(t)) for n, t in found.items())

    second = _second(call, g, weights)
    for name, value in variables.items():
        direction = cotangent(value, 13)
        expected = along(varied(first_order, variables, name), value, direction)
        got = inner(second[name], direction)
        scale = max(1.0, abs(expected))
        assert abs(got - expected) <= 1e-7 * scale, (
            f"{call.name}, sample {call.sample.label!r}: second derivative along {name} is {got!r}, "
            f"expected {expected!r}"
        )


def _second(call: Call, g: Any, weights: dict[str, Any]) -> dict[str, Any]:
    """The gradient of ``Σ ⟨weights, gradient⟩`` by input name, and by ``g``."""
    np = _numpy()
    tensors = call.tensors(requires_grad=True)
    seed = call.site.place(g).requires_grad_()
    first = recorded_gradients(call, tensors, seed)
    tracked = {n: t for n, t in first.items() if t.requires_grad}
    everything = tensors | {"g": seed}
    if not tracked:
        return {n: np.zeros(t.shape) for n, t in everything.items()}
    found = grad(
        list(tracked.values()), list(everything.values()), [call.site.place(weights[n]) for n in tracked],
        allow_unused=True, materialize_grads=True,
    )  # fmt: skip
    return dict(zip(everything, (call.site.host(t) for t in found), strict=True))


def in_double_precision(call: Call) -> Call:
    """The same call with the same values on NumPy in float64 or complex128: the reference of every backend."""
    double = {"float32": "float64", "complex64": "complex128"}
    dtype = widest_dtype(call)
    there = Call(Site.of("numpy"), call.name, call.sample)
    return there.as_dtype(double[dtype]) if dtype in double else there


def widest_dtype(call: Call) -> str:
    """The dtype of a call's arrays."""
    return str(max((v.dtype for v in call.values.values()), key=lambda d: d.itemsize).name)


def assert_close(call: Call, what: str, got: Any, expected: Any) -> None:
    """Equal shapes, and values equal to some units in the last place of what was computed."""
    where = f"{call.name}, sample {call.sample.label!r}: {what}"
    assert got.shape == expected.shape, f"{where} has shape {got.shape}, expected {expected.shape}"
    off = ulps(got, expected)
    assert off <= ULPS, (
        f"{where} is off by {off:.0f} ULP of {got.dtype}\n  got      {got.tolist()}\n  expected {expected.tolist()}"
    )


def agrees_with_reference(call: Call) -> None:
    """Values and gradients against the same program on NumPy in double precision."""
    reference = in_double_precision(call)
    expected, value = reference.value(reference.values), call.value(call.values)
    assert_close(call, "the value", value, expected)
    g = cotangent(value)
    got = hosts(call, raw_gradients(call, call.tensors(requires_grad=True), g))
    tensors = reference.tensors(requires_grad=True)
    for name, t in raw_gradients(reference, tensors, g.astype(expected.dtype)).items():
        assert_close(call, f"the gradient of {name}", got[name], reference.site.host(t))


def second_order_agrees_with_reference(call: Call) -> None:
    """The gradient of ``Σ ⟨weights, gradient⟩`` against the same on NumPy in double precision."""
    reference = in_double_precision(call)
    g = cotangent(call.value(call.values))
    weights = {n: cotangent(v, 11) for n, v in call.values.items()}
    got = _second(call, g, weights)
    wide = {n: w.astype(reference.values[n].dtype) for n, w in weights.items()}
    for name, want in _second(
        reference, g.astype(cotangent(reference.value(reference.values)).dtype), wide
    ).items():
        assert_close(call, f"the second derivative by {name}", got[name], want)


def masks_what_is_infinite(site: Site) -> None:
    """An infinite cotangent gives 0, not NaN, to the branch of ``where`` that was not taken."""
    np = _numpy()
    dtype = "float64" if site.has("float64") else "float32"
    for recorded in (False, True):
        x = site.place(np.asarray([-1.0, 4.0], dtype)).requires_grad_()
        out = operation("where")(x > 0, x, site.place(np.zeros(2, dtype)))
        with np.errstate(all="ignore"):
            g = site.place(np.asarray([np.inf, 3.0], dtype))
            (found,) = grad(out, x, g, create_graph=recorded)
        got = site.host(found).tolist()
        assert got == [0.0, 3.0], (
            f"the gradient of where(x > 0, x, 0) at -1 and 4, for the cotangents inf and 3, is {got}, "
            "expected [0.0, 3.0]"
        )


def keeps_what_it_was_given(call: Call) -> None:
    """A gradient has its input's shape, dtype and device, in both passes, whichever inputs are tracked."""
    g = cotangent(call.value(call.values))
    for tracked in (*((n,) for n in call.values), tuple(call.values)):
        tensors = call.tensors()
        inputs = [tensors[n].requires_grad_() for n in tracked]
        out = call(tensors)
        for recorded in (False, True):
            found = grad(out, inputs, call.site.place(g), retain_graph=True, create_graph=recorded)
            for name, t, derivative in zip(tracked, inputs, found, strict=True):
                where = f"{call.name}, sample {call.sample.label!r}: gradient of {name}"
                for what in ("shape", "dtype", "device"):
                    have, want = getattr(derivative, what), getattr(t, what)
                    assert have == want, f"{where} has {what} {have}, expected {want}"


def results_follow_their_arguments(call: Call) -> None:
    """Results are on their arguments' device, and of lower precision where these are: nothing widens on the way."""
    reference = in_double_precision(call)
    wanted = _results(reference)
    for number, (got, double) in enumerate(zip(_results(call), wanted, strict=True)):
        which = f"result {number}" if len(wanted) > 1 else "the result"
        where = f"{call.name}, sample {call.sample.label!r}: {which}"
        want = _implied(call, double.dtype.name)
        assert got.dtype.name == want, (
            f"{where} of {widest_dtype(call)} arrays has dtype {got.dtype.name}, expected {want}"
        )
        assert got.device == call.site.device, (
            f"{where} is on {got.device}, expected {call.site.device}"
        )


def _results(call: Call) -> tuple[Any, ...]:
    """An operation's own results, as it returns them."""
    tensors, prepare = call.tensors(), call.sample.prepare
    found = call.direct(tensors if prepare is None else prepare(tensors))
    return found if isinstance(found, tuple) else (found,)


def _implied(call: Call, double: str) -> str:
    """The dtype of a result that is ``double`` where the arguments are of double precision."""
    asked = call.sample.options.get("dtype")
    if asked is not None:
        return str(getattr(asked, "name", asked))
    if not call.site.has_int64 and double == "int64":
        return "int32"
    if widest_dtype(call) in ("float32", "complex64"):
        return {"float64": "float32", "complex128": "complex64"}.get(double, double)
    return double


def writes_nothing(call: Call) -> None:
    """Neither pass changes an input, a kept value or the cotangent it was given."""
    np = _numpy()
    g = cotangent(call.value(call.values))
    tensors, seed = call.tensors(requires_grad=True), call.site.place(g)
    out = call(tensors)
    result = call.site.host(out).copy()
    for recorded in (False, True):
        grad(out, list(tensors.values()), seed, retain_graph=True, create_graph=recorded)
    for name, have, want in (("the cotangent", seed, g), ("the result", out, result),
                             *((n, tensors[n], v) for n, v in call.values.items())):  # fmt: skip
        assert np.array_equal(call.site.host(have), want, equal_nan=True), (
            f"{call.name}, sample {call.sample.label!r}: {name} was written"
        )


def gives_the_chosen(site: Site, chosen: Chosen) -> None:
    """The gradient at a special point is the one that was chosen, in both passes; and so is the gradient's own."""
    np = _numpy()
    numbers = [x for v in chosen.inputs.values() for x in v or ()]
    kind, wide = ("complex", 128) if any(isinstance(x, complex) for x in numbers) else ("float", 64)
    dtype = f"{kind}{wide if site.has(f'{kind}{wide}') else wide // 2}"
    arrays = {n: None if v is None else np.asarray(v, dtype) for n, v in chosen.inputs.items()}
    call = Call(site, chosen.operation, Sample("special point", arrays, chosen.options or {}))

    def compare(name: str, found: Any, expected: Any) -> None:
        got = site.host(found)
        assert_near(call, name, got, np.asarray(expected, got.dtype), *rough(dtype))

    for recorded in (False, True):
        tensors = call.tensors(requires_grad=True)
        with np.errstate(all="ignore"):
            out = call(tensors)
            g = site.place(np.ones(out.shape, out.dtype.name)).requires_grad_(recorded)
            (found,) = grad(out, tensors[chosen.by], g, create_graph=recorded)
            compare(chosen.by, found, chosen.gradient)
            for name, expected in (chosen.second or {}).items() if recorded else ():
                like = site.place(np.ones(found.shape, found.dtype.name))
                by = (tensors | {"g": g})[name]
                (second,) = grad(
                    found, by, like, retain_graph=True, allow_unused=True, materialize_grads=True
                )
                compare(f"the gradient of {chosen.by} by {name}", second, expected)
