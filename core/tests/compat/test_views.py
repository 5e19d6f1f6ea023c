"""A view and its base stay one value, whichever of them an in-place statement changes."""

import copy
import pickle

import pytest

from xpgrad.compat import torch


def test_two_views_that_overlap_are_both_written():
    x = torch.zeros(4)
    left, right = x[:3], x[1:]
    left.add_(1)
    right.add_(1)
    assert x.tolist() == [1, 2, 2, 1]
    assert left.tolist() == [1, 2, 2]


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[0], lambda x: x[:, 1:], lambda x: x.view(-1), lambda x: x.t(), lambda x: x.view(3, 2)[1],
        lambda x: x.unsqueeze(0).permute(2, 0, 1), lambda x: x.diagonal(), lambda x: x.T[0], lambda x: x.unbind(1)[2],
        lambda x: x.chunk(2, 1)[1], lambda x: x.detach()[1], lambda x: x[1].detach(), lambda x: x.movedim(0, -1),
        lambda x: x.unsqueeze(0).expand(1, -1, -1)[0, 1], lambda x: torch.broadcast_to(x, (1, 2, 3)), lambda x: x.real,
        lambda x: x.moveaxis(1, 0)[1], lambda x: x[:, 1:].squeeze(0), lambda x: torch.meshgrid(x[0], indexing="ij")[0],
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "statement",
    [
        lambda x: x.add_(1), lambda x: x.data.mul_(2), lambda x: x[0].fill_(7), lambda x: x.view(-1)[1:].neg_(),
        lambda x: x.__setitem__((slice(None), 2), -1.0), lambda x: x.detach().t().zero_(),
        lambda x: x.diagonal().fill_(9), lambda x: x.fill_diagonal_(4),
    ],
)  # fmt: skip
def test_a_view_has_the_value_of_its_base(view, statement):
    x = torch.arange(6.0).view(2, 3).clone()
    part = view(x)
    statement(x)
    assert torch.equal(part, view(x))
    part.add_(10)
    assert torch.equal(part, view(x))


def test_a_view_taken_before_the_statement_has_its_gradient():
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    part = y[:2]
    y.mul_(3)
    part.sum().backward()
    assert x.grad.tolist() == [6, 6, 0]


def test_without_recording_a_view_of_a_leaf_keeps_its_place_on_the_tape():
    w = torch.ones(2, 2, requires_grad=True)
    flat = w.view(-1)
    with torch.no_grad():
        w.mul_(3)
    assert flat.tolist() == [3, 3, 3, 3]
    (flat * flat).sum().backward()
    assert w.grad.tolist() == [[6, 6], [6, 6]]


def test_a_copy_of_a_base_has_no_views():
    x = torch.zeros(3)
    part = x[:2]
    for again in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        again.add_(1)
        assert part.tolist() == [0, 0]
    x.add_(2)
    assert part.tolist() == [2, 2]


def test_views_that_nobody_holds_are_forgotten():
    x = torch.zeros(3)
    for _ in range(10):
        x[0]
    assert not x._views
