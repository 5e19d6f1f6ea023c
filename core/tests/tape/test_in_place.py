"""In-place statements: recorded on computed tensors, refused on leaves, unrecorded under no_grad."""

import operator

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DTypeError, GraphError, ShapeError

OPERATORS = {
    "+=": (operator.iadd, operator.add), "-=": (operator.isub, operator.sub), "*=": (operator.imul, operator.mul),
    "/=": (operator.itruediv, operator.truediv), "**=": (operator.ipow, operator.pow),
    "//=": (operator.ifloordiv, operator.floordiv), "%=": (operator.imod, operator.mod),
}  # fmt: skip
INTEGER = {
    "&=": (operator.iand, operator.and_), "|=": (operator.ior, operator.or_), "^=": (operator.ixor, operator.xor),
    "<<=": (operator.ilshift, operator.lshift), ">>=": (operator.irshift, operator.rshift),
}  # fmt: skip


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


@pytest.mark.parametrize("symbol", OPERATORS)
@pytest.mark.parametrize("other", [2.0, "tensor", "tracked", "array", "itself"])
def test_an_in_place_operator_is_the_operator_on_the_same_handle(symbol, other):
    if other == "tracked" and symbol in ("//=", "%="):
        pytest.skip("piecewise constant in the second operand")
    in_place, plain = OPERATORS[symbol]
    results = []
    for apply in (in_place, plain):
        x, t = leaf(1.5, 2.5), leaf(2.0, 3.0)
        y = x * 1.5
        value = {
            "tensor": t.detach(),
            "tracked": t,
            "array": np.array([2.0, 3.0]),
            "itself": y,
        }.get(other, other)
        before = y
        y = apply(y, value)
        assert (y is before) is (apply is in_place)
        if y.requires_grad:
            (y * y).sum().backward()
        results.append([None if v is None else v.tolist() for v in (y, x.grad, t.grad)])
    assert results[0] == results[1]


@pytest.mark.parametrize("symbol", INTEGER)
def test_in_place_operators_of_integers(symbol):
    in_place, plain = INTEGER[symbol]
    x = xp.asarray([5, 6])
    expected = plain(x, xp.asarray([1, 2])).tolist()
    assert in_place(x, xp.asarray([1, 2])) is x
    assert x.tolist() == expected


def test_in_place_matmul():
    a, m = xp.ones((2, 2), requires_grad=True), xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    y = a * 1
    held = y
    y @= m
    assert y is held
    y.sum().backward()
    assert a.grad.tolist() == [[3.0, 7.0], [3.0, 7.0]]


@pytest.mark.parametrize("symbol", OPERATORS)
def test_under_no_grad_a_leaf_changes_its_value_and_stays_a_leaf(symbol):
    in_place, plain = OPERATORS[symbol]
    x = leaf(1.5, 2.5)
    expected = plain(np.array([1.5, 2.5]), 2.0).tolist()
    with xp.no_grad():
        y = in_place(x, 2.0)
    assert y is x
    assert x.is_leaf
    assert x.requires_grad
    assert x.tolist() == expected
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_under_no_grad_a_computed_tensor_changes_its_value_and_keeps_its_node():
    x = leaf(1.0, 2.0)
    y = x * 2
    node = y.grad_fn
    with xp.no_grad():
        y += 10
        y[0] = -1.0
        y.fill_(3.0)
    assert y.grad_fn is node
    assert y.tolist() == [3.0, 3.0]
    (y * y).sum().backward()
    assert x.grad.tolist() == [12.0, 12.0]


@pytest.mark.parametrize(
    "statement",
    [
        "x += 1",
        "x -= 1",
        "x *= 2",
        "x /= 2",
        "x **= 2",
        "x[0] = 1.0",
        "x.zero_()",
        "x.fill_(1.0)",
        "x.copy_(x * 2)",
    ],
)
def test_a_leaf_that_requires_grad_may_not_be_changed_in_place(statement):
    x = leaf(1.0, 2.0)
    with pytest.raises(GraphError, match=r"leaf.*no_grad\(\).*x = x \+ y"):
        exec(statement, {"x": x})  # noqa: S102 - statements are what is tested
    assert x.tolist() == [1.0, 2.0]
    with xp.no_grad():
        exec(statement, {"x": x})  # noqa: S102 - same
    assert x.is_leaf
    assert x.requires_grad


