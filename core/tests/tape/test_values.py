"""Cells, aliases, copy on write: a gradient is never silently wrong, and nobody else's array is written."""
# ruff: noqa: PLW0108 - a lambda is the user's line

import gc
import pickle
import weakref

import numpy as np
import pytest

import xpgrad as xp


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


def address(t):
    return t._cell.raw.__array_interface__["data"][0]


def test_detach_and_data_share_the_value_both_ways():
    x = leaf(1.0, 2.0)
    d, e = x.detach(), x.data
    d += 1
    assert x.tolist() == e.tolist() == [2.0, 3.0]
    e[0] = 9.0
    assert x.tolist() == d.tolist() == [9.0, 3.0]
    with xp.no_grad():
        x *= 2
    assert d.tolist() == e.tolist() == [18.0, 6.0]


def test_assigning_data_adopts_the_others_value():
    x, y = leaf(1.0, 2.0), xp.tensor([5.0, 6.0])
    x.data = y
    y += 1
    assert x.tolist() == [6.0, 7.0]
    with xp.no_grad():
        x[0] = 0.0
    assert y.tolist() == [0.0, 7.0]


def test_a_kept_detached_loss_keeps_no_graph():
    x, losses, nodes = leaf(1.0, 2.0), [], []
    gc.disable()
    try:
        for _ in range(3):
            loss = (xp.exp(x) * x).sum()
            nodes.append(weakref.ref(loss.grad_fn))
            losses.append(loss.detach())
            del loss
        assert [n() for n in nodes] == [None] * 3
    finally:
        gc.enable()
    assert len({v.item() for v in losses}) == 1


def test_tensor_copies_and_asarray_shares():
    a = np.array([1.0, 2.0])
    copied, shared = xp.tensor(a), xp.asarray(a)
    a[0] = 9.0
    assert copied.tolist() == [1.0, 2.0]
    assert shared.tolist() == [9.0, 2.0]
    shared[1] = 5.0
    assert a.tolist() == [9.0, 2.0], "the tensor's own statement never writes another's array"
    t = xp.tensor([1.0, 2.0])
    again = xp.tensor(t)
    again += 1
    assert t.tolist() == [1.0, 2.0]
    assert not xp.tensor(leaf(1.0) * 2).requires_grad


def test_debug_aliasing_detects_an_array_changed_behind_the_tape():
    a = np.array([1.0, 2.0])
    x = xp.asarray(a)
    with (
        pytest.raises(xp.errors.GraphError, match=r"changed behind the tape.*xp\.tensor"),
        xp.debug_aliasing(x),
    ):
        a[0] = 5.0
    with xp.debug_aliasing(x):
        x[0] = 7.0


# --- copy on write ----------------------------------------------------------------------------------


def test_a_buffer_nobody_else_sees_is_written_in_place():
    x = xp.zeros(1000)
    x[0] = 1.0
    before = address(x)
    for i in range(10):
        x[i] = float(i)
        x[xp.asarray([1, 2])] = 3.0
    assert address(x) == before


def test_a_recorded_fill_is_written_in_place_too():
    rows, out = leaf(1.0, 2.0, 3.0, 4.0, 5.0), xp.zeros((5, 4))
    out[0] = rows[0]
    before = address(out)
    for i in range(1, 5):
        out[i] = rows[i] * 2
    assert address(out) == before
    (out * out).sum().backward()
    assert rows.grad.tolist() == [8.0, 64.0, 96.0, 128.0, 160.0]


def observers():
    def node(x):
        w = leaf(1.0, 1.0, 1.0)
        y = (w * x).sum()
        return lambda: xp.autograd.grad(y, w, retain_graph=True)[0].tolist()

    def export(x):
        a = x.numpy()
        return a.tolist

    def array(x):
        a = np.asarray(x)
        return a.tolist

    def raw_view(x):
        y = x[0:3]
        return y.tolist

    def reshaped(x):
        y = x.reshape(3, 1)
        return lambda: y.reshape(-1).tolist()

    def transposed(x):
        y = x.reshape(1, 3).T
        return lambda: y.reshape(-1).tolist()

    def row_iteration(x):
        parts = list(x)
        return lambda: [p.item() for p in parts]

    def dlpack(x):
        a = np.from_dlpack(x)
        return a.tolist

    def shared(x):
        y = xp.asarray(np.asarray(x))
        return y.tolist

    def pickled(x):
        text = pickle.dumps(x)
        return lambda: pickle.loads(text).tolist()

    def assigned(x):
        y = xp.zeros(3)
        y[:] = x
        return y.tolist

    def broadcast(x):
        y = xp.broadcast_to(x, (2, 3))
        return lambda: y[1].tolist()

    def grad_of_another(x):
        w = leaf(1.0, 1.0, 1.0)
        (w + 0).backward(x)
        return w.grad.tolist

    def index(x):
        i = x.astype("int64")
        z = xp.arange(10.0)
        w = z[i]
        return w.tolist

    def clone(x):
        return x.clone().tolist

    return [node, export, array, raw_view, reshaped, transposed, row_iteration, dlpack, shared, pickled, assigned,
            broadcast, grad_of_another, index, clone]  # fmt: skip


