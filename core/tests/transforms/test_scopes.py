"""What a transform leaves behind (nothing), what it sees of its surroundings, and what it blocks."""

import copy
import gc
import pickle
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import xpgrad as xp
from xpgrad._graph import Node
from xpgrad._like import LevelArray
from xpgrad._modes import GRAD, LEVELS
from xpgrad.errors import GraphError, LeftTapeError, LeftTapeWarning
from xpgrad.transforms._level import LevelNamespace

X = xp.asarray([1.0, 2.0, 3.0])


def cube(x):
    return xp.sum(x**3)


TRANSFORMS = {
    "grad": lambda f, x: xp.grad(f)(x),
    "value_and_grad": lambda f, x: xp.value_and_grad(f)(x)[1],
    "vjp": lambda f, x: xp.vjp(f, x)[1](1.0)[0],
    "jvp": lambda f, x: xp.jvp(f, (x,), (xp.ones_like(x).detach(),))[1],
    "linearize": lambda f, x: xp.linearize(f, x)[1](xp.ones_like(x).detach()),
    "hvp": lambda f, x: xp.hvp(f, x, xp.ones_like(x).detach()),
    "grad of checkpoint": lambda f, x: xp.grad(xp.checkpoint(f))(x),
    "grad of grad": lambda f, x: xp.grad(lambda y: xp.sum(xp.grad(f)(y)))(x),
    "jvp of jvp": lambda f, x: xp.jvp(lambda y: TRANSFORMS["jvp"](f, y), (x,), (xp.ones_like(x).detach(),))[1],
}  # fmt: skip
if hasattr(xp, "vmap"):
    TRANSFORMS |= {
        "vmap": lambda f, x: xp.vmap(f)(xp.stack([x, 2 * x])),
        "vmap of grad": lambda f, x: xp.vmap(xp.grad(f))(xp.stack([x, 2 * x])),
        "grad of vmap": lambda f, x: xp.grad(lambda x: xp.sum(xp.vmap(f)(xp.stack([x, 2 * x]))))(x),
    }


@pytest.fixture(params=TRANSFORMS)
def transform(request):
    yield TRANSFORMS[request.param]
    assert LEVELS.get() == ()
    assert GRAD.get() is True


# --- what is outside --------------------------------------------------------------------------------


def test_nothing_is_written_to_grad(transform):
    w = xp.tensor([1.0, -1.0, 2.0], requires_grad=True)
    x = xp.tensor([1.0, 2.0, 3.0], requires_grad=True)
    transform(lambda x: cube(x * w), x)
    assert w.grad is None
    assert x.grad is None
    assert x.is_leaf


def test_the_result_is_off_the_tape_where_nothing_outside_requires_grad(transform):
    found = transform(lambda x: cube(x) + xp.sum(xp.cumulative_prod(x)) + xp.sum(xp.sort(x) * x), X)
    assert found.requires_grad is False
    assert found.grad_fn is None


def test_parameters_taken_from_outside_stay_differentiable(transform):
    w = xp.tensor([1.0, -1.0, 2.0], requires_grad=True)

    def result(w):
        return xp.sum(transform(lambda x: cube(x * w), X) ** 2)

    result(w).backward()
    expected = xp.grad(result)(w.detach())
    assert w.grad.tolist() == pytest.approx(expected.tolist(), rel=1e-12)
    h = 1e-6
    for i in range(3):
        step = xp.zeros(3)
        step[i] = h
        slope = (result(w.detach() + step) - result(w.detach() - step)).item() / (2 * h)
        assert expected[i].item() == pytest.approx(slope, rel=1e-6)


def test_inputs_on_the_tape_stay_differentiable(transform):
    x = xp.tensor([1.0, 2.0, 3.0], requires_grad=True)
    xp.sum(transform(cube, x) ** 2).backward()
    assert x.grad.tolist() == pytest.approx(
        xp.grad(lambda x: xp.sum(transform(cube, x) ** 2))(X).tolist()
    )


def test_no_grad_outside_changes_no_value_and_records_nothing(transform):
    w = xp.tensor([1.0, -1.0, 2.0], requires_grad=True)
    expected = transform(lambda x: cube(x * w), w)
    with xp.no_grad():
        found = transform(lambda x: cube(x * w), w)
        assert GRAD.get() is False
    assert found.requires_grad is False
    assert found.tolist() == expected.detach().tolist()
    with xp.inference_mode():
        assert transform(lambda x: cube(x * w), w).tolist() == expected.detach().tolist()


