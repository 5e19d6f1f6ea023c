import torch
from torch import nn, optim


def fixed(*size):
    n = 1
    for s in size:
        n *= s
    return torch.sin(torch.arange(n, dtype=torch.float) * 1.7).view(*size)


x, y = fixed(16, 20), fixed(16, 4)


class TwoLayerNet(nn.Module):
    def __init__(self, D_in, H, D_out):
        super(TwoLayerNet, self).__init__()
        self.linear1 = nn.Linear(D_in, H)
        self.linear2 = nn.Linear(H, D_out)

    def forward(self, x):
        h_relu = self.linear1(x).clamp(min=0)
        return self.linear2(h_relu)


model = TwoLayerNet(20, 10, 4)
for name, param in model.named_parameters():
    param.data.copy_(fixed(*param.shape) * 0.3)
    print(name, param.shape, param.dtype == torch.float32)
loss_fn = nn.MSELoss(reduction="sum")
optimizer = optim.Adam(model.parameters(), lr=1e-2)
for t in range(200):
    y_pred = model(x)
    loss = loss_fn(y_pred, y)
    if t % 50 == 49:
        print(t, loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(sum(p.numel() for p in model.parameters()), sorted(model.state_dict()))
