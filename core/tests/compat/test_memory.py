"""Which results lie on the memory of their operands, and which are copies, is what it is in PyTorch."""

import pytest

from xpgrad.compat import torch
from xpgrad.errors import GraphError


def numbers(*shape):
    x = torch.arange(float(torch.zeros(shape).numel()))
    return x.view(shape).clone()


@pytest.mark.parametrize(
    "strided",
    [
        lambda x: x.t(), lambda x: x[:, ::3], lambda x: x[1:, 1:], lambda x: x.unsqueeze(1).transpose(0, 2),
        lambda x: x.expand(2, 3, 4),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "copy",
    [
        lambda x: x.contiguous(), lambda x: x.reshape(-1), lambda x: x.flatten(), lambda x: x.ravel(),
        lambda x: x.clone(), lambda x: x.diag() if x.ndim == 2 else x.clone(),
    ],
)  # fmt: skip
def test_what_does_not_lie_in_order_is_copied(strided, copy):
    x = numbers(3, 4)
    result = copy(strided(x))
    assert not strided(x).is_contiguous()
    result.zero_()
    assert torch.equal(x, numbers(3, 4))
    with pytest.raises(RuntimeError, match="se .reshape"):
        strided(x).view(-1)


@pytest.mark.parametrize(
    ("make", "steps"),
    [
        (lambda x: x, (4, 1)), (lambda x: x.t(), (1, 4)), (lambda x: x[:, ::2], (4, 2)), (lambda x: x[0], (1,)),
        (lambda x: x[:, 1], (4,)), (lambda x: x[None, :, None, 1:], (12, 4, 4, 1)), (lambda x: x.diagonal(), (5,)),
        (lambda x: x.expand(2, 3, 4), (0, 4, 1)), (lambda x: x[:, :1].expand(-1, 5), (4, 0)),
        (lambda x: x.view(2, 6), (6, 1)), (lambda x: x.t().reshape(2, 2, 3), (2, 1, 4)),
        (lambda x: x[..., 1::2].unsqueeze(-1), (4, 2, 1)), (lambda x: x.t() + 1, (1, 4)), (lambda x: -x.t(), (1, 4)),
        (lambda x: x.t() * torch.ones(3), (1, 4)), (lambda x: x.t().clone(), (1, 4)), (lambda x: x.t().exp(), (1, 4)),
        (lambda x: torch.zeros_like(x.t()), (1, 4)), (lambda x: x.t().double(), (1, 4)),
        (lambda x: x.t().contiguous(), (3, 1)), (lambda x: torch.complex(x, x).imag, (8, 2)),
        (lambda x: torch.view_as_real(torch.complex(x, x).t()), (2, 8, 1)),
    ],
)  # fmt: skip
def test_strides_are_pytorchs(make, steps):
    x = make(numbers(3, 4))
    assert x.stride() == steps
    assert x.stride(0) == steps[0]


def test_an_expanded_tensor_is_read_from_its_base_and_cannot_be_written_twice():
    x = torch.tensor([1.0, 2.0])
    wide = x.expand(3, 2)
    x.mul_(10)
    assert wide.tolist() == [[10, 20]] * 3
    wide[1].add_(1)
    wide[2, 0] = 5
    assert x.tolist() == [5, 21]
    assert wide.tolist() == [[5, 21]] * 3
    for statement in (
        lambda: wide.add_(1),
        lambda: wide.copy_(x),
        lambda: wide.__setitem__(slice(None), x),
    ):
        with pytest.raises(RuntimeError, match="expanded"):
            statement()
    wide.fill_(3)
    assert x.tolist() == [3, 3]


def test_a_write_below_an_expanded_tensor_is_recorded():
    x = torch.ones(2, requires_grad=True)
    y = x * 1
    y.expand(3, 2)[1].mul_(5)
    (y * y).sum().backward()
    assert x.grad.tolist() == [50, 50]


def test_real_and_imaginary_part_are_views_and_can_be_assigned():
    z = torch.tensor([1 + 2j, 3 - 1j])
    z.real = torch.tensor([5.0, 6.0])
    z.imag.mul_(2)
    z.conj()[1] = 1j
    assert z.tolist() == [5 + 4j, -1j]
    torch.view_as_real(z)[0, 0] = -1.0
    assert z.real.tolist() == [-1, 0]
    pairs = torch.ones(2, 2)
    torch.view_as_complex(pairs)[1] = 7j
    assert pairs.tolist() == [[1, 1], [0, 7]]
    x = torch.ones(2)
    assert x.real is x
    with pytest.raises(RuntimeError, match="imag is not implemented"):
        x.imag


def test_the_gradient_of_a_written_part_is_that_of_the_statement():
    z = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    w = z * 1
    w.real.mul_(3)
    (w.real.sum() + 2 * w.imag.sum()).backward()
    assert z.grad.tolist() == [3 + 2j, 3 + 2j]


# --- other shapes in place ----------------------------------------------------------------------------


def test_a_view_that_changes_its_shape_in_place_stays_a_view():
    x = torch.zeros(3, 4)
    row = x[0]
    row.unsqueeze_(0)
    row += 1
    assert x.sum() == 4
    alias = x.detach()
    alias.t_()
    alias += 1
    assert x.sum() == 16
    x.zero_()
    assert alias.shape == (4, 3)
    assert alias.sum() == row.sum() == 0


def test_a_base_that_changes_its_shape_in_place_stays_one_with_its_views():
    x = torch.zeros(1, 3)
    row = x[0]
    x.squeeze_()
    x += 1
    assert row.tolist() == [1, 1, 1]
    row.mul_(2)
    assert x.tolist() == [2, 2, 2]
    part = x[:2]
    part.unsqueeze_(0).squeeze_(0)
    x.swapaxes_(0, 0).add_(1)
    assert part.tolist() == [3, 3]


@pytest.mark.parametrize(
    ("statement", "shape"),
    [
        (lambda x: x.t_(), (3, 2)), (lambda x: x.transpose_(0, 1), (3, 2)), (lambda x: x.unsqueeze_(1), (2, 1, 3)),
        (lambda x: x.swapdims_(0, -1), (3, 2)), (lambda x: x.squeeze_(0), (2, 3)),
    ],
)  # fmt: skip
def test_a_shape_changed_in_place_is_recorded(statement, shape):
    x = torch.ones(2, 3, requires_grad=True)
    y = x * 2
    row = y[1]
    assert statement(y) is y
    assert y.shape == shape
    y.mul_(3)
    (row * row).sum().backward()
    assert x.grad.tolist() == [[0, 0, 0], [72, 72, 72]]


def test_a_leaf_changes_its_shape_unrecorded_and_stays_a_leaf():
    w = torch.ones(2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        w.t_()
    with torch.no_grad():
        w.t_().mul_(2)
    (w * w).sum().backward()
    assert w.is_leaf
    assert w.grad.tolist() == [[4, 4], [4, 4], [4, 4]]
    row = w[0]
    with torch.no_grad(), pytest.raises(GraphError, match="views of it are alive"):
        w.t_()
    assert row.shape == (2,)


def test_what_a_shape_cannot_become_leaves_everything_as_it_was():
    x = torch.zeros(2, 2, 2)
    part = x[0]
    with pytest.raises(RuntimeError, match="at most 2 axes"):
        x.t_()
    x.add_(1)
    assert part.sum() == 4


def test_assigned_data_is_shared_and_the_old_views_keep_the_old_values():
    x = torch.zeros(2, 2)
    old, new = x[0], torch.ones(3)
    x.data = new
    x.mul_(5)
    assert new.tolist() == x.tolist() == [5, 5, 5]
    assert old.tolist() == [0, 0]
    new[1:].zero_()
    assert x.tolist() == [5, 0, 0]


def test_a_leaf_on_the_memory_of_another_tensor_stays_a_leaf_when_that_changes():
    x = torch.ones(3)
    part = x[:2].detach().requires_grad_()
    x.mul_(4)
    assert part.requires_grad
    (part * part).sum().backward()
    assert part.grad.tolist() == [8, 8]


def test_a_number_in_an_axis_of_one_can_be_put_at_one_place():
    x = torch.zeros(2, 2)
    x[0, 1] = torch.tensor([3.0])
    x[1] = torch.tensor([[1.0, 2.0]])
    assert x.tolist() == [[0, 3], [1, 2]]


def test_index_select_of_a_number_is_a_number():
    assert torch.tensor(3.0).index_select(0, torch.tensor([0])).shape == ()
