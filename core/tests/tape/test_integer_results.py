"""What is asked for in an integer dtype carries no derivative, in no direction."""

import numpy as np
import pytest

import xpgrad as xp

CASES = {
    "sum": lambda x: xp.sum(x, dtype=xp.int64),
    "prod": lambda x: xp.prod(x, axis=0, dtype=xp.int32),
    "cumulative_sum": lambda x: xp.cumulative_sum(x, dtype=xp.int64),
    "cumulative_prod": lambda x: xp.cumulative_prod(x, dtype=xp.int64),
    "nansum": lambda x: xp.nansum(x, dtype=xp.int64),
    "nanprod": lambda x: xp.nanprod(x, dtype=xp.int64),
    "trace": lambda x: xp.linalg.trace(xp.stack([x, x]), dtype=xp.int64),
    "method": lambda x: x.sum(dtype=xp.int64),
    "np.sum": lambda x: np.sum(x, dtype="int64"),
    "astype": lambda x: xp.astype(x, xp.int64),
    "truth": lambda x: xp.astype(x, xp.bool),
}


@pytest.fixture(params=("numpy", "array_api_strict"))
def x(request):
    return xp.asarray([2.0, 3.0]).to(f"{request.param}:cpu")


@pytest.mark.parametrize("f", CASES.values(), ids=CASES)
def test_an_integer_result_does_not_require_grad(x, f):
    out = f(x.requires_grad_())
    assert not out.dtype.is_floating
    assert not out.requires_grad


@pytest.mark.parametrize("f", CASES.values(), ids=CASES)
def test_derivatives_through_integers_are_zero(x, f):
    def loss(x):
        return xp.sum(xp.astype(f(x), xp.float64) + 0.0 * x)

    assert xp.grad(loss)(x).tolist() == [0.0, 0.0]
    value, tangent = xp.jvp(loss, (x,), (xp.ones_like(x),))
    assert float(value) == float(loss(x))
    assert float(tangent) == 0.0
    assert xp.vmap(xp.grad(loss))(xp.stack([x, x])).tolist() == [[0.0, 0.0]] * 2
    assert xp.hessian(loss)(x).tolist() == [[0.0, 0.0]] * 2


@pytest.mark.parametrize("name", ["sum", "prod", "cumulative_sum", "cumulative_prod"])
def test_a_floating_dtype_keeps_the_derivative(x, name):
    def loss(x):
        return xp.sum(getattr(xp, name)(x, dtype=xp.float32))

    assert xp.grad(loss)(x).tolist() == xp.grad(lambda x: xp.sum(getattr(xp, name)(x)))(x).tolist()