# --- what blocks derivatives ------------------------------------------------------------------------


def half_blocked(how):
    def f(x):
        if how == "detach":
            y = (x * x).detach()
        elif how == "no_grad":
            with xp.no_grad():
                y = x * x
        else:
            with xp.inference_mode():
                y = x * x
        return xp.sum(y * x)

    return f


@pytest.mark.parametrize("how", ["detach", "no_grad", "inference_mode"])
def test_detached_values_are_constants_forward_and_reverse(how):
    f, ones = half_blocked(how), xp.ones(3)
    assert xp.grad(f)(X).tolist() == [1.0, 4.0, 9.0]
    assert xp.jvp(f, (X,), (ones,))[1].item() == 14.0
    assert xp.linearize(f, X)[1](ones).item() == 14.0
    assert xp.hvp(f, X, ones).tolist() == [0.0, 0.0, 0.0]
    assert xp.jvp(lambda y: xp.jvp(f, (y,), (ones,))[1], (X,), (ones,))[1].item() == 0.0


def test_detach_underscore_takes_the_tangent_too():
    def f(x):
        y = x * 1
        assert y.detach_() is y
        return y * x

    assert xp.jvp(f, (3.0,), (1.0,))[1].item() == xp.grad(f)(3.0).item() == 3.0
    assert xp.grad(lambda x: xp.jvp(f, (x,), (1.0,))[1])(3.0).item() == 0.0


def test_detach_blocks_every_level_that_runs():
    assert (
        xp.grad(lambda x: xp.jvp(lambda y: (x * y).detach() * y, (2.0,), (1.0,))[1])(3.0).item()
        == 0.0
    )
    found = xp.jvp(lambda x: xp.grad(lambda y: (x * y).detach() * y)(2.0), (3.0,), (1.0,))
    assert [v.item() for v in found] == [6.0, 0.0]


@pytest.mark.parametrize("write", ["+=", "[]"])
def test_an_unrecorded_write_changes_the_value_and_keeps_the_derivative(write):
    def f(x):
        y = x * x
        with xp.no_grad():
            if write == "+=":
                y += 1.0
            else:
                y[0] = 7.0
        return xp.sum(y * x)

    y = (X * X + 1.0) if write == "+=" else xp.asarray([7.0, 4.0, 9.0])
    expected = (2 * X * X + y).tolist()
    assert xp.grad(f)(X).tolist() == expected
    moved = [xp.jvp(f, (X,), (xp.eye(3)[i, :],))[1].item() for i in range(3)]
    assert moved == expected


# --- statements inside ------------------------------------------------------------------------------


def test_arguments_may_be_changed_in_place_and_the_caller_keeps_his(transform):
    def f(x):
        x *= x
        x[0] = x[1] * 2
        x += 1
        return xp.sum(x * x)

    def plainly(x):
        y = x * x
        y = xp.concat([y[1:2] * 2, y[1:]]) + 1
        return xp.sum(y * y)

    x, raw = xp.asarray([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])
    found = transform(f, x)
    np.testing.assert_allclose(found.numpy(), transform(plainly, X).numpy(), rtol=1e-12)
    assert transform(f, xp.asarray(raw)).tolist() == found.tolist()
    assert x.tolist() == raw.tolist() == [1.0, 2.0, 3.0]
    leaf = xp.tensor([1.0, 2.0, 3.0], requires_grad=True)
    transform(f, leaf)
    assert leaf.tolist() == [1.0, 2.0, 3.0]
    assert leaf.is_leaf


def test_loops_branches_and_tables(transform):
    def f(x):
        total, seen = 0.0, []
        table = xp.zeros((4, 3))
        for k in range(4):
            table[k] = x * k
            seen.append(table[k] * x)
        for s in seen:
            total = total + xp.sum(s)
        while len(seen) > 2:
            seen.pop()
        return total + xp.sum(xp.stack(seen) ** 2)

    def plainly(x):
        return xp.sum(6 * x * x) + xp.sum(x**4)

    np.testing.assert_allclose(transform(f, X).numpy(), transform(plainly, X).numpy(), rtol=1e-12)


def test_python_sees_values_inside_jvp_and_grad():
    def f(x):
        return x * 3 if x > 2 and int(xp.argmax(xp.stack([x, -x]))) == 0 else x

    assert xp.grad(f)(3.0).item() == xp.jvp(f, (3.0,), (1.0,))[1].item() == 3.0
    assert xp.grad(f)(1.0).item() == xp.jvp(f, (1.0,), (1.0,))[1].item() == 1.0


