"""Every operator, its reflected and its in-place form: what NumPy does, on arrays of each dtype and Python numbers."""

import operator
import warnings

import numpy as np
import pytest

import xpgrad as xp

FORMS = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
COMPARISONS = "lt le gt ge eq ne".split()
IN_PLACE_INTO_UNSIGNED = (
    "iadd isub imul ifloordiv imod imatmul iand ior ixor ilshift irshift".split()
)
UNARY = "neg pos abs invert".split()
VALUES = {
    "bool": [True, False, True],
    "int8": [-7, 2, 3],
    "int64": [5, -2, 3],
    "uint8": [1, 2, 3],
    "float32": [-1.5, 2.0, 0.5],
    "float64": [1.5, -2.0, 0.5],
    "complex128": [1 + 2j, -1.5, 2j],
}
NUMBERS = (True, 3, -2, 0.5, 1 + 1j)
ERRORS = (TypeError, ValueError, OverflowError)
DTYPES = pytest.mark.parametrize("dtype", VALUES)


def others():
    return [np.asarray(v, d) for d, v in VALUES.items()] + list(NUMBERS)


def tried(function, *operands):
    """What a call gives, or the class of error it ends with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy: 1 // 0
        try:
            return function(*operands)
        except ERRORS as error:
            return error


def agrees(function, *operands):
    """Whether both give the same values and dtype, or both raise."""
    mine = [xp.asarray(x.copy()) if isinstance(x, np.ndarray) else x for x in operands]
    found, wanted = tried(function, *mine), tried(function, *operands)
    if isinstance(wanted, Exception) or isinstance(found, Exception):
        return isinstance(wanted, Exception) and isinstance(found, Exception)
    wanted = np.asarray(wanted)
    assert isinstance(found, xp.Tensor)
    return found.dtype.name == wanted_dtype(wanted, operands) and np.allclose(
        found, wanted, rtol=1e-6, equal_nan=True
    )


def wanted_dtype(found, operands):
    """NumPy's, but for an integer beside a float: the float decides, and in NumPy the integer may widen it."""
    dtypes = [o.dtype for o in operands if isinstance(o, np.ndarray)]
    floats = [d for d in dtypes if d.kind in "fc"]
    return (
        floats
        if floats and found.dtype.kind in "fc" and len(floats) < len(dtypes)
        else [found.dtype]
    )[0].name


def differs(name, dtype, other):
    """What is chosen otherwise than in NumPy."""
    if dtype != "uint8":
        return False
    if isinstance(other, np.ndarray):  # what leaves the range wraps, as in PyTorch
        return name in IN_PLACE_INTO_UNSIGNED and other.dtype.kind == "i"
    # a Python number must fit the array's dtype in every operator; in NumPy, in most
    return other == -2 and name in (*COMPARISONS, "truediv")


@DTYPES
@pytest.mark.parametrize("name", FORMS + COMPARISONS)
def test_operator_and_reflected_form(name, dtype):
    function = getattr(operator, name + "_" * (name in ("and", "or")))
    a = np.asarray(VALUES[dtype], dtype)
    for b in others():
        for x, y in ((a, b), (b, a)):
            assert agrees(function, x, y) is not differs(name, dtype, b), (x, y)


@DTYPES
@pytest.mark.parametrize("name", FORMS)
def test_in_place_form(name, dtype):
    a = np.asarray(VALUES[dtype], dtype)
    function = getattr(operator, f"i{name}")
    for b in others():
        if name == "matmul" and isinstance(b, np.ndarray):
            b = np.repeat(b[:, None], 3, axis=1)
        assert agrees(function, a.copy(), b) is not differs(f"i{name}", dtype, b), b


@pytest.mark.parametrize("name", FORMS)
def test_the_in_place_form_changes_the_tensor_itself_and_no_other(name):
    x = xp.asarray(np.asarray([[1, 2], [3, 4]]))
    if name == "truediv":
        x = xp.astype(x, xp.float64)
    kept, other = x.clone(), x[...]
    found = getattr(operator, f"i{name}")(x, xp.asarray([[2, 1], [1, 2]]))
    assert found is x
    assert xp.all(other == kept)
    assert xp.any(x != kept)


@DTYPES
@pytest.mark.parametrize("name", UNARY)
def test_unary_operator(name, dtype):
    assert agrees(getattr(operator, name), np.asarray(VALUES[dtype], dtype))


@pytest.mark.parametrize("name", FORMS + COMPARISONS)
def test_an_unknown_operand_is_asked_for_its_reflected_form(name):
    class Other:
        pass

    reflected = dict(zip(COMPARISONS, ("gt", "ge", "lt", "le", "eq", "ne"), strict=True))
    setattr(Other, f"__{reflected.get(name, 'r' + name)}__", lambda self, x: ("asked", x.shape))
    function = getattr(operator, name + "_" * (name in ("and", "or")))
    assert function(xp.ones(2, dtype=xp.int64), Other()) == ("asked", (2,))


EQUAL = [
    [complex(-1.0, 0.0), complex(-1.0, -0.0)],
    [complex(0.0, 1.0), complex(-0.0, 1.0)],
    [complex(0.0, 0.0), complex(-0.0, -0.0), 0.0, -0.0, 0, False],
    [1, 1.0, True, complex(1.0, 0.0), complex(1.0, -0.0)],
]


@pytest.mark.parametrize("numbers", EQUAL, ids=str)
def test_numbers_that_are_equal_stay_the_numbers_they_are(numbers):
    zero = np.asarray([complex(0.0, -0.0), complex(-0.0, 0.0)])
    for host in (zero, np.asarray([1.0, -0.0])):
        for number in (*numbers, *reversed(numbers)):
            got, want = (xp.asarray(host) + number).numpy(), host + number
            assert got.dtype == want.dtype
            assert got.tobytes() == want.tobytes(), number
            got, want = (xp.asarray(host) * number).numpy(), host * number
            assert got.tobytes() == want.tobytes(), number
