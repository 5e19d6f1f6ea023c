"""What a layer must do: shapes, names, derivatives, modes, seeds, state, places, and other faces of itself."""

from __future__ import annotations

import copy
import inspect
from typing import TYPE_CHECKING, Any, Final

import pytest

import xpgrad
from xpgrad.autograd._backward import grad
from xpgrad.conformance.learning.layer_calls import SEED, Called, outputs, transfers, weighted
from xpgrad.conformance.learning.running import placed, same
from xpgrad.conformance.levels import excuse
from xpgrad.conformance.oracles import along, along_array
from xpgrad.conformance.site import Site
from xpgrad.conformance.suite._calls import need
from xpgrad.errors import StateDictError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xpgrad.conformance.learning.cases import LayerCase

__all__ = [
    "agrees_with_numpy",
    "agrees_with_reference",
    "draws_from_the_seed",
    "first_order_agrees",
    "is_called_functionally",
    "is_copied",
    "is_mapped",
    "keeps_names",
    "keeps_shape_and_dtype",
    "second_order_agrees",
    "shows_itself",
    "stays_on_its_device",
    "survives_a_file",
    "switches_modes",
    "writes_nothing",
]

MOST: Final = 24
"""Elements of each array by which derivatives are taken."""
ULPS: Final = 2000


# --- values ------------------------------------------------------------------------------------------------


def keeps_shape_and_dtype(site: Site, case: LayerCase, dtype: str) -> None:
    """Results have the declared shape, the dtype of parameters and inputs, and the layer's device."""
    need(site, dtype)
    for training in (True, False):
        called = Called(site, case, dtype=dtype)
        called.layer.train(training)
        mode = "training" if training else "evaluation"
        found = called()
        assert found, f"{case}: in {mode} it returned no floating tensor"
        for t in found:
            assert t.dtype == dtype, f"{case}: in {mode} it makes {t.dtype} of {dtype}"
            assert t.device == site.device, f"{case}: in {mode} its result is on {t.device}"
        expected = case.output
        assert expected is None or tuple(found[0].shape) == tuple(expected), (
            f"{case}: in {mode} its result has shape {tuple(found[0].shape)}, declared is {tuple(expected)}"
        )
        for name, p in called.layer.named_parameters():
            assert p.dtype == dtype, f"{case}: {name!r} is {p.dtype} after to({dtype})"


def agrees_with_reference(site: Site, case: LayerCase) -> None:
    """In evaluation, the values of an independent statement of the layer on NumPy arrays."""
    reference = case.reference
    if reference is None:
        pytest.skip(
            excuse(
                f"no reference: {case.name} names no independent statement of its function, so nothing says that its "
                "values are right"
            )
        )
    called = Called(site, case)
    called.layer.eval()
    state = called.parameters() | called.buffers()
    mode = {"training": False} if "training" in inspect.signature(reference).parameters else {}
    want = _numpy().asarray(reference(state, *called.inputs, **case.options, **mode), called.dtype)
    same(called.host(), {"result 0": want}, f"{case} against its reference", within=ULPS)


def single_agrees_with_double(site: Site, case: LayerCase) -> None:
    """The values of float32 are those of float64, rounded."""
    for dtype in ("float32", "float64"):
        need(site, dtype)
    wide, narrow = Called(site, case, dtype="float64"), Called(site, case, dtype="float32")
    for called in (wide, narrow):
        called.layer.eval()
    want = {n: x.astype("float32") for n, x in wide.host().items()}
    same(narrow.host(), want, f"{case}: float32 against float64", within=ULPS)


def agrees_with_numpy(site: Site, case: LayerCase) -> None:
    """Values and gradients, in training, on this backend and on NumPy."""
    found = []
    for there in (site, Site.of("numpy")):
        called = Called(there, case, dtype=Called(site, case).dtype)
        loss, leaves = called.loss_at(called.floating())
        gradients = grad(loss, list(leaves.values()), allow_unused=True) if leaves else ()
        named = {f"the gradient of {n}": g for n, g in zip(leaves, gradients, strict=True)}
        tensors = {"a weighted sum of the results": loss.detach(), **named}
        found.append({n: there.host(t).copy() for n, t in tensors.items() if t is not None})
    same(found[0], found[1], f"{case} on {site.xp.backend.name} against NumPy", within=ULPS)


