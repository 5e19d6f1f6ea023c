"""What is particular to ``xpgrad.compat.torch``: classes, defaults, in-place writes through, missing names."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.compat import torch
from xpgrad.errors import LeftTapeError, MissingName


def test_importing_it_imports_no_array_library_and_changes_no_default():
    program = (
        "import sys, xpgrad as xp; before = xp.get_default_dtype(); import xpgrad.compat.torch as torch;"
        "import xpgrad.compat.torch.nn, xpgrad.compat.torch.optim, xpgrad.compat.torch.utils.data;"
        "assert 'numpy' not in sys.modules and 'torch' not in sys.modules;"
        "assert xp.get_default_dtype() is before; assert torch.ones(2).dtype == 'float32';"
        "assert xp.ones(2).dtype == 'float64'; assert xp.asarray([1.0]).dtype == 'float64'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_tensor_of_xpgrad_is_a_torch_tensor():
    assert isinstance(xp.ones(2), torch.Tensor)
    assert isinstance(xp.nn.Parameter(xp.ones(2)), torch.nn.Parameter)
    assert isinstance(torch.ones(2), xp.Tensor)
    assert not isinstance(np.ones(2), torch.Tensor)
    assert isinstance(torch.ones(2), torch.FloatTensor)
    assert not isinstance(torch.ones(2), torch.LongTensor)
    assert isinstance(torch.ones(2), torch.autograd.Variable)


@pytest.mark.parametrize(
    "make",
    [
        lambda a, b: a + b, lambda a, b: b + a, lambda a, b: xp.matmul(b, a), lambda a, b: xp.concat([b, a]),
        lambda a, b: xp.where(b > 0, b, a), lambda a, b: xp.sum(a), lambda a, b: torch.sum(b), lambda a, b: -a,
        lambda a, b: torch.nn.functional.relu(b), lambda a, b: torch.unique(b), lambda a, b: torch.randn(2),
        lambda a, b: a.detach(), lambda a, b: a.data, lambda a, b: a[0], lambda a, b: torch.max(b, 0)[1],
        lambda a, b: torch.nonzero(a)[0], lambda a, b: torch.as_tensor(b), lambda a, b: torch.normal(a, 1.0),
    ],
)  # fmt: skip
def test_results_have_pytorchs_methods_whichever_operand_had_them(make):
    a, b = torch.ones(2), xp.ones(2, dtype=xp.float32)
    assert type(make(a, b)) is torch.Tensor


def test_gradients_hooks_and_saved_tensors_have_pytorchs_methods():
    seen = []

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            seen.append(x)
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            seen.extend((g, *ctx.saved_tensors))
            return g.mul(2)

    x = torch.ones(3, requires_grad=True)
    y = Double.apply(x)
    y.retain_grad()
    y.register_hook(seen.append)
    y.sum().backward(create_graph=True)
    seen += [y, x.grad, y.grad, torch.autograd.grad((x * x).sum(), x)[0]]
    assert [type(t).__name__ for t in seen] == ["Tensor"] * 8
    assert all(type(t) is torch.Tensor for t in seen)


def test_size_is_a_call_and_a_number_that_pickles_as_an_integer():
    x = torch.zeros(2, 3)
    assert x.size() == (2, 3)
    assert isinstance(x.size(), torch.Size)
    assert repr(x.shape) == "torch.Size([2, 3])"
    assert x.size(-1) == 3
    assert x.size == 6
    assert type(pickle.loads(pickle.dumps(x.size))) is int
    assert x.shape.numel() == 6
    assert isinstance(x.shape[:1], torch.Size)
    with pytest.raises(IndexError, match="out of range"):
        x.size(2)


# --- in place ---------------------------------------------------------------------------------------


def test_in_place_on_an_indexed_part_writes_through():
    x = torch.zeros(6)
    x.data[2:4].fill_(1)
    x[0].add_(5)
    x[1:3][1] = 7
    x.view(2, 3)[1].mul_(10)
    x.view(3, 2).t()[0, 2] = -1
    assert x.tolist() == [5, 0, 7, 10, -1, 0]


def test_what_is_written_through_is_recorded():
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    part = y[1:]
    part.mul_(x[0])
    y.sum().backward()
    assert x.grad.tolist() == [1 + 2 + 3, 1, 1]


def test_in_place_through_a_part_of_a_leaf_raises_before_anything_changes():
    x = torch.ones(3, requires_grad=True)
    part = x[1:]
    for statement in (
        lambda: part.add_(1),
        lambda: x.view(-1).zero_(),
        lambda: x.t().fill_(2),
        lambda: x.add_(1),
    ):
        with pytest.raises(RuntimeError, match="leaf"):
            statement()
    assert x.tolist() == [1, 1, 1]
    assert part.tolist() == [1, 1]
    with torch.no_grad():
        part.add_(1)
        x[0] += 4
    assert x.tolist() == [5, 2, 2]
    assert x.is_leaf
    assert x.requires_grad


def test_an_indexed_augmented_statement_is_recorded_once():
    x = torch.ones(3, requires_grad=True)
    y = x * 1
    y[0] += 1
    assert y.grad_fn.op == "setitem"
    assert y.grad_fn.next_functions[0][0].op == "multiply"
    y[0] = y[0]
    assert y.tolist() == [2, 1, 1]


def test_a_copy_of_a_part_does_not_carry_its_base():
    x = torch.arange(1000.0)
    part = x[:2]
    assert len(pickle.dumps(part)) < 1000
    again = pickle.loads(pickle.dumps(part))
    again.zero_()
    copy.deepcopy(part).zero_()
    part.clone().zero_()
    assert x[1] == 1


def test_numpy_is_a_copy_and_from_numpy_shares():
    a = np.ones(2, dtype=np.float32)
    t = torch.from_numpy(a)
    a += 1
    assert t.tolist() == [2, 2]
    n = t.numpy()
    n += 1
    assert t.tolist() == [2, 2]


# --- defaults and promotion ---------------------------------------------------------------------------


def test_the_default_dtype_is_this_modules_own():
    try:
        torch.set_default_dtype(torch.float64)
        assert torch.zeros(1).dtype == torch.tensor([1.0]).dtype == torch.double
        assert torch.nn.Linear(2, 1).weight.dtype == torch.float64
        assert xp.get_default_dtype() is None
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.nn.Linear(2, 1).weight.dtype == torch.float32


def test_a_number_or_a_tensor_without_axes_does_not_widen():
    x = torch.ones(2)
    assert (x * np.float64(2)).dtype == torch.float32
    assert (x * torch.tensor(2.0, dtype=torch.float64)).dtype == torch.float32
    assert (x * torch.ones(2, dtype=torch.float64)).dtype == torch.float64
    assert (torch.arange(2) * 0.5).dtype == torch.float32
    assert (torch.arange(2) / 2).dtype == torch.float32
    assert torch.tensor(np.ones(2)).dtype == torch.float64
    assert torch.sqrt(torch.arange(2)).dtype == torch.float32


def test_float_of_a_recorded_tensor_is_silent_unless_the_tape_is_strict():
    x = torch.tensor(2.0, requires_grad=True)
    assert float(x * 2) == 4
    with xp.strict_tape(), pytest.raises(LeftTapeError):
        float(x * 2)


def test_random_numbers_follow_the_seed():
    torch.manual_seed(0)
    a = (
        torch.rand(3),
        torch.randn(2, 2),
        torch.randperm(5),
        torch.randint(3, (4,)),
        torch.empty(3).uniform_(-1, 1),
    )
    torch.manual_seed(0)
    b = (
        torch.rand(3),
        torch.randn(2, 2),
        torch.randperm(5),
        torch.randint(3, (4,)),
        torch.empty(3).uniform_(-1, 1),
    )
    assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    g = torch.Generator().manual_seed(3)
    assert torch.randint(0, 10, (2,), generator=g).dtype == torch.int64
    assert torch.empty(1000).normal_(5, 0.1).mean().item() == pytest.approx(5, abs=0.05)
    assert set(torch.empty(100).random_(2).tolist()) == {0.0, 1.0}


def test_multinomial_draws_with_the_weights():
    torch.manual_seed(0)
    w = torch.tensor([0.0, 1.0, 3.0])
    drawn = torch.multinomial(w, 4000, replacement=True)
    assert (drawn == 2).float().mean().item() == pytest.approx(0.75, abs=0.03)
    assert 0 not in drawn
    assert sorted(torch.multinomial(w, 2).tolist()) == [1, 2]
    with pytest.raises(RuntimeError, match="fewer"):
        torch.multinomial(w, 3)


# --- modules ----------------------------------------------------------------------------------------


def test_layers_hold_pytorchs_parameters_of_float32():
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
    weight = model[0].weight
    assert type(weight) is torch.nn.Parameter
    assert weight.size(0) == 2
    assert weight.dtype == torch.float32
    assert isinstance(model, torch.nn.Module)
    assert isinstance(model[0], xp.nn.Linear)
    model(torch.ones(1, 3)).sum().backward()
    weight.grad.data.zero_()
    weight.data.fill_(0.5)
    assert weight.grad.abs().sum().item() == 0
    assert (
        str(model)
        == "Sequential(\n  (0): Linear(in_features=3, out_features=2, bias=True)\n  (1): ReLU()\n)"
    )
    assert [k for k, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    assert (
        repr(torch.nn.Parameter(torch.ones(1)))
        == "Parameter containing:\ntensor([1.], requires_grad=True)"
    )


def test_a_module_of_xpgrad_put_into_one_of_pytorchs_is_trained_with_it():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = xp.nn.Parameter(xp.ones(2))
            self.register_buffer("b", xp.zeros(2))

    net = Net()
    assert net.w.size(0) == 2
    assert net.b.size(0) == 2


def test_clipping_scales_to_the_norm():
    p = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    (p * p).sum().backward()
    total = torch.nn.utils.clip_grad_norm_([p], 1.0)
    assert total.item() == pytest.approx(10)
    assert p.grad.norm().item() == pytest.approx(1, abs=1e-5)
    torch.nn.utils.clip_grad_value_([p], 0.7)
    assert p.grad.max().item() == pytest.approx(0.7)


def test_a_loader_makes_the_batches_of_a_data_set():
    data = torch.utils.data
    x, y = torch.arange(10.0).view(5, 2), torch.arange(5)
    loader = data.DataLoader(data.TensorDataset(x, y), batch_size=2)
    assert [tuple(a.shape) + tuple(b.tolist()) for a, b in loader] == [
        (2, 2, 0, 1),
        (2, 2, 2, 3),
        (1, 2, 4),
    ]
    assert len(loader) == 3
    shuffled = data.DataLoader(data.TensorDataset(y), batch_size=5, shuffle=True)
    assert sorted(next(iter(shuffled))[0].tolist()) == [0, 1, 2, 3, 4]
    parts = data.random_split(y, [3, 2])
    assert sorted(int(v) for part in parts for v in part) == [0, 1, 2, 3, 4]
    numbers = data.DataLoader([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], batch_size=2, num_workers=2)
    (batch,) = numbers
    assert batch["a"].tolist() == [1, 2]
    assert batch["b"] == ["x", "y"]


# --- missing names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "name", "hint"),
    [
        (torch, "fmax_", "not in xpgrad.compat.torch"), (torch, "compile", "call the function as it is"),
        (torch, "softmaxx", "torch.softmax"), (torch, "unstack", "xpgrad.unstack"),
        (torch, "eigvalsh", "xpgrad.linalg.eigvalsh"), (torch.special, "beta", "xpgrad.special.beta"),
        (torch.linalg, "lstsq", "pinv"), (torch.func, "vmapp", "torch.func.vmap"), (torch.fft, "fft3", "torch.fft.fft"),
        (torch.autograd.functional, "jac", "not in"), (torch.utils.checkpoint, "noop", "not in"),
        (torch, "save", "xpgrad.save"),
        (torch.nn, "Conv9d", "no installed package"), (torch.nn.functional, "grid_sample", "not in"),
        (torch.optim, "LBFGS2", "torch.optim"), (torch.autograd, "profiler", "not in"),
        (torch.cuda, "Stream", "not in"),
        (torch.ones(1), "summ", "torch.Tensor.sum"), (torch.nn.init, "dirac_", "not in"),
        (torch.utils, "cpp", "not in"),
        (torch.nn.utils, "prune", "not in"), (torch.optim.lr_scheduler, "CyclicLR2", "not in"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_provided_says_what_to_do(where, name, hint):
    with pytest.raises(MissingName, match=hint) as caught:
        getattr(where, name)
    assert isinstance(caught.value, NotImplementedError)
    assert isinstance(caught.value, AttributeError)
    assert not hasattr(where, name)


def test_einsum_takes_tensors_one_by_one_or_in_a_list():
    x = torch.ones(2, 2)
    assert torch.equal(torch.einsum("ij,jk->ik", x, x), x @ x)
    assert torch.equal(torch.einsum("ij,jk->ik", [x, x]), x @ x)


def test_cuda_is_reported_as_it_is():
    available = torch.cuda.is_available()
    assert available == (torch.cuda.device_count() > 0)
    device = torch.device("cuda" if available else "cpu")
    assert torch.ones(1).to(device).device.type == device.type
    assert isinstance(device, torch.device)


def test_no_garbage_is_left_by_views_and_in_place_statements():
    import gc

    w = torch.ones(4, requires_grad=True)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            y = w * 2
            y.view(2, 2)[0].mul_(3)
            y[1:3] += 1
            y.sum().backward()
            del y
        assert gc.collect() == 0
    finally:
        gc.enable()
