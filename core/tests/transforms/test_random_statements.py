"""Random programs of statements (``x += y``, ``x[k] = v``) under every transform, against the tape and one another.

``XPGRAD_EXAMPLES=5000 pytest core/tests/transforms/test_random_statements.py`` searches longer.
"""

import os

import numpy as np
import pytest

import xpgrad as xp

EXAMPLES = int(os.environ.get("XPGRAD_EXAMPLES", "60"))
STEPS = 8
SIZE = 3
OUTSIDE = np.random.default_rng(99).normal(size=(2, 3, 4))


def multiplied(a, b, k):
    a *= b
    a /= 2.0
    return a


def added(a, b, k):
    a += b
    a -= 0.3 * k
    return a


def row(a, b, k):
    a[k] = b[(k + 1) % 3]
    a[:, k] *= 2.0
    return a


def row_added(a, b, k):
    a[k] += b[(k + 1) % 3]
    return a


def block(a, b, k):
    a[1:, ::2] = b[:2, 1::2]
    return a


def scattered(a, b, k):
    a[xp.asarray([0, 2]), xp.asarray([1, k])] = b[0, :2]
    return a


def masked(a, b, k):
    a[a > b] = 0.1 * k
    return a


def used_before(a, b, k):
    """What was computed from a value keeps it when the tensor is given another."""
    kept = a * b
    a *= b
    a[k] = b[0]
    return kept + a


def of_a_constant(a, b, k):
    n = xp.full((3, 4), 0.2 * k + 0.1)
    kept = n * b
    n *= a
    n[1] = a[0]
    n -= kept
    return kept + n * b


STATEMENTS = (
    multiplied,
    added,
    row,
    row_added,
    block,
    scattered,
    masked,
    used_before,
    of_a_constant,
)
FUNCTIONS = (
    lambda a, b, k: xp.sin(a) + b,
    lambda a, b, k: (a @ b.T) @ b * 0.1,
    lambda a, b, k: xp.roll(a, k, axis=1) * 0.5,
    lambda a, b, k: a / (1.0 + xp.linalg.vector_norm(b)),
)


def program(seed):
    """A function of two arrays of shape (3, 4), and its text."""
    rng, every = np.random.default_rng(seed), (*STATEMENTS, *FUNCTIONS)
    steps = [
        (every[rng.integers(len(every))], *rng.random(2), int(rng.integers(3)))
        for _ in range(STEPS)
    ]

    def run(u, v):
        values = [xp.asarray(u) * 1.0, xp.asarray(v) * 1.0, *(xp.asarray(c) for c in OUTSIDE)]
        for step, i, j, k in steps:
            a, b = values[int(i * len(values))], values[int(j * len(values))]
            values.append(step(a.clone() if step in STATEMENTS else a, b, k))
        return sum(xp.sum(xp.tanh(0.3 * x) ** 2) for x in values)

    return run, " ".join(s.__name__ for s, *_ in steps)


def on_the_tape(f, u, v):
    u, v = (xp.asarray(x, requires_grad=True) for x in (u, v))
    f(u, v).backward()
    return u.grad, v.grad


def inner(a, b):
    return sum(float(xp.sum(xp.asarray(x) * xp.asarray(y))) for x, y in zip(a, b, strict=True))


def same(found, expected, text):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-8, atol=1e-9, err_msg=text)


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_every_transform_of_a_program_of_statements(seed):
    f, text = program(seed)
    rng = np.random.default_rng(seed)
    points, directions = rng.normal(size=(2, SIZE, 3, 4)), rng.normal(size=(2, SIZE, 3, 4))
    u, v, du, dv = points[0, 0], points[1, 0], directions[0, 0], directions[1, 0]
    gradient = xp.grad(f, argnums=(0, 1))
    expected = on_the_tape(f, u, v)
    same(gradient(u, v), expected, text)
    slope = xp.jvp(f, (u, v), (du, dv))[1]
    assert float(slope) == pytest.approx(inner(expected, (du, dv)), rel=1e-8, abs=1e-9), text

    loop = [on_the_tape(f, *pair) for pair in zip(*points, strict=True)]
    at_once = xp.vmap(gradient)(*map(xp.asarray, points))
    same(at_once, [xp.stack(column) for column in zip(*loop, strict=True)], text)

    forward = xp.jvp(gradient, (u, v), (du, dv))[1]
    reverse = xp.vjp(gradient, u, v)[1]((xp.asarray(du), xp.asarray(dv)))
    same(forward, reverse, text)
    hessian = xp.vmap(xp.hessian(f))(*map(xp.asarray, points))
    pushed = xp.jvp(xp.grad(f), (u, v), (du, np.zeros_like(dv)))[1]
    same([xp.tensordot(hessian[0], xp.asarray(du), axes=2)], [pushed], text)


def test_a_constant_that_is_given_a_new_value_keeps_the_old_one_on_the_tape():
    b = xp.asarray([1.0, 3.0])

    def f(u):
        n = b * 1.0
        n *= u
        return xp.sum(n * n)

    u = xp.asarray([1.0, 2.0])
    _, tangent = xp.jvp(xp.grad(f), (u,), (u,))
    assert tangent.tolist() == [2.0, 36.0]
    assert xp.hessian(f)(u).tolist() == [[2.0, 0.0], [0.0, 18.0]]
    assert xp.vmap(xp.grad(f))(xp.eye(2)).tolist() == [[2.0, 0.0], [0.0, 18.0]]