# --- derivatives -------------------------------------------------------------------------------------------


def _gradients(called: Called, values: dict[str, Any]) -> dict[str, Any]:
    """The gradient of the weighted sum by every floating input and parameter; zeros where it does not depend."""
    loss, leaves = called.loss_at(values)
    if not loss.requires_grad:
        return {n: 0 * x for n, x in values.items()}
    found = grad(loss, list(leaves.values()), allow_unused=True)
    pairs = zip(leaves, found, strict=True)
    return {n: 0 * values[n] if g is None else called.site.host(g).copy() for n, g in pairs}


def first_order_agrees(site: Site, case: LayerCase, mode: str) -> None:
    """The gradient by every input and every parameter is the finite difference."""
    called, values = _in_double(site, case, mode)
    found = _gradients(called, values)
    for name, at in values.items():
        for index in _some(at.shape):
            direction = _numpy().zeros_like(at)
            direction[index] = 1.0
            want = along(_loss_of(called, values, name), at, direction)
            got = float(found[name][index])
            _close(
                got, want, f"{case}, in {mode}: the gradient of {name} at {index}", "the difference"
            )


def second_order_agrees(site: Site, case: LayerCase, mode: str) -> None:
    """The derivative of all gradients along a direction is their difference along it."""
    np = _numpy()
    called, values = _in_double(site, case, mode)
    rng = np.random.default_rng(3)
    directions = {n: rng.normal(size=x.shape) for n, x in values.items()}
    want = along_array(
        lambda t: _joined(_gradients(called, {n: x + t * directions[n] for n, x in values.items()}))
    )
    loss, leaves = called.loss_at(values)
    first: Any = [None] * len(leaves)
    if loss.requires_grad:
        first = grad(loss, list(leaves.values()), create_graph=True, allow_unused=True)
    slope = None
    for g, name in zip(first, leaves, strict=True):
        if g is not None and g.requires_grad:
            term = xpgrad.sum(g * placed(site, directions[name]))
            slope = term if slope is None else slope + term
    second: Any = [None] * len(leaves)
    if slope is not None:
        second = grad(slope, list(leaves.values()), allow_unused=True)
    start = 0
    for name, h in zip(leaves, second, strict=True):
        size = values[name].size
        got = np.zeros(size) if h is None else site.host(h).reshape(-1)
        for number in range(size):
            what = f"{case}, in {mode}: the second derivative along a direction, by {name}, number {number},"
            _close(float(got[number]), float(want[start + number]), what, "that of the gradients")
        start += size


def _in_double(site: Site, case: LayerCase, mode: str) -> tuple[Called, dict[str, Any]]:
    if not site.has("float64"):
        pytest.skip(excuse(f"no float64 on {site.xp.backend.name}:{site.device}"))
    called = Called(site, case, dtype="float64")
    called.layer.train(mode == "training")
    return called, called.floating()


def _loss_of(called: Called, values: dict[str, Any], name: str) -> Callable[[Any], float]:
    return lambda x: float(
        called.site.host(called.loss_at({**values, name: x})[0].detach()).reshape(())
    )


def _joined(parts: dict[str, Any]) -> Any:
    np = _numpy()
    return np.concatenate([p.reshape(-1) for p in parts.values()]) if parts else np.zeros(0)


