"""checkpoint: the same numbers with less memory, in every place where a function may stand."""

import concurrent.futures
import contextvars
import gc
import itertools
import math
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import GraphError

X = xp.asarray([0.5, -1.0, 2.0])


def leaf(values):
    return xp.tensor(values, requires_grad=True)


def wavy(x):
    return xp.exp(xp.sin(x * x)) * x


def bits(t):
    return t.detach().numpy().tobytes()


# --- the same numbers -------------------------------------------------------------------------------


def test_gradients_of_a_function_are_the_same_bit_for_bit(device):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, 4))
    x, y = (xp.asarray(values, device=device, requires_grad=True) for _ in range(2))

    def f(x):
        z = xp.tanh(x @ xp.matrix_transpose(x))
        z[0] = xp.sum(x, axis=1)
        return z * xp.max(x) + xp.linalg.det(z) * x[0, 0]

    a, b = xp.checkpoint(f, x), f(y)
    assert bits(a) == bits(b)
    xp.sum(a**2).backward()
    xp.sum(b**2).backward()
    assert bits(x.grad) == bits(y.grad)


def block():
    xp.manual_seed(3)
    return xp.nn.Sequential(
        xp.nn.Linear(3, 8), xp.nn.Tanh(), xp.nn.Dropout(0.4), xp.nn.Linear(8, 2), xp.nn.ReLU()
    )


@pytest.mark.parametrize("how", ["whole", "parts", "each"])
def test_gradients_of_a_block_are_the_same_bit_for_bit(how):
    data = np.random.default_rng(1).normal(size=(6, 3))
    runs = {
        "plain": lambda m, x: m(x),
        "whole": xp.checkpoint,
        "parts": lambda m, x: xp.checkpoint_sequential(m, 2, x),
        "each": lambda m, x: xp.checkpoint_sequential(m, len(m), x),
    }
    seen = []
    for run in (runs["plain"], runs[how]):
        model, x = block(), leaf(data)
        xp.manual_seed(7)
        out = run(model, x)
        after = xp.rand(2)
        xp.sum(out**2).backward()
        later = xp.rand(2)
        seen.append(
            [bits(t) for t in (out, after, later, x.grad, *(p.grad for p in model.parameters()))]
        )
    assert seen[0] == seen[1]


def test_random_numbers_are_those_of_the_first_run_and_none_are_used_up():
    x = leaf(np.ones(200))
    y = xp.checkpoint(lambda x: xp.nn.functional.dropout(x * 1.0) + xp.rand(200) * x, x)
    state = xp.rand(1).item()
    xp.sum(y).backward()
    assert xp.all(xp.abs(x.grad - y.detach()) < 1e-15)
    assert state != xp.rand(1).item()


def test_random_numbers_may_be_let_go():
    xp.manual_seed(0)
    x = leaf(np.ones(200))
    y = xp.checkpoint(lambda x: x * xp.rand(200), x, preserve_rng_state=False)
    xp.sum(y).backward()
    assert not xp.all(x.grad == y.detach())


# --- where a function may stand ---------------------------------------------------------------------

PLACES = {
    "grad": lambda f: xp.grad(lambda x: xp.sum(f(x)))(X),
    "jvp": lambda f: xp.jvp(f, (X,), (X,))[1],
    "linearize": lambda f: xp.linearize(f, X)[1](X),
    "hvp": lambda f: xp.hvp(lambda x: xp.sum(f(x)), X, X),
    "grad of grad": lambda f: xp.grad(lambda x: xp.sum(xp.grad(lambda x: xp.sum(f(x)))(x) ** 2))(X),
    "grad of jvp": lambda f: xp.grad(lambda x: xp.sum(xp.jvp(f, (x,), (X,))[1]))(X),
    "jvp of a pullback": lambda f: xp.jvp(xp.vjp(f, X)[1], (X,), (X,))[1][0],
    "nested": lambda f: xp.grad(lambda x: xp.sum(xp.checkpoint(lambda x: f(f(x)), x)))(X),
}
if hasattr(xp, "vmap"):
    PLACES |= {
        "vmap": lambda f: xp.vmap(f)(xp.stack([X, 2 * X])),
        "vmap of grad": lambda f: xp.vmap(xp.grad(lambda x: xp.sum(f(x))))(xp.stack([X, 2 * X])),
        "vmap of a pullback": lambda f: xp.vmap(xp.vjp(f, X)[1])(xp.eye(3))[0],
    }


