"""Programs and their gradients as JAX compiles them: a tracer tells no value, so no rule may ask for one."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import xpgrad as xp

jax = pytest.importorskip("jax", reason="the library that traces")
KIT = runpy.run_path(str(Path(__file__).with_name("programs.py")))
PROGRAMS, run, on_numpy = (KIT[n] for n in ("PROGRAMS", "run", "on_numpy"))


def there(array):
    return xp.asarray(jax.numpy.asarray(array))


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_and_its_gradient_are_compiled_once_and_agree_with_numpy(name):
    program, traced = PROGRAMS[name], []

    def compiled(weight, *raws):
        traced.append(name)
        tensors = [xp.asarray(raw) for raw in raws]
        return [t._cell.raw for t in run(program.function, tensors, lambda _: xp.asarray(weight))]

    step, every = jax.jit(compiled), on_numpy(program)
    arrays = [jax.numpy.asarray(a) for a in (KIT["weights"](every[0].shape), *program.arrays)]
    for found, wanted in zip(step(*arrays), every, strict=True):
        np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-10, atol=1e-11)
    step(*(a + 1 if a.dtype.kind == "f" else a for a in arrays))
    assert traced == [name]


def test_nothing_traced_is_kept_for_the_next_program():
    with jax.checking_leaks():
        jax.make_jaxpr(lambda a: (xp.asarray(a) * 0.8125 + 0.0)._cell.raw)(np.ones(3))
    for _ in range(2):
        program = jax.make_jaxpr(lambda a: (xp.asarray(a) * 0.8125 + 0.0)._cell.raw)
        assert program(np.ones(3)).consts == []


def test_jax_differentiates_what_xpgrad_differentiated():
    x, direction = KIT["numbers"](3, 4), np.cos(KIT["numbers"](3, 4))

    def gradient(raw):
        return xp.grad(lambda t: xp.sum(xp.softmax(xp.sin(t), axis=1) ** 3))(
            xp.asarray(raw)
        )._cell.raw

    _, found = jax.jit(lambda a, v: jax.jvp(gradient, (a,), (v,)))(x, direction)

    def numpys(t):
        return xp.grad(lambda t: xp.sum(xp.softmax(xp.sin(t), axis=1) ** 3))(t)

    _, wanted = xp.jvp(numpys, (xp.asarray(x),), (xp.asarray(direction),))
    np.testing.assert_allclose(np.asarray(found), wanted.numpy(), rtol=1e-10, atol=1e-12)


def test_a_value_asked_for_under_jit_raises_instead_of_a_wrong_branch():
    def asking(raw):
        x = xp.asarray(raw)
        return (x * 2 if xp.sum(x) > 0 else x)._cell.raw

    with pytest.raises(jax.errors.JAXTypeError):  # one of the errors about tracers
        jax.jit(asking)(np.ones(3))
