"""What a layer must do beside computing: be made where it is asked to, remember in training and keep no tape."""

from __future__ import annotations

import gc
import inspect
from typing import TYPE_CHECKING, Any, Final

import pytest

import xpgrad
from xpgrad._dtypes import dtype_named
from xpgrad._graph import Node
from xpgrad.conformance.foreign import foreign_site
from xpgrad.conformance.learning import layer_checks
from xpgrad.conformance.learning.layer_calls import SEED, Called
from xpgrad.conformance.learning.running import same
from xpgrad.conformance.levels import excuse

if TYPE_CHECKING:
    from xpgrad.conformance.learning.cases import LayerCase
    from xpgrad.conformance.site import Site

__all__ = [
    "computes_on_another_library",
    "is_made_where_it_is_asked_to",
    "remembers_no_tape",
    "trains_as_its_reference",
]

ULPS: Final = 2000


def computes_on_another_library(case: LayerCase) -> None:
    """Values and gradients, in training and in evaluation, on arrays that NumPy's functions refuse, are NumPy's."""
    layer_checks.agrees_with_numpy(foreign_site(), case)
    called = Called(foreign_site(), case)
    called.layer.eval()
    called.host()


# --- where it is made --------------------------------------------------------------------------------------


def is_made_where_it_is_asked_to(site: Site, case: LayerCase) -> None:
    """``device=`` and ``dtype=`` of its constructor go to every floating parameter and buffer."""
    if case.own is not None or not _floating(Called(site, case).layer):
        return
    for dtype in ("float32", "float64"):
        if not site.has(dtype):
            continue
        xpgrad.manual_seed(SEED)
        try:
            layer = case.create(device=site.device, dtype=dtype_named(dtype))
        except TypeError as error:
            pytest.fail(
                f"{case}: its constructor has parameters or buffers to make and takes no device= and dtype= ({error}); "
                "write __init__(self, ..., *, device=None, dtype=None) and hand both to every array that it makes",
                pytrace=False,
            )
        for name, t in _floating(layer).items():
            assert t.dtype == dtype, (
                f"{case}: made with dtype={dtype}, its {name!r} is {t.dtype}: dtype= does not go to it"
            )
            assert t.device == site.device, (
                f"{case}: made with device='{site.device}', its {name!r} is on {t.device}: device= does not go to it"
            )


def _floating(layer: Any) -> dict[str, Any]:
    named = {**dict(layer.named_parameters()), **dict(layer.named_buffers())}
    return {n: t for n, t in named.items() if t.dtype.is_floating}


# --- what it remembers -------------------------------------------------------------------------------------


def remembers_no_tape(site: Site, case: LayerCase) -> None:
    """After calls in training no buffer requires grad, and no call leaves nodes of its tape behind."""
    called = Called(site, case)
    called(requires_grad=True)
    held = [n for n, b in called.layer.named_buffers() if b.requires_grad]
    assert not held, (
        f"{case}: after a call in training its buffers {held} require grad, so they keep the tapes of all calls: "
        "remember what is detached, x.detach()"
    )
    called(requires_grad=True)
    before = _nodes()
    for _ in range(3):
        called(requires_grad=True)
    left = _nodes() - before
    assert left <= 0, (
        f"{case}: {left} nodes of the tape are left after three more calls in training: it holds on to tensors that "
        "were recorded; keep what is detached, x.detach()"
    )


def _nodes() -> int:
    gc.collect()
    return sum(issubclass(type(o), Node) for o in gc.get_objects())


def trains_as_its_reference(site: Site, case: LayerCase) -> None:
    """In training: the result and the buffers after two calls are the reference's, called with ``training=True``."""
    called = Called(site, case)
    reference = case.reference
    if reference is None or "training" not in inspect.signature(reference).parameters:
        if reference is not None and _depends_on_training(called):
            pytest.skip(
                excuse(
                    f"no reference of training: {case.name} has buffers and does something else in training, and its "
                    "reference has no parameter training, so nothing says that it remembers the right numbers"
                )
            )
        return
    for call in (1, 2):
        state = called.parameters() | called.buffers()
        told = reference(state, *called.inputs, **case.options, training=True)
        if not (isinstance(told, tuple) and len(told) == 2 and isinstance(told[1], dict)):
            pytest.fail(
                f"the reference of {case.name} returned a {type(told).__name__} for training=True; it returns the "
                "first result (or None, where that is random) and a dict of the buffers after the call",
                pytrace=False,
            )
        result, buffers = told
        where = f"{case}, in training, call {call}, against its reference"
        got = called.host()
        if result is not None:
            same(got, {"result 0": _as(result, called.dtype)}, where, within=ULPS)
        found = called.buffers()
        unknown = sorted(set(buffers) - set(found))
        assert not unknown, f"{where}: it has no buffers {unknown}; it has {sorted(found)}"
        want = {n: _as(buffers[n], b.dtype) if n in buffers else state[n] for n, b in found.items()}
        same(found, want, f"{where}: the buffers after the call", within=ULPS)
        called.inputs = tuple(_numpy().roll(x, 1) for x in called.inputs)


def _depends_on_training(called: Called) -> bool:
    """Whether it has buffers, and a call in training changes them or gives what evaluation does not."""
    before = called.buffers()
    if not before:
        return False
    np = _numpy()
    trained = called.host()
    after = called.buffers()
    called.restart()
    called.layer.eval()
    evaluated = called.host()
    pairs = [(before[n], after[n]) for n in before] + [(trained[n], evaluated[n]) for n in trained]
    return any(a.shape != b.shape or not np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def _as(value: Any, dtype: Any) -> Any:
    return _numpy().asarray(value, dtype)


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np