def with_transforms_inside(x):
    y = leaf([2.0, 1.0, 0.5])
    return xp.grad(lambda y: xp.sum(y * y * x * x))(y) * x + xp.jvp(wavy, (x,), (x,))[1]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("f", [wavy, with_transforms_inside])
def test_a_checkpoint_changes_no_derivative(place, f):
    found, expected = PLACES[place](xp.checkpoint(f)), PLACES[place](f)
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=1e-13)


def test_a_pullback_called_inside_vmap_draws_the_numbers_of_the_first_run():
    if not hasattr(xp, "vmap"):
        pytest.skip("vmap is a later chapter")
    y, pull_back = xp.vjp(xp.checkpoint(lambda x: x * xp.rand(3)), X)
    (found,) = xp.vmap(pull_back)(xp.eye(3))
    np.testing.assert_allclose(found.numpy(), np.diag((y / X).numpy()), rtol=1e-13)


def test_a_checkpoint_made_inside_a_transform_belongs_to_it():
    kept = []

    def f(x):
        kept.append(xp.vjp(xp.checkpoint(wavy), X)[1])
        return x * kept[0](X)[0]

    assert xp.jvp(f, (X,), (X,))[1].tolist() == (X * xp.vjp(wavy, X)[1](X)[0]).tolist()
    with pytest.raises(GraphError, match="a value of jvp was used after jvp had returned"):
        kept[0](X)


# --- what goes in and comes out ---------------------------------------------------------------------


def test_closed_over_parameters_get_their_gradients():
    w, x = leaf([1.0, 2.0, 3.0]), leaf([3.0, 2.0, 1.0])
    xp.sum(xp.checkpoint(lambda x: xp.sin(x * w) * w, x)).backward()
    again, other = leaf([1.0, 2.0, 3.0]), leaf([3.0, 2.0, 1.0])
    xp.sum(xp.sin(other * again) * again).backward()
    assert bits(w.grad) == bits(again.grad)
    assert bits(x.grad) == bits(other.grad)


def test_only_what_is_closed_over_may_be_tracked():
    w = leaf([1.0, 2.0, 3.0])
    xp.sum(xp.checkpoint(lambda x: x * w * w, X)).backward()
    assert w.grad.tolist() == (2 * X * w.detach()).tolist()
    w.grad = None
    xp.sum(xp.checkpoint(lambda: w * w)()).backward()
    assert w.grad.tolist() == (2 * w.detach()).tolist()


def test_trees_keywords_and_several_outputs():
    def f(tree, *, scale, word):
        a, (b, n) = tree["a"], tree["rest"]
        return {
            "sum": a * scale + b,
            "product": [a * b * n, None],
            "word": word,
            "where": xp.argmax(a),
            "n": n,
        }

    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    out = xp.checkpoint(f, {"a": x, "rest": (y, 5)}, scale=y, word="w")
    assert (out["word"], out["n"], out["where"].item(), out["product"][1]) == ("w", 5, 1, None)
    assert out["where"].requires_grad is False
    xp.sum(out["sum"] * out["product"][0]).backward()
    expected = xp.grad(lambda x, y: xp.sum((x * y + y) * x * y * 5), (0, 1))(x.detach(), y.detach())
    assert (x.grad.tolist(), y.grad.tolist()) == tuple(g.tolist() for g in expected)


def test_outputs_that_nobody_uses_and_inputs_that_come_out():
    x = leaf([1.0, 2.0])
    same, twice, thrice = xp.checkpoint(lambda x: (x, 2 * x, 3 * x), x)
    xp.sum(thrice + same).backward()
    assert x.grad.tolist() == [4.0, 4.0]
    assert twice.requires_grad


