"""What a tensor looks like: every dtype, device, rank, empty and large."""

import numpy as np
import pytest

import xpgrad as xp

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32",
          "float64", "complex64", "complex128"]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (2,), (2, 2), (0,), (0, 3), (3, 0)])
def test_repr_names_every_dtype_that_its_numbers_do_not_show(dtype, shape):
    t = xp.ones(shape, dtype=dtype)
    text = repr(t)
    assert text.startswith("tensor(")
    assert text.endswith(")")
    assert text.count("(") == text.count(")")
    shown = dtype in ("bool", "int64", "float64", "complex128") and 0 not in shape
    assert (f"dtype={dtype}" in text) is not shown
    assert text.count("dtype=") <= 1
    if 0 in shape and shape != (0,):
        assert f"shape={shape}" in text


def test_the_examples_of_the_documentation():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == "tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 4.], grad_fn=<MulBackward>)"
    assert repr(x.sum()) == "tensor(3., grad_fn=<SumBackward>)"
    assert repr(xp.tensor(1.5)) == "tensor(1.5)"
    assert repr(xp.tensor([1, 2])) == "tensor([1, 2])"
    assert repr(xp.tensor([True])) == "tensor([ True])"
    assert repr(xp.tensor([1.0], dtype=xp.float32)) == "tensor([1.], dtype=float32)"
    assert str(x) == repr(x)


def test_rows_stand_below_each_other_and_large_tensors_are_cut():
    text = repr(xp.reshape(xp.arange(6), (2, 3)))
    assert text == "tensor([[0, 1, 2],\n        [3, 4, 5]])"
    large = repr(xp.zeros((1000, 1000), requires_grad=True))
    assert "..." in large
    assert len(large) < 1000
    assert "shape=(1000, 1000)" in large


def test_a_device_that_is_no_cpu_is_shown():
    pytest.importorskip("array_api_strict")
    pytest.importorskip("xpgrad_array_api_strict")
    text = repr(xp.ones(2, device="array_api_strict:device1", requires_grad=True) * 2)
    assert "device='device1'" in text
    assert "grad_fn=<MulBackward>" in text
    assert "1" in repr(xp.ones((), device="array_api_strict:device1"))
    assert "array_api_strict" not in text


def test_numbers_format_as_numbers():
    loss = xp.tensor(1.23456, requires_grad=True) * 1
    assert f"{loss:.3f}" == "1.235"
    assert f"{loss:8.2e}" == "1.23e+00"
    assert f"{xp.tensor(3):05d}" == "00003"
    assert f"{xp.tensor([[2.5]]):.1f}" == "2.5"
    assert f"{xp.tensor(1 + 2j):.1f}" == "1.0+2.0j"
    assert f"{loss}" == str(loss)
    with pytest.raises(ValueError, match="one element"):
        f"{xp.ones(2):.3f}"


def test_numpys_own_print_options_hold():
    with np.printoptions(precision=2):
        assert repr(xp.tensor([1.23456])) == "tensor([1.23])"
