"""Numbers: which dtype comes out is the same on every backend, and a gradient of complex values is PyTorch's."""

import copy
import itertools
import pickle
import threading

import numpy as np
import pytest

import xpgrad as xp
from xpgrad._dtypes import STANDARD
from xpgrad.errors import DTypeError

DEVICES = ("numpy:cpu", "array_api_strict:cpu", "array_api_strict:device1")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
REAL = ("float32", "float64")
COMPLEX = ("complex64", "complex128")


@pytest.fixture(params=DEVICES)
def device(request):
    if "strict" in request.param:
        pytest.importorskip(
            "xpgrad_array_api_strict", reason="the strict backend is in the dev group"
        )
    return request.param


def array(dtype, device, shape=(2,)):
    return xp.astype(xp.ones(shape, device=device), dtype)


def promoted(a, b):
    """The standard's table, and what xpgrad decides beyond it; None where neither says anything."""
    if a == "bool" or b == "bool":
        return b if a == "bool" else a
    if a in INTEGERS and b in INTEGERS:
        return integers(a, b)
    if a in INTEGERS or b in INTEGERS:
        return b if a in INTEGERS else a
    wide = "64" in (a + b).replace("complex64", "") or "128" in a + b
    kind = "complex" if "complex" in a + b else "float"
    return {("float", False): "float32", ("float", True): "float64",
            ("complex", False): "complex64", ("complex", True): "complex128"}[kind, wide]  # fmt: skip


def integers(a, b):
    if a[0] == b[0]:
        return max(a, b, key=size)
    signed, unsigned = (a, b) if b[0] == "u" else (b, a)
    bits = max(size(signed), 2 * size(unsigned))
    return f"int{bits}" if bits <= 64 else None


def size(dtype):
    return int("".join(c for c in dtype if c.isdigit()))


PAIRS = [(a, b) for a, b in itertools.product(STANDARD, STANDARD) if promoted(a, b)]


# --- mixed kinds --------------------------------------------------------------------------------------


def test_two_arrays_promote_by_one_table_on_every_backend(device):
    for a, b in PAIRS:
        if a == b == "bool":
            continue  # the standard has no sum of booleans
        for function in (xp.add, xp.subtract, xp.multiply, xp.pow):
            assert function(array(a, device), array(b, device)).dtype == promoted(a, b), (a, b)


def test_where_promotes_its_two_branches_by_the_same_table(device):
    condition = array("bool", device)
    for a, b in PAIRS:
        assert xp.where(condition, array(a, device), array(b, device)).dtype == promoted(a, b), (
            a,
            b,
        )


def test_result_type_says_what_an_operation_gives(device):
    for a, b in PAIRS:
        assert xp.result_type(array(a, device), array(b, device)) == promoted(a, b), (a, b)


def test_division_of_integers_takes_the_default_dtype(device):
    for a, b in itertools.product(INTEGERS, INTEGERS):
        assert xp.divide(array(a, device), array(b, device)).dtype == xp.float64, (a, b)


def test_an_operation_on_floating_numbers_takes_integers_into_the_default_dtype(device):
    for function in (xp.exp, xp.sin, xp.sqrt, xp.log1p, xp.mean, xp.std):
        for dtype in (*INTEGERS, "bool"):
            assert function(array(dtype, device)).dtype == xp.float64, (function, dtype)
        with xp.default_dtype(xp.float32):
            assert function(array("int64", device)).dtype == xp.float32


def test_a_zero_dimensional_array_promotes_as_any_other(device):
    small, large = array("float32", device), array("float64", device, ())
    assert (small * large).dtype == (large * small).dtype == xp.float64
    assert xp.multiply(small, large).dtype == xp.float64
    assert (array("int8", device) + array("int32", device, ())).dtype == xp.int32


# --- Python numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "number", "expected"),
    [
        *((d, n, d) for d in (*REAL, *COMPLEX) for n in (2, 2.5)),
        *((d, 2, d) for d in INTEGERS),
        *((d, 2.5, "float64") for d in INTEGERS),
        *((d, 2j, d) for d in COMPLEX),
        ("float32", 2j, "complex64"),
        ("float64", 2j, "complex128"),
        ("int64", 2j, "complex128"),
    ],
)
def test_a_python_number_takes_the_arrays_dtype_where_its_kind_allows(
    device, dtype, number, expected
):
    x = array(dtype, device)
    for result in (
        x + number,
        number + x,
        x * number,
        number * x,
        xp.add(x, number),
        xp.add(number, x),
    ):
        assert result.dtype == expected


