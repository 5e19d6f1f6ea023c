"""Errors say what was given, what was expected and what to do; nothing is half done."""
# ruff: noqa: PLW0108 - a lambda is the user's line

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DeviceError, DTypeError, ShapeError, XpgradError

strict = pytest.importorskip("array_api_strict")


@pytest.fixture(params=["numpy", "array_api_strict"])
def make(request):
    module = {"numpy": np, "array_api_strict": strict}[request.param]
    return lambda *shape: xp.asarray(module.ones(shape))


@pytest.mark.parametrize(
    "call",
    [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: b - a, lambda a, b: a / b, lambda a, b: a**b,
     lambda a, b: a > b, lambda a, b: xp.maximum(a, b), lambda a, b: xp.where(a > 0, a, b), lambda a, b: xp.clip(a, b),
     lambda a, b: xp.atan2(a, b)],
)  # fmt: skip
def test_shapes_that_do_not_broadcast_are_named(make, call):
    a, b = make(2, 3).requires_grad_(), make(4)
    with pytest.raises(ShapeError, match="do not broadcast") as caught:
        call(a, b)
    assert "(2, 3)" in str(caught.value)
    assert "(4,)" in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3), (2, 3)), ((3,), (2,)), ((2, 3), (4,)), ((), (3,)), ((2, 2, 3), (2, 2, 3))]
)
def test_matmul_names_the_shapes(make, a, b):
    with pytest.raises((ShapeError, ValueError), match="matmul") as caught:
        make(*a) @ make(*b)
    assert str(a) in str(caught.value)


def test_two_libraries_do_not_mix():
    x, y = xp.ones(3, requires_grad=True), xp.asarray(strict.ones(3))
    for call in (lambda: x + y, lambda: y * x, lambda: xp.concat([x, y]), lambda: xp.where(y > 0, x, y), lambda: x @ y,
                 lambda: xp.maximum(x, y)):  # fmt: skip
        with pytest.raises(
            DeviceError,
            match=r"two devices.*numpy.*array_api_strict|two devices.*array_api_strict.*numpy",
        ):
            call()
    assert issubclass(DeviceError, ValueError)


def test_two_devices_of_one_library_do_not_mix():
    pytest.importorskip("xpgrad_array_api_strict")
    x, y = xp.ones(3, device="array_api_strict:cpu"), xp.ones(3, device="array_api_strict:device1")
    with pytest.raises(DeviceError, match=r"two devices.*cpu.*device1"):
        x + y
    assert (x.to("array_api_strict:device1") + y).tolist() == [2.0, 2.0, 2.0]


def test_host_scalars_mix_freely():
    y = xp.asarray(strict.ones(3)).requires_grad_()
    zero_d = xp.asarray(strict.asarray(2.0))
    for result in (
        zero_d * np.float64(3),
        np.float64(3) * zero_d,
        xp.tensor(3.0) * zero_d,
        zero_d + xp.tensor(4),
    ):
        assert result.item() == 6.0
        assert result.backend is zero_d.backend
    for result in (y * 2, 2 * y, y * xp.tensor(2.0), xp.tensor(2.0) * y, y * np.float64(2)):
        assert result.tolist() == [2.0, 2.0, 2.0]
        assert result.backend is y.backend
        assert result.requires_grad


@pytest.mark.parametrize("other", [None, "a", ["a"], (None,), {}, object(), b"x"])
def test_operands_that_are_no_arrays_are_pythons_type_errors(make, other):
    x = make(1).requires_grad_()
    for call in (lambda: x + other, lambda: other * x, lambda: x @ other, lambda: x**other):
        with pytest.raises(TypeError):
            call()
    y = x * 1
    with pytest.raises(TypeError):
        y += other


@pytest.mark.parametrize("other", [None, "a", object(), {}])
def test_functions_refuse_what_is_no_array(make, other):
    x = make(1)
    for call in (
        lambda: xp.sin(other),
        lambda: xp.add(x, other),
        lambda: xp.concat([x, other]),
        lambda: xp.tensor(other),
    ):
        with pytest.raises((TypeError, ValueError)):
            call()


def test_functions_take_lists_and_arrays():
    assert xp.sin([0.0]).tolist() == [0.0]
    assert xp.add(xp.ones(2), [1.0, 2.0]).tolist() == [2.0, 3.0]
    assert xp.add(np.ones(2), 1).tolist() == [2.0, 2.0]


@pytest.mark.parametrize("key", [5, -4, (0, 0, 0), 1.5, "a", [7], [[0], [9]], (slice(None), 3)])
def test_bad_indices_are_index_errors_with_the_shape(make, key):
    x = make(3, 2).requires_grad_()
    with pytest.raises((IndexError, TypeError)) as caught:
        x[key]
    assert "(3, 2)" in " ".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    y = x * 1
    before = y.tolist()
    with pytest.raises((IndexError, TypeError)):
        y[key] = 1.0
    assert y.tolist() == before


def test_floating_indices_are_refused():
    x = xp.ones(3)
    for key in (xp.ones(2), (xp.ones(2),), xp.ones(3) * 1j):
        with pytest.raises(DTypeError, match="integers or booleans"):
            x[key]


@pytest.mark.parametrize("axis", [2, -3, (0, 5)])
def test_an_axis_out_of_range_is_an_error(make, axis):
    with pytest.raises((ValueError, IndexError)):
        xp.sum(make(2, 3).requires_grad_(), axis=axis)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(AttributeError, match="did you mean matmul"):
        xp.matmull
    with pytest.raises(DTypeError, match="not a dtype"):
        xp.ones(2, dtype="float23")
    with pytest.raises(DeviceError, match="warp"):
        xp.ones(2, device="warp")


def test_a_failing_statement_changes_nothing():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    node = y.grad_fn
    for statement in (
        "y += [1, 2, 3]",
        "y += xp.ones(3)",
        "y[7] = 1.0",
        "y[0] = 'a'",
        "y[:] = xp.ones(5)",
        "y **= None",
    ):
        with pytest.raises(Exception):  # noqa: B017 - whichever
            exec(statement, {"y": y, "xp": xp})  # noqa: S102 - statements are what is tested
        assert y.grad_fn is node
        assert y.tolist() == [2.0, 4.0]
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_every_error_has_a_common_base():
    for name in (
        "ShapeError",
        "DeviceError",
        "DTypeError",
        "GraphError",
        "MissingRuleError",
        "LeftTapeError",
    ):
        assert issubclass(getattr(xp.errors, name), XpgradError)
