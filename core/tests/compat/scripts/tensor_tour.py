import numpy as np
import torch

print(torch.zeros(2, 3, dtype=torch.long))
print(torch.tensor([5.5, 3]))
x = torch.tensor([5.5, 3]).new_ones(2, 3, dtype=torch.double)
print(x, x.size(), x.size()[0])
y = torch.arange(6.0).view(2, 3) / 7
print(x + y, torch.add(x, y))
result = torch.empty(2, 3)
torch.add(torch.ones(2, 3), y, out=result)
print(result)
y.add_(1)
print(y, y[:, 1], y[-1, 0])
x = torch.arange(16)
y = x.view(16)
z = x.view(-1, 8)
print(x.size(), y.size(), z.size(), z)
x = torch.tensor([0.123456])
print(x, x.item())
b = torch.ones(5).numpy()
print(b, type(b).__name__)
a = np.ones(5)
b = torch.from_numpy(a)
np.add(a, 1, out=a)
print(a, b)
t = torch.ones(4, 4)
t[:, 1] = 0
print(t, t.shape, t.dtype == torch.float32, t.device)
print(torch.cat([t, t], dim=1).shape)
print(t @ t.T, t.matmul(t.t()), t * t)
print(t.sum(), t.sum().item(), t.mean(0), t.max(1)[0], t.argmax(dim=1))
print(
    torch.tensor([1e-5, 1.0, 1e5]),
    torch.tensor([1.0, float("nan"), float("inf")]),
    torch.tensor([]),
)
print(
    torch.tensor([[1.5, -2.25], [100.0, 0.0]]),
    torch.tensor(3),
    torch.tensor(2.5),
    torch.tensor([True, False]),
)
print(
    torch.arange(2000).float().sum(),
    torch.zeros(2, 2, 2),
    torch.rand(3).size(),
    torch.randn(2, 3).shape,
)
print(torch.linspace(0, 1, 5), torch.eye(2), torch.full((2,), 7.0), torch.arange(1, 2, 0.25))
print(f"loss {torch.tensor(0.123456):.3f}", f"{torch.tensor(2.0)}", torch.arange(1500))
values, indices = torch.topk(torch.tensor([0.1, 3.0, 2.0]), 2)
print(values, indices, torch.tensor([3, 1, 2]).sort()[0].tolist())
print(torch.is_tensor(t), isinstance(t, torch.Tensor), torch.numel(t), t.type(), t.long().type())
print(torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(1), torch.tensor([3, 1, 2]).sort())
print(torch.sin_(torch.zeros(2)), torch.nn.functional.relu_(torch.tensor([-1.0, 1.0])))
