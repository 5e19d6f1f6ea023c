"""Convolutions and pooling: initial values, options, training; names and shapes are in test_reference.py."""

import math

import numpy as np
import pytest

import xpgrad as xp
from xpgrad import nn

LAYERS = [
    lambda **o: nn.Conv2d(4, 60, 3, **o),
    lambda **o: nn.Conv1d(4, 200, 5, groups=2, **o),
    lambda **o: nn.Conv3d(2, 30, (2, 3, 2), **o),
    lambda **o: nn.ConvTranspose2d(6, 80, 3, groups=2, **o),
]


@pytest.mark.parametrize("make", LAYERS)
def test_initial_values_are_uniform_within_pytorchs_bound(make):
    layer = make()
    bound = 1 / math.sqrt(math.prod(layer.weight.shape[1:]))
    for p in layer.parameters():
        values = p.detach().numpy()
        assert np.abs(values).max() <= bound
        assert np.abs(values).max() > 0.9 * bound
    assert abs(layer.weight.detach().numpy().std() - bound / math.sqrt(3)) < 0.05 * bound


@pytest.mark.parametrize("make", LAYERS)
def test_bias_dtype_and_device_are_as_asked(make):
    layer = make(bias=False, dtype=xp.float32, device="cpu")
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]
    assert layer.weight.dtype == xp.float32


@pytest.mark.parametrize(
    ("mode", "numpys"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")]
)
@pytest.mark.parametrize("padding", [2, (1, 2), "same"])
def test_padding_is_filled_as_its_mode_says(mode, numpys, padding):
    x = np.random.default_rng(0).normal(size=(2, 1, 6, 5))
    layer = nn.Conv2d(1, 3, (2, 3), padding=padding, dilation=(1, 2), padding_mode=mode)
    pairs = [(0, 1), (2, 2)] if padding == "same" else [(p, p) for p in np.broadcast_to(padding, 2)]
    wide = np.pad(x, ((0, 0), (0, 0), *pairs), numpys)
    expected = xp.conv(wide, layer.weight, layer.bias, dilation=(1, 2))
    np.testing.assert_allclose(layer(xp.asarray(x)).detach().numpy(), expected.detach().numpy())


def test_output_size_chooses_among_the_shapes_that_a_convolution_takes_to_one():
    there, back = (
        nn.Conv2d(1, 2, 3, stride=3, padding=1),
        nn.ConvTranspose2d(2, 1, 3, stride=3, padding=1),
    )
    for size in ((7, 8), (9, 7)):
        image = xp.ones((1, 1, *size))
        assert back(there(image), output_size=size).shape == image.shape
    with pytest.raises(ValueError, match=r"from \[7, 7\] to \[9, 9\]"):
        back(there(image), output_size=(10, 7))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "groups 2 must divide in_channels 3"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), "kernel_size must be an integer or 2 of them"),
        (lambda: nn.Conv2d(3, 4, 3, padding="full"), "padding must be integers"),
        (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), "padding_mode of Conv2d cannot be 'mirror'"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), "cannot be 'reflect'"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit_are_refused_at_once(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_a_convolutional_network_learns_where_a_bright_square_is():
    xp.manual_seed(0)
    rng = np.random.default_rng(0)
    places = rng.integers(0, 4, 200)
    images = rng.normal(size=(200, 1, 8, 8)) * 0.3
    for image, place in zip(images, places, strict=True):
        row, column = 4 * (place // 2), 4 * (place % 2)
        image[0, row + 1 : row + 3, column + 1 : column + 3] += 1.0
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16, 4),
    )  # fmt: skip
    optimizer = xp.optim.SGD(network.parameters(), lr=0.2, momentum=0.9)
    x, y = xp.asarray(images), xp.asarray(places)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), y).backward()
        optimizer.step()
    assert float(np.mean(np.argmax(network(x).detach().numpy(), axis=1) == places)) > 0.97
