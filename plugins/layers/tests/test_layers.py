"""Layers: attributes, initial values, modes, errors."""

import copy
import doctest
import importlib
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

import xpgrad as xp
from xpgrad import nn
from xpgrad.errors import DTypeError, ShapeError

# --- Linear ---------------------------------------------------------------------------------------


def test_the_parameters_of_linear_have_pytorchs_names_shapes_and_bounds():
    layer = nn.Linear(25, 400)
    assert [(n, p.shape) for n, p in layer.named_parameters()] == [
        ("weight", (400, 25)),
        ("bias", (400,)),
    ]
    for p in layer.parameters():
        values = p.detach().numpy()
        assert np.abs(values).max() <= 1 / math.sqrt(25)
        assert abs(values.std() - 1 / math.sqrt(3 * 25)) < 0.01


def test_linear_without_bias_has_none():
    layer = nn.Linear(3, 2, bias=False)
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]


def test_linear_takes_dtype_and_device():
    layer = nn.Linear(3, 2, device="cpu", dtype=xp.float32)
    assert {p.dtype for p in layer.parameters()} == {xp.float32}
    assert layer(xp.ones((1, 3), dtype=xp.float32)).dtype == xp.float32


def test_parameters_have_the_default_dtype():
    with xp.default_dtype(xp.float32):
        assert nn.Linear(3, 2).weight.dtype == xp.float32


def test_linear_of_the_wrong_number_of_features_says_both_numbers():
    with pytest.raises(ShapeError, match=r"has 5 features.*\(2, 3\) takes 3"):
        nn.Linear(3, 2)(xp.ones((4, 5)))


def test_linear_maps_the_last_axis_of_any_shape():
    assert nn.Linear(3, 2)(xp.ones((5, 4, 3))).shape == (5, 4, 2)
    assert nn.Linear(3, 2)(xp.ones(3)).shape == (2,)


def test_linear_records_one_operation():
    x = xp.ones((4, 3), requires_grad=True)
    out = nn.Linear(3, 2)(x)
    assert out.grad_fn.name() == "LinearBackward"
    parents = [parent.name() for parent, _ in out.grad_fn.next_functions]
    assert parents == ["AccumulateGrad"] * 3


def test_a_seed_decides_the_initial_values():
    def made():
        xp.manual_seed(3)
        return [p.tolist() for p in nn.Linear(4, 3).parameters()]

    assert made() == made()


# --- Dropout --------------------------------------------------------------------------------------


def test_dropout_keeps_the_expected_share_and_scales_it():
    xp.manual_seed(0)
    out = nn.Dropout(0.25)(xp.ones(20_000)).numpy()
    assert set(np.unique(out)) == {0.0, 1 / 0.75}
    assert abs((out == 0).mean() - 0.25) < 0.02


def test_dropout_in_evaluation_returns_its_input():
    x = xp.ones(5)
    assert nn.Dropout(0.9).eval()(x) is x


def test_dropout_passes_gradients_through_the_same_mask():
    x = xp.ones(100, requires_grad=True)
    out = nn.Dropout()(x)
    out.sum().backward()
    assert np.array_equal(x.grad.numpy(), out.detach().numpy())


def test_dropout_keeps_the_dtype_and_repeats_with_a_seed():
    x = xp.ones(50, dtype=xp.float32)
    layer = nn.Dropout()
    xp.manual_seed(1)
    first = layer(x)
    xp.manual_seed(1)
    assert first.dtype == xp.float32
    assert first.tolist() == layer(x).tolist()


def test_dropout_with_probability_one_gives_zeros():
    x = xp.ones(5, requires_grad=True)
    out = nn.Dropout(1.0)(x)
    out.sum().backward()
    assert out.tolist() == x.grad.tolist() == [0.0] * 5


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_dropout_wants_a_probability(p):
    with pytest.raises(ValueError, match="has to be between 0 and 1, but got"):
        nn.Dropout(p)


# --- Embedding ------------------------------------------------------------------------------------


def test_repeated_rows_of_an_embedding_accumulate():
    layer = nn.Embedding(4, 2)
    layer(xp.asarray([[1, 1], [3, 1]])).sum().backward()
    assert layer.weight.grad.tolist() == [[0, 0], [3, 3], [0, 0], [1, 1]]


