"""What the standard's own test suite asks at the edges of creation, copying and export."""

import inspect

import numpy as np
import pytest

import xpgrad as xp


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "complex128"])
def test_a_copy_has_memory_of_its_own_for_every_dtype(dtype):
    x = xp.asarray(np.ones(3, dtype))
    for copied in (xp.asarray(x, copy=True), x.clone(), x.to(copy=True)):
        copied[0] = 0
        assert bool(x[0])
        assert copied.dtype == x.dtype


def test_copy_false_raises_where_a_copy_cannot_be_avoided():
    x = xp.asarray(np.ones(2))
    assert xp.asarray(x, copy=False) is x
    for obj, options in (([1.0], {}), (x, {"dtype": xp.float32}), (np.ones(2), {"dtype": "int64"})):
        with pytest.raises(ValueError, match="leave copy=False out"):
            xp.asarray(obj, copy=False, **options)


def test_the_inspection_object_answers_for_every_namespace():
    for namespace in (xp, xp.namespace("numpy")):
        assert namespace.__array_namespace_info__().capabilities()["boolean indexing"] is True


def test_dlpack_has_the_standard_s_signature():
    names = list(inspect.signature(xp.Tensor.__dlpack__).parameters)
    assert names == ["self", "stream", "max_version", "dl_device", "copy"]
    np.testing.assert_array_equal(np.from_dlpack(xp.asarray([1.0, 2.0])), [1.0, 2.0])


def test_arange_and_linspace_stay_on_the_tape_of_their_ends():
    a, b = (xp.tensor(v, requires_grad=True) for v in (1.0, 3.0))
    line = xp.linspace(a, b, 5)
    np.testing.assert_array_equal(line.detach(), np.linspace(1.0, 3.0, 5))
    da, db = xp.autograd.grad(line.sum(), (a, b))
    assert (da.item(), db.item()) == (2.5, 2.5)
    steps = xp.arange(a, b, 0.5)
    np.testing.assert_array_equal(steps.detach(), np.arange(1.0, 3.0, 0.5))
    assert xp.autograd.grad(steps.sum(), a)[0].item() == 4.0


def test_the_imaginary_part_of_real_numbers_has_a_real_gradient_of_zero():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    (np.imag(x) * 3.0 + x).sum().backward()
    assert x.grad.dtype == xp.float64
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])