def test_one_tensor_in_several_places():
    x = leaf([1.0, 2.0])
    xp.sum(xp.checkpoint(lambda a, b: a * b * x, x, x)).backward()
    assert x.grad.tolist() == [3.0, 12.0]


def test_a_value_changed_after_the_call_is_the_old_one_in_the_second_run():
    w = leaf([1.0, 2.0])
    x = w * 1
    y = xp.checkpoint(lambda x: x**3, x)
    x += 100.0
    xp.sum(y).backward()
    assert w.grad.tolist() == [3.0, 12.0]


def test_complex_and_single_precision():
    for dtype in (xp.float32, xp.complex64, xp.complex128):
        x, y = (xp.astype(X, dtype).requires_grad_() for _ in range(2))
        xp.sum(xp.abs(xp.checkpoint(wavy, x))).backward()
        xp.sum(xp.abs(wavy(y))).backward()
        assert x.grad.dtype == dtype
        assert bits(x.grad) == bits(y.grad)


def test_without_recording_it_is_a_plain_call():
    calls = []

    def f(x):
        calls.append(1)
        return x * 2

    with xp.no_grad():
        assert xp.checkpoint(f, leaf([1.0])).requires_grad is False
    assert xp.checkpoint(f, X).requires_grad is False
    assert len(calls) == 2


def test_the_function_runs_once_forward_and_once_for_each_backward():
    calls = []

    def f(x):
        calls.append(1)
        return x * x

    y = xp.sum(xp.checkpoint(f, leaf([3.0])))
    assert len(calls) == 1
    y.backward(retain_graph=True)
    y.backward()
    assert len(calls) == 3
    with pytest.raises(GraphError, match=r"backward through 'checkpoint'.*a second time"):
        y.backward()


def test_use_reentrant_is_pytorchs_and_without_effect():
    for value in (True, False, None):
        x = leaf([2.0])
        xp.checkpoint(lambda x: x**2, x, use_reentrant=value).backward()
        assert x.grad.item() == 4.0


# --- errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "text"),
    [(lambda x: (x * 2, x), "another number, shape or dtype"), (lambda x: xp.concat([x, x]), "another number, shape"),
     (lambda x: xp.astype(x, xp.float32), "shape or dtype"), (lambda x: x.detach() * 2, "does not require grad")],
)  # fmt: skip
def test_a_function_that_does_not_repeat_itself_is_reported(second, text):
    calls = []

    def f(x):
        calls.append(1)
        return x * 2 if len(calls) == 1 else second(x)

    y = xp.sum(xp.checkpoint(f, leaf([1.0, 2.0])))
    with pytest.raises(GraphError, match=text) as raised:
        y.backward()
    assert "it must compute the same from the same arguments" in str(raised.value)


def test_an_error_in_the_second_run_leaves_the_graph_for_a_retry():
    x, fail = leaf([3.0]), []

    def f(x):
        if fail:
            raise RuntimeError(fail.pop())
        return x * x

    y = xp.checkpoint(f, x)
    fail.append("planted")
    with pytest.raises(RuntimeError, match="planted"):
        y.backward()
    y.backward()
    assert x.grad.item() == 6.0


@pytest.mark.parametrize("segments", [0, 4, -1])
def test_segments_must_fit(segments):
    with pytest.raises(ValueError, match="segments must be between 1 and 3"):
        xp.checkpoint_sequential([xp.sin] * 3, segments, X)


# --- memory -----------------------------------------------------------------------------------------

SIZES = (64, 256, 1024, 4096)


def step(x):
    return xp.sin(x) * 1.001


def peak(run):
    """The most memory that a forward and a backward pass held at once, in bytes; NumPy reports its buffers."""
    x = leaf(np.linspace(0.1, 1.0, 2000))
    tracemalloc.start()
    try:
        xp.sum(run(x)).backward()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def exponent(peaks):
    """The slope in a doubly logarithmic plot."""
    return float(np.polyfit(np.log(SIZES), np.log(peaks), 1)[0])


