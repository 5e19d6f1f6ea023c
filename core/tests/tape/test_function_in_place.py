"""autograd.Function: arguments that forward changes in place, with and without mark_dirty."""

import gc
import weakref

import pytest

import xpgrad as xp
from xpgrad.autograd import Function, grad
from xpgrad.errors import GraphError


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


class Double(Function):
    @staticmethod
    def forward(ctx, x):
        x *= 2
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, g):
        return g * 2


class Exp(Function):
    """In the other style, with a saved argument that is an output."""

    @staticmethod
    def forward(x):
        x.copy_(xp.exp(x))
        return x

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.mark_dirty(inputs[0])
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


class Scale(Function):
    """Two arguments and two outputs, of which one is an argument."""

    @staticmethod
    def forward(ctx, name, a, b):
        ctx.save_for_backward(a.clone(), b)
        a *= b
        ctx.mark_dirty(a)
        return b * 3, a

    @staticmethod
    def backward(ctx, g_b, g_a):
        a, b = ctx.saved_tensors
        return None, g_a * b, g_b * 3 + g_a * a


class Unmarked(Function):
    @staticmethod
    def forward(ctx, x, table):
        table += 1
        return x * table

    @staticmethod
    def backward(ctx, g):
        return g, None


# --- marked -----------------------------------------------------------------------------------------


def test_the_callers_tensor_becomes_the_output():
    x = leaf(1.0)
    h = x * 1
    y = Double.apply(h)
    assert y is h
    assert repr(h.grad_fn) == "<DoubleBackward>"
    (h * 1).sum().backward()
    assert (h.tolist(), x.grad.tolist()) == ([2.0], [2.0])
    x.grad = None
    h = x * 1
    (Double.apply(h) + h).sum().backward()
    assert x.grad.tolist() == [4.0]


def test_it_may_be_one_of_several_outputs_and_arguments():
    x, y = leaf(1.0), leaf(4.0)
    h = x * 2
    thrice, same = Scale.apply("name", h, y)
    assert same is h
    (h + thrice).sum().backward()
    assert (h.tolist(), x.grad.tolist(), y.grad.tolist()) == ([8.0], [8.0], [3.0 + 2.0])


def test_a_constant_goes_on_the_tape_by_a_tracked_argument():
    a, y = xp.asarray([5.0]), leaf(4.0)
    Scale.apply("name", a, y)
    assert a.requires_grad
    (a * 2).sum().backward()
    assert (a.tolist(), y.grad.tolist()) == ([20.0], [10.0])


def test_what_is_saved_is_the_new_value_at_any_order():
    x = xp.tensor(0.5, requires_grad=True)
    h = x * 1
    d = Exp.apply(h)
    for _ in range(3):
        (d,) = grad(d, x, create_graph=True)
        assert d.item() == pytest.approx(xp.exp(xp.asarray(0.5)).item())


def test_without_recording_the_value_changes_and_the_node_stays():
    a = xp.asarray([1.0])
    alias = a.detach()
    assert Double.apply(a) is a
    assert (a.tolist(), alias.tolist(), a.requires_grad) == ([2.0], [2.0], False)
    x = leaf(1.0)
    h = x * 3
    with xp.no_grad():
        assert Double.apply(h).tolist() == [6.0]
        assert Double.apply(x).tolist() == [2.0]
    assert (x.is_leaf, x.tolist()) == (True, [2.0])
    h.sum().backward()
    assert x.grad.tolist() == [3.0]


def test_a_leaf_that_requires_grad_is_refused_and_stays_what_it_is():
    x = leaf(1.0)
    with pytest.raises(GraphError, match="in-place statement on a leaf tensor that requires grad"):
        Double.apply(x)
    assert (x.tolist(), x.is_leaf) == ([1.0], True)


def test_retain_grad_follows_and_hooks_stay():
    x, seen = leaf(1.0), []
    h = x * 3
    h.register_hook(lambda g: seen.append(g.tolist()))
    h.retain_grad()
    Double.apply(h)
    (h * 5).sum().backward()
    assert (seen, h.grad.tolist()) == ([[10.0]], [5.0])


