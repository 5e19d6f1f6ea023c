"""Small scientific programs in plain NumPy style: the value is NumPy's, the gradient that of differences."""

import numpy as np
import pytest

import xpgrad as xp

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
CLASSES = rng.integers(0, 3, 40)
POSITIVE = X @ [1.0, -1.0, 0.5] > 0
COUNTS = rng.poisson(2.0, 40)
EDGES = np.array([[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]])
FOURIER = np.exp(-2j * np.pi * np.outer(np.arange(8), np.arange(8)) / 8)
MODULUS = np.abs(FOURIER @ rng.normal(size=8))
HOLES = np.where(rng.random((5, 4)) < 0.2, np.nan, rng.normal(size=(5, 4)))


def predator_and_prey(k):
    """Time steps written into an array in place."""
    y = xp.zeros((21, 2))
    y[0] = np.array([1.0, 0.5])
    for i in range(20):
        u, v = y[i]
        y[i + 1, 0] = u + 0.1 * (k[0] * u - k[1] * u * v)
        y[i + 1, 1] = v + 0.1 * (-k[2] * v + k[3] * u * v)
    return np.mean((y - np.stack([np.cos(np.arange(21)), np.sin(np.arange(21))], axis=1)) ** 2)


def logistic_regression(w, b):
    z = X @ w + b
    return -np.mean(np.where(POSITIVE, -np.logaddexp(0, -z), -np.logaddexp(0, z)))


def poisson_regression(w):
    eta = X @ w
    return np.sum(np.exp(eta) - COUNTS * eta) + 0.5 * np.sum(w**2)


def softmax_regression(w):
    z = X @ w
    z = z - np.max(z, axis=1, keepdims=True)
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(logp[np.arange(40), CLASSES])


def kernel_ridge(a, width):
    squared = ((X[:, None, :] - X[None, :, :]) ** 2).sum(axis=-1)
    kernel = np.exp(-squared / (2 * width**2))
    return np.sum((kernel @ a - np.sin(X[:, 0])) ** 2) + 0.1 * a @ kernel @ a


def spring_network(x):
    d = x[EDGES[:, 0]] - x[EDGES[:, 1]]
    return 0.5 * np.sum((np.sqrt(np.sum(d**2, axis=1)) - 1.0) ** 2) + np.sum(x[:, 1]) * 0.1


def smoothed_image(image):
    out = image.copy()
    out[1:-1, 1:-1] = (image[:-2, 1:-1] + image[2:, 1:-1] + image[1:-1, :-2] + image[1:-1, 2:]) / 4
    padded = np.pad(image, 1, mode="edge")
    blurred = sum(padded[i : i + 6, j : j + 6] for i in range(3) for j in range(3)) / 9.0
    return np.sum(out**2) + np.sum(np.abs(blurred) ** 1.5)


def principal_component(a):
    c = np.cov(a - a.mean(axis=0), rowvar=False)
    v = np.ones(3)
    for _ in range(30):
        v = c @ v
        v = v / np.sqrt(np.sum(v**2))
    return v @ c @ v


def filtered_signal(x, taps):
    y = xp.zeros(18)
    for k in range(3):
        y += taps[k] * x[k : k + 18]
    halves = y[::2] - y[1::2][::-1]
    return np.sum(halves**2) + 0.5 * np.sum(np.convolve(x, taps, "valid") ** 2)


def phase_retrieval(c):
    z = c[:, 0] + 1j * c[:, 1]
    return np.sum((np.abs(FOURIER @ z) - MODULUS) ** 2) + np.sum(np.angle(z) ** 2)


def circular_spread(angles, mean):
    c, s = np.mean(np.cos(angles)), np.mean(np.sin(angles))
    return np.sqrt(-2 * np.log(np.hypot(c, s))) + np.sin(np.arctan2(s, c) - mean) ** 2


def missing_data(w):
    x = HOLES + w
    here = ~np.isnan(HOLES)
    y = HOLES + w
    y[~here] = 0.0
    return np.nanmean(x, axis=0).sum() + np.sum(x[here] ** 2) + (y**3).sum() + np.nanstd(x)


PROGRAMS = [
    (predator_and_prey, [np.array([1.1, 0.4, 0.4, 0.1])]),
    (logistic_regression, [np.full(3, 0.1), np.array(0.2)]),
    (poisson_regression, [np.full(3, 0.1)]),
    (softmax_regression, [rng.normal(size=(3, 3)) * 0.1]),
    (kernel_ridge, [rng.normal(size=40) * 0.1, np.array(0.7)]),
    (spring_network, [rng.normal(size=(4, 2))]),
    (smoothed_image, [rng.normal(size=(6, 6))]),
    (principal_component, [X[:8].copy()]),
    (filtered_signal, [rng.normal(size=20), np.array([0.2, 0.5, 0.3])]),
    (phase_retrieval, [rng.normal(size=(8, 2))]),
    (circular_spread, [rng.uniform(-3, 3, 10), np.array(0.4)]),
    (missing_data, [np.full(4, 0.3)]),
]


@pytest.mark.parametrize(("program", "inputs"), PROGRAMS, ids=[p.__name__ for p, _ in PROGRAMS])
def test_the_program_is_differentiable_as_it_stands(program, inputs):
    tensors = [xp.tensor(x, requires_grad=True) for x in inputs]
    plain = program(*inputs)
    plain = plain.detach() if isinstance(plain, xp.Tensor) else plain
    np.testing.assert_allclose(program(*tensors).detach(), plain, rtol=1e-10)
    assert xp.autograd.gradcheck(program, tensors)