def test_a_python_number_is_never_rounded_on_its_way(device):
    x = xp.zeros((), dtype=xp.int64, device=device)
    assert (x + (2**53 + 1)).item() == 2**53 + 1
    y = xp.zeros((), dtype=xp.float64, device=device)
    assert (y + 0.1).item() == 0.1


def test_signed_zero_keeps_its_sign(device):
    one = xp.ones((), device=device)
    assert xp.copysign(one, 0.0).item() == 1.0
    assert xp.copysign(one, -0.0).item() == -1.0
    assert xp.signbit(one * -0.0).item()
    assert not xp.signbit(one * 0.0).item()


def test_true_and_one_are_different_numbers(device):
    flags = array("bool", device)
    assert xp.logical_and(flags, True).dtype == xp.bool
    assert xp.where(flags, 1, array("int64", device)).dtype == xp.int64


@pytest.mark.parametrize(
    ("dtype", "number"), [("float32", 0.1), ("float64", 3), ("complex64", 1.5)]
)
def test_a_gradient_has_its_inputs_dtype_whatever_it_met(device, dtype, number):
    for other in (
        number,
        xp.ones((), dtype=xp.float64, device=device),
        xp.ones((2,), dtype=xp.int64, device=device),
    ):
        x = array(dtype, device).requires_grad_()
        y = x * other
        (g,) = xp.autograd.grad(y, x, xp.ones_like(y))
        assert g.dtype == x.dtype


# --- dtypes are our own -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STANDARD)
def test_a_dtype_equals_whatever_names_the_same_type(name):
    dtype = getattr(xp, name)
    numpy = np.dtype(name)
    assert dtype == numpy
    assert numpy == dtype
    assert dtype == name
    assert dtype == getattr(np, name)
    assert dtype != "float16"
    assert dtype != getattr(np, "float32" if name != "float32" else "float64")
    assert dtype is not None


@pytest.mark.parametrize("name", STANDARD)
def test_a_dtype_knows_its_name_kind_and_size_as_numpy_does(name):
    dtype = getattr(xp, name)
    assert np.dtype(dtype) == np.dtype(name)
    assert (dtype.name, dtype.itemsize) == (name, np.dtype(name).itemsize)
    assert xp.isdtype(dtype, dtype.kind)
    assert repr(dtype) == f"xpgrad.{name}"


@pytest.mark.parametrize("name", STANDARD)
def test_there_is_one_dtype_object_however_it_travels(name, device):
    dtype = getattr(xp, name)
    assert pickle.loads(pickle.dumps(dtype)) is dtype
    assert copy.deepcopy(dtype) is dtype
    assert array(name, device).dtype is dtype
    assert {dtype: 1}[getattr(xp, name)] == 1


def test_an_array_that_comes_in_keeps_its_dtype():
    with xp.default_dtype(xp.float64):
        assert xp.asarray(np.ones(2, np.float32)).dtype == xp.float32
    with xp.default_dtype(xp.float32):
        assert xp.asarray(np.ones(2)).dtype == xp.float64


def test_numpys_dtypes_are_taken_wherever_a_dtype_is(device):
    for dtype in (np.float32, np.dtype("float32"), "float32", xp.float32):
        assert xp.zeros(2, dtype=dtype, device=device).dtype == xp.float32
        assert xp.astype(xp.ones(2, device=device), dtype).dtype == xp.float32
        assert xp.sum(xp.ones(2, device=device), dtype=dtype).dtype == xp.float32


def test_the_set_of_dtypes_is_open():
    half = xp.asarray(np.ones(2, np.float16))
    assert half.dtype == xp.float16
    assert half.dtype.kind == "real floating"
    with pytest.raises(DTypeError):
        xp.zeros(2, dtype="no such type")


# --- the default --------------------------------------------------------------------------------------

FROM_NUMBERS = {
    "asarray": lambda **d: xp.asarray([1.0], **d),
    "zeros": lambda **d: xp.zeros(2, **d),
    "ones": lambda **d: xp.ones((2, 2), **d),
    "full": lambda **d: xp.full(2, 1.5, **d),
    "eye": lambda **d: xp.eye(2, **d),
    "linspace": lambda **d: xp.linspace(0, 1, 3, **d),
    "arange": lambda **d: xp.arange(0.0, 2.0, **d),
}


@pytest.mark.parametrize("name", FROM_NUMBERS)
def test_what_is_made_from_numbers_has_the_default_dtype(device, name):
    make = FROM_NUMBERS[name]
    assert make(device=device).dtype == xp.float64
    with xp.default_dtype(xp.float32):
        assert make(device=device).dtype == xp.float32
        with xp.default_dtype("float64"):
            assert make(device=device).dtype == xp.float64
        assert xp.asarray([1j], device=device).dtype == xp.complex64
        assert xp.asarray([1], device=device).dtype == xp.int64
    assert make(device=device).dtype == xp.float64


