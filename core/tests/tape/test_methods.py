"""The methods of a Tensor mean what NumPy's and PyTorch's mean; where the two disagree the call must choose."""
# ruff: noqa: S307 - the calls are written in this file

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import ShapeError

A = np.asarray([[[0.3, -1.2, 2.1, 0.8], [1.7, 0.4, -0.6, 0.1], [-0.9, 1.1, 0.5, -2.0]],
                [[0.7, -0.2, 1.9, 1.3], [0.2, -1.4, 0.6, 0.9], [2.2, -0.5, 1.6, -0.3]]])  # fmt: skip
M = A[0]

AS_NUMPY = """
a.sum(); a.sum(1); a.sum(axis=-1, keepdims=True); a.prod(axis=0); a.mean(); a.mean(axis=(0, 2))
a.max(); a.max(axis=1); a.min(axis=0, keepdims=True); a.argmax(); a.argmin(axis=2); a.argmax(1)
a.all(); (a > 0).any(axis=1); a.std(ddof=1); a.var(axis=1, ddof=0); a.cumsum(axis=1); a.cumprod(axis=-1); m.ravel()
a.reshape(6, 4); a.reshape((2, -1)); a.flatten(); a.copy(); a[:1].squeeze(); a[:1].squeeze(axis=0)
a.transpose(); a.transpose(2, 0, 1); a.transpose((1, 0, 2)); a.swapaxes(0, -1); m.T; m.mT; m.transpose(1, 0)
a.diagonal(); a.diagonal(1); a.diagonal(-1, 1, 2); a.diagonal(offset=0, axis1=2, axis2=0); m.trace(); a.trace(1, 0, 2)
a.argsort(); a.argsort(0); a.argsort(axis=1); a.clip(-1, 1); a.clip(min=0); a.clip(max=0.5); a.round()
a.conj(); a.real; a.imag
m.dot(m.T); a.astype(np.float32); a.tolist(); a[0, 0, 0].item(); a.size; a.ndim; a.shape; a.itemsize; a.nbytes
"""
AS_PYTORCH = """
a.sum(dim=1) == a.sum(axis=1); a.sum(dim=(0, 1), keepdim=True) == a.sum(axis=(0, 1), keepdims=True)
a.max(dim=1).values == a.max(axis=1); a.max(dim=1).indices == a.argmax(axis=1)
a.min(dim=0, keepdim=True)[0] == a.min(axis=0, keepdims=True)
a.std(dim=0, unbiased=True) == a.std(axis=0, ddof=1); a.var(dim=0, correction=0) == a.var(axis=0, ddof=0)
a.cumsum(dim=0) == a.cumsum(axis=0); a.argmax(dim=2, keepdim=True) == a.argmax(axis=2, keepdims=True)
a.permute(2, 0, 1) == a.transpose((2, 0, 1)); a.flatten(1) == a.reshape((2, 12)); a.flatten(0, 1) == a.reshape((6, 4))
a.diagonal(dim1=1, dim2=2) == a.diagonal(axis1=1, axis2=2); a.argsort(dim=0) == a.argsort(axis=0); a.numel() == a.size
a.argsort(descending=True) == a.argsort()[..., ::-1]; a.squeeze(dim=()) == a
a.pow(2) == a ** 2; a.dim() == a.ndim; a.clone() == a
"""


def calls(text):
    return [
        part.strip()
        for line in text.strip().splitlines()
        for part in line.split(";")
        if part.strip()
    ]


def plain(value):
    return np.asarray(value.detach().numpy() if isinstance(value, xp.Tensor) else value)


@pytest.mark.parametrize("call", calls(AS_NUMPY))
def test_methods_give_numpys_values_dtypes_and_shapes(call):
    expected = np.asarray(eval(call, {"a": A, "m": M, "np": np}))
    found = plain(eval(call, {"a": xp.asarray(A), "m": xp.asarray(M), "np": np}))
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert found.dtype == expected.dtype


@pytest.mark.parametrize("call", calls(AS_PYTORCH))
def test_pytorchs_words_mean_the_same(call):
    left, right = call.split(" == ")
    names = {"a": xp.asarray(A)}
    np.testing.assert_array_equal(plain(eval(left, names)), plain(eval(right, names)))


@pytest.mark.parametrize(
    ("call", "told"),
    [("a.max(1)", "x.max\\(axis=1\\)"), ("a.std()", "correction"), ("a.var(axis=0)", "correction"),
     ("a.transpose(0, 1)", "swapaxes"), ("a.sum(axis=0, dim=0)", "not both"), ("a.T", "permute_dims")],
)  # fmt: skip
def test_where_the_two_disagree_the_call_must_choose(call, told):
    with pytest.raises((TypeError, ShapeError), match=told):
        eval(call, {"a": xp.asarray(A)})


@pytest.mark.parametrize(
    "call", ["a.diagonal(1, 0, 2)", "a.trace(-1, 2, 1)", "a.max(dim=1).values", "a.flatten(1)"]
)
def test_methods_stay_on_the_tape(call):
    assert xp.autograd.gradcheck(
        lambda a: eval(call, {"a": a}), (xp.tensor(A, requires_grad=True),)
    )


@pytest.mark.parametrize("name", ["take", "repeat", "sort", "view", "flat"])
def test_a_method_on_which_they_disagree_is_missing_and_says_what_to_write(name):
    assert not hasattr(xp.Tensor, name)
    with pytest.raises(AttributeError, match=rf"no method '{name}'.*write "):
        getattr(xp.ones(2), name)


def test_operators_take_lists_as_functions_do():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    assert (x - [1.0, 3.0]).tolist() == [0.0, -1.0]
    assert ([1.0, 3.0] - x).tolist() == [0.0, 1.0]
    assert ((2, 3) * x).tolist() == [2.0, 6.0]
    assert (x == [1, 3]).tolist() == [True, False]
    assert divmod(x, 2.0)[1].tolist() == [1.0, 0.0]
    ((2.0, 3.0) * x).sum().backward()
    assert x.grad.tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("shape", "axes"), [((2, 3, 4), (2, 1)), ((2, 3), (5,)), ((2, 3), (0, -3)), ((), (1,))]
)
def test_flatten_of_axes_that_are_not_there_or_in_the_wrong_order_is_refused(shape, axes):
    with pytest.raises(
        ShapeError,
        match=rf"flatten: .* shape \({', '.join(map(str, shape))}\).* start_dim={axes[0]}",
    ):
        xp.ones(shape).flatten(*axes)


def test_flatten_of_a_number_is_an_array_of_one_axis():
    assert xp.asarray(2.0).flatten().shape == (1,)
    assert xp.ones((2, 3, 4)).flatten(-2, 2).shape == (2, 12)