def test_a_recorded_value_never_changes_behind_the_tape():
    x = leaf(1.0, 2.0)
    y = xp.exp(x)
    z = y * y
    expected = 2 * np.exp([2.0, 4.0])
    y += 100
    y[0] = 7.0
    with xp.no_grad():
        y *= 0
        x *= 0
    z.sum().backward()
    np.testing.assert_allclose(x.grad, expected)


def test_augmenting_through_an_index():
    x = leaf(1.0, 2.0, 3.0)
    y = x * 1
    y[1:] *= 3
    y[0] += y[2]
    y[xp.asarray([0, 0])] += 1.0
    assert y.tolist() == [11.0, 6.0, 9.0]
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 3.0, 6.0]


def test_an_untracked_tensor_becomes_tracked_by_a_tracked_value():
    w, out = leaf(2.0, 3.0), xp.zeros(3)
    out[1:] = w * w
    assert out.requires_grad
    assert not out.is_leaf
    (out * out).sum().backward()
    assert w.grad.tolist() == [4 * 8.0, 4 * 27.0]
    total = xp.zeros(2)
    total += w
    total.sum().backward()
    assert w.grad.tolist() == [33.0, 109.0]


def test_shapes_and_kinds_that_cannot_be_stored_are_refused():
    x = xp.ones(3)
    with pytest.raises(ShapeError, match=r"\+=.*\(2, 3\).*\(3,\)"):
        x += xp.ones((2, 3))
    i = xp.asarray([1, 2])
    with pytest.raises(TypeError, match=r"float64 cannot be stored in .*int64"):
        i /= 2
    with pytest.raises(TypeError, match="complex"):
        x *= 1j
    with pytest.raises(DTypeError, match="complex.*float64.*real"):
        x[0] = 1j
    with pytest.raises((ValueError, ShapeError), match=r"\(2,\)|broadcast") as caught:
        x[0:3] = xp.ones(2)
    assert any(
        "x[key] = value" in n for n in getattr(caught.value, "__notes__", ())
    ) or "shape" in str(caught.value)
    with pytest.raises(IndexError):
        x[5] = 1.0
    with pytest.raises(TypeError):
        x[0] = None
    with pytest.raises((TypeError, ValueError)):
        x[0] = "a"
    assert x.tolist() == [1.0, 1.0, 1.0]


def test_a_wider_value_is_cast_to_the_tensors_dtype():
    x = xp.ones(2, dtype=xp.float32, requires_grad=True)
    w = xp.ones(2, dtype=xp.float64, requires_grad=True)
    y = x * 1
    y += w
    y[0] = w[1] * 3
    assert y.dtype == xp.float32
    (y * 2).sum().backward()
    assert x.grad.tolist() == [0.0, 2.0]
    assert w.grad.tolist() == [0.0, 8.0]
    assert w.grad.dtype == xp.float64


def test_fill_copy_and_zero_are_recorded():
    x, s, v = leaf(1.0, 2.0), xp.tensor(3.0, requires_grad=True), leaf(5.0)
    y = x * 1
    y.fill_(s)
    (y * 2).sum().backward()
    assert s.grad.item() == 4.0
    y = x * 1
    assert y.copy_(v) is y
    (y * y).sum().backward()
    assert v.grad.tolist() == [20.0]
    y = x * 1
    y.zero_()
    assert y.tolist() == [0.0, 0.0]
    assert x.grad is None or x.grad.tolist() == [0.0, 0.0]


# --- x[k] = v, every key and every shape of value ---------------------------------------------------

SHAPE = (3, 4, 2)
KEYS = {
    "int": 1, "negative": -1, "slice": slice(1, 3), "step": slice(None, None, -2), "empty": slice(2, 1),
    "ellipsis": ..., "tuple": (1, slice(None), 0), "all ints": (1, 2, 1), "newaxis": (None, 1),
    "ellipsis int": (..., 0), "newaxis inside": (slice(None), None, 1), "list": [0, 2], "duplicates": [1, 1, 0],
    "negative list": [-1, -3], "list and slice": ([0, 2], slice(1, 3)), "two lists": ([0, 1, 1], [3, 2, 2]),
    "split lists": ([0, 1], slice(None), [1, 1]), "grid": ([[0], [2]], [0, 3]), "mask": "mask",
    "row mask": [True, False, True], "no row": [False, False, False], "True": True, "False": False, "()": (),
    "0-d integer": np.array(2), "empty list": [],
}  # fmt: skip


