"""NumPy's own functions record on tensors."""

import numpy as np
import pytest

import xpgrad as xp

UNARY = [
    "sin",
    "cos",
    "tan",
    "exp",
    "log",
    "sqrt",
    "tanh",
    "sinh",
    "cosh",
    "arcsin",
    "arccos",
    "arctan",
    "arctanh",
    "log1p",
    "expm1",
    "log2",
    "log10",
    "square",
    "reciprocal",
    "negative",
    "positive",
    "absolute",
    "abs",
    "fabs",
    "conjugate",
    "arcsinh",
]
BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "power",
    "float_power",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "hypot",
    "arctan2",
    "logaddexp",
    "copysign",
]
X0, Y0 = np.array([0.2, 0.5, 0.8]), np.array([0.3, 0.4, 0.9])


def slope(f, x, step=1e-6):
    """The gradient of sum(f(x)·w) by central differences."""
    result = np.zeros_like(x)
    w = np.cos(np.arange(np.size(f(x)))).reshape(np.shape(f(x)))
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        result[i] = ((f(up) - f(down)) * w).sum() / (2 * step)
    return result, w


def check(f, x0=X0):
    x = xp.tensor(x0, requires_grad=True)
    y = f(x)
    assert isinstance(y, xp.Tensor)
    expected, w = slope(f, x0)
    np.testing.assert_allclose(y.detach(), f(x0), rtol=1e-12)
    assert y.shape == np.shape(f(x0))
    y.backward(w)
    np.testing.assert_allclose(x.grad, expected, atol=1e-7)


@pytest.mark.parametrize("name", UNARY)
def test_unary_functions(name):
    check(getattr(np, name))


@pytest.mark.parametrize("name", BINARY)
def test_binary_functions_with_the_tensor_on_either_side(name):
    f = getattr(np, name)
    check(lambda x: f(x, Y0))
    if name != "copysign":
        check(lambda x: f(Y0, x))
    check(lambda x: f(x, 0.7))


CALLS = {
    "sum": np.sum,
    "sum axis": lambda x: np.sum(x, axis=0),
    "sum keepdims": lambda x: np.sum(x, axis=1, keepdims=True),
    "sum axes": lambda x: np.sum(x, axis=(0, 1)),
    "mean": np.mean,
    "mean axis": lambda x: np.mean(x, axis=-1),
    "prod": np.prod,
    "max": np.max,
    "amax": lambda x: np.amax(x, axis=0),
    "min": lambda x: np.min(x, axis=1),
    "std": np.std,
    "var ddof": lambda x: np.var(x, axis=0, ddof=1),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "cumsum flat": np.cumsum,
    "cumprod": lambda x: np.cumprod(x, axis=0),
    "sort": lambda x: np.sort(x, axis=0),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "ravel": np.ravel,
    "transpose": np.transpose,
    "transpose axes": lambda x: np.transpose(x, (1, 0)),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, -1),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "squeeze": lambda x: np.squeeze(x[:, :1]),
    "squeeze axis": lambda x: np.squeeze(x[:1], axis=0),
    "flip": np.flip,
    "roll": lambda x: np.roll(x, 1, axis=0),
    "tile": lambda x: np.tile(x, (2, 1)),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "concatenate": lambda x: np.concatenate([x, x * 2], axis=1),
    "concatenate mixed": lambda x: np.concatenate([np.ones((1, 3)), x]),
    "stack": lambda x: np.stack([x, x], axis=-1),
    "vstack": lambda x: np.vstack([x, x]),
    "hstack": lambda x: np.hstack([x, x]),
    "where": lambda x: np.where(x > 0.4, x, 0.0),
    "where array": lambda x: np.where(np.array([True, False, True]), x, -x),
    "clip": lambda x: np.clip(x, 0.25, 0.6),
    "dot": lambda x: np.dot(x, np.array([1.0, 2.0, 3.0])),
    "dot matrix": lambda x: np.dot(x, x.T),
    "matmul": lambda x: np.matmul(x, x.T),
    "outer": lambda x: np.outer(x, np.array([1.0, 2.0])),
    "tensordot": lambda x: np.tensordot(x, x, axes=((1,), (1,))),
    "diff": lambda x: np.diff(x, axis=1),
    "take": lambda x: np.take(x, np.array([2, 0, 2]), axis=1),
    "tril": np.tril,
    "real": np.real,
    "copy": np.copy,
    "add.reduce": np.add.reduce,
    "add.reduce axis": lambda x: np.add.reduce(x, axis=1),
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=1),
    "array * t": lambda x: np.array([[2.0], [3.0]]) * x,
    "float64 * t": lambda x: np.float64(2.5) * x,
    "float64 - t": lambda x: np.float64(2.5) - x,
    "array @ t": lambda x: np.ones((3, 2)) @ x,
    "array / t": lambda x: np.ones(3) / x,
    "array ** t": lambda x: np.full((2, 3), 1.5) ** x,
    "float64 / t": lambda x: np.float64(1) / x,
}


