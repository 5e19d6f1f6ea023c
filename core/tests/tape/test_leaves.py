"""Which tensors are leaves, which are computed, and what the graph looks like from outside."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DTypeError, GraphError


def test_requires_grad_is_off_unless_asked():
    assert not xp.tensor([1.0]).requires_grad
    assert not xp.asarray(np.ones(2)).requires_grad
    assert xp.tensor([1.0], requires_grad=True).requires_grad
    assert xp.ones(3, requires_grad=True).requires_grad


def test_one_tracked_operand_makes_the_result_tracked():
    x, c = xp.tensor([1.0], requires_grad=True), xp.tensor([2.0])
    for result in (
        x + c,
        c + x,
        c * x,
        2 * x,
        x - 1,
        np.ones(1) * x,
        xp.where(c > 1, x, c),
        xp.concat([c, x]),
    ):
        assert result.requires_grad
        assert not result.is_leaf
    assert not (c + c).requires_grad


def test_requires_grad_underscore_returns_the_tensor_and_can_be_switched():
    x = xp.tensor([1.0])
    assert x.requires_grad_() is x
    assert x.requires_grad
    assert x.requires_grad_(False) is x
    assert not x.requires_grad
    x.requires_grad = True
    assert x.requires_grad
    x.requires_grad_(True)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0]


MADE_OF_A_TENSOR = {
    "full": lambda v, **o: xp.full((2, 3), v, **o),
    "full of one size": lambda v, **o: xp.full(2, v, **o),
    "full_like": lambda v, **o: xp.full_like(xp.ones(2), v, **o),
    "arange": lambda v, **o: xp.arange(v, 5.0, **o),
    "linspace": lambda v, **o: xp.linspace(v, 5.0, 3, **o),
}


@pytest.mark.parametrize("make", MADE_OF_A_TENSOR.values(), ids=MADE_OF_A_TENSOR)
def test_what_is_made_of_a_tensor_requires_grad_when_asked(make):
    constant, tracked = xp.asarray(2.0), xp.asarray(2.0, requires_grad=True)
    assert not make(constant).requires_grad
    leaf = make(constant, requires_grad=True)
    assert leaf.requires_grad
    assert leaf.is_leaf
    (leaf * leaf).sum().backward()
    assert leaf.grad.tolist() == (2.0 * leaf).tolist()
    with xp.no_grad():
        leaf -= 0.5 * leaf.grad  # in memory of its own
    assert not bool(xp.any(leaf != 0.0))
    assert constant.item() == 2.0

    computed = make(tracked, requires_grad=True)
    assert not computed.is_leaf
    computed.sum().backward()
    assert tracked.grad is not None


def test_in_a_transform_full_of_a_constant_may_be_a_leaf():
    def f(x):
        w = xp.full(2, xp.asarray(3.0) * (x.detach() * 0.0 + 1.0), requires_grad=True)
        assert w.requires_grad
        (found,) = xp.autograd.grad(xp.sum(w * w), w)
        return found

    assert xp.vmap(f)(xp.ones(3)).tolist() == [[6.0, 6.0]] * 3


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64"])
def test_only_floating_tensors_can_require_grad(dtype):
    t = xp.zeros(2, dtype=dtype)
    with pytest.raises(DTypeError, match=rf"floating.*{dtype}.*astype"):
        t.requires_grad_()
    with pytest.raises(DTypeError):
        xp.tensor([1, 0], dtype=dtype, requires_grad=True)
    assert t.requires_grad_(False) is t


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_every_floating_dtype_can_require_grad(dtype):
    assert xp.ones(2, dtype=dtype, requires_grad=True).requires_grad


def test_the_flag_of_a_computed_tensor_cannot_be_switched_off():
    y = xp.tensor([1.0], requires_grad=True) * 2
    with pytest.raises(GraphError, match="leaf.*detach"):
        y.requires_grad_(False)
    with pytest.raises(GraphError, match="leaf"):
        y.requires_grad = False
    y.requires_grad_(True)
    assert y.grad_fn is not None


def test_leaves_are_what_the_user_made():
    x = xp.tensor([1.0], requires_grad=True)
    assert x.is_leaf
    assert xp.tensor([1.0]).is_leaf
    assert (xp.tensor([1.0]) * 2).is_leaf, "untracked results are leaves, as in PyTorch"
    assert not (x * 2).is_leaf
    assert (x * 2).detach().is_leaf
    with xp.no_grad():
        assert (x * 2).is_leaf


def test_results_without_a_derivative_are_untracked():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    for result in (x > 1, xp.argmax(x), xp.isnan(x), xp.argsort(x), x.astype("int64"), x == 1):
        assert not result.requires_grad
        assert result.grad_fn is None


def test_grad_fn_is_none_on_leaves_and_prints_like_pytorchs():
    x = xp.tensor([1.0], requires_grad=True)
    assert x.grad_fn is None
    assert repr((x * 2).grad_fn) == "<MulBackward>"
    assert repr((x + 2).grad_fn) == "<AddBackward>"
    assert repr((-x).grad_fn) == "<NegBackward>"
    assert repr(xp.exp(x).grad_fn) == "<ExpBackward>"
    assert repr(x.sum().grad_fn) == "<SumBackward>"
    assert "grad_fn=<MulBackward>" in repr(x * 2)


def test_next_functions_walks_to_the_leaves():
    a = xp.tensor([1.0], requires_grad=True)
    b = xp.tensor([2.0], requires_grad=True)
    c = xp.tensor([3.0])
    node = (a * b + c).grad_fn
    assert repr(node) == "<AddBackward>"
    (product, zero), (nothing, _) = node.next_functions
    assert (repr(product), zero, nothing) == ("<MulBackward>", 0, None)
    leaves = [leaf for leaf, _ in product.next_functions]
    assert [repr(leaf) for leaf in leaves] == ["<AccumulateGrad>"] * 2
    assert leaves[0].variable is a
    assert leaves[1].variable is b
    assert leaves[0].next_functions == ()


def test_next_functions_still_walks_after_backward():
    x = xp.tensor([1.0], requires_grad=True)
    y = xp.exp(x * x).sum()
    y.backward()
    node, names = y.grad_fn, []
    while node is not None and node.next_functions:
        names.append(repr(node))
        node = node.next_functions[0][0]
    assert names == ["<SumBackward>", "<ExpBackward>", "<MulBackward>"]
    assert node.variable is x


def test_a_leafs_node_does_not_keep_its_tensor():
    x = xp.tensor([1.0], requires_grad=True)
    y = x * 2
    leaf = y.grad_fn.next_functions[0][0]
    del x
    assert leaf.variable is None
    y.sum().backward()


def test_detach_shares_the_value_and_leaves_the_tape():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    d = (x * 2).detach()
    assert not d.requires_grad
    assert d.grad_fn is None
    assert d.tolist() == [2.0, 4.0]
    y = x * x.detach()
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 2.0]


def test_detach_underscore_takes_the_tensor_itself_off_the_tape():
    x = xp.tensor([1.0], requires_grad=True)
    y = x * 2
    assert y.detach_() is y
    assert y.is_leaf
    assert not y.requires_grad


def test_data_reads_assigns_and_changes_in_place_unrecorded():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    assert not x.data.requires_grad
    x.data += 1
    assert x.tolist() == [2.0, 3.0]
    x.data[0] = 7.0
    assert x.tolist() == [7.0, 3.0]
    x.data = xp.tensor([5.0, 6.0])
    assert x.tolist() == [5.0, 6.0]
    assert x.is_leaf
    assert x.requires_grad
    (x * x).sum().backward()
    assert x.grad.tolist() == [10.0, 12.0]


def test_data_of_a_computed_tensor_keeps_its_node():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.data = xp.tensor([0.0, 0.0])
    assert repr(y.grad_fn) == "<MulBackward>"
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_data_takes_another_shape_or_dtype_but_not_an_integer_one():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    x.data = xp.zeros((3, 2), dtype=xp.float32)
    assert (x.shape, x.dtype, x.requires_grad) == ((3, 2), xp.float32, True)
    (x * 2).sum().backward()
    assert (x.grad.shape, x.grad.dtype) == ((3, 2), xp.float32)
    with pytest.raises(DTypeError, match="floating"):
        x.data = xp.zeros(2, dtype="int64")
    with pytest.raises(TypeError, match="must be a Tensor, got ndarray"):
        x.data = np.zeros(2)


def test_data_moves_a_leaf_to_another_library():
    strict = pytest.importorskip("array_api_strict")
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    x.data = xp.asarray(strict.asarray([3.0, 4.0]))
    (x * x).sum().backward()
    assert x.grad.tolist() == [6.0, 8.0]
    assert x.grad.backend is x.backend


def test_item_gives_the_exact_python_type():
    assert type(xp.tensor(1.5).item()) is float
    assert type(xp.tensor([[2]]).item()) is int
    assert type(xp.tensor(True).item()) is bool
    assert type(xp.tensor(1 + 2j).item()) is complex
    assert type((xp.tensor(1.5, requires_grad=True) * 2).item()) is float
    with pytest.raises(ValueError, match=r"one element.*\(2,\).*tolist"):
        xp.tensor([1.0, 2.0]).item()


def test_default_dtype_decides_what_python_numbers_become():
    assert xp.tensor([1.0]).dtype == xp.float64
    with xp.default_dtype(xp.float32):
        assert xp.tensor([1.0]).dtype == xp.float32
        assert xp.zeros(2).dtype == xp.float32
        assert xp.tensor(1j).dtype == xp.complex64
        assert xp.exp(xp.asarray([1, 2])).dtype == xp.float32
        assert xp.asarray(np.ones(1)).dtype == xp.float64, "an array keeps its dtype"
        with xp.default_dtype("float64"):
            assert xp.ones(1).dtype == xp.float64
        assert xp.ones(1).dtype == xp.float32
    assert xp.tensor([1.0]).dtype == xp.float64
    with pytest.raises(DTypeError, match="real floating"):
        xp.default_dtype(xp.int64)


def test_a_leaf_that_requires_no_grad_any_more_receives_none():
    x, w = (xp.tensor([v], requires_grad=True) for v in (2.0, 3.0))
    y = x * w
    x.requires_grad_(False)
    y.sum().backward(retain_graph=True)
    assert x.grad is None
    assert w.grad.tolist() == [2.0]
    x.requires_grad_()
    y.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [3.0], "as in PyTorch"
    x.detach_()
    y.sum().backward()
    assert x.grad.tolist() == [3.0]