def test_devices_may_change_inside():
    pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")

    def f(x):
        return xp.sum(x.to("array_api_strict:device1") ** 3).to("numpy:cpu")

    ones = xp.ones(3)
    assert xp.grad(f)(X).tolist() == [3.0, 12.0, 27.0]
    assert xp.jvp(f, (X,), (ones,))[1].item() == 42.0
    assert xp.hvp(f, X, ones).tolist() == [6.0, 12.0, 18.0]
    moved = xp.jvp(lambda x: x.to("array_api_strict:device1"), (X,), (ones,))[1]
    assert str(moved.device) == "device1"


# --- what gets out ----------------------------------------------------------------------------------


def escaped(how):
    kept = []

    def f(x):
        kept.append(x * 2)
        return cube(x)

    if how == "jvp":
        xp.jvp(f, (X,), (X,))
    else:
        xp.vmap(f)(xp.stack([X, X]))
    return kept[0]


USES = {
    "operator": lambda t: t + 1,
    "other side": lambda t: X * t,
    "method": lambda t: t.sum(),
    "function": xp.exp,
    "of several": lambda t: xp.concat([t, t]),
    "NumPy's": np.sin,
    "index": lambda t: t[0],
    "write": lambda t: t.__setitem__(0, 1.0),
    "in place": lambda t: t.__iadd__(1.0),
    "after detach": lambda t: t.detach() * 2,
    "inside grad": lambda t: xp.grad(lambda x: xp.sum(x * t))(X),
    "inside jvp": lambda t: xp.jvp(lambda x: x * t, (X,), (X,)),
    "as an argument": xp.grad(cube),
}


@pytest.mark.parametrize("how", ["jvp", *(["vmap"] if hasattr(xp, "vmap") else [])])
@pytest.mark.parametrize("use", USES)
def test_a_value_that_escaped_says_so(how, use):
    with pytest.raises(GraphError, match=f"a value of {how} was used after {how} had returned"):
        USES[use](escaped(how))


def test_an_escaped_value_can_still_be_looked_at():
    t = escaped("jvp")
    assert (t.shape, t.dtype, t.tolist()) == ((3,), xp.float64, [2.0, 4.0, 6.0])
    assert "tensor([2., 4., 6.]" in repr(t)


class Planted(Exception):  # noqa: N818 - a planted one
    pass


def test_an_exception_leaves_no_level_behind(transform):
    def f(x):
        cube(x)
        raise Planted

    with pytest.raises(Planted):
        transform(f, X)
    assert LEVELS.get() == ()
    assert xp.grad(cube)(X).tolist() == [3.0, 12.0, 27.0]


def test_an_exception_in_an_inner_transform_leaves_the_outer_running():
    def f(x):
        try:
            xp.jvp(lambda y: 1 / 0, (x,), (x,))
        except ZeroDivisionError:
            assert len(LEVELS.get()) == 1
        return x * x

    assert xp.jvp(f, (3.0,), (1.0,))[1].item() == 6.0


# --- threads and generators -------------------------------------------------------------------------


def test_threads_do_not_see_each_others_levels(transform):
    expected = transform(cube, X).tolist()
    barrier = threading.Barrier(4)
    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def work(_):
        barrier.wait()
        return [transform(cube, X).tolist() for _ in range(5)], LEVELS.get()

    try:
        with ThreadPoolExecutor(4) as pool:
            for found, levels in pool.map(work, range(4)):
                assert found == [expected] * 5
                assert levels == ()
    finally:
        sys.setswitchinterval(old)


def test_a_thread_started_inside_a_transform_works_outside_it():
    def f(x):
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(lambda: (LEVELS.get(), xp.grad(cube)(X).tolist())).result()
        assert other == ((), [3.0, 12.0, 27.0])
        return cube(x)

    assert xp.jvp(f, (X,), (X,))[1].item() == 108.0


def test_generators_go_on_where_they_are_resumed():
    def steps(x):
        for k in range(3):
            x = x * (k + 1)
            yield xp.grad(lambda y: xp.sum(y * y))(x)

    def f(x):
        return sum(xp.sum(g) for g in steps(x))

    assert xp.jvp(f, (X,), (xp.ones(3),))[1].item() == 3 * 2 * (1 + 2 + 6)
    running = steps(X)
    first = next(running)
    assert LEVELS.get() == ()
    found = xp.jvp(lambda x: xp.sum(next(running) * x), (X,), (xp.ones(3),))[1]
    assert (first.tolist(), found.item()) == ([2.0, 4.0, 6.0], 24.0)


