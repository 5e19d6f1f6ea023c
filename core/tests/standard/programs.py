"""Programs that every library must run alike, forward and backward; each is given all its arrays."""

from types import SimpleNamespace

import numpy as np

import xpgrad as xp

LABELS = np.array([[2], [0], [1]])
ROWS, COLUMNS = np.array([2, 0, 2, 1]), np.array([3, 1, 0, 1])


def numbers(*shape):
    """Distinct numbers, so that nothing ties."""
    size = int(np.prod(shape))
    return np.random.default_rng(size).permutation(np.linspace(-1.0, 1.0, size)).reshape(shape)


def training_step(x, y, w, b, v):
    """The loss after a step down the gradient of a small net; its gradient goes through the step."""

    def loss(w, b, v):
        return xp.mean((xp.tanh(x @ w + b) @ v - y) ** 2)

    step = xp.grad(loss, argnums=(0, 1, 2))(w, b, v)
    return loss(*(p - 0.1 * g for p, g in zip((w, b, v), step, strict=True)))


def classification(x, labels):
    return -xp.mean(xp.take_along_axis(xp.log_softmax(x, axis=1), labels, axis=1))


def attention(x, w):
    scores = xp.einsum("ik,kl,jl->ij", x, w, x)
    return xp.einsum("ij,jk->ik", xp.softmax(scores, axis=-1), x)


def slices(x):
    y = x * 1.0
    y[1:, ::2] = x[:-1, 1::2] ** 2
    y[0, ...] += y[-1, :]
    return y[:, None, 1:] * y[:, 1:, None]


def integer_arrays(x, rows, columns):
    y = x[rows, :] * xp.take(x, columns, axis=1)[rows, :]
    return y[:, 1] + x[rows, columns] ** 2


def solving(a, b):
    m = a @ xp.matrix_transpose(a) + 3 * xp.linalg.outer(a[:, 0], a[1, :])
    return xp.linalg.solve(m, b)


def spectrum(x):
    s = xp.fft.rfft(x, axis=-1)
    return xp.fft.irfft(s * xp.conj(s), n=x.shape[-1], axis=-1) + xp.real(xp.fft.fft(x + 1j * x**2))


def sorting(x):
    return xp.sort(x, axis=1) * xp.sort(x, axis=0, descending=True) + xp.max(x, axis=0)


def normalizing(x):
    y = (x - xp.mean(x, axis=1, keepdims=True)) / xp.std(x, axis=1, keepdims=True)
    return xp.concat([xp.where(y > 0, y, xp.exp(y) - 1), xp.clip(y, -0.5, 0.5)], axis=1)


def running(x):
    return (
        xp.cumulative_sum(xp.sin(x), axis=1) * xp.logsumexp(x, axis=0) + xp.prod(x, axis=1)[:, None]
    )


PROGRAMS = {
    f.__name__: SimpleNamespace(function=f, arrays=arrays)
    for f, *arrays in (
        (training_step, numbers(5, 3), numbers(5, 1), numbers(3, 4), numbers(4), numbers(4, 1)),
        (classification, numbers(3, 4), LABELS),
        (attention, numbers(4, 3), numbers(3, 3)),
        (slices, numbers(3, 4)),
        (integer_arrays, numbers(3, 4), ROWS, COLUMNS),
        (solving, numbers(3, 3), numbers(3, 2)),
        (spectrum, numbers(2, 6)),
        (sorting, numbers(3, 4)),
        (normalizing, numbers(3, 5)),
        (running, numbers(3, 4)),
    )
}


def weights(shape):
    return np.cos(np.arange(float(np.prod(shape)))).reshape(shape)


def run(function, tensors, make):
    """The output and the gradients; ``make`` puts an array of weights where the tensors are."""
    tracked = [t.detach().requires_grad_() if t.dtype.is_floating else t for t in tensors]
    out = function(*tracked)
    inputs = [t for t in tracked if t.dtype.is_floating]
    return [out, *xp.autograd.grad(out, inputs, make(weights(out.shape)))]


def host(t):
    return t.detach().to("numpy:cpu").numpy()


def on_numpy(program):
    return [
        host(t) for t in run(program.function, [xp.asarray(a) for a in program.arrays], xp.asarray)
    ]


def by_differences(program):
    """The gradients, from nothing but values."""

    def value(arrays):
        out = host(program.function(*map(xp.asarray, arrays)))
        return float(np.sum(out * weights(out.shape)))

    found, step = [], 1e-6
    for place, array in enumerate(program.arrays):
        if array.dtype.kind != "f":
            continue
        gradient = np.empty_like(array)
        for at in np.ndindex(array.shape):
            ends = []
            for sign in (step, -step):
                moved = [a.copy() for a in program.arrays]
                moved[place][at] += sign
                ends.append(value(moved))
            gradient[at] = (ends[0] - ends[1]) / (2 * step)
        found.append(gradient)
    return found