def test_the_padding_row_starts_at_zero_and_gets_no_gradient():
    layer = nn.Embedding(4, 2, padding_idx=-1)
    assert layer.padding_idx == 3
    assert layer.weight[3].tolist() == [0, 0]
    layer(xp.asarray([3, 0, 3])).sum().backward()
    assert layer.weight.grad.tolist() == [[1, 1], [0, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize("index", [-1, 4])
def test_an_embedding_has_no_row_outside_its_table(index):
    with pytest.raises(IndexError, match="at least 0 and less than 4"):
        nn.Embedding(4, 2)(xp.asarray([0, index]))


def test_an_embedding_is_indexed_by_integers():
    with pytest.raises(DTypeError, match="must be integers, got xpgrad.float64"):
        nn.Embedding(4, 2)(xp.asarray([0.0]))


def test_an_embedding_stands_on_a_given_table():
    layer = nn.Embedding.from_pretrained([[1.0, 2.0], [3.0, 4.0]])
    assert not layer.weight.requires_grad
    assert layer(xp.asarray(1)).tolist() == [3.0, 4.0]
    with pytest.raises(ShapeError, match=r"must have shape \(3, 2\), got \(2, 2\)"):
        nn.Embedding(3, 2, _weight=xp.ones((2, 2)))


def test_the_padding_row_is_a_row():
    with pytest.raises(ValueError, match="within the 4 rows, got 4"):
        nn.Embedding(4, 2, padding_idx=4)


# --- activations and shapes -----------------------------------------------------------------------


def test_softmax_without_an_axis_warns_and_chooses_as_pytorch():
    for module in (nn.Softmax(), nn.LogSoftmax()):
        with pytest.warns(UserWarning, match="say dim="):
            chosen = module(xp.asarray([[1.0, 2.0]]))
        assert chosen.tolist() == type(module)(dim=1)(xp.asarray([[1.0, 2.0]])).tolist()


def test_softmax_understands_axis_and_dim_but_not_both():
    x = xp.randn(2, 3)
    assert nn.Softmax(axis=0)(x).tolist() == nn.Softmax(0)(x).tolist()
    with pytest.raises(TypeError, match="not both"):
        nn.Softmax(0, axis=0)


def test_relu_in_place_gives_its_input_the_recorded_value():
    x = xp.asarray([-1.0, 2.0], requires_grad=True)
    y = x * 3
    assert nn.ReLU(inplace=True)(y) is y
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 3.0]


def test_flatten_joins_axes_and_says_which_do_not_exist():
    x = xp.zeros((2, 3, 4, 5))
    assert nn.Flatten()(x).shape == (2, 60)
    assert nn.Flatten(0, 1)(x).shape == (6, 4, 5)
    assert nn.Flatten(0)(xp.zeros(())).shape == (1,)
    with pytest.raises(
        IndexError, match=r"axis 4 is out of range for an input of shape \(2, 3, 4, 5\)"
    ):
        nn.Flatten(4)(x)
    with pytest.raises(ValueError, match="start_dim=2 lies after end_dim=1"):
        nn.Flatten(2, 1)(x)


# --- losses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        ({"size_average": False}, "sum"),
        ({"size_average": True}, "mean"),
        ({"reduce": False}, "none"),
        ({"reduce": True}, "mean"),
    ],
)
def test_the_old_flags_of_a_loss_warn_and_still_decide(flags, word):
    with pytest.warns(UserWarning, match=f"use reduction='{word}' instead"):
        assert nn.MSELoss(**flags).reduction == word


def test_a_loss_knows_three_reductions():
    with pytest.raises(ValueError, match="'none', 'mean' or 'sum', got 'average'"):
        nn.MSELoss(reduction="average")


def test_a_target_of_another_shape_warns():
    with pytest.warns(UserWarning, match=r"target has shape \(3,\), the input \(3, 1\)"):
        nn.MSELoss()(xp.zeros((3, 1)), xp.zeros(3))


