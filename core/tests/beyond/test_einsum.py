"""einsum: NumPy's grammar and values; derivatives held against NumPy's own einsum, which is linear in each array."""

import builtins
import itertools
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xpgrad as xp
from xpgrad._namespace.contraction import plan
from xpgrad.autograd import grad
from xpgrad.errors import DeviceError, ShapeError

LETTERS = "ijkZa"
many = settings(
    max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@st.composite
def expressions(draw, most=4):
    """Subscripts, and shapes that they fit: repeated labels, ellipses, lengths 0 and 1, spaces."""
    size = {c: draw(st.sampled_from([1, 2, 2, 3, 3, 0])) for c in LETTERS}
    wide = draw(st.lists(st.sampled_from([1, 2, 3]), max_size=2))
    words, shapes = [], []
    for _ in range(draw(st.integers(1, most))):
        word = draw(st.lists(st.sampled_from(LETTERS), max_size=4))
        shape = [
            1 if word.count(c) == 1 and draw(st.integers(0, 5)) == 0 else size[c] for c in word
        ]
        if draw(st.booleans()):
            own = [n if draw(st.integers(0, 3)) else 1 for n in wide]
            own = own[draw(st.integers(0, len(own))) :]
            at = draw(st.integers(0, len(word)))
            word.insert(at, "...")
            shape[at:at] = own
        words.append(draw(st.sampled_from(["", " "])).join(word))
        shapes.append(tuple(shape))
    text = ",".join(words)
    if draw(st.booleans()):
        letters = sorted(set(text) - set(".,") - {" "})
        out = draw(
            st.permutations(
                draw(st.lists(st.sampled_from(letters), unique=True)) if letters else []
            )
        )
        if "..." in text:
            out = [*out]
            out.insert(draw(st.integers(0, len(out))), "...")
        text += "->" + "".join(out)
    return text, shapes


def arrays_of(shapes, kind="d", seed=0):
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=s) for s in shapes]
    if kind == "D":
        arrays = [a + 1j * rng.normal(size=a.shape) for a in arrays]
    return [np.asarray(a) for a in arrays]


def on(backend, array):
    return xp.namespace(backend).asarray(array)


def with_one(arrays, i, other):
    return [*arrays[:i], other, *arrays[i + 1 :]]


def near(got, expected):
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-10)


def check_against_numpy(backend, text, shapes, kind="d"):
    """Values; ⟨g, f(…, t, …)⟩ = ⟨t, gradient⟩ for each array; and once more for two arrays at a time."""
    arrays = arrays_of(shapes, kind)
    others = arrays_of(shapes, kind, 1)
    tensors = [on(backend, a).requires_grad_() for a in arrays]
    out = xp.einsum(text, *tensors)
    expected = np.asarray(np.einsum(text, *arrays))
    near(out.detach().numpy(), expected)
    (g,) = arrays_of([expected.shape], kind, 2)
    # a cotangent as a user sees it is the conjugate of one inside
    found = grad(out, tensors, on(backend, np.conj(g)), create_graph=True)
    for i, gradient in enumerate(found):
        assert gradient.shape == shapes[i]
        pulled = np.sum(np.conj(gradient.detach().numpy()) * others[i])
        pushed = np.sum(g * np.einsum(text, *with_one(arrays, i, others[i])))
        near(pulled, pushed)
    if len(arrays) > 1:
        check_second_order(backend, text, arrays, others, g, tensors, found)


def check_second_order(backend, text, arrays, others, g, tensors, found):
    cotangent = xp.conj(found[0]) if found[0].dtype.is_complex else found[0]
    pulled = xp.sum(cotangent * on(backend, others[0]))
    one = xp.ones_like(pulled)
    for j, second in enumerate(
        grad(pulled, tensors, one, allow_unused=True, materialize_grads=True)
    ):
        twice = with_one(with_one(arrays, 0, others[0]), j, others[j])
        pushed = np.sum(g * np.einsum(text, *twice)) if j else 0.0
        near(np.sum(np.conj(second.numpy()) * others[j]), np.asarray(pushed))


