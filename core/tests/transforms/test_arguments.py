"""What transforms take and give: argument numbers, trees, numbers, arrays, dtypes, auxiliary output, errors."""

import collections
import dataclasses
from typing import NamedTuple

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DTypeError, GraphError, ShapeError

X = xp.asarray([1.0, 2.0, 3.0])


class Pair(NamedTuple):
    a: object
    b: object


@dataclasses.dataclass
class Open:
    a: object
    b: object


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: object
    b: object

    def __post_init__(self):
        assert self.a is not None, "made only from what the user gave"


class Line:
    def __init__(self, a, b):
        self.a, self.b = a, b


xp.register_pytree_node(Line, lambda s: ((s.a, s.b), "line"), lambda word, parts: Line(*parts))


class Mode(dict):
    """A dictionary of a class of one's own."""


def same(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and bool(xp.all(a == b))


# --- argument numbers -------------------------------------------------------------------------------


def product(x, y, z=1.0):
    return x * y**2 * z


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [(0, 9.0), (1, 12.0), (-1, 12.0), (-2, 9.0), ((0,), (9.0,)), ((1, 0), (12.0, 9.0)), ([0, -1], (9.0, 12.0)),
     (np.int64(1), 12.0)],
)  # fmt: skip
def test_argnums_choose_what_is_differentiated_by(argnums, expected):
    found = xp.grad(product, argnums)(2.0, 3.0)
    assert isinstance(found, tuple) is isinstance(expected, tuple)
    assert [f.item() for f in (found if isinstance(found, tuple) else (found,))] == list(
        expected if isinstance(expected, tuple) else (expected,)
    )


@pytest.mark.parametrize(
    ("argnums", "error", "text"),
    [(2, GraphError, "argnums=2, and the function was called with 2 positional arguments"),
     (-3, GraphError, "argnums=-3"), ("x", TypeError, "must be an integer or a tuple of integers, got 'x'"),
     (True, TypeError, "got True"), (1.0, TypeError, "got 1.0"), ((0, 0), GraphError, "twice"),
     ((1, -1), GraphError, "twice"), ((), DTypeError, "nothing")],
)  # fmt: skip
def test_wrong_argnums_are_refused(argnums, error, text):
    with pytest.raises(error, match=text):
        xp.grad(product, argnums)(2.0, 3.0)


def test_keyword_arguments_go_to_the_function_as_they_are():
    assert xp.grad(product)(2.0, y=3.0, z=5.0).item() == 45.0
    assert xp.value_and_grad(product, 1)(2.0, 3.0, z=2.0)[1].item() == 24.0
    with pytest.raises(GraphError, match="pass what is differentiated by position"):
        xp.grad(product)(x=2.0, y=3.0)


def test_the_transformed_function_keeps_its_name():
    for transformed in (xp.grad(product), xp.value_and_grad(product), xp.checkpoint(product)):
        assert transformed.__name__ == "product"
        assert transformed.__wrapped__ is product


# --- trees ------------------------------------------------------------------------------------------

TREES = {
    "dict": lambda a, b: {"a": a, "b": b},
    "list": lambda a, b: [a, b],
    "tuple": lambda a, b: (a, b),
    "namedtuple": Pair,
    "dataclass": Open,
    "frozen dataclass": Frozen,
    "registered": Line,
    "OrderedDict": lambda a, b: collections.OrderedDict(b=b, a=a),
    "defaultdict": lambda a, b: collections.defaultdict(list, a=a, b=b),
    "subclass of dict": lambda a, b: Mode(a=a, b=b),
    "nested": lambda a, b: {"a": [(a, None)], "b": Pair(b, {})},
}


def parts(tree):
    """The two leaves, whatever the tree."""
    if isinstance(tree, dict) and isinstance(tree["a"], list):
        return tree["a"][0][0], tree["b"].a
    if isinstance(tree, dict):
        return tree["a"], tree["b"]
    return (tree.a, tree.b) if hasattr(tree, "a") else tuple(tree)


def of_tree(tree):
    a, b = parts(tree)
    return xp.sum(a * a) * xp.sum(b)


@pytest.mark.parametrize("kind", TREES)
def test_gradients_are_built_like_their_argument(kind):
    tree = TREES[kind](X, X * 2)
    found = xp.grad(of_tree)(tree)
    assert type(found) is type(tree)
    assert same(parts(found)[0], 24 * X)
    assert same(parts(found)[1], xp.full(3, 14.0))
    if kind == "defaultdict":
        assert found.default_factory is list
    if kind == "OrderedDict":
        assert list(found) == ["b", "a"]