@pytest.mark.parametrize("target", [-1, 3])
def test_a_target_that_is_no_class_is_named(target):
    with pytest.raises(IndexError, match=f"target {target} is out of bounds"):
        nn.CrossEntropyLoss()(xp.zeros((2, 3)), xp.asarray([0, target]))


def test_a_target_that_does_not_fit_says_which_would():
    with pytest.raises(
        ShapeError, match=r"needs class indices of shape \(2,\) or probabilities of \(2, 3\)"
    ):
        nn.CrossEntropyLoss()(xp.zeros((2, 3)), xp.asarray([0, 1, 2]))
    with pytest.raises(DTypeError, match="must be integers"):
        nn.NLLLoss()(xp.zeros((2, 3)), xp.zeros(2))
    with pytest.raises(ShapeError, match=r"weight must have shape \(3,\)"):
        nn.CrossEntropyLoss(weight=xp.ones(2))(xp.zeros((2, 3)), xp.asarray([0, 1]))
    with pytest.raises(ShapeError, match="must be equal"):
        nn.BCEWithLogitsLoss()(xp.zeros(3), xp.zeros(2))


def test_cross_entropy_of_huge_logits_is_finite():
    x = xp.asarray([[1e4, -1e4, 0.0]], requires_grad=True)
    loss = nn.CrossEntropyLoss()(x, xp.asarray([1]))
    loss.backward()
    assert loss.item() == 2e4
    assert x.grad.tolist() == [[1.0, -1.0, 0.0]]


def test_a_target_that_does_not_count_hides_infinities():
    x = xp.asarray([[0.0, -math.inf], [0.0, 0.0]], requires_grad=True)
    loss = nn.CrossEntropyLoss(ignore_index=1)(x, xp.asarray([1, 0]))
    loss.backward()
    assert loss.item() == pytest.approx(math.log(2.0))
    assert x.grad.tolist() == [[0.0, 0.0], [-0.5, 0.5]]


def test_factors_of_a_loss_move_and_are_saved_with_it():
    loss = nn.CrossEntropyLoss(weight=xp.ones(3)).to(xp.float32)
    assert loss.weight.dtype == xp.float32
    assert list(loss.state_dict()) == ["weight"]
    assert list(loss.parameters()) == []


# --- all of them ----------------------------------------------------------------------------------


def model():
    return nn.Sequential(
        nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Dropout(), nn.Linear(5, 3)
    )


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_model_copies_and_pickles(copied):
    original = model().eval()
    twin = copied(original)
    x = xp.asarray([[1, 2, 3], [0, 8, 8]])
    assert twin(x).tolist() == original(x).tolist()
    assert not {id(p) for p in twin.parameters()} & {id(p) for p in original.parameters()}
    nn.init.zeros_(twin[2].weight)
    assert original[2].weight.tolist() != twin[2].weight.tolist()


def test_a_model_learns():
    xp.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    x = xp.asarray([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y, loss = xp.asarray([0, 1, 1, 0]), nn.CrossEntropyLoss()
    for _ in range(300):
        net.zero_grad()
        value = loss(net(x), y)
        value.backward()
        with xp.no_grad():
            for p in net.parameters():
                p -= 0.5 * p.grad
    assert xp.argmax(net(x), axis=1).tolist() == y.tolist()


def test_layers_are_found_under_nn_by_their_exact_names():
    assert nn.Linear.__module__ == "xpgrad_layers.linear"
    assert "Linear" in dir(nn)
    with pytest.raises(AttributeError, match="did you mean 'ReLU'"):
        nn.relu
    with pytest.raises(AttributeError, match="no plugin provides the layer 'Conv9'"):
        nn.Conv9


def test_a_missing_package_is_named():
    code = "import xpgrad as xp\ntry: xp.nn.Linear\nexcept AttributeError as error: print(error)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"XPGRAD_DISABLE_PLUGINS": "xpgrad-layers"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pip install xpgrad-layers" in done.stdout


@pytest.mark.parametrize(
    "name", ["activations", "dropout", "embedding", "flatten", "linear", "losses"]
)
def test_the_examples_run(name):
    module = importlib.import_module(f"xpgrad_layers.{name}")
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed
