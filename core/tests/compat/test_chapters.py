"""``torch.func``, ``torch.linalg`` and the other chapters: what the table of calls does not say."""

import pytest

from xpgrad.compat import torch
from xpgrad.compat.torch import nn
from xpgrad.compat.torch.utils.checkpoint import checkpoint, checkpoint_sequential


def models(n):
    torch.manual_seed(0)
    return [
        nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.BatchNorm1d(4), nn.Linear(4, 1))
        for _ in range(n)
    ]


def test_an_ensemble_runs_as_one_model():
    members, x = [m.eval() for m in models(3)], torch.randn(5, 3)
    parameters, buffers = torch.func.stack_module_state(members)
    assert parameters["0.weight"].shape == (3, 4, 3)
    assert parameters["0.weight"].is_leaf
    assert parameters["0.weight"].requires_grad
    assert buffers["2.running_mean"].shape == (3, 4)

    def one(p, b):
        return torch.func.functional_call(members[0], (p, b), (x,))

    together = torch.vmap(one)(parameters, buffers)
    each = torch.stack([m(x) for m in members])
    assert torch.allclose(together, each, atol=1e-6)
    together.sum().backward()
    assert parameters["3.bias"].grad.tolist() == [[5.0]] * 3


def test_gradients_of_each_example():
    model, x = models(1)[0].eval(), torch.randn(4, 3)
    parameters = {k: p.detach() for k, p in model.named_parameters()}

    def loss(p, row):
        return torch.func.functional_call(model, p, row[None]).sum()

    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(parameters, x)
    for i in range(4):
        model.zero_grad()
        model(x[i : i + 1]).sum().backward()
        for name, p in model.named_parameters():
            assert type(each[name]) is torch.Tensor
            assert torch.allclose(each[name][i], p.grad, atol=1e-6)


def test_results_of_transforms_have_pytorchs_methods():
    x = torch.ones(2)
    value, pull = torch.func.vjp(lambda t: {"a": t.mul(2)}, x)
    results = [
        torch.func.hessian(lambda t: t.pow(3).sum())(x), torch.func.jacrev(lambda t: t.mul(t))(x), value["a"],
        *pull(value),
        *torch.func.grad_and_value(lambda t: t.sum())(x), *torch.func.jvp(lambda t: t.mul(2), (x,), (x,)),
        torch.autograd.functional.hessian(lambda t: t.pow(3).sum(), x), torch.linalg.slogdet(torch.eye(2)).logabsdet,
        torch.fft.fft(x), torch.special.expit(x), torch.linalg.norm(x), checkpoint(lambda t: t.mul(2), x),
    ]  # fmt: skip
    assert {type(r) for r in results} == {torch.Tensor}


def test_a_number_that_a_function_returns_comes_first_or_second_as_in_pytorch():
    def f(t):
        return t.pow(2).sum(), t

    gradient, (value, rest) = torch.func.grad_and_value(f, has_aux=True)(torch.tensor([3.0]))
    assert (gradient.item(), value.item(), rest.item()) == (6, 9, 3)
    gradient, rest = torch.func.grad(f, has_aux=True)(torch.tensor([3.0]))
    assert (gradient.item(), rest.item()) == (6, 3)


def test_views_and_in_place_statements_work_inside_transforms():
    def f(t):
        y = t * 1
        y.view(-1)[1:].mul_(3)
        y.unsqueeze_(0)
        y[0].t()[0].add_(1)
        return (y * y).sum()

    x = torch.arange(4.0).view(2, 2).requires_grad_()
    f(x).backward()
    assert torch.equal(torch.func.grad(f)(x.detach()), x.grad)
    assert torch.vmap(f)(torch.stack([x.detach(), 2 * x.detach()])).tolist() == [
        f(x).item(),
        f(2 * x).item(),
    ]


def test_derivatives_for_inputs_do_not_reach_further_unless_asked():
    x = torch.ones(2, requires_grad=True)
    assert not torch.autograd.functional.jacobian(lambda t: t**3, x).requires_grad
    assert torch.autograd.functional.jacobian(lambda t: t**3, x, create_graph=True).requires_grad
    with pytest.raises(RuntimeError, match="one element"):
        torch.autograd.functional.vjp(lambda t: t * 2, x)
    (a, b), (c, d) = torch.autograd.functional.hessian(lambda s, t: (s * t).sum(), (x, x))
    assert a.tolist() == d.tolist() == [[0, 0], [0, 0]]
    assert b.tolist() == c.tolist() == [[1, 0], [0, 1]]
    found = torch.autograd.functional.hvp(lambda s, t: (s * t * t).sum(), (x, x), (x, x))[1]
    assert [f.tolist() for f in found] == [[2, 2], [4, 4]]


def test_a_checkpointed_model_has_the_gradients_of_the_plain_one():
    model, x = models(1)[0].eval(), torch.randn(4, 3)
    model(x).sum().backward()
    plain = [p.grad.clone() for p in model.parameters()]
    for run in (lambda: checkpoint(model, x, use_reentrant=False),
                lambda: checkpoint_sequential(model, 2, x, use_reentrant=False)):  # fmt: skip
        model.zero_grad()
        run().sum().backward()
        assert all(
            torch.allclose(p.grad, g, atol=1e-6)
            for p, g in zip(model.parameters(), plain, strict=True)
        )


def test_every_row_that_sees_nothing_is_zero():
    q = torch.randn(2, 3, requires_grad=True)
    mask = torch.tensor([[True, False], [False, False]])
    result = torch.nn.functional.scaled_dot_product_attention(q, q, q, attn_mask=mask)
    assert result[1].tolist() == [0, 0, 0]
    result.sum().backward()
    assert torch.isfinite(q.grad).all()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda F: F.pad(torch.ones(2), (1, 1, 1, 1)), lambda F: F.pad(torch.ones(2), (2, 0), mode="reflect"),
        lambda F: F.layer_norm(torch.ones(2, 3), (2,)), lambda F: nn.BatchNorm1d(3)(torch.ones(2, 2)),
        lambda F: F.batch_norm(torch.ones(1, 2), None, None, training=True),
        lambda F: F.kl_div(torch.ones(2), torch.ones(2), reduction="all"),
        lambda F: torch.linalg.norm(torch.ones(2, 2, 2), 2),
        lambda F: torch.complex(torch.ones(2), torch.ones(2).double()),
        lambda F: torch.view_as_complex(torch.ones(3)), lambda F: torch.linalg.eigh(torch.eye(2), UPLO="X"),
        lambda F: torch.quantile(torch.ones(2), torch.ones(2, 2)), lambda F: torch.ones(2, 3).movedim((0, 0), (0, 1)),
    ],
)  # fmt: skip
def test_what_pytorch_refuses_is_refused(wrong):
    with pytest.raises((RuntimeError, ValueError)):
        wrong(torch.nn.functional)


def test_a_trained_batch_norm_changes_its_buffers_in_place_and_saves_them():
    layer = nn.BatchNorm2d(2)
    mean = layer.running_mean
    layer(torch.ones(3, 2, 2, 2))
    assert layer.running_mean is mean
    assert torch.allclose(mean, torch.tensor([0.1, 0.1]))
    assert list(layer.state_dict()) == [
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "num_batches_tracked",
    ]
    again = nn.BatchNorm2d(2)
    again.load_state_dict(layer.state_dict())
    assert again.num_batches_tracked.item() == 1