@pytest.mark.parametrize("kind", TREES)
def test_tangents_and_cotangents_are_built_like_what_they_belong_to(kind):
    make = TREES[kind]
    tree, moved = make(X, X * 2), make(X, X)
    value, tangent = xp.jvp(of_tree, (tree,), (moved,))
    assert value.item() == 14.0 * 12
    assert tangent.item() == 28.0 * 12 + 14 * 6
    value, derivative = xp.linearize(of_tree, tree)
    assert derivative(moved).item() == tangent.item()
    out, pull_back = xp.vjp(lambda t: make(parts(t)[0] * 2, parts(t)[1] * 3), tree)
    assert type(out) is type(tree)
    (found,) = pull_back(make(X, X))
    assert type(found) is type(tree)
    assert same(parts(found)[0], 2 * X)
    assert same(parts(found)[1], 3 * X)
    (moved,) = xp.hvp(of_tree, (tree,), (moved,))
    assert type(moved) is type(tree)
    assert same(parts(moved)[0], 2 * X * 12 + 2 * X * 6)


def test_keys_of_a_dictionary_count_not_their_order():
    given = collections.OrderedDict(a=X, b=X * 2)
    other = collections.OrderedDict(b=X, a=X * 0)
    assert xp.jvp(of_tree, (given,), (other,))[1].item() == 14.0 * 6
    (found,) = xp.vjp(lambda t: {"a": t["a"], "b": 2 * t["b"]}, given)[1]({"b": X, "a": X * 0})
    assert same(found["b"], 2 * X)


def test_what_has_no_derivative_has_none_in_its_place():
    tree = {
        "x": X,
        "n": xp.asarray(3),
        "k": 2,
        "text": "a",
        "none": None,
        "flag": True,
        "mask": np.ones(3, bool),
    }
    found = xp.grad(lambda t: xp.sum(t["x"] ** t["k"]) * t["n"])(tree)
    assert same(found["x"], 6 * X)
    assert all(found[name] is None for name in tree if name != "x")


def test_integers_in_trees_stay_integers_and_one_by_its_own_number_is_a_real_number():
    assert xp.grad(lambda x: x**2)(3).item() == 6.0
    assert xp.grad(lambda t: t["x"] ** t["n"])({"x": 2.0, "n": 3})["x"].item() == 12.0
    seen = []
    xp.grad(lambda t: (seen.append(t["n"]), t["x"])[1])({"x": 2.0, "n": 3})
    assert seen == [3]


def moved_by_linearize(f, primals, tangents):
    return xp.linearize(f, *primals)[1](*tangents)


@pytest.mark.parametrize("moved", [lambda *given: xp.jvp(*given)[1], moved_by_linearize])
def test_a_tangent_of_an_integer_counts_by_its_own_number_and_is_refused_in_a_tree(moved):
    f = lambda t: t["x"] ** t["n"]  # noqa: E731
    assert moved(f, ({"x": 2.0, "n": 3},), ({"x": 1.0, "n": None},)).item() == 12.0
    assert moved(lambda x, n: x * n, (2.0, 3), (1.0, 10.0)).item() == 3.0 + 20.0
    with pytest.raises(
        DTypeError, match=r"\['n'\] is 3, which has no tangent; pass None for it, or write 3.0"
    ):
        moved(f, ({"x": 2.0, "n": 3},), ({"x": 1.0, "n": 1.0},))
    with pytest.raises(
        DTypeError, match=r"\['n'\] is True, which has no tangent; pass None for it$"
    ):
        moved(f, ({"x": 2.0, "n": True},), ({"x": 1.0, "n": 1.0},))


def test_a_module_is_a_tree_of_its_parameters():
    layer = xp.nn.Linear(3, 2)
    found = xp.grad(lambda m, x: xp.sum(m(x) ** 2))(layer, X)
    xp.sum(layer(X) ** 2).backward()
    assert set(found) == {"weight", "bias"}
    assert same(found["weight"], layer.weight.grad)
    assert same(found["bias"], layer.bias.grad)
    moved = xp.jvp(
        lambda m: xp.sum(m(X) ** 2), (layer,), ({"weight": layer.weight, "bias": layer.bias},)
    )[1]
    expected = xp.sum(layer.weight * layer.weight.grad) + xp.sum(layer.bias * layer.bias.grad)
    assert moved.item() == pytest.approx(expected.item())


def test_a_model_is_not_changed_by_being_differentiated():
    model = xp.nn.Sequential(xp.nn.Linear(3, 2), xp.nn.Tanh(), xp.nn.Linear(2, 1))
    before = {k: v.numpy(force=True).copy() for k, v in model.state_dict().items()}
    xp.grad(lambda m: xp.sum(m(X)))(model)
    assert all(p.grad is None and p.requires_grad for p in model.parameters())
    assert all((model.state_dict()[k].numpy(force=True) == v).all() for k, v in before.items())


