"""custom_vjp and custom_jvp: how arguments reach the derivative, what is a constant to it, what it keeps alive."""

import functools
import gc
import weakref

import pytest

import xpgrad as xp
from xpgrad.errors import GraphError

X = xp.asarray([1.0, 2.0])


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


def scaled_vjp(f, **options):
    """``f(x, n)`` with a derivative by x that is not its own: a hundred times n."""
    known = xp.custom_vjp(f, **options)
    if "nondiff_argnums" in options:
        known.defvjp(lambda x, n: (f(x, n), None), lambda n, _, g: (100.0 * n * g,))
    else:
        known.defvjp(lambda x, n: (f(x, n), n), lambda n, g: (100.0 * n * g, None))
    return known


def scaled_jvp(f, **options):
    known = xp.custom_jvp(f, **options)
    if "nondiff_argnums" in options:
        known.defjvp(lambda n, p, t: (f(*p, n), 100.0 * n * t[0]))
    else:
        known.defjvp(lambda p, t: (f(*p), 100.0 * p[1] * t[0]))
    return known


def times(x, n=3.0):
    return x * n


BOTH = pytest.mark.parametrize("made", [scaled_vjp, scaled_jvp])

# --- arguments --------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("options", [{}, {"nondiff_argnums": 1}, {"nondiff_argnums": (-1,)}])
def test_an_argument_left_at_its_default_is_one_like_the_others(made, options):
    known = made(times, **options)
    for call in (known, lambda x: known(x, 3.0), lambda x: known(n=3.0, x=x)):
        assert call(X).tolist() == [3.0, 6.0]
        assert xp.grad(lambda x: xp.sum(call(x)))(X).tolist() == [300.0, 300.0]  # noqa: B023
        assert xp.jvp(call, (X,), (xp.ones(2),))[1].tolist() == [300.0, 300.0]


@BOTH
@pytest.mark.parametrize("number", [2, -3, (0, 5)])
def test_a_number_of_no_argument_is_refused(made, number):
    known = made(times, nondiff_argnums=number)
    with pytest.raises(
        GraphError, match=r"times: nondiff_argnums=.*, and the function takes 2 arguments"
    ):
        known(X)


@BOTH
def test_arguments_by_name_only_are_refused_and_partial_is_the_way(made):
    def f(x, n=3.0, *, shift=0.0):
        return x * n + shift

    known = made(f)
    assert xp.grad(lambda x: xp.sum(known(x)))(X).tolist() == [300.0, 300.0]
    with pytest.raises(
        TypeError, match=r"f: .* by position, and shift is by name only.*functools\.partial"
    ):
        known(X, shift=1.0)
    known = made(functools.partial(f, shift=1.0))
    assert known(X).tolist() == [4.0, 7.0]
    assert xp.grad(lambda x: xp.sum(known(x)))(X).tolist() == [300.0, 300.0]


def test_any_number_of_arguments_may_be_taken():
    total = xp.custom_vjp(lambda *xs: sum(xs))
    total.defvjp(lambda *xs: (sum(xs), len(xs)), lambda n, g: (10.0 * g,) * n)
    assert [g.tolist() for g in xp.grad(lambda a, b: xp.sum(total(a, b)), (0, 1))(X, X)] == [
        [10, 10]
    ] * 2


# --- constants --------------------------------------------------------------------------------------


@BOTH
def test_what_is_taken_from_outside_is_a_constant_whatever_the_arguments_are(made):
    w = leaf(5.0, 7.0)
    known = made(lambda x, n: x * n * w)
    for x in (X, leaf(1.0, 2.0)):
        y = known(x, 1.0)
        assert y.tolist() == [5.0, 14.0]
        assert y.requires_grad == x.requires_grad
        if y.requires_grad:
            xp.sum(y).backward()
    assert w.grad is None
    assert xp.vmap(lambda x: known(x, 1.0))(xp.stack([X, X])).requires_grad is False


@BOTH
def test_an_argument_that_is_never_differentiated_by_is_a_constant_whatever_the_others_are(made):
    n = xp.tensor(3.0, requires_grad=True)
    known = made(times, nondiff_argnums=1)
    assert known(X, n).requires_grad is False
    xp.sum(known(leaf(1.0, 2.0), n)).backward()
    assert n.grad is None


@BOTH
@pytest.mark.parametrize("moving", [False, True])
def test_a_value_of_a_transform_from_outside_is_refused_whatever_the_arguments_are(made, moving):
    def f(w):
        return made(lambda x, n: x * n * w)(w if moving else X, 1.0)

    with pytest.raises(GraphError, match="takes a value of jvp from outside"):
        xp.jvp(f, (X,), (X,))
    assert xp.vmap(lambda w: made(lambda x, n: x * n * w)(X, 1.0))(X).tolist() == [[1, 2], [2, 4]]


# --- memory -----------------------------------------------------------------------------------------


def doubled_vjp():
    known = xp.custom_vjp(lambda x: x * 2)
    known.defvjp(lambda x: (x * 2, None), lambda _, g: (g * 2,))
    return known


def doubled_jvp():
    known = xp.custom_jvp(lambda x: x * 2)
    known.defjvp(lambda p, t: (p[0] * 2, t[0] * 2))
    return known


def in_a_tree():
    known = xp.custom_vjp(lambda tree: tree["a"][0] * 2)
    known.defvjp(lambda tree: (tree["a"][0] * 2, {"r": [1.0]}), lambda _, g: ({"a": (g * 2,)},))
    return lambda x: known({"a": (x,)})


def never_by():
    known = xp.custom_vjp(lambda n, x: x * 2, nondiff_argnums=0)
    known.defvjp(lambda n, x: (x * 2, None), lambda n, _, g: (g * 2,))
    return lambda x: known(x, x)


KINDS = pytest.mark.parametrize("made", [doubled_vjp, doubled_jvp, in_a_tree, never_by])


@KINDS
def test_an_in_place_statement_closes_no_cycle(made):
    known, x = made(), leaf(1.0, 2.0)
    gc.collect()
    gc.disable()
    try:
        h = x * 1
        h += known(h)
        xp.sum(h).backward(retain_graph=True)
        ref, raw = weakref.ref(h), weakref.ref(h.grad_fn)
        del h
        assert (ref(), raw()) == (None, None)
    finally:
        gc.enable()
    assert x.grad.tolist() == [3.0, 3.0]


def test_inputs_are_not_kept_where_there_are_no_residuals():
    for made in (doubled_vjp, in_a_tree):
        h = leaf(1.0, 2.0) * 1
        ref = weakref.ref(h._cell.raw)
        y = made()(h)
        del h
        assert ref() is None
        assert y.requires_grad