@many
@given(expressions())
def test_values_and_derivatives_are_numpys(expression):
    check_against_numpy("numpy", *expression)


@settings(many, max_examples=300)
@given(expressions(most=3))
def test_values_and_derivatives_are_right_for_complex_numbers(expression):
    check_against_numpy("numpy", *expression, "D")


@settings(many, max_examples=300)
@given(expressions(most=3))
def test_values_and_derivatives_are_right_on_a_strict_library(expression):
    check_against_numpy("array_api_strict", *expression)


@settings(many, max_examples=300)
@given(expressions(), st.randoms())
def test_every_order_of_contraction_gives_the_same(expression, random):
    text, shapes = expression
    arrays = arrays_of(shapes)
    expected = np.asarray(np.einsum(text, *arrays))
    left, order = len(arrays), []
    while left > 1:
        group = tuple(random.sample(range(left), random.randint(1, left)))
        order.append(group)
        left -= len(group) - 1
    for optimize in (
        False,
        True,
        "greedy",
        "optimal",
        ("greedy", 1000),
        order,
        ["einsum_path", *order],
    ):
        near(xp.einsum(text, *arrays, optimize=optimize).numpy(), expected)


@settings(many, max_examples=200)
@given(expressions(most=3))
def test_jvp_is_the_sum_of_one_term_for_each_array(expression):
    text, shapes = expression
    arrays, others = arrays_of(shapes), arrays_of(shapes, seed=1)
    value, tangent = xp.jvp(
        lambda *a: xp.einsum(text, *a), (*map(xp.asarray, arrays),), (*map(xp.asarray, others),)
    )
    near(value.numpy(), np.asarray(np.einsum(text, *arrays)))
    terms = [np.einsum(text, *with_one(arrays, i, t)) for i, t in enumerate(others)]
    near(tangent.numpy(), np.asarray(sum(terms)))


@settings(many, max_examples=200)
@given(expressions())
def test_lists_of_integers_mean_what_letters_mean(expression):
    text, shapes = expression
    arrays = arrays_of(shapes)
    groups = [
        [Ellipsis if c == "." else ord(c) - ord("A") - 6 * (c > "Z") for c in w.replace("...", ".")]
        for w in text.replace(" ", "").replace("->", ",").split(",")
    ]
    args = list(itertools.chain.from_iterable(zip(arrays, groups, strict=False)))
    args += groups[len(arrays) :]
    near(xp.einsum(*args).numpy(), np.asarray(np.einsum(*args)))


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint8", "float32", "complex64"])
def test_the_dtype_is_numpys(dtype):
    a = (np.arange(6).reshape(2, 3) % 3).astype(dtype)
    for text, arrays in (
        ("ij->", [a]),
        ("ij->j", [a]),
        ("ij,kj->ik", [a, a]),
        ("ij,kj,kl", [a, a, a]),
        ("ij->ji", [a]),
    ):
        expected = np.einsum(text, *arrays)
        got = xp.einsum(text, *arrays).numpy()
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


