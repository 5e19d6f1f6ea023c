"""detect_anomaly: a NaN raises where it appears, with the stack of the forward call."""

import threading

import pytest

import xpgrad as xp
from xpgrad.autograd import detect_anomaly, grad, is_anomaly_enabled, set_detect_anomaly
from xpgrad.errors import GraphError


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


def inner_function(x):
    return xp.sqrt(x)


def faulty(x):
    y = inner_function(x * 0.0)
    return (y * 0.0).sum()  # 0 · ∞ in the square root's derivative


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_nan_raises_where_it_appears_with_the_forward_stack():
    x = leaf(1.0)
    with detect_anomaly(), pytest.raises(GraphError) as caught:
        faulty(x).backward()
    text = str(caught.value)
    assert "'sqrt'" in text
    assert "NaN" in text
    assert "in inner_function" in text
    assert "in faulty" in text
    assert "return xp.sqrt(x)" in text


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_nan_of_a_recorded_run_raises_too():
    x = leaf(1.0)
    with detect_anomaly(), pytest.raises(GraphError, match="'sqrt'"):
        grad(faulty(x), x, create_graph=True)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_outside_a_nan_passes():
    x = leaf(1.0)
    faulty(x).backward()
    assert x.grad.tolist() != x.grad.tolist()
    with detect_anomaly(check_nan=False):
        faulty(x).backward()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_forward_stack_is_in_every_error_of_the_block():
    x = leaf(1.0)
    with detect_anomaly():
        y = inner_function(x)
        y.sum().backward()
        with pytest.raises(GraphError, match="in inner_function"):
            y.sum().backward()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_nan_leaves_the_graph_as_it_was():
    x = leaf(1.0)
    y = faulty(x) + (x * x).sum()
    with detect_anomaly():
        for _ in range(2):
            with pytest.raises(GraphError, match="'sqrt'"):
                y.backward()
    assert x.grad is None
    y.backward()
    with pytest.raises(GraphError, match="retain_graph"):
        y.backward()
    z = (x * x).sum()
    with detect_anomaly():
        z.backward()
        with pytest.raises(GraphError, match="retain_graph"):
            z.backward()


def test_no_false_alarm():
    x = leaf(0.5, 1.5)
    with detect_anomaly():
        y = xp.exp(x) * x
        y[0] = x[1]
        (g,) = grad((y * y).sum(), x, create_graph=True)
        (g * g).sum().backward()
    assert x.grad.shape == (2,)


def test_the_switch_nests_and_puts_back():
    assert not is_anomaly_enabled()
    with detect_anomaly():
        assert is_anomaly_enabled()
        with set_detect_anomaly(False):
            assert not is_anomaly_enabled()
        assert is_anomaly_enabled()
    assert not is_anomaly_enabled()
    set_detect_anomaly(True)
    try:
        assert is_anomaly_enabled()
    finally:
        set_detect_anomaly(False)
    assert not is_anomaly_enabled()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_another_thread_at_work_hides_no_stack():
    x, stop = leaf(1.0), threading.Event()

    def busy():
        while not stop.is_set():
            inner_function(leaf(2.0))

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        with detect_anomaly():
            for _ in range(200):
                with pytest.raises(GraphError, match="in faulty"):
                    faulty(x).backward()
    finally:
        stop.set()
        thread.join()


# --- inside transforms ------------------------------------------------------------------------------

INSIDE = {
    "vmap of grad": lambda f, x: xp.vmap(xp.grad(f))(xp.stack([x, x])),
    "jacrev": lambda f, x: xp.jacrev(f)(x),
    "hvp": lambda f, x: xp.hvp(f, x, x),
    "hessian": lambda f, x: xp.hessian(f)(x),
    "jvp of create_graph": lambda f, x: xp.jvp(recorded(f), (x,), (x,)),
    "vmap of create_graph": lambda f, x: xp.vmap(recorded(f))(xp.stack([x, x])),
}


def recorded(f):
    def gradient(x):
        x = x.clone().requires_grad_()
        return grad(f(x), x, create_graph=True)[0]

    return gradient


@pytest.mark.parametrize("name", INSIDE)
def test_no_false_alarm_inside_transforms(name):
    f, x = lambda x: xp.sum(xp.exp(x) * x), xp.asarray([0.5, 1.5])
    with detect_anomaly():
        found = INSIDE[name](f, x)
    for t, u in zip(
        *((r if isinstance(r, tuple) else (r,)) for r in (found, INSIDE[name](f, x))), strict=True
    ):
        assert t.tolist() == u.tolist()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", INSIDE)
def test_a_nan_raises_inside_transforms_too(name):
    with (
        detect_anomaly(),
        pytest.raises(GraphError, match=r"the gradient is NaN after .*'sqrt'") as caught,
    ):
        INSIDE[name](faulty, xp.asarray([0.5, 1.5]))
    assert "in inner_function" in str(caught.value)


def test_a_value_of_a_transform_has_no_truth_value():
    def f(x):
        with pytest.raises(TypeError, match="no truth value"):
            bool(x._cell.raw)
        return x

    xp.jvp(f, (1.0,), (1.0,))
    xp.vmap(f)(xp.ones(2))