@pytest.mark.parametrize("observer", observers(), ids=lambda f: f.__name__)
@pytest.mark.parametrize("writer", ["x[0] = 7.0", "x[...] = 7.0", "x += 1", "x.fill_(7.0)", "x.data[1:] = 5.0",
                                    "x[[True, False, True]] = 4.0", "x.detach().zero_()"])  # fmt: skip
def test_no_observer_sees_an_in_place_statement(observer, writer):
    x = xp.tensor([1.0, 2.0, 3.0])
    x[0] = 1.0  # from here on the buffer is the tensor's own
    seen = observer(x)
    exec(writer, {"x": x})  # noqa: S102 - statements are what is tested
    assert seen() == [1.0, 2.0, 3.0]
    assert x.tolist() != [1.0, 2.0, 3.0]


@pytest.mark.parametrize("writer", ["y[0] = 7.0", "y += 1", "y.zero_()", "y[...] = 0.0"])
@pytest.mark.parametrize("make", ["x[0:2]", "x.reshape(3, 1)", "x[None]", "x[...]", "x.astype('float64')", "+x",
                                  "x.clone()", "x.T", "x.squeeze()", "x.flatten()", "xp.asarray(x, copy=True)",
                                  "xp.broadcast_to(x, (3,))", "x.real"])  # fmt: skip
def test_a_result_does_not_alias_its_base(make, writer):
    x = xp.tensor([1.0, 2.0, 3.0])
    x[0] = 1.0
    y = eval(make, {"x": x, "xp": xp})  # noqa: S307 - expressions are what is tested
    exec(writer, {"y": y})  # noqa: S102 - same
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_exported_arrays_are_read_only():
    x = xp.tensor([1.0, 2.0])
    for exported in (
        x.numpy(),
        np.asarray(x),
        x.detach().numpy(),
        xp.tensor(1.0).numpy(),
        leaf(1.0).numpy(force=True),
    ):
        with pytest.raises(ValueError, match="read-only"):
            exported[...] = 9.0
    writable = np.array(x)
    writable[0] = 9.0
    assert x.tolist() == [1.0, 2.0]


def test_two_leaves_that_received_one_cotangent_do_not_share_it():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x + y).backward(xp.tensor([1.0, 2.0]))
    x.grad[0] = 50.0
    x.grad *= 2
    assert y.grad.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        y.grad.numpy()[0] = 5.0


def test_the_gradient_that_was_passed_in_is_not_written():
    x, seed = leaf(1.0, 2.0), np.array([1.0, 2.0])
    v = xp.asarray(seed)
    (x + 0).backward(v)
    (x + 0).backward(v)
    x.grad[0] = 50.0
    assert seed.tolist() == v.tolist() == [1.0, 2.0]
    y = x * 1
    y[0] = 3.0
    y.backward(seed)
    assert seed.tolist() == [1.0, 2.0]


def test_an_assigned_value_and_its_target_live_on_their_own():
    x, v = xp.zeros(3), xp.tensor([1.0, 2.0, 3.0])
    x[...] = v
    v[0] = 9.0
    x[1] = 8.0
    assert (x.tolist(), v.tolist()) == ([1.0, 8.0, 3.0], [9.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("statement", "expected"),
    [("x[1:] = x[:-1]", [1.0, 1.0, 2.0, 3.0]), ("x[:-1] = x[1:]", [2.0, 3.0, 4.0, 4.0]),
     ("x[::-1] = x", [4.0, 3.0, 2.0, 1.0]), ("x[...] = x", [1.0, 2.0, 3.0, 4.0]),
     ("x[xp.asarray([3, 2, 1, 0])] = x", [4.0, 3.0, 2.0, 1.0]), ("x[1:3] += x[0:2]", [1.0, 3.0, 5.0, 4.0]),
     ("x[:] = x.reshape(2, 2).T.reshape(-1)", [1.0, 3.0, 2.0, 4.0])],
)  # fmt: skip
def test_a_tensor_may_be_assigned_to_itself(statement, expected):
    for tracked in (False, True):
        w = xp.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=tracked)
        x = w * 1
        exec(statement, {"x": x, "xp": xp})  # noqa: S102 - statements are what is tested
        assert x.tolist() == expected
        if tracked:
            (x * xp.asarray([1.0, 10.0, 100.0, 1000.0])).sum().backward()
            assert w.grad.sum().item() == pytest.approx(1111 + (110 if "+=" in statement else 0))


def test_an_index_changed_after_its_use_changes_no_gradient():
    x, i = leaf(1.0, 2.0, 3.0), xp.asarray([0, 2])
    y = x[i] * 2
    z = x * 1
    z[i] = 0.0
    i[0] = 1
    i += 0
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 0.0, 2.0]
    x.grad = None
    z.sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]


def test_filling_row_by_row_costs_one_array_forward_and_backward():
    """Quadratic copying would take 2000 × 2000 × 50 × 8 bytes × 2: tens of seconds."""
    import time

    rows, out = xp.ones((2000, 50), requires_grad=True), xp.zeros((2000, 50))
    start = time.process_time()
    for i in range(2000):
        out[i] = rows[i] * 2
    out.sum().backward()
    assert time.process_time() - start < 2.0
    assert rows.grad.tolist() == [[2.0] * 50] * 2000