def test_arrays_of_several_dtypes_meet_in_the_widest():
    whole, narrow, wide = np.arange(3), np.ones(3, "float32"), np.ones(3, "complex128")
    assert xp.einsum("i,i", whole, narrow).dtype == xp.float32
    t = xp.asarray(narrow).requires_grad_()
    out = xp.einsum("i,i->i", t, wide)
    assert out.dtype == xp.complex128
    (g,) = grad(out, [t], xp.asarray(wide * 1j))
    assert (g.dtype, g.tolist()) == (xp.float32, [0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("text", "shapes", "error", "says"),
    [
        ("ij,jk->ik", [(2, 3), (4, 5)], ShapeError, "of shapes (2, 3) and (4, 5): 'j' is 3 in array 0 and 4 in"),
        ("i...,i...", [(2, 3), (2, 4)], ShapeError, "axis -1 of '...' is 3 in array 0 and 4 in array 1"),
        ("ii", [(2, 3)], ShapeError, "'i' is both 2 and 3 in array 0"),
        ("ii", [(1, 3)], ShapeError, "'i' is both 1 and 3 in array 0"),
        ("ij", [(2,)], ShapeError, "'ij' does not fit the 1 axes of array 0"),
        ("i", [(2, 2)], ShapeError, "'i' does not fit the 2 axes of array 0"),
        ("ij...", [(2,)], ShapeError, "does not fit the 1 axes"),
        ("i,j", [(2,)], ShapeError, "of 2 arrays, and 1 were given"),
        ("...i->i", [(2, 2)], ShapeError, "the result needs the ellipsis"),
        ("i->j", [(2,)], ShapeError, "the result's 'j' is in no array"),
        ("ij->ii", [(2, 2)], ShapeError, "the result has 'i' twice"),
        ("i1", [(2, 2)], ValueError, "'1' is no label"),
        ("i..j", [(2, 2)], ValueError, "'.' is no label"),
        ("i...j...", [(2, 2)], ValueError, "'.' is no label"),
        ("i->i->i", [(2,)], ValueError, "'-' is no label"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_label_and_the_shapes(text, shapes, error, says):
    with pytest.raises(error) as caught:
        xp.einsum(text, *arrays_of(shapes))
    assert says in str(caught.value)
    with pytest.raises(ValueError):
        np.einsum(text, *arrays_of(shapes))


def test_an_order_that_does_not_fit_is_refused():
    arrays = arrays_of([(2,), (2,), (2,)])
    for optimize in ([(0, 3)], [(0, 0)], [(0, 1), (0, 2)], "fastest", 3, [0, 1]):
        with pytest.raises(ValueError, match="optimize"):
            xp.einsum("i,i,i", *arrays, optimize=optimize)


def test_arguments_of_neither_form_are_refused():
    with pytest.raises(TypeError, match="takes subscripts and arrays"):
        xp.einsum(np.ones(2), np.ones(2))
    with pytest.raises(ValueError, match="0 to 51"):
        xp.einsum(np.ones(2), [52])


def test_arrays_on_two_devices_are_refused_by_the_name_of_einsum():
    with pytest.raises(DeviceError, match="einsum"):
        xp.einsum("i,i", xp.ones(2), xp.namespace("array_api_strict").ones(2))


def test_without_opt_einsum_the_result_is_the_same(monkeypatch):
    real = builtins.__import__

    def no_opt_einsum(name, *args, **kwargs):
        if name == "opt_einsum":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    text, arrays = "ij,jk,kl,lm->im", arrays_of([(2, 9), (9, 8), (8, 7), (7, 1)])
    chosen = plan(text, tuple(a.shape for a in arrays), True).pairs
    monkeypatch.delitem(sys.modules, "opt_einsum", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_opt_einsum)
    plan.cache_clear()
    assert plan(text, tuple(a.shape for a in arrays), True).pairs != chosen
    near(xp.einsum(text, *arrays).numpy(), np.einsum(text, *arrays))
    plan.cache_clear()


def test_two_arrays_are_one_node():
    a, b = xp.ones((2, 3)).requires_grad_(), xp.ones((3, 4)).requires_grad_()
    out = xp.einsum("ij,jk->ik", a, b)
    assert type(out.grad_fn).__name__ == "ContractBackward"
    assert [type(n).__name__ for n, _ in out.grad_fn.next_functions] == ["Leaf"] * 2


def test_numpys_einsum_records():
    a, b = xp.ones((2, 3)).requires_grad_(), np.arange(12.0).reshape(3, 4)
    np.einsum("ij,jk->ik", a, b, optimize=True).sum().backward()
    assert a.grad.tolist() == [[6.0, 22.0, 38.0]] * 2
    with pytest.raises(TypeError, match="dtype"):
        np.einsum("ij,jk->ik", a, b, dtype="float32")