# --- numbers, arrays, dtypes ------------------------------------------------------------------------


def test_arrays_and_numbers_are_taken_and_tensors_returned(device):
    raw = xp.asarray([1.0, 2.0], device=device)._cell.raw
    found = xp.grad(lambda x: xp.sum(x**3))(raw)
    assert isinstance(found, xp.Tensor)
    assert str(found.device) == str(xp.device(device))
    assert found.tolist() == [3.0, 12.0]
    value, moved = xp.jvp(lambda x: x**2, (raw,), (raw,))
    assert str(moved.device) == str(value.device) == str(found.device)


@pytest.mark.parametrize("dtype", [xp.float32, xp.float64, xp.complex64, xp.complex128])
def test_dtypes_stay_what_they_are(dtype, device):
    x = xp.astype(xp.asarray([1.0, 2.0], device=device), dtype)

    def f(x):
        return xp.sum(xp.abs(x * x) + 0.5)

    assert xp.grad(f)(x).dtype == dtype
    assert xp.hvp(f, x, x).dtype == dtype
    value, moved = xp.jvp(lambda x: 2.5 * x * x, (x,), (x,))
    assert value.dtype == moved.dtype == dtype
    assert xp.linearize(lambda x: x * x, x)[1](x).dtype == dtype
    assert xp.vjp(lambda x: x * x, x)[1](xp.ones(2, device=device))[0].dtype == dtype


def test_tangents_and_cotangents_take_the_dtype_of_what_they_belong_to():
    x = xp.asarray([1.0, 2.0], dtype=xp.float32)
    assert xp.jvp(lambda x: x * x, (x,), (xp.ones(2, dtype=xp.float64),))[1].dtype == xp.float32
    assert xp.vjp(lambda x: x * x, x)[1](np.ones(2))[0].dtype == xp.float32


def test_a_complex_gradient_is_the_one_of_backward():
    z = xp.tensor([1 + 2j, 0.5 - 1j, 2j], requires_grad=True)

    def f(z):
        return xp.sum(xp.abs(z) ** 2 * xp.real(z) + xp.imag(xp.exp(z)))

    f(z).backward()
    assert same(xp.grad(f)(z.detach()), z.grad)
    (found,) = xp.vjp(f, z.detach())[1](1.0)
    assert same(found, z.grad)
    # steepest ascent: the derivative along t is Re(conj(g) t)
    t = xp.asarray([1j, 1 + 1j, -0.5 + 0.25j])
    moved = xp.jvp(f, (z.detach(),), (t,))[1]
    assert moved.item() == pytest.approx(xp.real(xp.sum(xp.conj(z.grad) * t)).item(), rel=1e-12)


def test_a_real_number_may_move_a_complex_function():
    value, moved = xp.jvp(lambda t: xp.exp(1j * t), (0.5,), (1.0,))
    assert complex(moved.item()) == pytest.approx(1j * complex(value.item()))


# --- auxiliary output -------------------------------------------------------------------------------


def test_auxiliary_output_passes_through():
    def f(x):
        return xp.sum(x * x), {"twice": 2 * x, "none": None, "word": "a", "raw": np.ones(2), "n": 3}

    for found, aux in (
        xp.grad(f, has_aux=True)(X),
        xp.vjp(f, X, has_aux=True)[::2],
        xp.jvp(f, (X,), (X,), has_aux=True)[1:],
        xp.linearize(f, X, has_aux=True)[::2],
    ):
        assert found is not None
        assert same(aux["twice"], 2 * X)
        assert aux["twice"].requires_grad is False
        assert (aux["none"], aux["word"], aux["n"]) == (None, "a", 3)
        assert isinstance(aux["raw"], np.ndarray)
    (value, aux), gradient = xp.value_and_grad(f, has_aux=True)(X)
    assert (value.item(), same(gradient, 2 * X)) == (14.0, True)


@pytest.mark.parametrize("made", [xp.sum, lambda x: [xp.sum(x), 1], lambda x: (xp.sum(x), 1, 2)])
def test_has_aux_wants_a_pair(made):
    calls = [lambda: xp.grad(made, has_aux=True)(X), lambda: xp.vjp(made, X, has_aux=True),
             lambda: xp.jvp(made, (X,), (X,), has_aux=True), lambda: xp.linearize(made, X, has_aux=True)]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError, match="with has_aux=True the function must return"):
            call()


# --- constants and results without a derivative -----------------------------------------------------