# --- memory -----------------------------------------------------------------------------------------


def objects():
    kinds = (xp.Tensor, LevelArray, LevelNamespace, Node)
    return sum(issubclass(type(o), kinds) for o in gc.get_objects())


def varied(x):
    y = xp.sin(x) * x * 2.5 + xp.cumulative_prod(x) + xp.where(x > 0, x, 0.0)
    y[0] = x[1] ** 2
    return xp.sum(y) + xp.max(x) + xp.einsum("i,i->", x, y)


def test_nothing_is_left_without_the_garbage_collector(transform):
    w = xp.tensor([1.0, -1.0, 2.0], requires_grad=True)
    uses = [lambda: transform(varied, X), lambda: transform(lambda x: varied(x * w), X)]
    for use in uses:
        use()
    gc.collect()
    gc.disable()
    try:
        before = objects()
        for use in uses:
            use()
            use()
        assert objects() == before
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "name", ["grad", "vjp", "jvp", "linearize", "hvp", "grad of grad", "jvp of jvp"]
)
def test_custom_derivatives_leave_nothing_without_the_garbage_collector(name):
    known = xp.custom_vjp(lambda x: x * x)
    known.defvjp(lambda x: (x * x, x), lambda x, g: (2 * x * g,))
    pushed = xp.custom_jvp(lambda x: x * x)
    pushed.defjvp(lambda p, t: (pushed(*p), 2 * p[0] * t[0]))

    def use():
        TRANSFORMS[name](lambda x: xp.sum(known(x) * pushed(x)), X)

    use()
    gc.collect()
    gc.disable()
    try:
        before = objects()
        use()
        use()
        assert objects() == before
    finally:
        gc.enable()


# --- leaving the tape -------------------------------------------------------------------------------


@pytest.mark.parametrize("leave", [float, complex, int])
def test_a_number_taken_off_the_tape_warns_inside_a_transform(leave):
    for run in (
        lambda f: xp.grad(f)(2.0),
        lambda f: xp.jvp(f, (2.0,), (1.0,)),
        lambda f: xp.jvp(lambda y: xp.jvp(lambda x: f(x) * y, (1.0,), (1.0,))[1], (2.0,), (1.0,)),
    ):
        with pytest.warns(LeftTapeWarning, match="off the tape") as seen:
            run(lambda x: xp.real(x * leave(x)))
        assert seen[0].filename == __file__
        with pytest.raises(LeftTapeError), xp.strict_tape():
            run(lambda x: xp.real(x * leave(x)))


def test_no_warning_where_no_derivative_is_lost():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xp.jvp(lambda x: x * float(x.detach()) * float(xp.asarray(2.0)) * x.item(), (2.0,), (1.0,))
        with xp.no_grad():
            assert float(xp.asarray(3.0)) == 3.0
        xp.jvp(lambda x: x * float(xp.argmax(x)), (X,), (X,))


def test_no_array_comes_out_of_a_value_with_a_tangent():
    for take in (
        np.asarray,
        lambda t: t.numpy(),
        lambda t: t.__dlpack__(),
        lambda t: np.sum(np.asarray(t)),
    ):
        with pytest.raises(GraphError, match=r"detach\(\)"):
            xp.jvp(take, (X,), (X,))
    seen = []
    xp.jvp(
        lambda x: (seen.append(np.asarray(x.detach())), seen.append(x.numpy(force=True)), x)[2],
        (X,),
        (X,),
    )
    assert [s.tolist() for s in seen] == [[1.0, 2.0, 3.0]] * 2


def test_a_value_with_a_tangent_shows_both():
    seen = []

    def f(x):
        seen.extend([repr(x), f"{xp.sum(x):.1f}", repr(x.detach()), repr(x > 1)])
        return x

    xp.jvp(f, (X,), (2 * X,))
    assert seen[0] == "tensor([1., 2., 3.], tangent=tensor([2., 4., 6.]))"
    assert seen[1:] == ["6.0", "tensor([1., 2., 3.])", "tensor([False,  True,  True])"]


@pytest.mark.parametrize("copying", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_value_of_a_transform_is_not_copied_and_the_error_says_why(copying):
    with pytest.raises(GraphError, match="a value of jvp stands for more than one array"):
        xp.jvp(copying, (X,), (X,))
    assert xp.jvp(lambda x: x.clone() * 2, (X,), (X,))[1].tolist() == [2.0, 4.0, 6.0]
    with pytest.raises(GraphError, match="only leaf tensors"):
        xp.grad(copying)(X)
