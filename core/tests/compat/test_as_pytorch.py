"""Small answers in which PyTorch differs from the array standard or from NumPy."""

import pytest

from xpgrad.compat import torch


@pytest.mark.parametrize("join", [torch.cat, torch.stack, torch.hstack, torch.vstack])
def test_integers_joined_with_floats_take_the_floating_dtype(join):
    joined = join([torch.tensor([1]), torch.tensor([1.5])])
    assert joined.dtype is torch.float32
    assert joined.flatten().tolist() == [1, 1.5]
    half = join([torch.tensor([1]), torch.ones(1).half()])
    assert half.dtype is torch.float16


def test_unsigned_integers_are_added_as_int64():
    x = torch.tensor([200, 100], dtype=torch.uint8)
    for result in (x.sum(), x.sum(0), x.prod()):
        assert result.dtype is torch.int64
    assert x.sum() == 300


def test_complex_numbers_print_their_parts_as_pytorch_does():
    assert repr(torch.tensor([1 + 2j, 3.5 - 1j])) == "tensor([1.0000+2.j, 3.5000-1.j])"
    assert repr(torch.tensor([1.25 - 10j, -3.5 - 1j])) == "tensor([ 1.2500-10.j, -3.5000-1.j])"
