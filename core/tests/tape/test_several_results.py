"""Operations with several results: named tuples, each result on a place of its own on one node of the tape."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import xpgrad as xp
from xpgrad import linalg
from xpgrad._namespace import _generate, _operation
from xpgrad._namespace._backward_text import node_class
from xpgrad.errors import GraphError
from xpgrad.extend import general

POSITIVE = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]]


def matrix():
    return xp.tensor(POSITIVE, requires_grad=True)


RESULTS = {
    "eig": ("EigResult", ("eigenvalues", "eigenvectors")),
    "eigh": ("EighResult", ("eigenvalues", "eigenvectors")),
    "qr": ("QRResult", ("Q", "R")),
    "slogdet": ("SlogdetResult", ("sign", "logabsdet")),
    "svd": ("SVDResult", ("U", "S", "Vh")),
}


@pytest.mark.parametrize("name", RESULTS)
def test_the_result_is_a_named_tuple_of_tensors_with_the_standards_names(name):
    result = getattr(linalg, name)(matrix())
    title, fields = RESULTS[name]
    assert (type(result).__name__, result._fields) == (title, fields)
    assert all(isinstance(part, xp.Tensor) for part in result)


@pytest.mark.parametrize("name", RESULTS)
def test_the_result_pickles_and_copies_under_its_class(name):
    result = getattr(linalg, name)(matrix().detach())
    for other in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert type(other) is type(result)
        assert [a.tolist() for a in other] == [a.tolist() for a in result]


def test_results_share_one_node_that_is_named_after_the_operation():
    x = matrix()
    q, r = linalg.qr(x)
    assert q.grad_fn is r.grad_fn
    assert repr(q.grad_fn) == "<LinalgQrBackward>"
    assert [repr(n) for n, _ in q.grad_fn.next_functions] == ["<AccumulateGrad>"]
    ((node, number),) = (r * 2).grad_fn.next_functions[:1]
    assert (node, number) == (r.grad_fn, 1)


def test_a_result_that_is_not_used_costs_nothing_and_changes_nothing():
    x, seen = matrix(), []
    values, vectors = linalg.eigh(x)
    vectors.register_hook(seen.append)
    xp.sum(values).backward()  # the trace
    assert seen == []
    np.testing.assert_allclose(x.grad.numpy(), np.eye(3), atol=1e-12)


def test_each_result_alone_and_all_together_agree_with_differences():
    x = xp.tensor(np.random.default_rng(1).normal(size=(4, 3)), requires_grad=True)
    for choose in (lambda f: f.Q, lambda f: f.R, lambda f: f.Q @ f.R, tuple):
        f = lambda x, choose=choose: choose(linalg.qr(x))  # noqa: E731
        assert xp.autograd.gradcheck(f, (x,))
        assert xp.autograd.gradgradcheck(f, (x,))


def test_one_pass_for_several_results_adds_up_passes_for_each():
    weights = [xp.asarray(np.random.default_rng(k).normal(size=(3, 3))) for k in (2, 3)]

    def gradient(choice):
        x = matrix()
        parts = linalg.qr(x)
        sum(xp.sum(w * p) for w, p, c in zip(weights, parts, choice, strict=True) if c).backward()
        return x.grad.numpy()

    np.testing.assert_allclose(
        gradient((True, True)), gradient((True, False)) + gradient((False, True)), atol=1e-12
    )


def test_a_result_used_twice_receives_both_cotangents_once():
    x, seen = matrix(), []
    sign, logabsdet = linalg.slogdet(x)
    logabsdet.register_hook(lambda g: seen.append(g.item()))
    (logabsdet * 2 + logabsdet * 3).backward()
    assert seen == [5.0]
    np.testing.assert_allclose(x.grad.numpy(), 5 * np.linalg.inv(POSITIVE).T, atol=1e-12)
    assert sign.item() == 1.0


def test_a_hook_on_one_result_replaces_its_cotangent_only():
    x = matrix()
    values, vectors = linalg.eigh(x)
    values.register_hook(lambda g: g * 0)
    ((xp.sum(values)) + xp.sum(vectors**4)).backward()
    found, x2 = x.grad.numpy(), matrix()
    xp.sum(linalg.eigh(x2).eigenvectors ** 4).backward()
    np.testing.assert_allclose(found, x2.grad.numpy(), atol=1e-12)


def test_retain_grad_works_on_one_result():
    s = linalg.svd(matrix()).S
    s.retain_grad()
    xp.sum(s * s).backward()
    np.testing.assert_allclose(s.grad.numpy(), 2 * s.detach().numpy())


def test_the_second_run_needs_retain_graph_and_a_retained_one_gives_the_same():
    x = matrix()
    y = xp.sum(linalg.svd(x).U ** 4)
    first = xp.autograd.grad(y, x, retain_graph=True)[0].tolist()
    assert xp.autograd.grad(y, x)[0].tolist() == first
    with pytest.raises(GraphError, match="retain_graph"):
        xp.autograd.grad(y, x)


def test_a_gradient_with_respect_to_a_result_stops_there():
    x = matrix()
    values, vectors = linalg.eigh(x)
    y = xp.sum(values**2) + xp.sum(vectors)
    (found,) = xp.autograd.grad(y, values, retain_graph=True)
    np.testing.assert_allclose(found.numpy(), 2 * values.detach().numpy())
    both = xp.autograd.grad(y, (values, x))
    assert both[0].tolist() == found.tolist()
    assert both[1].shape == (3, 3)


def test_third_order_is_recorded():
    x = matrix()
    y = xp.sum(linalg.eigh(x + x.T).eigenvalues ** 3)
    (first,) = xp.autograd.grad(y, x, create_graph=True)
    (second,) = xp.autograd.grad(xp.sum(first * first), x, create_graph=True)
    (third,) = xp.autograd.grad(xp.sum(second * second), x)
    h, direction = 1e-4, np.array([[0.3, -0.2, 0.1], [0.5, 0.4, -0.6], [0.2, 0.1, -0.3]])

    def value(matrix):
        m = xp.tensor(matrix, requires_grad=True)
        (g,) = xp.autograd.grad(xp.sum(linalg.eigh(m + m.T).eigenvalues ** 3), m, create_graph=True)
        (g2,) = xp.autograd.grad(xp.sum(g * g), m)
        return float(np.sum(g2.numpy() ** 2))

    base = np.asarray(POSITIVE)
    expected = (value(base + h * direction) - value(base - h * direction)) / (2 * h)
    np.testing.assert_allclose(np.sum(third.numpy() * direction), expected, rtol=1e-6)


def test_without_gradients_nothing_is_recorded():
    x = matrix()
    with xp.no_grad():
        assert not any(part.requires_grad for part in linalg.svd(x))
    assert not any(part.requires_grad for part in linalg.svd(x.detach()))


def test_with_gc_off_nothing_is_left_of_a_step():
    gc.collect()
    gc.disable()
    try:
        x = matrix()
        parts = linalg.svd(x)
        raws = [weakref.ref(part._cell.raw) for part in parts]
        y = xp.sum(parts.U**4) + xp.sum(parts.S)
        (first,) = xp.autograd.grad(y, x, create_graph=True)
        node = weakref.ref(first._cell.raw)
        xp.sum(first).backward()
        del parts, y, first
        assert [r() is None for r in raws] == [True] * 3
        assert node() is None
    finally:
        gc.enable()


def test_after_backward_the_node_holds_no_array():
    x = matrix()
    parts = linalg.svd(x)
    raw = weakref.ref(parts.Vh._cell.raw)
    s = parts.S
    y = xp.sum(s)
    del parts
    assert raw() is not None, "the rule names out"
    y.backward()
    assert raw() is None


def test_integers_among_the_results_carry_no_derivative(monkeypatch):
    rule = general("largest", outputs=("place", "value"), x=lambda g, x, out, xp: xp.masked(
        xp.broadcast_to(g.value, x.shape), xp.arange(x.shape[0]) == out.place))  # fmt: skip
    described = _operation.Operation("largest", "x, /", ("x",), frozenset(), ("x",), rule)
    node = node_class(described)
    function = _generate.make(described, node)
    x = xp.tensor([1.0, 5.0, 2.0], requires_grad=True)
    forward = staticmethod(lambda a: (a.argmax(), a.max()))
    monkeypatch.setattr(type(x._xp), "largest", forward, raising=False)
    place, value = function(x)
    assert (place.requires_grad, value.requires_grad) == (False, True)
    assert place.item() == 1
    (value * 3).backward()
    assert x.grad.tolist() == [0.0, 3.0, 0.0]