def plainly(n):
    def run(x):
        for _ in range(n):
            x = step(x)
        return x

    return run


def test_memory_grows_like_the_square_root_of_the_number_of_steps():
    def in_segments(n):
        return lambda x: xp.checkpoint_sequential([step] * n, math.isqrt(n), x)

    plain = [peak(plainly(n)) for n in SIZES]
    parts = [peak(in_segments(n)) for n in SIZES]
    assert exponent(plain) == pytest.approx(1.0, abs=0.05)
    assert exponent(parts) == pytest.approx(0.5, abs=0.1)
    assert parts[-1] < plain[-1] / 15


def test_nested_checkpoints_take_still_less():
    """Halves of halves: log n values are kept, and each step runs log n times."""

    def halved(n, x):
        if n == 1:
            return step(x)
        half = xp.checkpoint(lambda x: halved(n // 2, x))
        return half(half(x))

    sizes = (16, 64, 256)
    peaks = [peak(lambda x, n=n: halved(n, x)) for n in sizes]
    for (a, b), (m, n) in zip(itertools.pairwise(peaks), itertools.pairwise(sizes), strict=True):
        assert b / a < 1.5 * math.log(n) / math.log(m)


def test_a_block_inside_a_model_keeps_only_its_input():
    xp.manual_seed(0)
    model = xp.nn.Sequential(
        *(xp.nn.Sequential(xp.nn.Linear(5, 5), xp.nn.Tanh()) for _ in range(16))
    )

    def run(x):
        return xp.checkpoint_sequential(model, 4, xp.reshape(x, (400, 5)))

    peak(run)  # the first time, functions are made
    assert peak(run) < 0.7 * peak(lambda x: model(xp.reshape(x, (400, 5))))


def test_an_in_place_statement_closes_no_cycle():
    x = leaf([1.0, 2.0])
    gc.collect()
    gc.disable()
    try:
        h = x * 1
        h += xp.checkpoint(lambda tree: xp.sin(tree["a"][0]) ** 2, {"a": [h]})
        ref, node = weakref.ref(h), weakref.ref(h.grad_fn)
        xp.sum(h).backward(retain_graph=True)
        del h
        assert (ref(), node()) == (None, None)
    finally:
        gc.enable()
    expected = 1 + xp.sin(2 * x.detach())
    assert xp.all(xp.abs(x.grad - expected) < 1e-15)


# --- settings ---------------------------------------------------------------------------------------


def test_the_second_run_has_the_settings_of_the_first():
    setting, seen = contextvars.ContextVar("setting", default="none"), []

    def f(x):
        seen.append((setting.get(), xp.zeros(1).dtype, xp.zeros(1).device.backend))
        return x * xp.ones(2)

    x = xp.tensor([1.0, 2.0], dtype=xp.float32, requires_grad=True)
    token = setting.set("mine")
    with xp.default_dtype(xp.float32):
        y = xp.checkpoint(f, x)
    setting.reset(token)
    xp.autograd.backward(y, xp.ones_like(y), retain_graph=True)
    with xp.no_grad(), xp.default_dtype(xp.float64):
        xp.autograd.backward(y, xp.ones_like(y))
    assert seen == [("mine", xp.float32, "numpy")] * 3
    assert x.grad.tolist() == [2.0, 2.0]
    assert (xp.zeros(1).dtype, setting.get()) == (xp.float64, "none")


def test_two_threads_may_repeat_one_call_at_a_time():
    x, both = leaf([3.0]), threading.Barrier(2, timeout=10)
    wait = []

    def f(x):
        if wait:
            both.wait()
        return x * x

    y = xp.checkpoint(f, x)
    wait.append(True)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(xp.autograd.grad, y, x, retain_graph=True) for _ in range(2)]
        assert [run.result()[0].tolist() for run in runs] == [[6.0]] * 2
