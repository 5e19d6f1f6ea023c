"""The gradient of every operation under ``jax.jit``, where arrays have no values, against NumPy's."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.autograd import grad
from xpgrad.conformance import checks
from xpgrad.conformance.samples import CASES, Maker
from xpgrad.conformance.site import Call, Site

jax = pytest.importorskip("jax", reason="the library that traces")


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def here():
    x = xp.asarray(jax.numpy.ones(2))
    return Site(x._xp, x.device)


def first_static(name):
    case = CASES[name]
    return next(
        s for s in case.samples(Maker("float64" if case.real else "complex128")) if s.static
    )


@pytest.mark.parametrize("name", CASES)
def test_gradients_of_what_has_no_values_are_numpy_s(name):
    sample = first_static(name)
    on_numpy = Call(Site.of("numpy"), name, sample)
    g = checks.cotangent(on_numpy.value(on_numpy.values))
    wanted = checks.hosts(
        on_numpy, checks.raw_gradients(on_numpy, on_numpy.tensors(requires_grad=True), g)
    )
    call = Call(here(), name, sample)

    def gradients(g, raws):
        tensors = [xp.asarray(raw).requires_grad_() for raw in raws]
        out = call(dict(zip(call.values, tensors, strict=True)))
        found = grad(out, tensors, xp.asarray(g), allow_unused=True, materialize_grads=True)
        return [t._cell.raw for t in found]

    raws = [jax.numpy.asarray(v) for v in call.values.values()]
    found = jax.jit(gradients)(jax.numpy.asarray(g), raws)
    for (n, want), got in zip(wanted.items(), found, strict=True):
        np.testing.assert_allclose(np.asarray(got), want, rtol=1e-9, atol=1e-11, err_msg=n)


@pytest.mark.parametrize("name", CASES)
def test_tangents_and_second_derivatives_ask_for_no_value(name):
    """Traced and not compiled: whether a value is asked for is known then."""
    call = Call(here(), name, first_static(name))

    def function(*tensors):
        return call(dict(zip(call.values, tensors, strict=True)))

    def derivatives(raws):
        tensors = [xp.asarray(raw).requires_grad_() for raw in raws]
        _, tangent = xp.jvp(function, tuple(t.detach() for t in tensors), (*tensors,))
        out = function(*tensors)
        first = grad(out, tensors, xp.ones_like(out), create_graph=True, materialize_grads=True)
        squares = [xp.sum(xp.real(t * t)) for t in (tangent, *first) if t.requires_grad]
        second = grad(squares, tensors, allow_unused=True, materialize_grads=True)
        return [t._cell.raw for t in second]

    raws = [jax.numpy.asarray(v) for v in call.values.values()]
    jaxpr = jax.make_jaxpr(derivatives)(raws)
    assert [(v.aval.shape, v.aval.dtype) for v in jaxpr.jaxpr.outvars] == [
        (r.shape, r.dtype) for r in raws
    ]