def test_it_works_inside_grad():
    def f(x):
        Double.apply(x)
        return xp.sum(x * x)

    x = xp.asarray([1.0, 2.0])
    assert xp.grad(f)(x).tolist() == [8.0, 16.0]
    assert x.tolist() == [1.0, 2.0]


def test_nothing_is_left_for_the_garbage_collector():
    x = leaf(1.0)
    gc.collect()
    gc.disable()
    try:
        for function in (Double, Exp):
            h = x * 1
            function.apply(h)
            refs = weakref.ref(h), weakref.ref(h.grad_fn)
            del h
            assert [r() for r in refs] == [None, None]
    finally:
        gc.enable()


def test_what_is_marked_must_be_an_argument_and_an_output():
    class Lost(Double):
        @staticmethod
        def forward(ctx, x):
            x *= 2
            ctx.mark_dirty(x)
            return x * 1

    class Other(Double):
        @staticmethod
        def forward(ctx, x):
            y = x * 2
            ctx.mark_dirty(y)
            return y

    for function, kind in ((Lost, "outputs"), (Other, "arguments")):
        h = leaf(1.0) * 1
        with pytest.raises(GraphError, match=f"{function.__name__}: .* must be among the {kind}"):
            function.apply(h)
        assert h.tolist() == [1.0]


@pytest.mark.parametrize("transform", ["jvp", "vmap", "vmap of grad"])
@pytest.mark.parametrize("function", [Double, lambda x: Unmarked.apply(x * 1, x)])
def test_inside_jvp_and_vmap_it_is_refused(transform, function):
    apply = getattr(function, "apply", function)
    f = lambda x: xp.sum(apply(x * 1))  # noqa: E731
    x = xp.ones((2, 3))
    with pytest.raises(
        GraphError, match=r"forward changes an argument in place; inside jvp and vmap it cannot"
    ):
        {
            "jvp": lambda: xp.jvp(f, (x,), (x,)),
            "vmap": lambda: xp.vmap(f)(x),
            "vmap of grad": lambda: xp.vmap(xp.grad(f))(x),
        }[transform]()
    assert x.tolist() == [[1.0] * 3] * 2


# --- not marked -------------------------------------------------------------------------------------


def test_a_constant_that_is_changed_without_a_mark_is_changed_for_the_caller():
    x, table = leaf(2.0), xp.asarray([10.0])
    alias = table.detach()
    Unmarked.apply(x, table).sum().backward()
    assert (table.tolist(), alias.tolist(), table.requires_grad) == ([11.0], [11.0], False)
    assert x.grad.tolist() == [1.0]


def test_a_tracked_argument_that_is_changed_without_a_mark_is_refused():
    x = leaf(2.0)
    for table in (leaf(1.0), leaf(1.0) * 1):
        with pytest.raises(
            GraphError, match=r"Unmarked.forward changed an argument of shape \(1,\).*mark_dirty"
        ):
            Unmarked.apply(x, table)
        assert table.tolist() == [1.0]
    with xp.no_grad():
        Unmarked.apply(x, table)
    assert table.tolist() == [2.0]


# --- against PyTorch --------------------------------------------------------------------------------


@pytest.mark.parametrize("use", ["input", "output", "both"])
@pytest.mark.parametrize("order", [1, 2])
def test_values_and_gradients_are_pytorchs(use, order):
    torch = pytest.importorskip("torch")
    found = []
    for library, base in ((xp, Function), (torch, torch.autograd.Function)):

        class SquareOfFirst(base):
            @staticmethod
            def forward(ctx, a, b):
                ctx.save_for_backward(a.clone(), b)
                a *= a * b
                ctx.mark_dirty(a)
                return a, b + 1

            @staticmethod
            def backward(ctx, g, h):
                a, b = ctx.saved_tensors
                return g * 2 * a * b, h + g * a * a

        x, y = (
            library.tensor(v, dtype=library.float64, requires_grad=True)
            for v in ([2.0, -1.0], [0.5, 3.0])
        )
        h = x * y
        out, more = SquareOfFirst.apply(h, y)
        z = {"input": h, "output": out, "both": h * out + more}[use].sum()
        gradients = library.autograd.grad(z, (x, y), create_graph=order == 2)
        found.append([h.tolist(), out.tolist(), *(g.tolist() for g in gradients)])
    assert found[0] == found[1]
