"""Forward mode: what every operation's tangents must be, each claim as a function that raises AssertionError."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpgrad._namespace._operations import operation
from xpgrad.autograd import grad
from xpgrad.conformance.checks import (
    _numpy,
    assert_close,
    assert_near,
    cotangent,
    in_double_precision,
    recorded_gradients,
)
from xpgrad.conformance.oracles import along_array, inner, sharp
from xpgrad.transforms import grad as reverse
from xpgrad.transforms import jvp, vjp

if TYPE_CHECKING:
    from xpgrad.conformance.site import Call

__all__ = [
    "forward_agrees_with_differences",
    "forward_agrees_with_reference",
    "forward_keeps",
    "forward_over_reverse_agrees",
    "third_order_agrees",
]


def _function(call: Call) -> Any:
    """The call as a function of its differentiable arrays, in order."""
    names = tuple(call.values)
    return lambda *tensors: call(dict(zip(names, tensors, strict=True)))


def _directions(call: Call, seed: int = 19) -> dict[str, Any]:
    return {n: cotangent(v, seed + i) for i, (n, v) in enumerate(call.values.items())}


def _tangents(call: Call, directions: dict[str, Any], among: tuple[str, ...]) -> tuple[Any, Any]:
    """The result and its tangent when the named inputs move."""
    primals = tuple(call.tensors().values())
    moves = tuple(call.site.place(directions[n]) if n in among else None for n in call.values)
    return jvp(_function(call), primals, moves)  # type: ignore[no-any-return]


def forward_agrees_with_differences(call: Call) -> None:
    """The tangent along a direction is the derivative of the function's own values along it."""
    directions = _directions(call)
    choices = {tuple(call.values), *((n,) for n in call.values)}
    for among in sorted(choices, key=len):
        _, got = _tangents(call, directions, among)

        def moved(h: float, among: tuple[str, ...] = among) -> Any:
            return call.value(
                {n: v + h * directions[n] if n in among else v for n, v in call.values.items()}
            )

        expected, off = sharp(moved)
        assert_near(
            call, f"a tangent of {', '.join(among)}", call.site.host(got), expected, 0.0, off
        )


def forward_agrees_with_reference(call: Call) -> None:
    """The tangent along a direction against the same on NumPy in double precision."""
    reference = in_double_precision(call)
    directions, names = _directions(call), tuple(call.values)
    wide = {n: d.astype(reference.values[n].dtype) for n, d in directions.items()}
    for among in {names, *((n,) for n in names)}:
        _, got = _tangents(call, directions, among)
        _, want = _tangents(reference, wide, among)
        what = f"the tangent of {', '.join(among)}"
        assert_close(call, what, call.site.host(got), reference.site.host(want))


def forward_keeps(call: Call) -> None:
    """A tangent has its result's shape, dtype and device."""
    out, tangent = _tangents(call, _directions(call), tuple(call.values))
    for what in ("shape", "dtype", "device"):
        have, want = getattr(tangent, what), getattr(out, what)
        assert have == want, (
            f"{call.name}, sample {call.sample.label!r}: its tangent has {what} {have}, expected {want}"
        )


def forward_over_reverse_agrees(call: Call) -> None:
    """The tangent of the gradient is the gradient of the tangent: two ways to the second order."""
    directions = _directions(call)
    g = call.site.place(cotangent(call.value(call.values)))
    names = tuple(call.values)
    weights = {n: call.site.place(cotangent(v, 11)) for n, v in call.values.items()}

    def gradient(*tensors: Any) -> Any:
        return vjp(_function(call), *tensors)[1](g)

    primals = tuple(call.tensors().values())
    moves = tuple(call.site.place(directions[n]) for n in names)
    _, moved = jvp(gradient, primals, moves)
    expected = _second(call, g, weights, directions)
    for name, part in zip(names, moved, strict=True):
        got = inner(call.site.host(weights[name]), call.site.host(part))
        assert abs(got - expected[name]) <= 1e-9 * max(1.0, abs(expected[name])), (
            f"{call.name}, sample {call.sample.label!r}: the tangent of the gradient of {name} gives {got!r}, the "
            f"gradient of the gradient {expected[name]!r}"
        )


def _second(
    call: Call, g: Any, weights: dict[str, Any], directions: dict[str, Any]
) -> dict[str, float]:
    """``⟨direction, gradient of ⟨weight, gradient by name⟩⟩``, by reverse mode twice."""
    tensors = call.tensors(requires_grad=True)
    first = recorded_gradients(call, tensors, g)
    found = {}
    for name, t in first.items():
        total = 0.0
        if t.requires_grad:
            parts = grad(t, list(tensors.values()), weights[name], retain_graph=True, allow_unused=True,
                         materialize_grads=True)  # fmt: skip
            total = sum(
                inner(directions[n], call.site.host(p)) for n, p in zip(tensors, parts, strict=True)
            )
        found[name] = total
    return found


def third_order_agrees(call: Call) -> None:
    """Along a line, the third derivative by three backward passes and by three forward ones, against differences."""
    directions = _directions(call)
    g = call.site.place(cotangent(call.value(call.values)))
    starts = call.tensors()
    moves = {n: call.site.place(d) for n, d in directions.items()}
    real = call.site.place(_numpy().asarray(0.0, "float64"))

    def along_the_line(t: Any) -> Any:
        value = g * call({n: starts[n] + t * moves[n] for n in starts})
        return operation("sum")(operation("real")(value) if value.dtype.is_complex else value)

    def forward(f: Any) -> Any:
        return lambda t: jvp(f, (t,), (operation("positive")(t) * 0.0 + 1.0,))[1]

    for how in (reverse, forward):
        second = how(how(along_the_line))
        expected = along_array(lambda h: call.site.host(second(real + h)))  # noqa: B023 - used at once
        got = call.site.host(how(second)(real))
        assert abs(got - expected) <= 1e-6 * max(1.0, abs(expected)), (
            f"{call.name}, sample {call.sample.label!r}: third derivative along a line by {how.__name__} mode is "
            f"{got!r}, expected {expected!r}"
        )