def test_set_default_dtype_holds_in_every_thread_and_default_dtype_in_one():
    seen = []

    def look():
        seen.append(xp.zeros(1).dtype)

    def in_a_thread():
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    with xp.default_dtype(xp.float32):
        in_a_thread()
    try:
        xp.set_default_dtype(xp.float32)
        in_a_thread()
    finally:
        xp.set_default_dtype(None)
    assert seen == [xp.float64, xp.float32]
    assert xp.get_default_dtype() is None


def test_the_default_must_be_real_floating():
    with pytest.raises(DTypeError, match="real floating"):
        xp.set_default_dtype(xp.int64)
    with pytest.raises(DTypeError, match="real floating"):
        xp.default_dtype(xp.complex64)


def test_a_device_without_double_precision_has_a_default_of_its_own():
    pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")
    for name, make in FROM_NUMBERS.items():
        assert make(device="array_api_strict:no_x64").dtype == xp.float32, name
    x = xp.arange(3, device="array_api_strict:no_x64")
    assert x.dtype == xp.int32
    assert (x * 1.5).dtype == xp.exp(x).dtype == xp.float32
    assert (xp.ones(2, device="array_api_strict:no_x64") * 1j).dtype == xp.complex64


# --- complex ------------------------------------------------------------------------------------------


def leaf(values, device):
    return xp.asarray(values, device=device, requires_grad=True)


def test_the_gradient_of_a_real_loss_points_uphill(device):
    """PyTorch's convention: for ``|z|²`` it is ``2 z``, and a small step along it raises the loss."""
    z = leaf([1 + 2j, -0.5j], device)
    xp.sum(xp.abs(z) ** 2).backward()
    assert np.allclose(z.grad.tolist(), [2 + 4j, -1j])


def test_a_holomorphic_function_gives_the_conjugate_derivative(device):
    z = leaf([1 + 2j, 0.3 - 1j], device)
    w = z * z
    (g,) = xp.autograd.grad(w, z, xp.ones_like(w))
    assert np.allclose(g.tolist(), np.conj(2 * np.asarray([1 + 2j, 0.3 - 1j])))


def test_hooks_and_grad_outputs_speak_the_same_convention(device):
    z = leaf([1 + 2j], device)
    w = z * (2 + 1j)
    seen = []
    w.register_hook(seen.append)
    w.backward(xp.asarray([1j], device=device))
    assert seen[0].tolist() == [1j]
    assert z.grad.tolist() == [1j * (2 - 1j)]


def test_the_convention_holds_at_second_order(device):
    """For ``|z|⁴`` the gradient is ``4 |z|² z``; its directional derivative along ``v`` is real-linear in ``v``."""
    point, v = 0.7 - 0.4j, 0.2 + 1.1j
    z = leaf(point, device)
    (g,) = xp.autograd.grad(xp.abs(z) ** 4, z, create_graph=True)
    assert np.isclose(g.item(), 4 * abs(point) ** 2 * point)
    (h,) = xp.autograd.grad(g, z, xp.asarray(v, device=device))

    def gradient(at):
        return 4 * abs(at) ** 2 * at

    step = 1e-6
    along = (gradient(point + step * v) - gradient(point - step * v)) / (2 * step)
    assert np.isclose(h.item(), along, rtol=1e-7)  # the Hessian of a real function is symmetric


def test_a_real_input_of_a_complex_result_gets_a_real_gradient(device):
    x = leaf([1.0, 2.0], device)
    y = x * xp.asarray([1j, 2 + 1j], device=device)
    (g,) = xp.autograd.grad(y, x, xp.ones_like(y))
    assert g.dtype == xp.float64
    assert g.tolist() == [0.0, 2.0]


def test_real_and_imaginary_parts_are_put_back_where_they_came_from(device):
    z = leaf([1 + 2j], device)
    (3 * xp.real(z) + 5 * xp.imag(z)).sum().backward()
    assert z.grad.tolist() == [3 + 5j]


def test_a_complex_output_needs_its_gradient_spelled_out(device):
    z = leaf(1 + 2j, device)
    with pytest.raises(xp.errors.GraphError, match="real"):
        (z * z).backward()


def test_astype_moves_to_the_device_it_is_given(device):
    x = xp.asarray([1.0, 2.0], requires_grad=True)
    y = xp.astype(x, xp.float32, device=device)
    assert (y.dtype, y.device) == (xp.float32, xp.device(device))
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert x.grad.device == x.device