def _some(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """All indices, or some of them all over the array."""
    every = list(_numpy().ndindex(shape))
    return every[:: max(1, -(-len(every) // MOST))]


def _close(got: float, want: float, what: str, oracle: str) -> None:
    assert abs(got - want) <= 1e-7 * max(1.0, abs(want)), (
        f"{what} is {got:.10g}, {oracle} is {want:.10g}"
    )


# --- names, modes, seeds -----------------------------------------------------------------------------------


def keeps_names(site: Site, case: LayerCase) -> None:
    """Two constructions give the same names, shapes and dtypes in the same order, before and after a call."""

    def told(called: Called) -> list[tuple[str, tuple[int, ...], str]]:
        return [(n, tuple(t.shape), t.dtype.name) for n, t in called.layer.state_dict().items()]

    first, second = Called(site, case), Called(site, case, seed=SEED + 1)
    assert told(first) == told(second), (
        f"{case}: two constructions have the state {told(first)} and {told(second)}"
    )
    before = told(first)
    first()
    assert told(first) == before, f"{case}: a call changed the state's names, shapes or dtypes"
    names = [n for n, _ in first.layer.named_parameters()]
    missing = [n for n in names if n not in dict.fromkeys(n for n, _, _ in before)]
    assert not missing, f"{case}: the parameters {missing} are not in its state dict"


def switches_modes(site: Site, case: LayerCase) -> None:
    """In evaluation, two calls give the same bits, and draw and remember nothing; training comes back."""
    called = Called(site, case)
    assert called.layer.training, f"{case}: a new layer is not in training"
    trained = called.host()
    assert called.layer.eval() is called.layer, f"{case}: eval() does not return the layer"
    modes = {n or "itself": m.training for n, m in called.layer.named_modules()}
    assert not any(modes.values()), f"{case}: after eval(), in training: {modes}"
    before = called.buffers()
    xpgrad.manual_seed(SEED)
    drawn = float(xpgrad.rand(1).item())
    xpgrad.manual_seed(SEED)
    first = called.host()
    after = float(xpgrad.rand(1).item())
    assert after == drawn, f"{case}: in evaluation a call draws random numbers"
    same(called.host(), first, f"{case}: in evaluation a second call differs from the first")
    same(called.buffers(), before, f"{case}: in evaluation a call changed the buffers")
    called.layer.train()
    other = Called(site, case)
    same(other.host(), trained, f"{case}: in training, from one seed, two layers differ")


def draws_from_the_seed(site: Site, case: LayerCase) -> None:
    """One seed gives one layer and one noise, whatever else draws random numbers."""
    first, second = Called(site, case), None
    values = first.host()
    state = _numpy().random.get_state()
    try:
        _numpy().random.seed(5)
        second = Called(site, case)
        same(second.parameters(), first.parameters(), f"{case}: one seed gave other parameters")
        same(second.host(), values, f"{case}: one seed gave other results in training")
    finally:
        _numpy().random.set_state(state)


# --- state -------------------------------------------------------------------------------------------------


def survives_a_file(site: Site, case: LayerCase, folder: Path) -> None:
    """The state dict through ``xpgrad.save`` and ``load`` into another layer: the same bits."""
    pytest.importorskip("safetensors", reason=excuse("no safetensors installed"))
    first, second = Called(site, case), Called(site, case, seed=SEED + 1)
    first()  # what training remembers is state, too
    path = folder / "layer.safetensors"
    xpgrad.save(first.layer.state_dict(), path)
    second.layer.load_state_dict(xpgrad.load(path))
    for called in (first, second):
        called.layer.eval()
    same(
        second.host(),
        first.host(),
        f"{case}: after its state came from a file, it computes otherwise",
    )


def refuses_other_states(site: Site, case: LayerCase) -> None:
    """Extra and missing names and other shapes are refused, and nothing is changed."""
    called = Called(site, case)
    state = called.layer.state_dict()
    unfit = {"an extra name": {**state, "no such name": xpgrad.zeros(1)}}
    for name, t in list(state.items())[:1]:
        unfit["a missing name"] = {n: x for n, x in state.items() if n != name}
        unfit["another shape"] = {**state, name: xpgrad.zeros((*t.shape, 2))}
    before = called.parameters() | called.buffers()
    for what, other in unfit.items():
        try:
            called.layer.load_state_dict(other)
        except StateDictError:
            after = called.parameters() | called.buffers()
            same(after, before, f"{case}: a refused state dict with {what} changed the layer")
        else:
            pytest.fail(f"{case}: a state dict with {what} was accepted", pytrace=False)


# --- where it computes -------------------------------------------------------------------------------------


def stays_on_its_device(site: Site, case: LayerCase) -> None:
    """Nothing floating goes to the host, forward or backward (integers may be checked there)."""
    called = Called(site, case)
    tensors = called.tensors(requires_grad=True)
    with transfers(site) as forward:
        results = outputs(called.layer(*tensors))
    assert not forward, f"{case}: its forward took to the host: {', '.join(forward)}"
    loss = weighted(site, results)
    if loss.requires_grad:
        with transfers(site) as backward:
            loss.backward()
        assert not backward, f"{case}: its backward took to the host: {', '.join(backward)}"
    for name, t in [*called.layer.named_parameters(), *called.layer.named_buffers()]:
        assert t.device == site.device, f"{case}: {name!r} is on {t.device} after to({site.device})"


def writes_nothing(site: Site, case: LayerCase) -> None:
    """Inputs and parameters have after a forward and a backward the values they had before."""
    called = Called(site, case)
    before, tensors = called.parameters(), called.tensors()
    results = outputs(called.layer(*tensors))
    loss = weighted(site, results)
    if loss.requires_grad:
        loss.backward()
    same(called.parameters(), before, f"{case}: a call and its backward changed the parameters")
    for (name, want), t in zip(called.named_inputs().items(), tensors, strict=True):
        same(
            {name: site.host(t)},
            {name: want},
            f"{case}: a call and its backward wrote into its inputs",
        )


# --- other faces -------------------------------------------------------------------------------------------


def shows_itself(site: Site, case: LayerCase) -> None:
    """``repr`` says its class, and is the same for two constructions."""
    first, second = repr(Called(site, case).layer), repr(Called(site, case, seed=SEED + 1).layer)
    name = type(Called(site, case).layer).__name__
    assert name in first, f"{case}: repr is {first!r}, in which {name!r} does not occur"
    assert first == second, f"{case}: two constructions show themselves as {first!r} and {second!r}"


def is_copied(site: Site, case: LayerCase) -> None:
    """A deep copy computes the same and has parameters of its own."""
    called = Called(site, case)
    called.layer.eval()
    want = called.host()
    twin = copy.deepcopy(called.layer)
    shared = {id(p) for p in called.layer.parameters()} & {id(p) for p in twin.parameters()}
    assert not shared, f"{case}: a deep copy shares {len(shared)} parameters"
    original = called.layer
    called.layer = twin
    same(called.host(), want, f"{case}: a deep copy computes otherwise")
    for p in twin.parameters():
        p.data = p.data * 0.0
    called.layer = original
    same(called.host(), want, f"{case}: zeros in a deep copy's parameters changed the original")


def is_called_functionally(site: Site, case: LayerCase) -> None:
    """``functional_call`` with the parameters of another layer gives that layer's results and leaves this one."""
    called, other = Called(site, case), Called(site, case, seed=SEED + 1)
    for c in (called, other):
        c.layer.eval()
    mine, want = called.host(), other.host()
    named = {**dict(other.layer.named_parameters()), **dict(other.layer.named_buffers())}
    results = outputs(xpgrad.nn.functional_call(called.layer, named, tuple(called.tensors())))
    got = {f"result {n}": site.host(t.detach()) for n, t in enumerate(results)}
    same(got, want, f"{case}: functional_call with another layer's tensors is not that layer")
    same(called.host(), mine, f"{case}: functional_call changed the layer")


def is_mapped(site: Site, case: LayerCase) -> None:
    """In evaluation, ``vmap`` over three stacked inputs gives what three calls do."""
    np = _numpy()
    called = Called(site, case)
    called.layer.eval()
    inputs = called.inputs
    stacks = [np.stack([np.roll(x, k) for k in range(3)]) for x in inputs]
    together = outputs(xpgrad.vmap(called.layer)(*(placed(site, x) for x in stacks)))
    for k in range(3):
        called.inputs = tuple(x[k] for x in stacks)
        got = {f"result {n}": site.host(t.detach())[k] for n, t in enumerate(together)}
        same(got, called.host(), f"{case}: vmap, row {k}, against a call", within=ULPS)


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np
