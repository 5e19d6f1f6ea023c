"""Functions: gradients against finite differences, accuracy at the edges, errors."""

import doctest
import importlib
import math

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DTypeError, GraphError, ShapeError
from xpgrad.nn import functional as F

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))
Y = RNG.normal(size=(4, 3))
P = RNG.uniform(0.1, 0.9, size=(4, 3))
CLASSES = xp.asarray([0, 2, 1, 2])
WEIGHT = xp.asarray([0.5, 2.0, 1.5])


def finite_differences(function, x, step=1e-6):
    """The gradient of a number, one coordinate at a time."""
    result = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        result[i] = (function(xp.asarray(up)).item() - function(xp.asarray(down)).item()) / (
            2 * step
        )
    return result


def weighted(out):
    """A number that depends on every element differently."""
    return xp.sum(out * xp.reshape(xp.linspace(0.5, 1.5, out.size), out.shape))


FUNCTIONS = {
    "relu": F.relu,
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "softplus": F.softplus,
    "softplus with beta": lambda x: F.softplus(x, beta=3.0),
    "gelu": F.gelu,
    "gelu by tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "elu": lambda x: F.elu(x, alpha=1.5),
    "softmax": lambda x: F.softmax(x, dim=0),
    "log_softmax": lambda x: F.log_softmax(x, axis=-1),
    "normalize": F.normalize,
    "normalize 3": lambda x: F.normalize(x, p=3.0, axis=0),
    "linear in x": lambda x: F.linear(x, xp.asarray(Y), xp.asarray(Y[:, 0])),
    "linear in weight": lambda w: F.linear(xp.asarray(Y), w),
    "linear in bias": lambda b: F.linear(xp.asarray(Y), xp.asarray(X), b[:, 0]),
    "embedding": lambda w: F.embedding(xp.asarray([[0, 3], [3, 1]]), w),
    "mse": lambda x: F.mse_loss(x, xp.asarray(Y)),
    "mse with weight": lambda x: F.mse_loss(x, xp.asarray(Y), weight=xp.asarray(P)),
    "mse, weighted sum": lambda x: F.mse_loss(x, xp.asarray(Y), "sum", weight=WEIGHT),
    "l1": lambda x: F.l1_loss(x, xp.asarray(Y), reduction="none"),
    "bce": lambda x: F.binary_cross_entropy(F.sigmoid(x), xp.asarray(P), weight=WEIGHT),
    "bce logits": lambda x: F.binary_cross_entropy_with_logits(x, xp.asarray(P), pos_weight=WEIGHT),
    "cross entropy": lambda x: F.cross_entropy(x, CLASSES),
    "cross entropy, all options": lambda x: F.cross_entropy(
        x, CLASSES, WEIGHT, ignore_index=1, label_smoothing=0.2
    ),
    "cross entropy, each": lambda x: F.cross_entropy(x, CLASSES, reduction="none"),
    "cross entropy, maps": lambda x: F.cross_entropy(
        xp.reshape(x, (2, 3, 2)), xp.asarray([[0, 2], [1, 1]]), WEIGHT
    ),
    "cross entropy, soft": lambda x: F.cross_entropy(x, xp.asarray(P), WEIGHT, label_smoothing=0.2),
    "nll": lambda x: F.nll_loss(F.log_softmax(x, 1), CLASSES, reduction="sum"),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_gradient_is_that_of_finite_differences(name):
    function = FUNCTIONS[name]
    x = xp.tensor(X, requires_grad=True)
    weighted(function(x)).backward()
    wanted = finite_differences(lambda v: weighted(function(v)), X)
    np.testing.assert_allclose(x.grad.numpy(), wanted, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "name", ["cross entropy", "cross entropy, all options", "bce logits", "gelu", "silu", "elu"]
)
def test_the_second_derivative_is_that_of_finite_differences(name):
    function = FUNCTIONS[name]

    def slope(v):
        v = xp.tensor(v, requires_grad=True)
        (g,) = xp.autograd.grad(weighted(function(v)), [v], create_graph=True)
        return v, weighted(g)

    x, inner = slope(X)
    (found,) = xp.autograd.grad(inner, [x])
    wanted = finite_differences(lambda v: slope(v)[1], X)
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["silu", "leaky_relu", "elu", "gelu"])
def test_activations_and_their_derivatives_are_pytorchs_also_at_zero_and_far_away(name):
    torch = pytest.importorskip("torch", reason="the oracle")
    values = [-900.0, -3.0, -0.0, 0.0, 2.0, 900.0]
    ours = xp.tensor(values, requires_grad=True)
    theirs = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    out, wanted = getattr(F, name)(ours), getattr(torch.nn.functional, name)(theirs)
    np.testing.assert_allclose(out.detach().numpy(), wanted.detach().numpy(), rtol=1e-14)
    out.sum().backward()
    wanted.sum().backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("name", ["silu", "leaky_relu", "elu"])
def test_in_place_activations_give_the_tensor_their_value(name):
    x = xp.tensor(X, requires_grad=True)
    y = x * 1.0
    assert getattr(F, name)(y, inplace=True) is y
    np.testing.assert_array_equal(y.detach().numpy(), getattr(F, name)(xp.asarray(X)).numpy())
    y.sum().backward()
    assert x.grad is not None


# --- accuracy -------------------------------------------------------------------------------------