@pytest.mark.parametrize("name", CALLS)
def test_other_functions_and_operators(name):
    check(CALLS[name], np.array([[0.2, 0.5, 0.8], [0.9, 0.3, 0.7]]))


def test_metadata_functions_answer():
    t = xp.tensor([[1.0, 2.0]], dtype=xp.float32, requires_grad=True)
    assert np.shape(t) == (1, 2)
    assert np.ndim(t) == 2
    assert np.size(t) == 2
    assert np.size(t, 1) == 2
    assert np.result_type(t, np.float32) == np.float32
    assert np.result_type(t, np.float64(1.0)) in (np.float32, np.float64)
    assert not np.iscomplexobj(t)
    assert np.isrealobj(t)
    assert np.iscomplexobj(t * 1j)
    assert np.array_equal(t, t)
    assert np.allclose(t, [[1.0, 2.0]])
    assert np.argmax(t) == 1
    assert np.isnan(t).tolist() == [[False, False]]
    assert np.dtype(t.dtype) == np.float32


def test_out_cannot_be_an_array():
    t, out = xp.tensor([1.0, 2.0], requires_grad=True), np.zeros(2)
    for call in (
        lambda: np.sin(t, out=out),
        lambda: np.add(t, 1, out),
        lambda: np.sum(t, out=np.zeros(())),
        lambda: np.concatenate([t, t], out=np.zeros(4)),
        lambda: np.clip(t, 0, 1, out=out),
    ):
        with pytest.raises(TypeError, match=r"out|store"):
            call()
    assert out.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("statement", ["a += t", "a -= t", "a *= t", "a /= t", "a **= t", "a @= m"])
def test_an_array_cannot_take_a_tensor_in_place(statement):
    scope = {
        "a": np.ones((2, 2)),
        "t": xp.tensor([1.0, 2.0], requires_grad=True),
        "m": xp.ones((2, 2), requires_grad=True),
    }
    with pytest.raises(TypeError):
        exec(statement, scope)  # noqa: S102 - statements are what is tested
    assert scope["a"].tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_what_is_not_supported_says_what_to_do():
    t = xp.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"numpy.histogram of a tensor is not supported.*detach"):
        np.histogram(t)
    with pytest.raises(TypeError, match=r"numpy.frexp of a tensor is not supported"):
        np.frexp(t)
    with pytest.raises(TypeError, match=r"numpy.subtract.accumulate of a tensor is not supported"):
        np.subtract.accumulate(t)
    with pytest.raises(TypeError, match="where"):
        np.sin(t, where=np.array([True, False]))
    with pytest.raises(TypeError, match=r"initial|where"):
        np.all(t > 0, where=np.array([True, False]))


def test_numpy_scalars_keep_the_result_a_tensor():
    t = xp.tensor([1.0, 2.0], requires_grad=True)
    for s in (np.float64(2), np.int64(2), np.array(2.0)):
        for result in (s * t, t * s, s + t, t - s, s / t, s**t, t**s):
            assert isinstance(result, xp.Tensor)
            assert result.requires_grad
            assert result.dtype == xp.float64


def test_a_float32_tensor_stays_float32_beside_python_and_integer_scalars():
    t = xp.tensor([1.0, 2.0], dtype=xp.float32, requires_grad=True)
    assert (t * 2.5).dtype == xp.float32
    assert (np.float32(2) * t).dtype == xp.float32
    assert (t * np.int64(2)).dtype == xp.float32
    (t * 2.5).sum().backward()
    assert t.grad.dtype == xp.float32


def test_second_order_through_numpy_calls():
    x = xp.tensor([0.3, 0.7], requires_grad=True)
    (g,) = xp.autograd.grad(np.sum(np.sin(x) ** 2), x, create_graph=True)
    (h,) = xp.autograd.grad(np.sum(g), x)
    np.testing.assert_allclose(h, 2 * np.cos([0.6, 1.4]), rtol=1e-12)