def test_a_constant_has_derivative_zero():
    for constant in (3.0, 2, np.float64(1.0), xp.asarray(2.0)):
        assert same(xp.grad(lambda x, c=constant: c)(X), 0 * X)
        value, moved = xp.jvp(lambda x, c=constant: c, (X,), (X,))
        assert moved is None or (isinstance(value, xp.Tensor) and moved.item() == 0.0)
        assert same(xp.vjp(lambda x, c=constant: c, X)[1](1)[0], 0 * X)


def test_integers_that_come_out_have_no_tangent():
    (_value, where), (moved, none) = xp.jvp(lambda x: (x * x, xp.argmax(x)), (X,), (X,))
    assert (same(moved, 2 * X * X), where.item(), none) == (True, 2, None)
    (_, where), derivative = xp.linearize(lambda x: (x * x, xp.argmax(x)), X)
    assert derivative(X)[1] is None
    assert same(xp.vjp(lambda x: (x * x, xp.argmax(x)), X)[1]((X, None))[0], 2 * X * X)


# --- errors -----------------------------------------------------------------------------------------

TREE = {"w": [X, X], "b": 1.0}


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: xp.grad(lambda x: x)(xp.asarray(1)), DTypeError, "int64 of shape ()"),
        (lambda: xp.grad(lambda x: x)("a"), DTypeError, "only str"),
        (lambda: xp.grad(lambda x: x)(X), GraphError, "must return one number, got shape (3,)"),
        (lambda: xp.grad(lambda x: x * 1j)(1.0), GraphError, "must return a real number, got xpgrad.complex128"),
        (lambda: xp.grad(xp.argmax)(X), DTypeError, "which has no derivative"),
        (lambda: xp.grad(lambda x: None)(X), TypeError, "got NoneType"),
        (lambda: xp.grad(lambda x: (x, x))(X), TypeError, "has_aux=True"),
        (lambda: xp.jvp(lambda x: "a", (X,), (X,)), TypeError, "got str"),
        (lambda: xp.vjp(lambda x: "a", X), TypeError, "got str"),
        (lambda: xp.jvp(lambda t: t["b"], (TREE,), ({"w": [X], "b": 1.0},)), ShapeError, "tangents[0]['w'] must be"),
        (lambda: xp.jvp(lambda t: t["b"], (TREE,), ({"w": [X, X[0]], "b": 1.0},)), ShapeError, "primals[0]['w'][1]"),
        (lambda: xp.jvp(lambda t: t["b"], (TREE,), ({"w": [X, X], "b": 1j},)), DTypeError, "primals[0]['b']"),
        (lambda: xp.jvp(lambda x: x, (xp.asarray(1),), (1,)), DTypeError, "primals[0] of xpgrad.int64 has no tangent"),
        (lambda: xp.jvp(lambda x: x, (X, X), (X,)), ShapeError, "tangents must be built like"),
        (lambda: xp.jvp(lambda x: x, X, X), TypeError, "primals must be a tuple"),
        (lambda: xp.linearize(lambda x: x, X)[1](1.0), ShapeError, "linearize: primals[0] has shape (3,)"),
        (lambda: xp.vjp(lambda x: {"a": x}, X)[1]({"b": X}), ShapeError, "the cotangent must be built like"),
        (lambda: xp.vjp(lambda x: {"a": [x]}, X)[1]({"a": [1.0]}), ShapeError, "the cotangent['a'][0] must have"),
        (lambda: xp.vjp(lambda x: (x,), X)[1]((X * 1j,)), DTypeError, "the cotangent[0] of an output of"),
    ],
)  # fmt: skip
def test_errors_say_what_was_expected_and_where(call, error, text):
    with pytest.raises(error) as raised:
        call()
    assert text in str(raised.value)


@pytest.mark.parametrize("missing", [0, 1])
def test_none_is_a_tangent_of_zero(missing):
    tangents = [X, X]
    tangents[missing] = None
    assert same(xp.jvp(lambda x, y: x * y, (X, X), tuple(tangents))[1], X * X)
    assert same(xp.linearize(lambda x, y: x * y, X, X)[1](*tangents), X * X)


def test_numpy_arrays_may_be_tangents_and_cotangents():
    a = np.array([1.0, 2.0, 3.0])
    assert same(xp.jvp(lambda x: x * x, (a,), (a,))[1], 2 * X * X)
    assert same(xp.linearize(lambda x: x * x, a)[1](a), 2 * X * X)
    assert same(xp.vjp(lambda x: x * x, a)[1](a)[0], 2 * X * X)
    assert same(xp.hvp(lambda x: xp.sum(x**3), a, a), 6 * X * X)
    assert a.tolist() == [1.0, 2.0, 3.0]