def test_the_loss_of_a_sure_logit_keeps_its_digits():
    loss = F.binary_cross_entropy_with_logits(xp.asarray([60.0]), xp.asarray([1.0]))
    assert loss.item() == pytest.approx(math.exp(-60.0), rel=1e-12)


@pytest.mark.parametrize("x", [-1e4, 1e4])
def test_nothing_overflows(x):
    with np.errstate(over="raise", invalid="raise"):
        for f in (F.sigmoid, F.softplus, F.tanh, lambda v: F.softmax(v, 0)):
            t = xp.tensor([x, 0.0], requires_grad=True)
            out = f(t)
            out.sum().backward()
            assert np.isfinite(out.detach().numpy()).all()
            assert np.isfinite(t.grad.numpy()).all()


def test_an_impossible_probability_costs_a_hundred():
    p = xp.tensor([0.0, 1.0], requires_grad=True)
    loss = F.binary_cross_entropy(p, xp.asarray([1.0, 0.0]), reduction="none")
    loss.sum().backward()
    assert loss.tolist() == [100.0, 100.0]
    assert np.isfinite(p.grad.numpy()).all()


def test_all_targets_may_be_ignored_when_summed():
    x = xp.tensor(X, requires_grad=True)
    loss = F.cross_entropy(x, xp.full((4,), -100), reduction="sum")
    loss.backward()
    assert loss.item() == 0.0
    assert not x.grad.numpy().any()


def test_a_batch_of_nothing_has_no_loss():
    loss = F.cross_entropy(xp.zeros((0, 3)), xp.zeros((0,), dtype=xp.int64), reduction="sum")
    assert loss.item() == 0.0


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_float32_stays_float32(name):
    x = xp.tensor(X, dtype=xp.float32, requires_grad=True)
    loss = getattr(F, name)(x, CLASSES, WEIGHT.to(xp.float32))
    loss.backward()
    assert loss.dtype == x.grad.dtype == xp.float32


def test_a_mean_over_class_indices_is_four_operations():
    node, names = F.cross_entropy(xp.tensor(X, requires_grad=True), CLASSES).grad_fn, []
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    assert names == [
        "NegBackward",
        "MeanBackward",
        "IndexBackward",
        "LogSoftmaxBackward",
        "AccumulateGrad",
    ]


# --- options and errors ---------------------------------------------------------------------------


def test_one_hot_counts_classes_and_refuses_others():
    assert F.one_hot(xp.asarray([1, 0])).tolist() == [[0, 1], [1, 0]]
    assert F.one_hot(xp.asarray([[1]]), 3).tolist() == [[[0, 1, 0]]]
    with pytest.raises(ValueError, match="at least 0 and less than 2"):
        F.one_hot(xp.asarray([2]), 2)
    with pytest.raises(ValueError, match="at least 0"):
        F.one_hot(xp.asarray([-1, 0]))
    with pytest.raises(ValueError, match="give num_classes"):
        F.one_hot(xp.zeros((0,), dtype=xp.int64))
    with pytest.raises(DTypeError, match="must be integers, got xpgrad.float64"):
        F.one_hot(xp.asarray([0.0]))


def test_dropout_draws_from_the_generator_it_is_given():
    g = xp.Generator().manual_seed(5)
    a = F.dropout(xp.ones(30), generator=g)
    assert a.tolist() == F.dropout(xp.ones(30), generator=g.manual_seed(5)).tolist()
    x = xp.ones(3)
    assert F.dropout(x, training=False) is x
    with pytest.raises(ValueError, match="between 0 and 1, but got 2"):
        F.dropout(x, 2)


def test_in_place_on_a_leaf_raises():
    with pytest.raises(GraphError, match="in-place"):
        F.relu(xp.ones(3, requires_grad=True), inplace=True)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: F.gelu(x, approximate="sin"), ValueError, "'none' or 'tanh', got 'sin'"),
        (lambda x: F.softmax(x, 0, axis=1), TypeError, "dim= or axis=, not both"),
        (lambda x: F.softmax(x, 5), Exception, "axis"),
        (lambda x: F.linear(x, xp.ones((2, 5))), ShapeError, "has 3 features.*takes 5"),
        (lambda x: F.cross_entropy(x, CLASSES, reduction="max"), ValueError, "'sum', got 'max'"),
        (lambda x: F.cross_entropy(x, CLASSES, label_smoothing=2), ValueError, "between 0 and 1"),
        (lambda x: F.cross_entropy(x[0, 0], CLASSES), ShapeError, "axis of classes"),
        (lambda x: F.cross_entropy(x, CLASSES + 1), IndexError, "target 3 is out of bounds"),
        (lambda x: F.nll_loss(x, CLASSES[:2]), ShapeError, r"class indices of shape \(4,\)"),
    ],
)
def test_what_does_not_fit_is_explained(call, error, message):
    with pytest.raises(error, match=message):
        call(xp.asarray(X))


@pytest.mark.parametrize(
    "name",
    [
        "_random",
        "nn.module",
        "nn.parameter",
        "nn.containers",
        "nn.functional",
        "nn._losses",
        "nn._activations",
        "nn.init",
        "nn.utils",
    ],
)
def test_the_examples_run(name):
    pytest.importorskip("xpgrad_layers", reason="some examples use layers")
    result = doctest.testmod(importlib.import_module(f"xpgrad.{name}"))
    assert result.attempted
    assert not result.failed