def as_key(name, wrap, library=np):
    key = KEYS[name]
    if isinstance(key, bool) and library is not np:
        pytest.skip("the library has no Python booleans as keys")
    if isinstance(key, str):
        key = np.arange(24).reshape(SHAPE) % 3 == 0
    if wrap and isinstance(key, tuple):
        return tuple(xp.asarray(k) if isinstance(k, list) else k for k in key)
    return (
        xp.asarray(np.array(key))
        if wrap and isinstance(key, (list, np.ndarray)) and np.size(key)
        else key
    )


def value_shapes(x, key):
    """Every shape that broadcasts to the selected places, NumPy's dropped leading ones included."""
    selected = x[key].shape
    shapes = {(), (1,), selected, (1, *selected), selected[1:] if selected else ()}
    if selected:
        shapes |= {(1, *selected[1:]), (*selected[:-1], 1)}
    return [s for s in sorted(shapes) if storable(x, key, s)]


def storable(x, key, shape):
    try:
        written(x, key, np.ones(shape))
    except (ValueError, TypeError):
        return False
    return True


def transpose(linear, n, g):
    """The transpose of a linear function of n numbers applied to g, by its columns."""
    return np.array([np.vdot(linear(e), g) for e in np.eye(n)]) if n else np.zeros(0)


def written(x, key, value):
    result = x.copy()
    result[key] = value
    return result


@pytest.fixture(params=["numpy", "array_api_strict"])
def library(request):
    return pytest.importorskip(request.param)


@pytest.mark.parametrize("wrap", [False, True], ids=["raw key", "tensor key"])
@pytest.mark.parametrize("name", KEYS)
def test_assignment_and_both_its_gradients_equal_numpys(library, name, wrap):
    rng = np.random.default_rng(0)
    raw_key, key = as_key(name, wrap=False, library=library), as_key(name, wrap=wrap)
    x0, g0 = rng.standard_normal(SHAPE), rng.standard_normal(SHAPE)
    for shape in value_shapes(x0, raw_key):
        v0 = rng.standard_normal(shape)
        x, v = (xp.tensor(library.asarray(a), requires_grad=True) for a in (x0, v0))
        y = x * 1
        y[key] = v
        np.testing.assert_array_equal(y.detach(), written(x0, raw_key, v0))
        y.backward(library.asarray(g0), retain_graph=True)
        by_x = transpose(lambda e: written(e.reshape(SHAPE), raw_key, 0.0), 24, g0)
        by_v = transpose(lambda e: written(np.zeros(SHAPE), raw_key, e.reshape(shape)), v0.size, g0)  # noqa: B023
        np.testing.assert_allclose(x.grad, by_x.reshape(SHAPE), err_msg=f"{name} {shape} by x")
        np.testing.assert_allclose(v.grad, by_v.reshape(shape), err_msg=f"{name} {shape} by value")
        gx, gv = xp.autograd.grad(y, (x, v), xp.asarray(library.asarray(g0)), create_graph=True)
        np.testing.assert_allclose(gx.detach(), by_x.reshape(SHAPE))
        np.testing.assert_allclose(gv.detach(), by_v.reshape(shape))


@pytest.mark.parametrize("name", KEYS)
def test_reading_and_its_gradient_equal_numpys(library, name):
    rng = np.random.default_rng(0)
    key, x0 = as_key(name, wrap=False, library=library), rng.standard_normal(SHAPE)
    x = xp.tensor(library.asarray(x0), requires_grad=True)
    y = x[as_key(name, wrap=True)]
    np.testing.assert_array_equal(y.detach(), x0[key])
    assert y.shape == x0[key].shape
    g = rng.standard_normal(y.shape)
    (y + x[key] * 2).backward(library.asarray(g))
    expected = transpose(lambda e: e.reshape(SHAPE)[key] * 3, 24, g)
    np.testing.assert_allclose(x.grad, expected.reshape(SHAPE), atol=1e-14)
