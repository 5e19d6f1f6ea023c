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
